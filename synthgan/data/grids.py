"""Finds what every number of a column is a multiple of, counted from an offset: quarter hours, hundreds plus 50, prices in .99."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COMMON_ROWS: Final = 10  # of one value off the grid that keep it a value of its own
MAX_OFF: Final = 0.005  # of the rows that may be off the grid, values that are common left out
MAX_OFF_VALUES: Final = 0.05  # of the values on the grid, that may be off it
SURE_BITS: Final = 13.0  # so unlikely must it be that the values all lie on the grid by chance: 1 in 2**13
MIN_VALUES: Final = 6
MAX_COUNTED: Final = 2.0**53
_TRIES, _TRIED_VALUES = 24, 10
_CLOSE: Final = 1e-9  # of the largest number, within which floats are taken for equal
_EUCLID_TURNS: Final = 60
_MAX_DENOMINATOR: Final = 10**9
_SMALL: Final = 1_000
_DIGITS: Final = 12
_GLANCE_ROWS: Final = 20_000


class Grid(NamedTuple):
    """Numbers ``offset``, ``offset + step``, ``offset + 2 * step``, … and the same downwards.

    Attributes:
        step: above 0.
        offset: from 0 on and below the step.
    """

    step: float
    offset: float

    def snap(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The nearest numbers on the grid, float64 of the same shape, to the last bit as a division by whole numbers has them."""
        index = np.rint((numbers - self.offset) / self.step)
        step, offset = (Fraction(part).limit_denominator(_MAX_DENOMINATOR) for part in self)
        parts = math.lcm(step.denominator, offset.denominator)
        steps, start = int(step * parts), int(offset * parts)
        is_written = (steps / parts, start / parts) == tuple(self)
        if not is_written or np.abs(index).max(initial=0) * steps + start >= MAX_COUNTED:
            return index * self.step + self.offset
        return (index * steps + start) / parts


@np.errstate(over="ignore", invalid="ignore")  # numbers as large as floats can be have no grid that is told
def find_grid(numbers: NDArray[np.float64], base: float) -> Grid | None:
    """Finds a grid coarser than the known one.

    A grid that a few values lie off is found as well: values that many rows share may lie anywhere, others if they are
    fewer than one row in 200.

    Args:
        numbers: float64 [rows], finite.
        base: what they are known to be whole multiples of (a unit, a digit); 0 for any real number.

    Returns:
        The grid; None where there is none but the known one, or too few values to tell.
    """
    if len(numbers) > _GLANCE_ROWS and find_grid(numbers[:: len(numbers) // _GLANCE_ROWS + 1], base) is None:
        return None
    values, counts = np.unique(numbers, return_counts=True)
    if len(values) < MIN_VALUES:
        return None
    if not base:
        return _real_grid(values)
    units = np.rint(values / base)
    if np.abs(units[[0, -1]]).max() >= MAX_COUNTED:
        return None
    found = _whole_grid(units.astype(np.int64), counts)
    return None if found is None else Grid(_tidy(found[0] * base), _tidy(found[1] * base))


def _whole_grid(units: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[int, int] | None:
    """Step and offset of different whole numbers, rising, and how many rows have each."""
    step = int(np.gcd.reduce(np.diff(units)))
    if step > 1:
        return (step, int(units[0] % step)) if _is_sure(len(units), step) else None
    random = np.random.default_rng(0)
    for _ in range(_TRIES):  # some of the values are all on the grid that most are on
        some = random.choice(units, min(_TRIED_VALUES, len(units)), replace=False, p=counts / counts.sum())
        step = int(np.gcd.reduce(np.diff(np.sort(some))))
        if step <= 1:
            continue
        offset = int(some[0] % step)
        off = units % step != offset
        rare = counts[off & (counts < COMMON_ROWS)].sum()
        few = off.sum() <= MAX_OFF_VALUES * (~off).sum()
        if few and rare <= MAX_OFF * counts.sum() and _is_sure(int((~off).sum()), step):
            return step, offset
    return None


def _real_grid(values: NDArray[np.float64]) -> Grid | None:
    """The grid of different real numbers, rising, by Euclid's algorithm on their distances."""
    near = _CLOSE * float(np.abs(values[[0, -1]]).max())
    distances = np.diff(values)
    distances = distances[distances > near]
    if len(distances) < MIN_VALUES - 1:
        return None
    step = float(distances.min())
    for _ in range(_EUCLID_TURNS):
        rest = np.abs(distances - step * np.rint(distances / step))
        if not (rest > near).any():
            break
        step = float(rest[rest > near].min())
    else:
        return None
    cells = np.rint((values[-1] - values[0]) / step)
    if step <= 1e3 * near or not cells:
        return None
    step = _tidy((values[-1] - values[0]) / cells)
    # Reals fill a grid as fine as this by chance: each of them would have to lie so near to it.
    if not _is_sure(len(distances) + 1, min(step / near, 2.0)) or cells > 1e4 * len(distances):
        return None
    offset = _tidy(float(values[0] % step))
    grid = Grid(step, 0 if min(offset, step - offset) <= near else offset)
    return grid if np.abs(grid.snap(values) - values).max() <= near else None


def _is_sure(values: int, ratio: float) -> bool:
    """Whether so many different values would hardly lie on a grid so much coarser by chance."""
    return values >= MIN_VALUES and (values - 1) * math.log2(ratio) >= SURE_BITS


def _tidy(number: float) -> float:
    """A number as a person would write it, where rounding alone has taken it from that: few digits, or a ratio of small numbers."""
    number = float(number)
    if number == round(number):
        return int(number)
    digits = round(number, _DIGITS - math.floor(math.log10(abs(number))) - 1)
    if math.isclose(digits, number, rel_tol=1e-13):
        return digits
    ratio = Fraction(number).limit_denominator(_SMALL)
    near = ratio.numerator / ratio.denominator
    return near if math.isclose(near, number, rel_tol=1e-13) else number
