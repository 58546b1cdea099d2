"""Turns exact numbers of Arrow, decimals of any width and scale among them, into whole numbers of a digit, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_PLAIN: Final = 2**62  # whole numbers below are int64, with room to spare


def to_whole(values: pa.Array) -> list[int | None]:
    """Reads integers or decimals as whole numbers of the last digit of their type [rows], None where missing.

    Example:
        >>> from decimal import Decimal
        >>> to_whole(pa.array([Decimal("-1.50"), None], pa.decimal128(30, 2)))
        [-150, None]
    """
    if not pa.types.is_decimal(values.type):
        whole: list[int | None] = values.to_pylist()
        return whole
    width = values.type.bit_width // 8
    data = memoryview(values.buffers()[1])[values.offset * width :]
    numbers = [
        int.from_bytes(data[at : at + width], "little", signed=True) for at in range(0, len(values) * width, width)
    ]
    if not values.null_count:
        return list(numbers)
    return [number if valid else None for number, valid in zip(numbers, values.is_valid().to_pylist(), strict=True)]


def from_whole(
    units: NDArray[np.int64] | Sequence[int], kind: pa.DataType, is_missing: NDArray[np.bool_], digits: int
) -> pa.Array:
    """Writes whole numbers of a digit as decimals.

    Args:
        units: [rows]; anything where missing.
        kind: the decimal type; it can hold them.
        is_missing: bool [rows].
        digits: which digit after the point they count (negative: before it), at most the scale of the type.

    Example:
        >>> from_whole(np.array([15]), pa.decimal32(9, 2), np.array([False]), 1).to_pylist()
        [Decimal('1.50')]
    """
    width, factor = kind.bit_width // 8, 10 ** (kind.scale - digits)
    most = max((abs(int(end)) for end in (np.min(units), np.max(units))), default=0) if len(units) else 0
    if isinstance(units, np.ndarray) and most * factor < _PLAIN:
        data = _lanes(units * np.int64(factor), width)
    else:
        data = b"".join((int(unit) * factor).to_bytes(width, "little", signed=True) for unit in units)
    valid = pa.py_buffer(np.packbits(~is_missing, bitorder="little").tobytes()) if is_missing.any() else None
    return pa.Array.from_buffers(kind, len(units), [valid, pa.py_buffer(data)])


def _lanes(units: NDArray[np.int64], width: int) -> bytes:
    """Whole numbers of so many bytes each: the sign is spread over what is above the lowest eight."""
    if width <= units.itemsize:
        return units.astype(f"<i{width}").tobytes()
    return np.stack([units, *([units >> 63] * (width // 8 - 1))], axis=1).astype("<i8").tobytes()


def scaled(numbers: NDArray[np.float64], digits: int, limit: int, base: int = 0) -> NDArray[np.int64] | list[int]:
    """The whole numbers of a digit that numbers above a base are nearest to, kept between ± a limit.

    Args:
        numbers: float64 [rows], finite.
        digits: which digit after the point is counted.
        limit: the greatest whole number.
        base: what they are counted from.
    """
    units: Any = numbers * 10.0**digits if digits >= 0 else numbers / 10.0**-digits
    units = np.rint(units)
    start = base * 10**digits if digits >= 0 else base // 10**-digits
    if np.abs(units).max(initial=0) + abs(start) < min(limit, _PLAIN):
        return units.astype(np.int64) + np.int64(start)
    return [max(min(int(unit) + start, limit), -limit) for unit in units.tolist()]
