"""The form in which text writes dates, stamps and clock times: ``%d.%m.%Y``, ``%-I:%M %p``; reads such text and writes it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.days import days_of, fields_of
from synthgan.data.forms.digits import joined
from synthgan.data.forms.months import LANGUAGES, months
from synthgan.data.forms.numbers import BLANKS, quoted
from synthgan.data.stamps import to_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HINT: Final = re.compile(r"\[(h|[a-z]{2}|\d{4})\]")
_FIELD: Final = re.compile(r"%(?:(-)?([dmHIMS])|([YypPqGV])|([1-9])f|(\^|#)?([bB])|(:?)(z))")
_DATE: Final = frozenset("YymdbBqGV")
_TIME: Final = frozenset("HIMSfpP")
_FIRST_YEAR: Final = 1969  # two digits of a year are those of one of the hundred from here on, if nothing else is said
_NOON: Final = 12
_WIDTH: Final = {"d": 2, "m": 2, "H": 2, "I": 2, "M": 2, "S": 2, "y": 2, "Y": 4, "q": 1, "G": 4, "V": 2}
_PATTERNS: Final = {
    "Y": r"\d{4}", "y": r"\d{2}", "q": "[1-4]", "G": r"\d{4}", "V": r"\d{2}", "M": r"\d{2}", "S": r"\d{2}",
    "p": r"(?i:[ap]m)", "P": r"(?i:[ap]m)", "z": r"(?i:Z|[+-]\d{2}:?\d{2})",
}  # fmt: skip
_SECONDS: Final = {"H": 3600, "M": 60, "S": 1}


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a form: a literal, or a field with how it is written."""

    literal: str = ""
    field: str = ""
    flag: str = ""
    places: int = 0


@dataclass(frozen=True)
class MomentForm:
    """How dates, stamps and clock times are written.

    Attributes:
        text: as `strftime` has it, with GNU's flags: %-d is without a leading zero, %^b in upper and %#b in lower case, %3f are three
            digits of a second, %q is a quarter, %G-W%V a week of ISO 8601, %:z is "+02:00"; "[de]" before it names
            the language of months, "[1920]" the first of the hundred years of which %y writes two digits, and "[h]" says that
            hours go on beyond 23.

    Raises:
        ValueError: the text is no such form.

    Example:
        >>> form = MomentForm("%d.%m.%Y")
        >>> form.written(form.parsed(pa.array(["29.02.2020", "30.02.2020"]))).to_pylist()
        ['29.02.2020', None]
    """

    text: str

    def __post_init__(self) -> None:
        """Sees that it says a date, a time, or both, each part once."""
        fields = [part.field for part in self.parts if part.field]
        found = set(fields)
        has_date, has_time = bool(found & _DATE), bool(found & _TIME)
        is_week, is_day = {"G", "V"} <= found, ("Y" in found or "y" in found) and bool(found & set("mbBq"))
        is_date = not has_date or (is_day and not found & set("GV")) or (is_week and not found & (_DATE - set("GV")))
        is_time = not has_time or ("H" in found) != ("I" in found and bool(found & set("pP")))
        is_finer = ("f" not in found or "S" in found) and (not has_time or "M" in found)
        once = len(fields) == len(found) and not ({"Y", "y"} <= found or len(found & set("mbBq")) > 1)
        in_day = has_date and ({"d", "q"} <= found or ("d" not in found and has_time))
        if not (found and is_date and is_time and is_finer and once) or in_day or ("z" in found and not has_time):
            raise ValueError(f"{self.text!r} is no form of dates or times such as '%d.%m.%Y' or '%Y-%m-%d %H:%M'")

    @cached_property
    def parts(self) -> list[_Part]:
        """The pieces in order."""
        text, parts, at = _HINT.sub("", self.text), [], 0
        for found in _FIELD.finditer(text):
            parts.append(_Part(text[at : found.start()]))
            field = found[2] or found[3] or ("f" if found[4] else found[6] or "z")
            parts.append(_Part("", field, found[1] or found[5] or found[7] or "", int(found[4] or 0)))
            at = found.end()
        parts.append(_Part(text[at:]))
        if any("%" in part.literal or "\n" in part.literal for part in parts):
            raise ValueError(f"{self.text!r} has a part that no date or time has")
        return [part for part in parts if part.literal or part.field]

    @property
    def fields(self) -> set[str]:
        """The letters of its fields."""
        return {part.field for part in self.parts if part.field}

    @property
    def kind(self) -> str:
        """What is written: "date", "datetime" or, of clock times alone, "duration"."""
        if not self.fields & _DATE:
            return "duration"
        return "datetime" if self.fields & _TIME else "date"

    @property
    def is_clock(self) -> bool:
        """Whether it is the time of a day that is written, and no length of time."""
        return self.kind == "duration" and "h" not in _HINT.findall(self.text)

    @property
    def has_zone(self) -> bool:
        """Whether each stamp says its own offset."""
        return "z" in self.fields

    @property
    def type(self) -> pa.DataType:
        """What Arrow holds it as; stamps that say their offset are of UTC."""
        unit = "ns" if any(part.places > 6 for part in self.parts) else "us"  # noqa: PLR2004 (digits of a microsecond)
        if self.kind == "date":
            return pa.date32()
        return pa.duration(unit) if self.kind == "duration" else pa.timestamp(unit, "UTC" if self.has_zone else None)

    @property
    def first_year(self) -> int:
        """The first of the hundred years of which two digits are written."""
        return next((int(hint) for hint in _HINT.findall(self.text) if hint.isdigit()), _FIRST_YEAR)

    @property
    def language(self) -> str:
        """The language of the months' names."""
        found = next((hint for hint in _HINT.findall(self.text) if not hint.isdigit() and hint != "h"), "en")
        if found not in LANGUAGES:
            raise ValueError(f"{self.text!r} names a language of months that is not among {', '.join(LANGUAGES)}")
        return found

    def extracted(self, texts: pa.Array) -> dict[str, pa.Array]:
        """The text of each field [rows], null where it is not written so."""
        pieces = [
            f"(?P<{part.field}>{self._pattern(part)})" if part.field else quoted(part.literal) for part in self.parts
        ]
        found = pc.extract_regex(texts.cast(pa.large_string()), f"^{BLANKS}{''.join(pieces)}{BLANKS}$")
        return {name: pc.struct_field(found, name) for name in self.fields}

    def parsed(self, texts: pa.Array) -> pa.Array:
        """Reads text: Arrow array [rows] of `type`; null for what is written otherwise, or is no day or hour that there is."""
        raw = self.extracted(texts)
        some = next(iter(raw.values()))
        is_read = np.asarray(some.is_valid())
        numbers = {name: _whole(values) for name, values in raw.items() if name not in "bBpPz"}
        for name in self.fields & {"b", "B"}:
            names = [one.lower() for one in months(self.language, short=name == "b")]
            bare = pc.utf8_rtrim(pc.utf8_lower(raw[name]), ".")
            numbers["m"] = np.asarray(pc.index_in(bare, pa.array(names, pa.large_string())).fill_null(-1)) + 1
        days, fits = days_of(numbers, self.first_year) if self.kind != "duration" else (0, True)
        seconds, in_day = self._seconds(numbers, raw)
        is_read &= fits & in_day
        if self.kind == "date":
            return pa.array(np.where(is_read, days, 0).astype(np.int32), mask=~is_read).cast(pa.date32())
        scale = 10**9 if self.type.unit == "ns" else 10**6
        counts = (days * 86_400 + seconds) * scale
        if "f" in numbers:
            places = next(part.places for part in self.parts if part.field == "f")
            counts = counts + numbers["f"] * scale // 10**places
        if self.has_zone:
            counts = counts - _offsets(raw["z"]) * scale
        return pa.array(np.where(is_read, counts, 0).astype(np.int64), mask=~is_read).cast(self.type)

    def written(self, values: pa.Array, zone: str | None = None) -> pa.Array:
        """Writes moments: Arrow array [rows] of text; null stays null.

        Args:
            values: Arrow array [rows] of `type`.
            zone: where each stamp says its offset: of which zone.
        """
        offset = None
        if self.has_zone:
            local = pc.local_timestamp(values.cast(pa.timestamp(values.type.unit, zone or "UTC")))
            offset = to_counts(local) - to_counts(values)
            values = local
        counts = to_counts(values)
        scale = 10**9 if self.type == pa.duration("ns") or getattr(values.type, "unit", "") == "ns" else 10**6
        seconds, fraction = (counts * 86_400, counts * 0) if self.kind == "date" else np.divmod(counts, scale)
        days, clock = (0, np.maximum(seconds, 0)) if self.kind == "duration" else np.divmod(seconds, 86_400)
        numbers = {"H": clock // 3600, "M": clock // 60 % 60, "S": clock % 60, "I": (clock // 3600 + 11) % 12 + 1}
        if self.kind != "duration":
            numbers |= fields_of(days)
        pieces: list[pa.Array | str] = []
        for part in self.parts:
            if not part.field:
                pieces.append(part.literal)
            elif part.field == "f":
                pieces.append(_padded(fraction * 10**part.places // scale, part.places))
            elif part.field in "pP":
                names = ["AM", "PM"] if part.field == "p" else ["am", "pm"]
                pieces.append(_chosen(names, (clock // 3600 >= _NOON).astype(np.int64)))
            elif part.field in "bB":
                pieces.append(_chosen(self._months(part), numbers["m"] - 1))
            elif part.field == "z":
                assert offset is not None  # noqa: S101 (found above)
                pieces.append(_offset_texts(offset // (60 * scale), ":" if part.flag else ""))
            else:
                pieces.append(_padded(numbers[part.field], 1 if part.flag else _WIDTH[part.field]))
        texts = joined(*pieces) if len(pieces) > 1 else pieces[0]
        return pc.if_else(pa.array(np.asarray(values.is_null())), pa.scalar(None, pa.large_string()), texts)

    def _months(self, part: _Part) -> list[str]:
        names = months(self.language, short=part.field == "b")
        return [name.upper() if part.flag == "^" else name.lower() if part.flag == "#" else name for name in names]

    def _pattern(self, part: _Part) -> str:
        if part.field == "f":
            return rf"\d{{{part.places}}}"
        if part.field in "bB":
            names = sorted(self._months(_Part(field=part.field)), key=len, reverse=True)
            return f"(?i:{'|'.join(names)})" + r"\.?" * (part.field == "b")
        is_loose = part.field in _WIDTH and part.field not in _PATTERNS
        follows = r"\d{1,3}" if part.field == "H" and self.kind == "duration" else r"\d{1,2}"
        if is_loose and "%Y%m" in self.text:  # digits without a mark between them: each has its width
            follows = r"\d{2}"
        is_loose |= part.field in "MS" and bool(part.flag)
        return follows if is_loose else _PATTERNS[part.field]

    def _seconds(self, numbers: dict[str, NDArray[np.int64]], raw: dict[str, pa.Array]) -> Any:
        """Seconds of the day (of a clock time alone: also beyond), and where they are such as there are."""
        seconds: Any = np.int64(0)
        fits: Any = np.True_
        for name in "HMS":
            if name in numbers:
                seconds = seconds + numbers[name] * _SECONDS[name]
                beyond = name == "H" and self.kind == "duration" and not self.is_clock
                fits = fits & (beyond | (numbers[name] < (24 if name == "H" else 60)))
        if "I" in numbers:
            name = "p" if "p" in raw else "P"
            is_late = np.asarray(pc.fill_null(pc.starts_with(pc.utf8_lower(raw[name]), "p"), fill_value=False))
            seconds = seconds + (numbers["I"] % 12 + 12 * is_late) * 3600
            fits = fits & (numbers["I"] >= 1) & (numbers["I"] <= 12)  # noqa: PLR2004
        return seconds, fits


def _whole(texts: pa.Array) -> NDArray[np.int64]:
    return np.asarray(pc.fill_null(texts.cast(pa.int64()), 0))


def _padded(numbers: NDArray[np.int64], width: int) -> pa.Array:
    texts = pa.array(numbers).cast(pa.large_string())
    return pc.utf8_lpad(texts, width, "0") if width > 1 else texts


def _chosen(names: list[str], index: NDArray[np.int64]) -> pa.Array:
    return pa.array(names, pa.large_string()).take(pa.array(index))


def _offsets(texts: pa.Array) -> NDArray[np.int64]:
    """Seconds east of Greenwich: int64 [rows]; 0 for "Z" and for nothing."""
    found = pc.extract_regex(texts, r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})$")
    hours, minutes = (_whole(pc.struct_field(found, name)) for name in ("hours", "minutes"))
    is_west = np.asarray(pc.fill_null(pc.equal(pc.struct_field(found, "sign"), "-"), fill_value=False))
    return np.where(is_west, -1, 1) * (hours * 3600 + minutes * 60)


def _offset_texts(minutes: NDArray[np.int64], mark: str) -> pa.Array:
    sign = _chosen(["+", "-"], (minutes < 0).astype(np.int64))
    return joined(sign, _padded(np.abs(minutes) // 60, 2), mark, _padded(np.abs(minutes) % 60, 2))


def exact_moments(form: MomentForm, texts: pa.Array, values: pa.Array, zone: str | None = None) -> NDArray[np.bool_]:
    """Where a form writes moments just as they were read: bool [rows]; False where nothing was."""
    same = pc.equal(form.written(values, zone), texts.cast(pa.large_string()))
    return np.asarray(pc.fill_null(same, fill_value=False))
