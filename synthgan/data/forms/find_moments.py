"""Finds the form in which a column of text writes dates, stamps or clock times: the one that writes most of them again as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.moments import MomentForm, exact_moments
from synthgan.data.forms.months import LANGUAGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXEMPLARS: Final = 25
_FEW: Final = 5_000
_DATES: Final = (  # what a date looks like, and what it may be; of two that do as well, the first
    (r"\d{4}([-/. ])\d{1,2}\1\d{1,2}", ("%Y{0}%m{0}%d", "%Y{0}%d{0}%m")),
    (r"\d{1,2}(\. ?|[-/ ])\d{1,2}\1\d{4}", ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y")),
    (r"\d{1,2}([-/.])\d{1,2}\1\d{2}", ("%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d")),
    (r"\d{1,2}(\.? |[-/])[^\W\d_]{3,10}(\.?(?: |[-/]))\d{4}", ("%d{0}%b{1}%Y", "%d{0}%B{1}%Y")),
    (r"\d{1,2}(\.? |[-/])[^\W\d_]{3,10}(\.?(?: |[-/]))\d{2}", ("%d{0}%b{1}%y", "%d{0}%B{1}%y")),
    (r"\d{1,2}()[^\W\d_]{3}()\d{4}", ("%d%b%Y",)),
    (r"[^\W\d_]{3,10}(\.? )\d{1,2}(,? )\d{4}", ("%b{0}%d{1}%Y", "%B{0}%d{1}%Y")),
    (r"\d{4}([-/ ])[^\W\d_]{3,10}([-/ ])\d{1,2}", ("%Y{0}%b{1}%d", "%Y{0}%B{1}%d")),
    (r"\d{4}([-/])\d{2}", ("%Y{0}%m",)),
    (r"\d{1,2}([-/])\d{4}", ("%m{0}%Y",)),
    (r"(?:1[89]|20|21)\d{2}([- /]?[QqTt])[1-4]$", ("%Y{0}%q",)),
    (r"([QqTt])[1-4]([- /]?)(?:1[89]|20|21)\d{2}$", ("{0}%q{1}%Y",)),
    (r"(?:1[89]|20|21)\d{2}(-?[Ww])\d{2}$", ("%G{0}%V",)),
    (r"[^\W\d_]{3,10}(\.?[- ])\d{4}", ("%b{0}%Y", "%B{0}%Y")),
    (r"[^\W\d_]{3}(-)\d{2}", ("%b{0}%y",)),
    (r"(?:1[89]|20|21)\d{6}", ("%Y%m%d",)),
)
_DIGITS: Final = ((r"(?:1[89]|20|21)\d{12}", "%Y%m%d%H%M%S"), (r"(?:1[89]|20|21)\d{10}", "%Y%m%d%H%M"))
_TIME: Final = re.compile(
    r"(?P<between>,? |T|_|, |:|)(?P<hour>\d{1,3})(?P<mark>[:.h])\d{2}(?P<second>:\d{2}(?:(?P<point>[.,])(?P<places>\d{1,9}))?)?"
    r"(?P<half> ?[AaPp][Mm])?(?P<oclock> Uhr| h)?(?P<zone> ?(?:Z|[+-]\d{2}:?\d{2}|[+-]\d{2}|UTC|GMT))?$"
)
_LENGTH: Final = re.compile(  # of time, its units named: 4h 26m, 1 hr 05 min, PT1H5M30S
    r"(?P<front>PT)?\d{1,3}(?P<hour> ?(?:hours?|hrs?\.?|h|H|Std\.?|u)[ ,]*)\d{1,2}(?P<minute> ?(?:minutes?|mins?\.?|Min\.?|m|M|['′]))"
    r"(?:(?P<between>[ ,]*)\d{1,2}(?P<second> ?(?:seconds?|secs?\.?|Sek\.?|s|S|[\"″]|'')))?$"
)
_ZONES: Final = (
    "Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Halifax", "America/Anchorage", "America/Sao_Paulo", "America/Santiago", "Australia/Sydney",
    "Australia/Adelaide", "Pacific/Auckland", "Asia/Jerusalem", "Africa/Cairo", "Europe/Moscow",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moments:
    """What was found.

    Attributes:
        form: how the column is written.
        zone: where each stamp says its offset: the zone that has all of these, or the commonest offset.
        swapped: the form that reads day for month, where no row says which of them is right; else None.
    """

    form: MomentForm
    zone: str | None = None
    swapped: MomentForm | None = None


def find_moments(texts: pa.Array, counts: NDArray[np.int64]) -> Moments | None:
    """Finds the form of dates, stamps or clock times; None where there is none. Arguments as of `find_numbers`."""
    few, weights = texts[:_FEW], counts[:_FEW]
    patterns = sorted(
        (pattern for text in few[:_EXEMPLARS].to_pylist() for pattern in _patterns(text.strip())),
        key=lambda pattern: pattern.startswith("["),
    )
    scores: dict[MomentForm, int] = {}
    for pattern in dict.fromkeys(patterns):
        form = _settled(MomentForm(pattern), few)
        if form is not None and form not in scores:
            scores[form] = _score(form, few, weights)
            if scores[form] == weights.sum() and "b" in form.text.lower():  # no other language need be tried
                break
    if not scores or max(scores.values()) * 2 < weights.sum():
        return None
    most = max(scores.values())
    alike = [form for form, score in scores.items() if score == most]
    form, *others = alike
    if form.has_zone:
        return Moments(form, _zone(form, few, form.parsed(few)))
    form, swapped = _ordered(form, others, texts)
    return Moments(_with_century(form, texts), swapped=swapped)


def _score(form: MomentForm, texts: pa.Array, counts: NDArray[np.int64]) -> int:
    """Rows that a form writes as they stand; of stamps that say their offset, all but one that it reads: one offset of all is better."""
    values = form.parsed(texts)
    if form.has_zone:
        return int(counts[np.asarray(values.is_valid())].sum()) - 1
    return int(counts[exact_moments(form, texts, values)].sum())


def _patterns(text: str) -> list[str]:
    """Forms that one text may be of."""
    for shape, pattern in _DIGITS:
        if re.fullmatch(shape, text):
            return [pattern]
    found: list[str] = []
    for shape, dates in _DATES:
        date = re.match(shape, text)
        rest = "" if date is None else text[date.end() :]
        if date is None or (rest and re.match(r"\d|[^\W\d_]{2}", rest)):
            continue
        time = _time(rest) if rest else [""]
        marks = [group or "" for group in date.groups()]
        found += [one.format(*marks) + end for one in dates for end in time]
    clock = _TIME.match(text)
    if not found and clock and not clock["between"] and not clock["zone"] and (clock["mark"] != "." or clock["oclock"]):
        found = [*_time(text), *(f"[h]{one}" for one in _time(text) if "%H" in one)]
    length = None if found else _LENGTH.match(text)
    if length:
        fields = f"{length['front'] or ''}%H{length['hour']}%M{length['minute']}"
        fields += f"{length['between']}%S{length['second']}" if length["second"] else ""
        found = [f"[h]{one}" for one in (fields, re.sub(r"%([MS])", r"%-\1", fields))]
    languages = [language for language in LANGUAGES if language != "en"]
    return found + [
        f"[{language}]{one}" for language in languages for one in found if "b" in one.lower().replace("%b", "b")
    ]


def _time(text: str) -> list[str]:
    """What the time of a text may be of, behind its date if there is one."""
    found = _TIME.match(text)
    if found is None:
        return []
    hour, minute = ("%I" if found["half"] else "%H"), "%M"
    form = f"{found['between']}{hour}{found['mark']}{minute}"
    if found["second"]:
        form += ":%S" + (f"{found['point']}%{len(found['places'])}f" if found["places"] else "")
    if found["half"]:
        half = found["half"]
        form += half[:-2] + ("%P" if half.strip().islower() else "%p")
    form += found["oclock"] or ""
    zone = found["zone"]
    if not zone:
        return [form]
    blank = " " * zone.startswith(" ")
    return [
        form + zone,
        *([f"{form}{blank}{'%:z' if ':' in zone else '%z'}"] if re.search(r"[+-]\d{2}:?\d{2}$", zone) else []),
    ]


def _settled(form: MomentForm, texts: pa.Array) -> MomentForm | None:
    """The form with the zeros and the letters of the texts: %-d for "1.2.2020", %^b for "DEC"; None where it reads none."""
    raw = form.extracted(texts)
    fits = form.parsed(texts).is_valid()
    if not pc.any(fits).as_py():
        return None
    text = form.text
    for name in form.fields & {"d", "m", "H", "I"}:
        small = pc.drop_null(raw[name].filter(fits))
        one = int(pc.sum(pc.equal(pc.utf8_length(small), 1)).as_py())
        zeros = int(pc.sum(pc.starts_with(small, "0")).as_py())
        if one > zeros:
            text = text.replace(f"%{name}", f"%-{name}")
    for name in form.fields & {"b", "B"}:
        names = pc.drop_null(raw[name].filter(fits))
        for flag, test in (("^", pc.utf8_is_upper), ("#", pc.utf8_is_lower)):
            if pc.mean(test(names).cast(pa.int8())).as_py() > 0.5:  # noqa: PLR2004 (most of them)
                text = text.replace(f"%{name}", f"%{flag}{name}")
    return MomentForm(text)


def _ordered(form: MomentForm, others: list[MomentForm], texts: pa.Array) -> tuple[MomentForm, MomentForm | None]:
    """The form of which day and month are right, where two read all texts: a number that is always 1 is the day."""
    swapped = next((other for other in others if sorted(other.fields) == sorted(form.fields)), None)
    if swapped is None or not {"d", "m"} <= form.fields:
        return form, None
    raw = form.extracted(texts)
    days, months = (pc.drop_null(raw[name].cast(pa.int64())).unique().to_pylist() for name in "dm")
    if months == [1] and days != [1]:
        return swapped, None
    is_sure = days == [1] or "." in form.text
    return form, None if is_sure else swapped


def _with_century(form: MomentForm, texts: pa.Array) -> MomentForm:
    """Says which hundred years two digits mean, so that the years lie together: the widest gap is between last and first."""
    if "y" not in form.fields:
        return form
    years = np.unique(np.asarray(pc.drop_null(form.extracted(texts)["y"].cast(pa.int64()))))
    if not len(years):
        return form
    gaps = np.diff(np.append(years, years[0] + 100))
    first = int(years[(int(gaps.argmax()) + 1) % len(years)])
    last = int(years[int(gaps.argmax())])
    end = last + (2000 if last < 50 else 1900)  # noqa: PLR2004 (as most programs read them)
    begin = end - (last - first) % 100
    if begin >= 1969 and end <= 2068:  # noqa: PLR2004 (what %y means by itself)
        return form
    return MomentForm(f"[{begin - begin % 10}]{form.text}")


def _zone(form: MomentForm, texts: pa.Array, values: pa.Array) -> str:
    """The first zone that has the offsets that the texts say, or else the commonest offset."""
    offsets = pc.drop_null(form.extracted(texts)["z"].filter(values.is_valid()))
    scores = {zone: float(exact_moments(form, texts, values, zone).mean()) for zone in _ZONES}
    best = max(scores, key=lambda zone: scores[zone])
    if scores[best] > 0.98 * float(np.asarray(values.is_valid()).mean()):
        return best
    counted = offsets.value_counts().to_pylist()
    most = str(max(counted, key=lambda one: one["counts"])["values"])
    return "UTC" if most.upper() == "Z" else most if ":" in most else f"{most[:3]}:{most[3:]}"
