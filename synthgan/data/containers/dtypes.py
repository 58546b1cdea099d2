"""Reads the text of a column type, in the language of its container, as the Arrow type that holds its values."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from synthgan.data.column import NUMBERS, Kind
from synthgan.data.containers.extensions import extension_storage
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from synthgan.data.column import Column

CONTAINERS: Final = ("pandas", "polars", "pyarrow")

_INTEGERS: Final = {str(t): t for t in (
    pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(),
)}  # fmt: skip
_FLOATS: Final = {"float16": pa.float16(), "float32": pa.float32(), "float64": pa.float64()}
_UNITS: Final = ("s", "ms", "us", "ns")

# Arrow cannot compute with either of these: they are text until the end.
STRING_VIEW: Final = "string_view"
UUID: Final = "extension<arrow.uuid>"
_ARROW: Final = _INTEGERS | {str(t): t for t in (
    pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.null(), pa.string(), pa.large_string(),
    pa.date32(), pa.date64(), pa.time32("s"), pa.time32("ms"), pa.time64("us"), pa.time64("ns"),
    *(pa.timestamp(unit) for unit in _UNITS), *(pa.duration(unit) for unit in _UNITS),
)} | {UUID: pa.large_string(), STRING_VIEW: pa.large_string()}  # fmt: skip

# Python's moments of which one sort may stand among text.
MOMENTS: Final = frozenset({"date", "datetime", "Timestamp"})
# What the Python objects of a pandas `object` column are stored as; "object" alone means text.
OBJECT_ELEMENTS: Final = {
    "str": pa.large_string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "Decimal": pa.decimal128(38, 18),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "Timestamp": pa.timestamp("ns"),
    "time": pa.time64("us"),
    "timedelta": pa.duration("us"),
    "Timedelta": pa.duration("ns"),
    "UUID": pa.large_string(),
    "mixed": pa.large_string(),
    **{f"mixed {moment}": pa.large_string() for moment in sorted(MOMENTS)},
}
PANDAS_STRINGS: Final = ("str", "str[python]", "StringDtype('python')", "StringDtype('pyarrow')")


def capitalised(integer: str) -> str:
    """The name of pandas' nullable type of whole numbers: "UInt8" for "uint8"."""
    return integer.replace("i", "I", 1).replace("uI", "UI")


_PANDAS: Final = (
    _INTEGERS
    | _FLOATS
    | {
        **{capitalised(name): stored for name, stored in _INTEGERS.items()},
        **{name.capitalize(): stored for name, stored in _FLOATS.items()},
        **{f"datetime64[{unit}]": pa.timestamp(unit) for unit in _UNITS},
        **{f"timedelta64[{unit}]": pa.duration(unit) for unit in _UNITS},
        **dict.fromkeys(PANDAS_STRINGS, pa.large_string()),
        **{f"object[{element}]": stored for element, stored in OBJECT_ELEMENTS.items()},
        "object": pa.large_string(),
        "bool": pa.bool_(),
        "boolean": pa.bool_(),
    }
)
_POLARS: Final = {
    **{name.replace("uint", "UInt").replace("int", "Int"): stored for name, stored in _INTEGERS.items()},
    **{name.capitalize(): stored for name, stored in _FLOATS.items()},
    **{f"Datetime(time_unit='{unit}', time_zone=None)": pa.timestamp(unit) for unit in _UNITS[1:]},
    **{f"Duration(time_unit='{unit}')": pa.duration(unit) for unit in _UNITS[1:]},
    "Boolean": pa.bool_(),
    "String": pa.large_string(),
    "Categorical": pa.dictionary(pa.int32(), pa.large_string()),
    "Enum": pa.dictionary(pa.int32(), pa.large_string(), ordered=True),
    "Date": pa.date32(),
    "Time": pa.time64("ns"),
    "Null": pa.null(),
}

NOT_NULL: Final = " not null"
ORDERED: Final = ", ordered"
_TZ: Final = re.compile(r"timestamp\[(s|ms|us|ns), tz=([^\]]+)\]")
_DECIMAL: Final = re.compile(r"decimal(32|64|128|256)\((\d+), (-?\d+)\)")
_DICTIONARY: Final = re.compile(r"dictionary<values=(.+), indices=(u?int(?:8|16|32|64)), ordered=([01])>")
PANDAS_TZ: Final = re.compile(r"datetime64\[(s|ms|us|ns), (?:zoneinfo\.ZoneInfo\(key='([^']+)'\)|([^\]]+))\]")
_OBJECT_TZ: Final = re.compile(r"object\[(datetime|Timestamp), ([^\]]+)\]")
PANDAS_CATEGORY: Final = re.compile(r"category\[(.+)\]")
_POLARS_TZ: Final = re.compile(r"Datetime\(time_unit='(ms|us|ns)', time_zone='([^']+)'\)")
_POLARS_DECIMAL: Final = re.compile(r"Decimal\(precision=(\d+), scale=(\d+)\)")


def storage_type(container: str, text: str) -> pa.DataType:
    """Says which Arrow type holds the values of a column type written as text.

    Nothing of pandas or polars is imported: a schema can be read where its container is not installed.

    Args:
        container: "pandas", "polars" or "pyarrow".
        text: the type in the container's own words, such as "Int64" or "timestamp[us, tz=UTC]". For pandas, `object`
            columns other than text name their elements ("object[Decimal]"), categories name the type of their levels
            ("category[int64]", "category[object, ordered]"), and the nullable strings are "StringDtype('python')" or
            "StringDtype('pyarrow')".

    Returns:
        The Arrow type; for `object[Decimal]` the scale is a placeholder.

    Raises:
        SchemaError: the container or the type is unknown.
    """
    readers = {"pandas": _pandas_storage, "polars": _polars_storage, "pyarrow": _arrow_storage}
    if container not in readers:
        raise SchemaError(f"container must be one of {', '.join(CONTAINERS)}, however: found {container!r}")
    found = readers[container](text)
    if found is None:
        raise SchemaError(f"dtype must be a column type of {container} that synthgan knows, however: found {text!r}")
    return found


def _pandas_storage(text: str) -> pa.DataType | None:
    if text in _PANDAS:
        return _PANDAS[text]
    if match := PANDAS_TZ.fullmatch(text):
        return pa.timestamp(match[1], match[2] or match[3])
    if match := _OBJECT_TZ.fullmatch(text):
        return pa.timestamp(OBJECT_ELEMENTS[match[1]].unit, match[2])
    if match := PANDAS_CATEGORY.fullmatch(text):
        values = _pandas_storage(match[1].removesuffix(ORDERED))
        return values and pa.dictionary(pa.int32(), values, ordered=match[1].endswith(ORDERED))
    if text.endswith("[pyarrow]"):
        return _arrow_storage(text.removesuffix("[pyarrow]"))
    return extension_storage(text)


def _polars_storage(text: str) -> pa.DataType | None:
    if text in _POLARS:
        return _POLARS[text]
    if match := _POLARS_TZ.fullmatch(text):
        return pa.timestamp(match[1], match[2])
    if match := _POLARS_DECIMAL.fullmatch(text):
        return _decimal("128", match[1], match[2])
    return None


def _arrow_storage(text: str) -> pa.DataType | None:
    text = text.removesuffix(NOT_NULL)
    if text in _ARROW:
        return _ARROW[text]
    if match := _TZ.fullmatch(text):
        return pa.timestamp(match[1], match[2])
    if match := _DECIMAL.fullmatch(text):
        return _decimal(*match.groups())
    if match := _DICTIONARY.fullmatch(text):
        values = _arrow_storage(match[1])
        return values and pa.dictionary(_INTEGERS[match[2]], values, ordered=match[3] == "1")
    return None


def _decimal(bits: str, precision: str, scale: str) -> pa.DataType | None:
    try:
        return getattr(pa, f"decimal{bits}")(int(precision), int(scale))
    except ValueError:
        return None


def is_text(kind: pa.DataType) -> bool:
    """Says whether an Arrow type is one of text."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def element_type(dtype: str) -> pa.DataType:
    """Gives the Arrow type of the values of a type in the words of any container, of a dictionary those of its levels."""
    readers = (_pandas_storage, _polars_storage, _arrow_storage)
    kind = next((found for read in readers if (found := read(dtype)) is not None), pa.null())
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def holds_text(dtype: str) -> bool:
    """Says whether any text may stand in a type, in the words of any container."""
    return is_text(element_type(dtype)) and "UUID" not in dtype and not dtype.startswith(UUID)


def may_be_missing(dtype: str) -> bool:
    """Says whether a type, in the words of any container, holds missing values for sure (NumPy's whole numbers do not)."""
    return not dtype.endswith(NOT_NULL) and dtype not in _INTEGERS and dtype != "bool"


def missing_form(dtype: str) -> str:
    """How a type writes that nothing is there: "nan", "none" or "null" (see `synthgan.data.column.Column`)."""
    if dtype.startswith("object"):
        return "none"
    return "nan" if dtype in _FLOATS or dtype in PANDAS_STRINGS[:2] else "null"


def check_kind(container: str, column: Column) -> None:
    """Refuses a kind that the column's type cannot hold (a date in a column of text, say).

    Raises:
        SchemaError: the type is unknown, or does not suit the kind; the message names the column.
    """
    try:
        stored = storage_type(container, column.dtype)
    except SchemaError as error:
        raise SchemaError(f"column {column.name!r}: {error}") from error
    if pa.types.is_dictionary(stored):
        stored = stored.value_type
    if pa.types.is_timestamp(stored) and stored.tz is not None and not _is_zone(stored.tz):
        raise SchemaError(f"column {column.name!r}: dtype must name a known time zone, however: found {stored.tz!r}")
    types = pa.types
    is_number = types.is_integer(stored) or types.is_floating(stored) or types.is_decimal(stored)
    fits = dict.fromkeys(NUMBERS, is_number) | {
        Kind.DECIMAL: is_number and not types.is_integer(stored),
        Kind.DATE: types.is_date(stored),
        Kind.DATETIME: types.is_timestamp(stored),
        Kind.DURATION: types.is_duration(stored) or types.is_time(stored),
        Kind.TEXT: is_text(stored),
        Kind.IDENTIFIER: is_text(stored) or is_number,
    }
    if column.text_form is not None:
        fits = {column.kind: is_text(stored)}
    if not fits.get(column.kind, column.kind is Kind.MISSING or not types.is_null(stored)):
        raise SchemaError(
            f"column {column.name!r}: kind must suit the type {column.dtype!r}, however: found {str(column.kind)!r}"
        )


def _is_zone(name: str) -> bool:
    try:
        pa.lib.string_to_tzinfo(name)
    except (KeyError, ValueError, OSError, pa.ArrowException):
        return False
    return True
