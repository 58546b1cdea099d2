"""Modes of a numeric column from noisy counts alone: no exact bound, value, digit or missing rate gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.scale import resolution_of
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer
from synthgan.tabular.encoding.numbers import NumberCodec
from synthgan.tabular.encoding.quantiles import QuantileFunction
from synthgan.tabular.private.forms import needs_form, with_form
from synthgan.tabular.private.twins import SURE, VISIBLE
from synthgan.tabular.queries import Cells, NumberCells

if TYPE_CHECKING:
    from synthgan.data.schema import Column
    from synthgan.tabular.private.twins import Asking

# What a column's questions may spend of the column's budget.
FORM_SHARE = 0.05  # in how many digits, or in which unit, values are written
ROUGH_SHARE = 0.25  # where numbers lie
MAX_CELLS = 128
MAX_DECLARED = 1024  # values of a declared range that get a cell each
ROWS_A_CELL = 16  # in standard deviations of the noise
# Standard deviations above which one of some hundred cells holds rows: at 4, noise stretched one range in fifty.
SURE_CELL = 5.0
SURE_OCTAVE = 4.5  # ... and above which an octave of cells beyond is; there are fewer of these
TAIL = 2.5  # ... and above which an octave next to one of those is
CELLS_AN_OCTAVE = 4
OCTAVES = 50  # numbers up to 2**50 steps, or from 2**-30 to 2**50
SMALLEST_OCTAVE = -30
WITHIN = 0.499  # of a step: beyond the outermost whole number, so that rounding never leaves the range


class PrivateNumbers:
    """The private twin of ``NumberCodec``."""

    def questions(self, columns: tuple[Column, ...], container: str) -> dict[str, float]:
        """In which form values are written and where they lie, where no schema says so; and how they are distributed."""
        (column,) = columns
        shares: dict[str, float] = {}
        seeks_form = needs_form(column, container)
        if seeks_form:
            shares["form"] = FORM_SHARE
        if seeks_form or small_range(resolution_of(column), column.bounds) is None:
            shares["rough"] = ROUGH_SHARE
        return shares | {"fine": 1 - sum(shares.values())}

    def seeks_levels(self, columns: tuple[Column, ...]) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def measure(self, columns: tuple[Column, ...], asking: Asking) -> tuple[NumberCodec, np.ndarray]:
        """The codec, and the rows that each mode is thought to hold."""
        (column,) = columns
        if "form" in asking.noises:
            column = with_form(column, asking)
        encoder, held = measure_numbers(column, asking)
        return NumberCodec(asking.known(column, has_missing=encoder.has_missing), encoder), held


def rough_cells(step: float, low: float | None, high: float | None) -> Cells:
    """Cells that every column of that step and those declared bounds has, whatever its values: a few an octave."""
    ladder = 2.0 ** (np.arange(0, OCTAVES * CELLS_AN_OCTAVE + 1) / CELLS_AN_OCTAVE)
    if step:
        above = np.unique(np.floor(ladder)) - 0.5
    else:
        above = 2.0 ** (np.arange(SMALLEST_OCTAVE * CELLS_AN_OCTAVE, OCTAVES * CELLS_AN_OCTAVE + 1) / CELLS_AN_OCTAVE)
    edges = np.concatenate([-above[::-1], above]) * (step or 1.0)
    middles_single = np.isclose(np.diff(edges), step) if step else np.diff(edges) == edges[len(above)] * 2
    low = -np.inf if low is None else low - WITHIN * step
    high = np.inf if high is None else high + WITHIN * step
    inside = (edges[1:] > low) & (edges[:-1] < high)
    starts, stops = np.maximum(edges[:-1][inside], low), np.minimum(edges[1:][inside], high)
    if not len(starts):  # bounds beyond the ladder
        return Cells(np.array([low]), np.array([high]), np.array([low == high]))
    return Cells(starts, stops, middles_single[inside])


def fine_cells(rough: Cells, counts: np.ndarray, deviation: float, step: float, most: int) -> Cells:
    """Cut the range that surely holds rows into about ``most`` cells: more where the rough ones hold more rows."""
    sure = np.flatnonzero(counts > SURE_CELL * deviation)
    first, last = (sure[0], sure[-1]) if len(sure) else (np.argmax(counts), np.argmax(counts))
    first -= _tail(counts[:first][::-1], deviation)
    last += _tail(counts[last + 1 :], deviation)
    part = slice(first, last + 1)
    weight = np.sqrt(np.maximum(counts[part], 0) + deviation)
    wanted = np.maximum(np.rint(most * weight / weight.sum()), 1).astype(np.int64)
    lows, highs, singles = [], [], []
    for low, high, single, pieces in zip(rough.low[part], rough.high[part], rough.single[part], wanted, strict=True):
        if single:
            edges = np.array([low, high])
        elif step:
            edges = _stepped(low, high, step, pieces)
        else:
            edges = np.linspace(low, high, pieces + 1)
        lows.append(edges[:-1])
        highs.append(edges[1:])
        singles.append(np.diff(edges) < 1.5 * step if step else np.full(len(edges) - 1, single))
    return Cells(np.concatenate(lows), np.concatenate(highs), np.concatenate(singles))


def declared_cells(low: float, high: float, step: float) -> Cells | None:
    """A cell for each value of a declared range; None where there are too many."""
    values = np.rint((high - low) / step) + 1 if step else np.inf
    if values > MAX_DECLARED:
        return None
    middles = low + step * np.arange(int(values))
    return Cells(middles - step / 2, middles + step / 2, np.ones(len(middles), dtype=bool))


def merge_faint(cells: Cells, counts: np.ndarray, deviation: float) -> tuple[Cells, np.ndarray]:
    """Take neighbouring cells whose own counts could be noise together; what still could be is held to be empty."""
    clear = counts > VISIBLE * deviation
    begins = np.flatnonzero(np.concatenate([[True], clear[1:] | clear[:-1]]))
    sizes = np.diff(np.append(begins, len(cells)))
    together = np.add.reduceat(counts, begins)
    kept = np.where(together > VISIBLE * deviation * np.sqrt(sizes), together, 0.0)
    ends = begins + sizes - 1
    return Cells(cells.low[begins], cells.high[ends], cells.single[begins] & (sizes == 1)), kept


def make_modes(
    cells: Cells, counts: np.ndarray, missing: float, step: float
) -> tuple[ModeSpecificNormalizer, np.ndarray]:
    """The encoder whose modes are those cells that hold rows, and the rows that each mode is thought to hold.

    Args:
        cells: of the fine count.
        counts: float64 ``[cells]``, not below 0.
        missing: rows thought missing; 0 leaves the mode out.
        step: what the values are whole multiples of; 0 for any real number.
    """
    kept = counts > 0
    if not kept.any() and not missing:
        kept[np.argmax(cells.high - cells.low)] = True
        counts = np.where(kept, 1.0, 0.0)
    single, wide = kept & cells.single, kept & ~cells.single
    middles = (cells.low[single] + cells.high[single]) / 2
    spikes = _whole(middles, step) if step else middles
    smooth, edges = None, np.empty(0)
    if wide.any():
        edges = np.concatenate([[0.0], np.cumsum(counts[wide])]) / counts[wide].sum()
        edges[-1] = 1.0
        knots = np.stack([cells.low[wide], cells.high[wide]], 1).ravel()
        knots[[0, -1]] += np.array([1, -1]) * (0.5 - WITHIN) * step
        smooth = QuantileFunction(np.repeat(edges, 2)[1:-1], knots)
    held = np.concatenate([counts[single], counts[wide], [missing] if missing else []])
    return (
        ModeSpecificNormalizer(
            step=step,
            spikes=spikes,
            smooth=smooth,
            edges=edges,
            means=np.empty(0),
            deviations=np.empty(0),
            masses=held / max(held.sum(), 1.0),
            has_missing=bool(missing),
        ),
        held,
    )


def measure_numbers(column: Column, asking: Asking) -> tuple[ModeSpecificNormalizer, np.ndarray]:
    """Modes of a column and the noisy rows of each.

    Args:
        column: of which the form and declared bounds are known.
        asking: at the noises of the ``"fine"`` count and, unless the range is declared and small, of the ``"rough"`` one.
    """
    step, name = resolution_of(column), repr(column.name)
    cells = small_range(step, column.bounds)
    deviation = asking.deviation("fine")
    if cells is None:
        rough = rough_cells(step, *column.bounds)
        counted = asking.count(NumberCells(column, rough), "rough", f"where the values of {name} lie")
        rows = max(counted.sum(), 0.0)
        most = int(np.clip(rows / (ROWS_A_CELL * deviation), 8, MAX_CELLS))
        cells = fine_cells(rough, counted[:-1], asking.deviation("rough"), step, most)
    counted = asking.count(NumberCells(column, cells), "fine", f"how {name} is distributed")
    missing = counted[-1] if counted[-1] > SURE * deviation else 0.0
    return make_modes(*merge_faint(cells, counted[:-1], deviation), missing, step)


def small_range(step: float, bounds: tuple[float | None, float | None]) -> Cells | None:
    """The cells of a declared range of few values; None for any other column."""
    low, high = bounds
    return declared_cells(low, high, step) if step and low is not None and high is not None else None


def _tail(counts: np.ndarray, deviation: float) -> int:
    """How many further cells belong to the range: up to the last octave that surely holds rows, and those next to it that may."""
    octaves = counts[: len(counts) // CELLS_AN_OCTAVE * CELLS_AN_OCTAVE].reshape(-1, CELLS_AN_OCTAVE).sum(1)
    noise = deviation * np.sqrt(CELLS_AN_OCTAVE)
    certain = int(np.flatnonzero(np.append(True, octaves > SURE_OCTAVE * noise))[-1])
    beyond = np.append(octaves[certain:] > TAIL * noise, False)
    return CELLS_AN_OCTAVE * (certain + int(np.argmin(beyond)))


def _whole(values: np.ndarray, step: float) -> np.ndarray:
    """Whole multiples of a step as people write them: 3 / 10, which is 0.3, and not 3 × 0.1, which is not."""
    parts = round(1 / step) if step < 1 else 1
    return np.rint(values * parts) / parts if parts > 1 else np.rint(values / step) * step


def _stepped(low: float, high: float, step: float, pieces: int) -> np.ndarray:
    """Edges that cut an interval into about equal pieces, each of whole steps."""
    inner = np.rint(np.linspace(low, high, pieces + 1)[1:-1] / step - 0.5) + 0.5
    return np.unique(np.concatenate([[low], np.clip(inner * step, low, high), [high]]))
