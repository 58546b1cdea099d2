"""Reads pandas `object` columns by what they hold, and writes them again."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import uuid
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pyarrow as pa

from synthgan.data.containers.dtypes import MOMENTS, OBJECT_ELEMENTS
from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Objects: TypeAlias = NDArray[np.object_]

# Order matters: a bool is an int, a Timestamp is a datetime, a datetime is a date.
_ELEMENTS: Final[tuple[tuple[str, tuple[type, ...]], ...]] = (
    ("bool", (bool, np.bool_)),
    ("int", (int, np.integer)),
    ("float", (float, np.floating)),
    ("str", (str,)),
    ("Decimal", (decimal.Decimal,)),
    ("UUID", (uuid.UUID,)),
    ("datetime", (dt.datetime,)),
    ("date", (dt.date,)),
    ("time", (dt.time,)),
    ("timedelta", (dt.timedelta,)),
)
_WHOLE: Final = re.compile(r"-?(0|[1-9]\d{0,17})")


def resolve_objects(values: Objects, name: str | int) -> tuple[pa.Array, str, str | None]:
    """Reads a column of Python objects, which must all be of one sort (None, NaN, NA and NaT are missing).

    Numbers may stand among text, and so may moments of one sort: such a column is text until the end.

    Args:
        values: objects [rows].
        name: the column's name, for the messages.

    Returns:
        The values as Arrow (missing is null); the column type as text ("object" for text, "object[int]", "object[mixed]", …);
        and how missing is written: "none" (None), "nan", "null" (NA or NaT), or None.

    Raises:
        DataError: the column mixes sorts, or holds one that cannot be learned (lists, dicts, bytes, …).
    """
    import pandas as pd

    is_missing = pd.isna(values)
    found = {_element(kind) for kind in set(map(type, values[~is_missing]))}
    missing = _missing_form(values[is_missing][0]) if is_missing.any() else None
    if not found:
        return pa.nulls(len(values)), "object", missing
    if found == {"int", "float"}:
        found = {"float"}
    if len(found) > 1 and (dtype := _mixed(found)) is not None:
        return _texts(values, is_missing), dtype, missing
    if len(found) > 1:
        raise DataError(
            f"column {name!r} must hold one type of value, however: found {', '.join(sorted(found))}",
            remedy=f"df[{name!r}] = df[{name!r}].astype('string')" | Remedy.option("drop", [name], "leave it out"),
        )
    element = found.pop()
    if element not in OBJECT_ELEMENTS:
        raise DataError(
            f"column {name!r} must hold single values, however: found {element}",
            remedy=Remedy.option("drop", [name], "leave it out"),
        )
    stored = _to_arrow(values, is_missing, element, name)
    zone = f", {stored.type.tz}" if pa.types.is_timestamp(stored.type) and stored.type.tz else ""
    return stored, "object" if element == "str" else f"object[{element}{zone}]", missing


def _mixed(found: set[str]) -> str | None:
    """The type of a column of text with numbers, or with moments of one sort, among it; None for any other mixture."""
    moments = found & MOMENTS
    if "str" not in found or len(moments) > 1 or found - moments - {"str", "int", "float", "bool"}:
        return None
    return f"object[{' '.join(['mixed', *moments])}]"


def _texts(values: Objects, is_missing: NDArray[np.bool_]) -> pa.Array:
    texts = [None if gone else _as_text(value) for value, gone in zip(values, is_missing, strict=True)]
    return pa.array(texts, pa.large_string())


def _as_text(value: Any) -> str:
    if isinstance(value, (dt.date, str)):
        return value if isinstance(value, str) else value.isoformat()
    return repr(float(value)) if isinstance(value, (float, np.floating)) else str(value)


def _from_text(text: str, moment: str) -> Any:
    """The object of a mixed column that is written so; any other text is text."""
    if _WHOLE.fullmatch(text):
        return int(text)
    if text in {"True", "False"}:
        return text == "True"
    try:
        if moment:
            return _moment(text, moment)
        return float(text) if repr(float(text)) == text else text
    except ValueError:
        return text


def _moment(text: str, sort: str) -> Any:
    if sort == "Timestamp":
        import pandas as pd

        return pd.Timestamp(dt.datetime.fromisoformat(text))
    return (dt.date if sort == "date" else dt.datetime).fromisoformat(text)


def _element(kind: type) -> str:
    if kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in {"Timestamp", "Timedelta"}:
        return kind.__name__
    return next((element for element, kinds in _ELEMENTS if issubclass(kind, kinds)), kind.__name__)


def _missing_form(value: object) -> str:
    if value is None:
        return "none"
    return "nan" if isinstance(value, float) else "null"


def _to_arrow(values: Objects, is_missing: NDArray[np.bool_], element: str, name: str | int) -> pa.Array:
    try:
        if element == "UUID":
            texts = [None if gone else str(value) for value, gone in zip(values, is_missing, strict=True)]
            return pa.array(texts, type=pa.large_string())
        if element in {"datetime", "Timestamp"}:
            return _stamps(values, is_missing, element)
        # Arrow finds the scale that decimals need by itself.
        stored = None if element == "Decimal" else OBJECT_ELEMENTS[element]
        return pa.array(values, type=stored, mask=is_missing, from_pandas=True)
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise DataError(
            f"column {name!r} must hold values that Arrow can store, however: {str(error).splitlines()[0]}",
            remedy=f"df[{name!r}] = df[{name!r}].astype('string')" | Remedy.option("drop", [name], "leave it out"),
        ) from error


def _stamps(values: Objects, is_missing: NDArray[np.bool_], element: str) -> pa.Array:
    present = values[~is_missing]
    if len({value.tzinfo is None for value in present}) > 1:
        raise ValueError("some stamps have a zone and some have none")
    zone = pa.array(present[:1]).type.tz  # all are told in the zone of the first
    return pa.array(values, type=pa.timestamp(OBJECT_ELEMENTS[element].unit, zone), mask=is_missing, from_pandas=True)


def to_objects(values: pa.Array, text: str, *, missing: str | None) -> Objects:
    """Writes an Arrow array as Python objects, the inverse of `resolve_objects`.

    Args:
        values: Arrow array [rows], a dictionary or the type that holds the elements.
        text: the column type, "object" or "object[…]".
        missing: how a missing value is written.

    Returns:
        Objects [rows].
    """
    mark = _mark(text, missing)
    if pa.types.is_dictionary(values.type):  # few levels are made Python objects, the rows only point at them
        levels = np.empty(len(values.dictionary) + 1, object)
        levels[:-1] = _elements(values.dictionary, text)
        levels[-1] = mark
        return levels[np.asarray(values.indices.cast(pa.int32()).fill_null(-1))]
    objects = np.empty(len(values), object)
    objects[:] = _elements(values, text)
    if values.null_count:
        objects[np.asarray(values.is_null())] = mark
    return objects


def _mark(text: str, missing: str | None) -> Any:
    import pandas as pd

    if missing in {"nan", "none"}:
        return np.nan if missing == "nan" else None
    is_stamp = text.removeprefix("object[").startswith(("datetime", "Timestamp", "timedelta", "Timedelta"))
    return pd.NaT if is_stamp else pd.NA


def _elements(values: pa.Array, text: str) -> list[Any]:
    if text.startswith(("object[Timestamp", "object[Timedelta")):
        import pandas as pd

        return list(pd.Series(values.to_pandas()).astype(object))
    if text.startswith("object[mixed"):
        moment = text.removeprefix("object[mixed").strip(" ]")
        return [None if value is None else _from_text(value, moment) for value in values.to_pylist()]
    if text == "object[UUID]":
        return [None if value is None else uuid.UUID(value) for value in values.to_pylist()]
    return values.to_pylist()
