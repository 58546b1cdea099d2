"""Infers what one column means from its values."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.config import EncodingConfig
from synthgan.data.calendars import find_moment
from synthgan.data.column import AMOUNTS, FRACTIONS, STEPPED, Column, Kind
from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.raw import decoded
from synthgan.data.forms.finding import FoundForm, find_form
from synthgan.data.forms.form import form_text
from synthgan.data.fractions import decimals_of, decimals_of_decimals
from synthgan.data.grids import find_grid
from synthgan.data.identifiers import MIN_SHARED, find_key, has_key_name, is_prose
from synthgan.data.keylearning import learned_pattern
from synthgan.data.magnitudes import MAX_EXACT, magnified
from synthgan.data.rare import MAX_DROPPED, chosen
from synthgan.data.scalars import to_scalars
from synthgan.data.significance import find_significant, power_of_ten, says_more
from synthgan.data.stamps import NANOSECONDS, is_temporal, to_counts, unit_of
from synthgan.data.values import Numbers, Stamps
from synthgan.errors import DataError, Remedy

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.containers.raw import RawColumn

_WORD_START, _WORD_END = r"(?:^|[^A-Za-z]|(?<=[a-z])(?=[A-Z]))", r"(?:$|[^A-Za-z]|(?=[A-Z]))"
_COORDINATES: Final = {
    Kind.LATITUDE: (re.compile(f"{_WORD_START}(?:[Ll]atitude|[Ll]at|LATITUDE|LAT){_WORD_END}"), 90),
    Kind.LONGITUDE: (
        re.compile(f"{_WORD_START}(?:[Ll]ongitude|[Ll]ong|[Ll]ng|[Ll]on|LONGITUDE|LONG|LNG|LON){_WORD_END}"),
        180,
    ),
}


def describe_column(
    raw: RawColumn,
    name: str | int,
    *,
    is_identifier: bool = False,
    is_first: bool = False,
    form: FoundForm | None = None,
) -> Column:
    """Infers a column; the rules stand in `synthgan.data.schema.Schema.infer`.

    Args:
        raw: the column as it stands in the frame, of one row or more.
        name: its name.
        is_identifier: the user says that it is an identifier, whatever it looks like.
        is_first: whether it is the first of its table.
        form: what its text is, where that is known already.

    Returns:
        The column; free text comes as kind text, for the caller to refuse.

    Raises:
        DataError: it cannot be learned; the message names it and has the remedy.
    """
    values = raw.values
    if values.null_count == len(values):
        return Column(name, Kind.MISSING, raw.dtype, missing=raw.missing or "null")
    if is_identifier:
        named = _named(values, name)
        return Column(name, Kind.IDENTIFIER, raw.dtype, missing=raw.missing, why="named by the user", **named)
    form = form or _form(values)
    found = (
        _describe(values, name, is_first=is_first) if form is None else _formed(form, values, name, is_first=is_first)
    )
    if found["kind"] in {Kind.CATEGORY, Kind.ORDERED}:
        found["rare"] = _rare(values, is_ordered=found["kind"] is Kind.ORDERED)
    if found["kind"] not in {Kind.IDENTIFIER, Kind.ORDERED} and _is_constant(values):
        return Column(name, Kind.CONSTANT, raw.dtype, levels=to_scalars(decoded(values[:1])))
    grid = _grid(values if form is None else form.values, **found)
    return Column(name, dtype=raw.dtype, missing=raw.missing, **found, **grid)


def describe_type(raw: RawColumn, name: str | int, *, is_identifier: bool = False) -> Column:
    """Describes a column by its type alone, as private training must: nothing of its values enters.

    Floats and decimals are decimals of unknown digits, moments count in the unit of their type, and no missing value is
    foreseen. A column of the type of nothing is missing.
    """
    kind = raw.values.type
    if is_identifier:
        digits = min(9, len(str(2 ** (kind.bit_width - 1))) - 1) if pa.types.is_integer(kind) else 0
        return Column(name, Kind.IDENTIFIER, raw.dtype, pattern=f"int:{digits}" if digits else "uuid")
    if pa.types.is_null(kind):
        return Column(name, Kind.MISSING, raw.dtype, missing="null")
    if pa.types.is_boolean(kind):
        return Column(name, Kind.BOOLEAN, raw.dtype, levels=(False, True))
    if pa.types.is_dictionary(kind):
        return Column(name, Kind.ORDERED if kind.ordered else Kind.CATEGORY, raw.dtype)
    if is_temporal(kind):
        sort = Kind.DATETIME if pa.types.is_timestamp(kind) else Kind.DURATION
        sort = Kind.DATE if pa.types.is_date(kind) else sort
        zone = kind.tz if sort is Kind.DATETIME else None
        return Column(name, sort, raw.dtype, unit=unit_of(kind), timezone=zone)
    if pa.types.is_integer(kind):
        return Column(name, Kind.INTEGER, raw.dtype)
    is_number = pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return Column(name, Kind.DECIMAL if is_number else Kind.CATEGORY, raw.dtype)


def _grid(
    values: pa.Array, kind: Kind, decimals: int | None = None, unit: str | None = None, **more: Any
) -> dict[str, Any]:
    """Finds the step and the offset of numbers and moments, or their significant digits, where they are coarser than digits or unit."""
    if kind not in STEPPED:
        return {}
    values = values.drop_null()
    moment = more.get("moment")
    held = Numbers(values, decimals, more.get("base", 0), moment=moment) if unit is None else Stamps(values, unit)
    numbers = held.float64()
    base = 10.0 ** -(decimals or 0) if kind not in FRACTIONS or decimals is not None else 0.0
    found, is_float, digits = find_grid(numbers, base), pa.types.is_floating(values.type), None
    if kind in AMOUNTS and "base" not in more and moment is None and (base if found else base or is_float):
        digits = find_significant(numbers, base, values.type.to_pandas_dtype() if is_float else np.float64)
    if digits is not None and (found is None or says_more(numbers, base, digits, found)):
        step = power_of_ten(numbers, base)
        return {"significant": digits} if step is None else {"significant": digits, "step": step}
    return {} if found is None else {"step": found.step, **({"offset": found.offset} if found.offset else {})}


def _rare(values: pa.Array, *, is_ordered: bool) -> str | None:
    """What becomes of levels of few rows, where these hold much of the column; None where they hold little."""
    coded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    codes = np.asarray(coded.indices.drop_null())
    rows = np.bincount(codes, minlength=len(coded.dictionary))
    few = (rows < EncodingConfig().rare_below) & (rows > 0)
    share = float(rows[few].sum() / max(len(codes), 1))
    if share <= MAX_DROPPED:
        return None
    texts = coded.dictionary.filter(pa.array(few)).drop_null().to_pylist() if is_text(coded.dictionary.type) else None
    return chosen(share=share, common=bool((rows[~few] > 0).any()), ordered=is_ordered, boolean=False, rare=texts)


def _is_constant(values: pa.Array) -> bool:
    if values.null_count:
        return False
    values = decoded(values)
    if pa.types.is_decimal(values.type):  # Arrow compares no decimals of negative scale
        return len(values.unique()) == 1
    return bool(pc.all(pc.equal(values, values[0])).as_py())


def _named(values: pa.Array, name: str | int) -> dict[str, Any]:
    """What identifiers that the user named look like, and whether rows share them."""
    values = decoded(values).drop_null()
    if pa.types.is_floating(values.type) and _is_whole(np.asarray(values)):
        values = values.cast(pa.int64(), safe=False)
    if not (pa.types.is_integer(values.type) or is_text(values.type)):
        raise DataError(
            f"column {name!r} must be text or whole numbers to be an identifier, however: found {values.type}",
            remedy=Remedy.option("drop", [name], "leave it out"),
        )
    distinct = pc.count_distinct(values).as_py()
    return {"pattern": learned_pattern(values), "repeats": True if MIN_SHARED <= distinct < len(values) else None}


def _describe(values: pa.Array, name: str | int, *, is_first: bool) -> dict[str, Any]:
    """Finds the kind and what goes with it, from values of which one or more are there."""
    kind = values.type
    if pa.types.is_boolean(kind):
        return {"kind": Kind.BOOLEAN}
    if pa.types.is_dictionary(kind):
        return _describe_dictionary(values, name)
    if is_temporal(kind):
        return _describe_temporal(values)
    if pa.types.is_integer(kind):
        found = _key_or(Kind.INTEGER, values, name, is_first=is_first)
        if found["kind"] is Kind.INTEGER or not has_key_name(str(name)):
            found = _moment(np.asarray(values.drop_null())) or found
        return magnified(values, found)
    if pa.types.is_floating(kind):
        return _describe_floats(np.asarray(values.drop_null()), name)
    if pa.types.is_decimal(kind):
        return magnified(values, {"kind": Kind.DECIMAL, "decimals": decimals_of_decimals(values)})
    found = _key_or(Kind.CATEGORY, values, name, is_first=is_first)
    return {"kind": Kind.TEXT} if found["kind"] is Kind.CATEGORY and is_prose(values) else found


def _form(values: pa.Array) -> FoundForm | None:
    """The form of text that is numbers or moments; None for any other column, and for levels in an order."""
    if pa.types.is_dictionary(values.type) and values.type.ordered:
        return None
    values = decoded(values)
    return find_form(values) if is_text(values.type) else None


def _formed(form: FoundForm, values: pa.Array, name: str | int, *, is_first: bool) -> dict[str, Any]:
    """What text means that is of a form: what its values would; keys stay text."""
    found = _describe(form.values, name, is_first=is_first)
    if found["kind"] is Kind.IDENTIFIER:
        return found | {"pattern": learned_pattern(decoded(values).drop_null())}
    if found["kind"] is Kind.INTEGER and _is_run(form.values):  # as text, numbers in a row are names
        return _key_or(Kind.CATEGORY, decoded(values), name, is_first=is_first)
    if found["kind"] is Kind.DATETIME:
        found["timezone"] = form.zone
    if form.swapped is not None:
        warnings.warn(
            f"column {name!r} should say in some row which of its numbers is the day, however: all are 12 or less; taken as "
            f"{form_text(form.form)!r}, state {form_text(form.swapped)!r} as its form in the schema if that is wrong",
            stacklevel=2,
        )
    return found | {"form": form_text(form.form)}


def _is_run(values: pa.Array) -> bool:
    """Whether whole numbers are all those between two, each once."""
    ends = pc.min_max(values).as_py()
    present = len(values) - values.null_count
    return bool(ends["max"] - ends["min"] + 1 == present == pc.count_distinct(values).as_py())


def _key_or(kind: Kind, values: pa.Array, name: str | int, *, is_first: bool = False) -> dict[str, Any]:
    key = find_key(values, str(name), is_first=is_first)
    if key is None:
        return {"kind": kind}
    pattern = learned_pattern(values.drop_null())
    return {"kind": Kind.IDENTIFIER, "pattern": pattern, "repeats": key.repeats or None, "why": key.why}


def _describe_dictionary(values: pa.DictionaryArray, name: str | int) -> dict[str, Any]:
    if values.type.ordered:
        return {"kind": Kind.ORDERED}
    if pa.types.is_floating(values.type.value_type):
        _refuse_infinity(np.asarray(values.dictionary), name)
    return _key_or(Kind.CATEGORY, decoded(values), name) if is_text(values.type.value_type) else {"kind": Kind.CATEGORY}


def _describe_temporal(values: pa.Array) -> dict[str, Any]:
    kind = values.type
    own = NANOSECONDS[unit_of(kind)]
    counts = to_counts(values)  # missing counts as 0, a multiple of anything
    coarser = [unit for unit, length in NANOSECONDS.items() if length >= own]
    unit = next(unit for unit in coarser if not (counts % (NANOSECONDS[unit] // own)).any())
    if pa.types.is_date(kind):
        return {"kind": Kind.DATE, "unit": unit}
    if pa.types.is_timestamp(kind):
        return {"kind": Kind.DATETIME, "unit": unit, "timezone": kind.tz}
    return {"kind": Kind.DURATION, "unit": unit}


def _describe_floats(numbers: NDArray[np.floating[Any]], name: str | int) -> dict[str, Any]:
    _refuse_infinity(numbers, name)
    if _is_whole(numbers):
        if (
            has_key_name(str(name)) and np.abs(numbers).max(initial=0) < MAX_EXACT
        ):  # with missing ones, pandas has no integers
            return _key_or(Kind.INTEGER, pa.array(numbers.astype(np.int64)), name)
        return _moment(numbers) or {"kind": Kind.INTEGER}
    return {"kind": _kind_of_fractions(numbers, str(name)), "decimals": decimals_of(numbers)}


def _moment(numbers: NDArray[Any]) -> dict[str, Any] | None:
    """What is to be said of whole numbers that are clock times or dates."""
    moment = find_moment(numbers.astype(np.float64))
    return None if moment is None else {"kind": Kind.INTEGER, "moment": moment}


def _kind_of_fractions(numbers: NDArray[np.floating[Any]], name: str) -> Kind:
    """Coordinates by name (``lat``, ``home_longitude``, ``pickupLng``) and range, other numbers as decimals."""
    for kind, (pattern, reach) in _COORDINATES.items():
        if pattern.search(name) and float(np.abs(numbers).max()) <= reach:
            return kind
    return Kind.DECIMAL


def _refuse_infinity(numbers: NDArray[np.floating[Any]], name: str | int) -> None:
    if np.isinf(numbers).any():
        raise DataError(
            f"column {name!r} must hold finite numbers, however: found {'-' if np.isneginf(numbers).any() else ''}inf",
            remedy="write infinity as missing" | Remedy.option("drop", [name], "leave it out"),
        )


def _is_whole(numbers: NDArray[np.floating[Any]]) -> bool:
    return bool((numbers == np.rint(numbers)).all())
