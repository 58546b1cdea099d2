"""What can be quietly wrong in a synthetic table: one check a kind, none of which asks synthgan what it found.

Each takes the real and the synthetic table and gives what it looked at with the share that is wrong there: what holds in every real row
(a computed column, a look-up, an order, a step) and not in so many synthetic ones; or how far a share is off (gaps, common levels).
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.runs.learned import MIN_ROWS, columns_learned, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Found = Iterator[tuple[str, float]]

MAX_NUMBERS = 10  # of a table, whose pairs and triples are tried
ROW_NAMES = "rownames"  # what every table of the package numbers its rows by
MIN_DISTINCT = 8
COMMON_ROWS = 10
TENTHS = 10
YEARS = (1500, 2100)
CHANCE = 4.0  # standard errors that a share may be off
_PAIRS: dict[str, Callable[[Any, Any], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}
_SINGLES: dict[str, Callable[[Any], Any]] = {
    "log": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "sqrt": np.sqrt,
    "square": np.square,
    "exp": np.exp,
    "1/": np.reciprocal,
}


def _alike(values: pd.Series) -> pd.Series:
    """Values as they are compared: of numbers the first six digits, since four bytes hold no seven."""
    if not pd.api.types.is_float_dtype(values):
        return values.astype(object)
    known = values.to_numpy(dtype=float, na_value=np.nan)
    unit = 10.0 ** (np.floor(np.log10(np.where(np.nan_to_num(known) == 0, 1, np.abs(known)))) - 5)
    return pd.Series(np.round(known / unit) * unit, values.index).astype(np.float32).astype(object)


def _differ(expected: pd.Series, values: pd.Series) -> pd.Series:
    """Where values are not those expected: numbers by more than one in the sixth digit, which rounding may have moved."""
    if not all(isinstance(value, (float, np.floating)) for value in expected):
        return expected != values
    wanted, given = expected.astype(float), values.astype(float)
    return (wanted - given).abs() > 1.5e-5 * 10 ** np.floor(np.log10(wanted.abs().where(wanted != 0, 1)))


def _is_time(texts: pd.Series) -> bool:
    """Whether texts are dates, stamps, quarters or weeks."""
    written = texts.astype(str)
    if written.str.fullmatch(r"\d{4}[ -]?(?:Q[1-4]|W[0-5]\d)").all():
        return True
    return bool(pd.to_datetime(written, errors="coerce", format="ISO8601").notna().all())


def half_step(values: np.ndarray) -> float:
    """Half of the last digit that a column is written with."""
    known = values[~np.isnan(values)]
    digits = next((digits for digits in range(8) if (known.round(digits) == known).all()), None)
    spacing = 4 * float(np.spacing(np.abs(known).max(initial=1.0)))
    return spacing if digits is None else 0.5001 * 10.0**-digits + spacing


def _off(target: np.ndarray, value: np.ndarray, slack: float) -> float:
    """The share of rows, where both are known, in which a value is not the target."""
    known = np.isfinite(target) & np.isfinite(value)
    return float((np.abs(target - value)[known] > slack).mean()) if known.any() else 0.0


def computed(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Sums, differences, products and ratios of two columns, functions of one."""
    real, made = columns_learned(real, made)
    learned, drawn = numbers_of(real), numbers_of(made)
    names = [name for name, values in learned.items() if len(np.unique(values[~np.isnan(values)])) >= MIN_DISTINCT]
    with np.errstate(all="ignore"):
        for target in names[: 2 * MAX_NUMBERS]:
            slack = half_step(learned[target])
            rest = [name for name in names[:MAX_NUMBERS] if name != target]
            tried: list[tuple[str, Callable[[dict[Any, np.ndarray]], np.ndarray]]] = [
                (f"{word} {one}", lambda sides, one=one, take=take: take(sides[one]))
                for word, take in _SINGLES.items()
                for one in rest
            ]
            tried += [
                (f"{one} {sign} {other}", lambda sides, one=one, other=other, take=take: take(sides[one], sides[other]))
                for sign, take in _PAIRS.items()
                for one, other in itertools.permutations(rest, 2)
                if sign in "-/" or one < other
            ]
            for words, value in tried:
                result = value(learned)
                known = np.isfinite(result) & np.isfinite(learned[target])
                if known.sum() < MIN_ROWS or np.abs(result - learned[target])[known].max() > slack:
                    continue
                if len(np.unique(result[known])) >= MIN_DISTINCT and 4 * slack < np.ptp(result[known]):
                    yield f"{target} = {words}", _off(drawn[target], value(drawn), slack)
                    break


def looked_up(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Columns that another one determines; asked of those values of it that enough rows have to be released."""
    real, made = columns_learned(real, made)
    few = [name for name in real if 2 <= real[name].nunique() <= len(real) / 3][: 2 * MAX_NUMBERS]
    for source, target in itertools.permutations(few, 2):
        pairs, drawn = (side[[source, target]].apply(_alike).dropna() for side in (real, made))
        held = pairs.groupby(source, observed=True)[target].agg(["nunique", "size"])
        if len(held) < 2 or (held["nunique"] != 1).any() or (held["size"] == 1).mean() > 0.5:
            continue
        # Were they strangers, so many values would all agree once in a million tables.
        top = pairs[target].value_counts(normalize=True).iloc[0]
        if (len(pairs) - len(held)) * math.log10(max(top, 1e-9)) > -6:
            continue
        common = set(held.index[held["size"] >= COMMON_ROWS])
        known = {
            one: other
            for one, other in pairs.drop_duplicates(source).itertuples(index=False, name=None)
            if one in common
        }
        expected = drawn[source].map(known)
        seen = expected.notna()
        if seen.any():
            yield f"{target} by {source}", float(_differ(expected[seen], drawn[target][seen]).mean())


def ordered(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Columns of which one is never above the other."""
    real, made = columns_learned(real, made)
    learned, drawn = numbers_of(real), numbers_of(made)
    for low, high in itertools.permutations(list(learned)[: 2 * MAX_NUMBERS], 2):
        known = np.isfinite(learned[low]) & np.isfinite(learned[high])
        first, second = learned[low][known], learned[high][known]
        if len(first) < MIN_ROWS or (first > second).any():
            continue
        crossed = (np.searchsorted(np.sort(second), first, side="left") / len(second)).mean()
        if crossed >= 0.05 and crossed * len(first) >= MIN_ROWS:
            known = np.isfinite(drawn[low]) & np.isfinite(drawn[high])
            yield f"{low} <= {high}", float((drawn[low] > drawn[high])[known].mean()) if known.any() else 0.0


def on_steps(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Whole numbers that are all multiples of something, or so many apart."""
    drawn = numbers_of(made)
    for name, values in numbers_of(real).items():
        known = np.unique(values[~np.isnan(values)])
        if len(known) < MIN_DISTINCT or (known != known.round()).any() or np.abs(known).max() >= 2**53:
            continue
        step = int(np.gcd.reduce(np.diff(known).astype(np.int64)))
        if step > 1:
            some = drawn[name][~np.isnan(drawn[name])]
            yield f"{name} by {step}", float((np.mod(some - known[0], step) != 0).mean()) if len(some) else 0.0


def inside(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Numbers beyond all real ones, or between two where a third of the real range is empty.

    One of n + 1 rows is the largest: so many fresh real rows lie beyond the others, and as many below.
    """
    for name, known, some in _numbers_of_both(real, made):
        yield f"{name} where nobody is", max(0.0, float(_outside(known, some).mean()) - 2 / (len(known) + 1))


def unlike_fresh(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """The same, beyond what real rows do that were kept out: in tables of few rows, or of long tails, these lie there, too.

    Each tenth of the rows is held against the other nine.
    """
    for name, known, some in _numbers_of_both(real, made):
        fresh = fresh_outside(known)
        error = CHANCE * math.sqrt(fresh * (1 - fresh) * (1 / len(known) + 1 / len(some)))
        chance = max(2 / (len(known) + 1), fresh + error)
        yield f"{name} where no fresh row is", max(0.0, float(_outside(known, some).mean()) - chance)


def fresh_outside(known: np.ndarray) -> float:
    """The share of numbers that lie where none of nine tenths of the others does."""
    tenths = np.array_split(np.random.default_rng(0).permutation(len(known)), TENTHS)
    return sum(float(_outside(np.delete(known, few), known[few]).sum()) for few in tenths if len(few)) / len(known)


def _numbers_of_both(real: pd.DataFrame, made: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Learned columns of at least two numbers, by name, and what is known of them on either side."""
    real, made = columns_learned(real, made)
    drawn = numbers_of(made)
    for name, values in numbers_of(real).items():
        known, some = values[~np.isnan(values)], drawn[name][~np.isnan(drawn[name])]
        if len(np.unique(known)) > 1 and len(some):
            yield name, known, some


def _outside(known: np.ndarray, some: np.ndarray) -> np.ndarray:
    """Bool [rows]: which numbers lie beyond all known ones, or between two where a third of their range is empty."""
    known = np.unique(known)
    width = float(np.ptp(known))
    near = 1e-6 * width
    beyond = (some < known[0] - 0.05 * width) | (some > known[-1] + 0.05 * width)
    if len(known) == 1:
        return some != known[0]
    at = np.clip(np.searchsorted(known, some), 1, len(known) - 1)
    empty = (known[at] - known[at - 1] > width / 3) & (some > known[at - 1] + near) & (some < known[at] - near)
    return beyond | empty


def listed(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Numbers of few values that no real row has.

    A value of few people must not come back: where so many rows hold such ones, others must stand in their place.
    """
    real, made = columns_learned(real, made)
    drawn = numbers_of(made)
    for name, values in numbers_of(real).items():
        known, rows = np.unique(values[~np.isnan(values)], return_counts=True)
        if 1 < len(known) <= len(values) / 5:
            some = pd.Series(drawn[name]).dropna()
            rare = float(rows[rows < COMMON_ROWS].sum()) / rows.sum()
            new = float((~_alike(some).isin(set(_alike(pd.Series(known))))).mean()) if len(some) else 0.0
            yield f"{name} invented", max(0.0, new - rare - CHANCE * math.sqrt(rare / rows.sum()))


def flooded(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Common levels that are more common than they were."""
    for name in real.columns:
        if pd.api.types.is_numeric_dtype(real[name]) and not pd.api.types.is_bool_dtype(real[name]):
            continue
        shares, others = (side[name].astype("string").value_counts(normalize=True) for side in (real, made))
        common = shares[shares * len(real) >= COMMON_ROWS]
        for level, share in common.items():
            other = float(others.get(level, 0.0))
            chance = CHANCE * math.sqrt(share * (1 - share) * (1 / len(real) + 1 / len(made)))
            if other > share + max(0.05, chance):
                yield f"{name} is {level}"[:60], other - share


def gaps(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Shares of missing values that are off."""
    for name in real.columns:
        share, other = (float(side[name].isna().mean()) for side in (real, made))
        chance = CHANCE * math.sqrt(share * (1 - share) * (1 / len(real) + 1 / len(made)))
        yield f"{name} missing", max(0.0, abs(share - other) - max(0.02, chance))


def keys(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Texts, and the numbers of rows, that no two real rows share, and that come back."""
    for name in real.columns:
        texts = real[name].dropna()
        is_number = pd.api.types.is_numeric_dtype(texts) and name != ROW_NAMES
        if is_number or len(texts) < MIN_ROWS or not texts.is_unique:
            continue
        if pd.api.types.is_datetime64_any_dtype(texts) or _is_time(texts):
            continue
        if name == ROW_NAMES and pd.api.types.is_numeric_dtype(texts) and texts.between(*YEARS).all():
            continue
        yield f"{name} is somebody's", float(made[name].dropna().isin(set(texts)).mean()) if len(made) else 0.0


def form(real: pd.DataFrame, made: pd.DataFrame) -> Found:
    """Columns, their order and types."""
    yield "columns", float(list(real.columns) != list(made.columns))
    yield "types", float((real.dtypes.astype(str) != made.dtypes.astype(str)).mean())


KINDS: dict[str, Callable[[pd.DataFrame, pd.DataFrame], Found]] = {
    "computed": computed,
    "looked up": looked_up,
    "orders": ordered,
    "steps": on_steps,
    "nobody there": inside,
    "nor fresh rows": unlike_fresh,
    "invented": listed,
    "flooded": flooded,
    "gaps": gaps,
    "keys": keys,
    "form": form,
}
