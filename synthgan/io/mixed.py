"""Makes one Arrow column of the cells that a file without types holds: of one type, or of text where they are of several."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.scalars import to_scalars
from synthgan.data.stamps import is_temporal

if TYPE_CHECKING:
    from collections.abc import Sequence

_INT64: Final = 2**63
_TYPES: Final = {
    bool: pa.bool_(),
    str: pa.string(),
    dt.date: pa.date32(),
    dt.datetime: pa.timestamp("us"),
    dt.time: pa.time64("us"),
    dt.timedelta: pa.duration("us"),
}


def column_of(cells: Sequence[Any]) -> tuple[pa.Array, bool]:
    """Gives cells as an Arrow array [cells], None is missing; and whether cells of several types were written as text.

    Whole numbers and others are numbers; whole numbers beyond 64 bits are text. Lists and objects are given as Arrow has them.

    Example:
        >>> column_of([1, 2.5, None])[0].type, column_of([1, "n/a", 2.5])[0].to_pylist()
        (DataType(double), ['1', 'n/a', '2.5'])
    """
    kinds = {type(cell) for cell in cells if cell is not None}
    if not kinds:
        return pa.nulls(len(cells)), False
    if kinds <= {int, float}:
        is_exact = all(-_INT64 <= cell < _INT64 for cell in cells if isinstance(cell, int))
        if is_exact:
            return pa.array(cells, pa.int64() if kinds == {int} else pa.float64()), False
    if len(kinds) == 1 and (kind := _TYPES.get(next(iter(kinds)))):
        return pa.array(cells, kind), False
    if kinds & {list, dict}:
        try:
            return pa.array(cells), False
        except pa.ArrowException:
            return pa.array([None if cell is None else json.dumps(cell, default=str) for cell in cells]), True
    return pa.array([text_of(cell) for cell in cells], pa.string()), True


def text_of(cell: Any) -> str | None:
    """Writes a cell as text: numbers and truths as JSON does, moments in ISO 8601.

    Example:
        >>> text_of(2.0), text_of(True), text_of(dt.date(2020, 1, 2)), text_of(None)
        ('2', 'true', '2020-01-02', None)
    """
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return json.dumps(cell) if isinstance(cell, (bool, int, float)) else str(cell)


def number_in(text: str | None) -> int | float | str | None:
    """Gives the number that a text was made of, or the text.

    Example:
        >>> number_in("2"), number_in("2.5"), number_in("n/a"), number_in("007")
        (2, 2.5, 'n/a', '007')
    """
    if text is None:
        return None
    try:
        found = int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return text
    return found if math.isfinite(found) and text_of(found) == text else text


def scalars_of(column: pa.ChunkedArray) -> list[Any]:
    """Gives the values of a column as JSON has them, moments as ISO 8601 text; None is missing.

    Example:
        >>> scalars_of(pa.chunked_array([pa.array([90, None], pa.duration("s"))]))
        ['PT90S', None]
    """
    if pa.types.is_time(column.type):
        return column.cast(pa.string()).to_pylist()
    if not is_temporal(column.type) or not column.num_chunks:
        return column.to_pylist()
    values = pa.concat_arrays(column.chunks)
    return [
        text if there else None for text, there in zip(to_scalars(values), values.is_valid().to_pylist(), strict=True)
    ]


def spelt_out(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Gives a column of codes into levels as the levels themselves; any other as it is.

    Example:
        >>> spelt_out(pa.chunked_array([pa.array(["a", "b", "a"]).dictionary_encode()])).type
        DataType(string)
    """
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def plain_number(value: decimal.Decimal) -> float | str:
    """Gives a decimal as a float where that is exact, else as text.

    Example:
        >>> plain_number(decimal.Decimal("2.50")), plain_number(decimal.Decimal("0.12345678901234567890"))
        (2.5, '0.12345678901234567890')
    """
    number = float(value)
    return number if decimal.Decimal(repr(number)) == value else str(value)
