"""Singling out: descriptions made from synthetic rows that fit exactly one of the people who were learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.privacy.residual import MIN_ATTACKS, Trials, risk_of, risk_score, worst

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.metrics.privacy.residual import Risk
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]
    Cells = NDArray[np.float32]

MAX_ATTACKS = 2_000  # predicates of a kind
MAX_ROWS = 30_000  # of each table
WIDTHS = (2, 4, 8, 16)  # columns that a conjunction speaks of
REACH = 0.025  # a range of numbers reaches so far to both sides of the synthetic one, as a share of the synthetic rows
_MISSING = np.float32(-9)  # far from every place and code
_BLOCK = 64
_NAME, _ATTACK = "singling_out_risk", "singling out"
_WHY_NOT = (
    f"cannot be known: needs {MIN_ATTACKS} real rows that nothing was fitted on, as a holdout, and as many descriptions"
)


@dataclass(frozen=True, slots=True, eq=False)
class Conjunctions:
    """Predicates over several columns: all of a row's values lie within their ranges.

    Attributes:
        columns: int64 ``[predicates, width]``: places of the columns.
        low: float32 ``[predicates, width]``: the least cell of each.
        high: The largest.
    """

    columns: NDArray[np.int64]
    low: Cells
    high: Cells

    def take(self, chosen: NDArray[np.int64]) -> Conjunctions:
        """Return those predicates."""
        return Conjunctions(self.columns[chosen], self.low[chosen], self.high[chosen])

    def single_out(self, cells: Cells) -> NDArray[np.bool_]:
        """Return bool ``[predicates]``: whether exactly one row of float32 cells ``[columns, rows]`` fits."""
        result = np.empty(len(self.columns), dtype=bool)
        for start in range(0, len(result), _BLOCK):
            block = self.take(np.arange(start, min(start + _BLOCK, len(result))))
            fits = np.ones((len(block.columns), cells.shape[1]), dtype=bool)
            for index in range(block.columns.shape[1]):
                values = cells[block.columns[:, index]]
                fits &= (values >= block.low[:, index, None]) & (values <= block.high[:, index, None])
            result[start : start + _BLOCK] = fits.sum(axis=1) == 1
        return result


def singling_out_scores(tables: Tables, streams: Streams) -> tuple[list[Score], tuple[Risk, ...]]:
    """Return singling_out_risk, of the kind of predicate that does best, and the risk of each kind.

    Giomi et al. 2023, section 5.1: the attacker makes predicates from synthetic rows and succeeds where one fits exactly one row of
    the table attacked. Learned and other rows are tables of one size, drawn before any predicate is made: how many rows a predicate
    singles out depends on how many there are, and a holdout of another size would look like a leak. The kind is chosen on half of
    the predicates and judged on the others. The baseline draws the values of its predicates at random from the columns' ranges.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    trials = single_out(tables, streams.numpy("singling out"))
    if not trials:
        return [risk_score(_NAME, None, found="", why_not=_WHY_NOT)], ()
    chosen = risk_of(_ATTACK, worst(trials))
    found = (
        f"{{train}} of {{attacks}} descriptions by {chosen.about} of a synthetic row fit exactly one of {_rows(tables):,} learned rows, "
        "{control} exactly one of as many others"
    )
    score = risk_score(_NAME, chosen, found=found, why_not=_WHY_NOT)
    return [score], tuple(risk_of(_ATTACK, tried) for tried in trials)


def _rows(tables: Tables) -> int:
    return min(tables.real.rows, tables.holdout.rows if tables.holdout else 0, MAX_ROWS)


def single_out(tables: Tables, rng: np.random.Generator) -> list[Trials]:
    """Attack with every kind of predicate.

    Args:
        tables: Real, synthetic and holdout rows.
        rng: Draws the rows and the predicates.

    Returns:
        One entry per kind of which there are MIN_ATTACKS predicates; none without enough holdout rows.
    """
    rows = _rows(tables)
    if tables.holdout is None or rows < MIN_ATTACKS or not tables.real.names:
        return []
    synthetic, *sides = (side.draw(rows, rng) for side in (tables.synthetic, tables.real, tables.holdout))
    found = [_one_column(synthetic, sides, rng)]
    if len(tables.real.names) > 1:
        known = cells(synthetic, synthetic)
        tables_cells = [cells(side, synthetic) for side in sides]
        widths = dict.fromkeys(min(width, len(known)) for width in WIDTHS)
        found += [_several_columns(width, known, tables_cells, synthetic, rng) for width in widths]
    return [tried for tried in found if len(tried.train) >= MIN_ATTACKS]


def _one_column(synthetic: Columns, sides: list[Columns], rng: np.random.Generator) -> Trials:
    """Values that one synthetic row alone has, a gap being one, and of numbers all below the least and above the largest."""
    share = max(2, MAX_ATTACKS // len(synthetic.names))
    outcomes: list[list[NDArray[np.bool_]]] = [[], [], []]
    for name in synthetic.names:
        columns = [side.column(name) for side in (synthetic, *sides)]
        ordered = [np.sort(column[~np.isnan(column)]) for column in columns]
        values, counts = np.unique(ordered[0], return_counts=True)
        unique = rng.permutation(values[counts == 1])[:share]
        numeric, gap = name in synthetic.number_names, len(columns[0]) - len(ordered[0]) == 1
        for index, (column, known) in enumerate(zip(columns[1:], ordered[1:], strict=True)):
            outcomes[index].append(_holders(known, unique) == 1)
            if numeric and len(values):
                ends = [
                    np.searchsorted(known, values[0], "left"),
                    len(known) - np.searchsorted(known, values[-1], "right"),
                ]
                outcomes[index].append(np.array(ends) == 1)
            if gap:
                outcomes[index].append(np.array([len(column) - len(known) == 1]))
        if len(values):
            outcomes[2].append(_holders(ordered[1], _guesses(values, numeric=numeric, rng=rng)) == 1)
    # Mixed, for halves are taken by the order.
    train, control, guessed = (np.concatenate([*parts, np.zeros(0, bool)]).astype(np.float64) for parts in outcomes)
    order = rng.permutation(len(train))[:MAX_ATTACKS]
    return Trials("one column", train[order], control[order], float(guessed.mean()) if len(guessed) else 0.0)


def _holders(known: Array, values: Array) -> NDArray[np.int64]:
    """How many of the sorted values are equal to each."""
    return np.searchsorted(known, values, "right") - np.searchsorted(known, values, "left")


def _guesses(values: Array, *, numeric: bool, rng: np.random.Generator) -> Array:
    """Values somewhere in a column's range, whole where all of its own are."""
    if not numeric:
        return rng.choice(values, 100)
    share = rng.random(100)
    guesses = values[0] * (1 - share) + values[-1] * share  # the range itself may be larger than a float64 can be
    return np.round(guesses) if (values == np.round(values)).all() else guesses


def cells(table: Columns, synthetic: Columns) -> Cells:
    """Return float32 ``[columns, rows]``: numbers as places in [0, 1] among the synthetic ones, levels as codes, gaps as neither."""
    rows = []
    for column, known in zip(table.numbers.T, synthetic.numbers.T, strict=True):
        ordered = np.sort(known[~np.isnan(known)])
        below, up_to = (np.searchsorted(ordered, column, side) for side in ("left", "right"))
        rows.append(np.where(np.isnan(column), _MISSING, (below + up_to) / (2 * max(len(ordered), 1))))
    rows += [np.where(column < 0, _MISSING, column) for column in table.codes.T]
    return np.array(rows, dtype=np.float32)


def _several_columns(
    width: int, known: Cells, sides: list[Cells], synthetic: Columns, rng: np.random.Generator
) -> Trials:
    """What so many columns of a synthetic row say of it, ranges for numbers; kept where it fits no other synthetic row."""
    tried = min(known.shape[1], MAX_ATTACKS)
    rows = rng.permutation(known.shape[1])[:tried]
    columns = rng.permuted(np.tile(np.arange(len(known)), (tried, 1)), axis=1)[:, :width]
    numeric = np.arange(len(known)) < len(synthetic.number_names)
    built = _around(known[columns, rows[:, None]], columns, numeric)
    kept = built.take(np.flatnonzero(built.single_out(known)))
    lowest, highest = (np.where(numeric, end, of(known, axis=1)) for end, of in ((0, np.min), (1, np.max)))
    drawn = rng.uniform(lowest[columns[:500]], highest[columns[:500]])
    guessed = np.where(numeric[columns[:500]], drawn, np.round(drawn)).astype(np.float32)
    baseline = _around(guessed, columns[:500], numeric).single_out(sides[0])
    train, control = (kept.single_out(side).astype(np.float64) for side in sides)
    return Trials(f"{width} columns", train, control, float(baseline.mean()))


def _around(values: Cells, columns: NDArray[np.int64], numeric: NDArray[np.bool_]) -> Conjunctions:
    """Predicates that reach around numbers, and are met by these very levels and gaps."""
    reach = np.where(numeric[columns] & (values >= 0), np.float32(REACH), np.float32(0))
    return Conjunctions(columns, values - reach, values + reach)
