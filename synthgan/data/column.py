"""Says what one column of a table means and in which form it comes back: a Column, checked at birth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final, TypeAlias

import pyarrow as pa

from synthgan.checks import is_whole
from synthgan.data.calendars import MOMENTS, exactly_counted, flaw_of_moment, natural_reach
from synthgan.data.forms.form import flaw_of_form
from synthgan.data.keyforms import MADE_UP, read_form
from synthgan.data.rare import CHOICES
from synthgan.data.significance import flaw_of_grid
from synthgan.data.stamps import NANOSECONDS, from_text, has_zone
from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

_MAX_SHOWN: Final = 300  # letters of what was found, so that a refusal stays a line

Scalar: TypeAlias = str | int | float | bool
"""What stands for a value in JSON; dates and stamps are ISO 8601 text, durations too ("PT90S"), decimals are text."""


class Kind(StrEnum):
    """What a column means, and so how it is learned."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    ORDERED = "ordered"
    DATE = "date"
    DATETIME = "datetime"
    DURATION = "duration"
    IDENTIFIER = "identifier"
    TEXT = "text"
    CONSTANT = "constant"
    MISSING = "missing"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"


FRACTIONS: Final = frozenset({Kind.DECIMAL, Kind.LATITUDE, Kind.LONGITUDE})
NUMBERS: Final = FRACTIONS | {Kind.INTEGER}
AMOUNTS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})
TEMPORAL: Final = frozenset({Kind.DATE, Kind.DATETIME, Kind.DURATION})
CODED: Final = frozenset({Kind.BOOLEAN, Kind.CATEGORY, Kind.ORDERED})
STEPPED: Final = TEMPORAL | NUMBERS
MAX_DECIMALS: Final = 10
_REACH: Final = {Kind.LATITUDE: (-90.0, 90.0), Kind.LONGITUDE: (-180.0, 180.0)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: what it means, and the form in which it must come back.

    It holds nothing learned from the data's values, except a constant's value, an identifier's shared prefix and whether many
    values are `rare`: `levels`, `minimum` and `maximum` are declared by a user (and so public), never inferred.

    Attributes:
        name: the column's name (pandas also has whole numbers).
        kind: what it means.
        dtype: its type in the container's words (see `synthgan.data.containers.dtypes.storage_type`).
        decimals: decimal only: digits after the point to which every value is exact, at most 10; None = all there are.
        unit: date, datetime, duration: the coarsest unit that every value is a whole multiple of ("day", "second", …).
        timezone: datetime only: the zone of the stamps, or None.
        missing: how a missing value is written: None (none was seen), "null", "nan" or "none" (Python's None).
        levels: category, ordered, boolean: the declared levels in order; constant: its one value.
        minimum: the declared least value; ISO 8601 text for date, datetime (with a zone where the stamps have one) and
            duration.
        maximum: the declared greatest value.
        step: numbers, date, datetime, duration: what the distance between any two values is a whole multiple of, where
            that is coarser than the digits or the unit say: 15 (minutes), 500, 0.25.
        offset: the least number, from 0 on and below `step`, that lies on that grid: 0.99 of 0.99, 1.99, …; None = 0.
        significant: integer, decimal: how many digits every value is written in at most, its leading zeros left out: 4 of 1.023,
            122.8 and 0.01234; None = as many as there are.
        pattern: identifier only: what new ones look like: "like:P-[0-9]{5}", "uuid", "int:6" (see `synthgan.data.keyforms`).
        repeats: identifier only: whether rows share one, as the visits of a patient do.
        form: how text writes numbers, dates, stamps and durations: "number:#.##0,00 €", "date:%d.%m.%Y", "duration:%H:%M" (see
            `synthgan.data.forms`); of an identifier what to make up instead of a pattern, by faker: "name", "phone", ….
        marks: of text that is numbers or moments: the declared texts that are missing values and come back as they are ("-").
        locale: identifier with a form only: for which country and language, such as "de_DE".
        why: why it is taken for what it is, in words; nothing reads it.
        rare: category, ordered, boolean: what stands for levels that too few rows hold: "drop" (nothing: their rows go to the
            others), "other" (one word for all of them; of what is no text, missing), "prefix" (text: the beginnings that enough
            rows share, such as "K35.*"; the rest as "other"), "nearest" (ordered levels and numbers: the nearest one that
            enough hold). None = "drop", or another one where they hold more than a tenth of the column.
        moment: integer: which clock times or dates the numbers write: "%H%M" of 1435, "%Y%m%d" of 20200131 (`synthgan.data.calendars`).
        base: integer, decimal: the round number that all values are counted from, where they are too large for float64.

    Raises:
        SchemaError: an attribute is wrong, or contradicts another; the message names the column.
    """

    name: str | int
    kind: Kind
    dtype: str
    decimals: int | None = None
    unit: str | None = None
    timezone: str | None = None
    missing: str | None = None
    levels: tuple[Scalar, ...] | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    pattern: str | None = None
    step: float | None = None
    offset: float | None = None
    base: int | None = None
    moment: str | None = None
    significant: int | None = None
    repeats: bool | None = None
    form: str | None = None
    locale: str | None = None
    why: str | None = None
    rare: str | None = None
    marks: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Checks every attribute, and each against the others."""
        if isinstance(self.name, bool) or not isinstance(self.name, (str, int)):
            raise SchemaError(f"a column's name must be text or a whole number, however: found {self.name!r}")
        if not isinstance(self.kind, str) or self.kind not in list(Kind):
            raise self._error("kind", f"one of {', '.join(Kind)}", self.kind, did_you_mean(self.kind, Kind))
        object.__setattr__(self, "kind", Kind(self.kind))
        for attribute in ("levels", "marks"):
            given = getattr(self, attribute)
            if isinstance(given, list):  # as JSON has it
                object.__setattr__(self, attribute, tuple(given))
        self._check_texts()
        self._check_form()
        self._check_text_form()
        self._check_levels()
        self._check_bounds()
        self._check_grid()

    def _error(self, attribute: str, must: str, found: object, hint: str = "") -> SchemaError:
        shown = repr(found)
        shown = shown if len(shown) <= _MAX_SHOWN else f"{shown[:_MAX_SHOWN]}…"
        return SchemaError(f"column {self.name!r}: {attribute} must be {must}, however: found {shown}", remedy=hint)

    def _check_texts(self) -> None:
        if not isinstance(self.dtype, str) or not self.dtype:
            raise self._error("dtype", "a column type as text", self.dtype)
        for attribute in ("unit", "timezone", "missing", "pattern", "form", "locale", "why", "rare", "moment"):
            given = getattr(self, attribute)
            if given is not None and not isinstance(given, str):
                raise self._error(attribute, "text, or absent", given)

    def _check_form(self) -> None:
        if self.decimals is not None and not (
            self.kind in FRACTIONS and is_whole(self.decimals) and 0 <= self.decimals <= MAX_DECIMALS
        ):
            raise self._error("decimals", "from 0 to 10 for a decimal column, and absent elsewhere", self.decimals)
        if (self.unit is None) if self.kind in TEMPORAL else (self.unit is not None):
            raise self._error("unit", "given for a date, datetime or duration column, and only there", self.unit)
        if self.unit is not None and self.unit not in NANOSECONDS:
            raise self._error(
                "unit", f"one of {', '.join(NANOSECONDS)}", self.unit, did_you_mean(self.unit, NANOSECONDS)
            )
        if self.timezone is not None and self.kind is not Kind.DATETIME:
            raise self._error("timezone", "absent except for a datetime column", self.timezone)
        if self.missing not in (None, "null", "nan", "none"):
            raise self._error("missing", "null, nan or none, or absent", self.missing)
        self._check_identifier()

    def _check_identifier(self) -> None:
        for attribute in ("pattern", "repeats", "form", "locale"):
            given = getattr(self, attribute)
            is_text_form = attribute == "form" and self.text_form is not None
            if given is not None and self.kind is not Kind.IDENTIFIER and not is_text_form:
                raise self._error(attribute, "absent except for an identifier", given)
        if self.repeats is not None and not isinstance(self.repeats, bool):
            raise self._error("repeats", "true or false, or absent", self.repeats)
        if self.form is not None and self.text_form is None and self.form not in MADE_UP:
            raise self._error("form", f"one of {', '.join(MADE_UP)}", self.form, did_you_mean(self.form, MADE_UP))
        if self.locale is not None and self.form is None:
            raise self._error("locale", "absent except beside a form", self.locale)
        if self.pattern is not None:
            try:
                read_form(self.pattern)
            except ValueError as error:
                raise self._error("pattern", str(error), self.pattern) from error

        if self.rare is not None and (self.kind not in CODED or self.rare not in CHOICES):
            must = f"one of {', '.join(CHOICES)} for a boolean, category or ordered column, and absent elsewhere"
            raise self._error("rare", must, self.rare, did_you_mean(self.rare, CHOICES))

    def _check_text_form(self) -> None:
        flaw = flaw_of_form(
            self.text_form, str(self.kind), is_number=self.kind in NUMBERS, zone=self.timezone, marks=self.marks
        )
        if flaw is not None:
            attribute, must, hint = flaw
            raise self._error(attribute, must, getattr(self, attribute), hint)

    def _check_levels(self) -> None:
        levels = self.levels
        if self.kind is Kind.CONSTANT and (not isinstance(levels, tuple) or len(levels) != 1):
            raise self._error("levels", "the one value of the constant, as a list", levels)
        if levels is None:
            return
        if not isinstance(levels, tuple) or self.kind not in CODED | {Kind.CONSTANT}:
            raise self._error("levels", "a list, for a boolean, category, ordered or constant column only", levels)
        types = {type(level) for level in levels}
        if not types or not (types <= {int, float} or types in ({str}, {bool})):
            raise self._error("levels", "one or more values of one type (text, number, true or false)", list(levels))
        is_finite = all(math.isfinite(level) for level in levels if isinstance(level, float))
        if len(set(levels)) != len(levels) or not is_finite:
            raise self._error("levels", "finite and all different", list(levels))

    def _check_bounds(self) -> None:
        for attribute in ("minimum", "maximum"):
            bound = getattr(self, attribute)
            if bound is None:
                continue
            if self.kind not in NUMBERS | TEMPORAL:
                raise self._error(attribute, "absent except for numbers, dates, stamps and durations", bound)
            is_number = isinstance(bound, (int, float)) and not isinstance(bound, bool) and math.isfinite(bound)
            if self.kind in NUMBERS and not is_number:
                raise self._error(attribute, "a finite number", bound)
        least, greatest = self.bounds
        if least is not None and greatest is not None and least > greatest:
            raise self._error("minimum", f"at most the maximum {self.maximum!r}", self.minimum)

    def _check_grid(self) -> None:
        grid = {name: getattr(self, name) for name in ("step", "offset", "base", "significant")}
        flaw = flaw_of_moment(self) or flaw_of_grid(
            grid, is_stepped=self.kind in STEPPED, is_amount=self.kind in AMOUNTS
        )
        if flaw is not None:
            raise self._error(flaw[0], flaw[1], getattr(self, flaw[0]))

    @property
    def text_form(self) -> str | None:
        """How its numbers or moments are written as text; None where they are none, or no text."""
        return self.form if self.kind in NUMBERS | TEMPORAL else None

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The declared (minimum, maximum), of coordinates the globe's: numbers, or `unit`s since 1970 or of duration."""
        least, greatest = _REACH.get(self.kind) or natural_reach(self.moment) or (None, None)
        low, high = self._bound("minimum"), self._bound("maximum")
        return least if low is None else low, greatest if high is None else high

    def _bound(self, attribute: str) -> float | None:
        bound = getattr(self, attribute)
        if bound is not None and self.moment in MOMENTS:
            return float(exactly_counted(Fraction(bound), self.moment))
        if bound is None or self.kind in NUMBERS:
            return None if bound is None else float(bound - self.base if self.base else bound)
        example = "'PT90S'" if self.kind is Kind.DURATION else "'2020-02-29'"
        if self.kind is Kind.DATETIME:
            example = "'2020-02-29T12:00:00Z' (with a zone)" if self.timezone else "'2020-02-29T12:00:00'"
        must = f"ISO 8601 text such as {example}"
        if not isinstance(bound, str) or (self.kind is Kind.DATETIME and has_zone(bound) != bool(self.timezone)):
            raise self._error(attribute, must, bound)
        try:
            counted = from_text(bound, pa.duration("ns") if self.kind is Kind.DURATION else pa.timestamp("ns"))
        except ValueError as error:
            raise self._error(attribute, must, bound) from error
        return counted / NANOSECONDS[str(self.unit)]

    def to_dict(self) -> dict[str, Any]:
        """Gives the column as a dictionary for JSON; attributes that are None are left out."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        shown = {key: value for key, value in given.items() if value is not None}
        shown["kind"] = str(self.kind)
        if self.levels is not None:
            shown["levels"] = list(self.levels)
        if self.marks is not None:
            shown["marks"] = list(self.marks)
        return shown

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Column:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: a key is unknown or lacking, or a value is wrong.
        """
        if not isinstance(given, Mapping):
            raise SchemaError(f"a column must be a JSON object, however: found {given!r}")
        label = f"column {given.get('name')!r}"
        known = [field.name for field in fields(cls)]
        unknown = next((key for key in given if key not in known), None)
        if unknown is not None:
            raise SchemaError(
                f"{label}: keys must be among {', '.join(known)}, however: found {unknown!r}",
                remedy=did_you_mean(unknown, known),
            )
        lacking = next((key for key in ("name", "kind", "dtype") if key not in given), None)
        if lacking is not None:
            raise SchemaError(f"{label}: name, kind and dtype must be given, however: {lacking!r} is lacking")
        return cls(**given)
