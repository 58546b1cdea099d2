"""Decides whether a column of text is numbers, dates, stamps or clock times, a few marks among them, or is text after all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.calendars import find_moment
from synthgan.data.forms.find_moments import find_moments
from synthgan.data.forms.find_numbers import find_numbers
from synthgan.data.forms.moments import exact_moments
from synthgan.data.forms.numbers import NumberForm, exact

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.forms.form import Form
    from synthgan.data.forms.moments import MomentForm

MIN_ROWS: Final = 20
_FEW_LEVELS: Final = 20  # text of so few different values stays levels, which come back as they are in any case
_COMMON: Final = 10  # rows from which on a level is thought to be released
_MOSTLY: Final = 0.9  # of the rows
_CODE_WIDTH: Final = 5  # digits from which on numbers of one width are thought to be codes (of places, say)
_FEW_MARKS: Final = 5  # different marks may stand in up to half of the rows, ...
_MANY_MARKS: Final = 0.1  # ... any number of them in so many
_CODES: Final = 0.005  # of the rows, that may be text of letters and digits such as "V58"
_INEXACT: Final = 0.02  # of the rows, that are written otherwise, from which on levels are better
_GLANCE: Final = 200
_LETTER_AND_DIGIT: Final = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")


@dataclass(frozen=True, eq=False)
class FoundForm:
    """What a column of text turned out to be.

    Attributes:
        form: how it is written.
        values: Arrow array [rows]: what its cells mean; null where nothing stands, or a mark.
        zone: of stamps that say their offset: the zone they are told in.
        swapped: a form that reads day for month, and nothing in the column says which is right; None where it does.
    """

    form: Form
    values: pa.Array
    zone: str | None = None
    swapped: MomentForm | None = None


def find_form(values: pa.Array) -> FoundForm | None:
    """Finds the form of a column.

    Args:
        values: text, Arrow array [rows].

    Returns:
        What it is; None where it is better learned as text: codes, few levels, words, or too many cells of another form.
    """
    coded = values.dictionary_encode()
    texts, indices = coded.dictionary.cast(pa.large_string()), coded.indices
    counts = np.bincount(np.asarray(pc.drop_null(indices)), minlength=len(texts))
    rows = int(counts.sum())
    in_levels = counts[counts >= _COMMON].sum() / max(rows, 1)
    if rows < MIN_ROWS or are_levels(counts) or not has_digits(texts, counts):
        return None
    moments = find_moments(texts, counts)
    if moments is not None:
        parsed = moments.form.parsed(texts)
        if not _is_mostly(texts, counts, np.asarray(parsed.is_valid())):
            return None
        return FoundForm(moments.form, parsed.take(indices), moments.zone, moments.swapped)
    form = find_numbers(texts, counts)
    if form is None:
        return None
    parsed = form.parsed(texts)
    is_read = np.asarray(parsed.is_valid())
    if not _is_mostly(texts, counts, is_read):
        return None
    if _are_codes(texts, is_read, form, in_levels, rows) and not _are_moments(parsed):
        return None
    is_inexact = is_read & ~exact(form, texts, parsed)
    varies = form.general or form.least < form.most
    if in_levels >= _MOSTLY and (varies or counts[is_inexact].sum() > _INEXACT * rows):
        return None
    return FoundForm(form, parsed.take(indices))


def are_levels(counts: NDArray[np.int64]) -> bool:
    """Whether text of so few different values, each in so many rows, is better learned as levels."""
    return bool(len(counts) <= _FEW_LEVELS and counts[counts >= _COMMON].sum() >= _MOSTLY * counts.sum())


def exact_share(form: NumberForm, texts: pa.Array, counts: NDArray[np.int64]) -> float:
    """The share of the rows that a form of numbers writes just as they stand."""
    return float(counts[exact(form, texts, form.parsed(texts))].sum() / max(counts.sum(), 1))


def has_digits(texts: pa.Array, counts: NDArray[np.int64]) -> bool:
    """Whether half of the rows or more have a digit: a glance spares the rest."""
    glance, weights = texts[:_GLANCE], counts[:_GLANCE]
    has_digit = np.asarray(pc.match_substring_regex(glance, r"\d"))
    return bool(weights[has_digit].sum() * 2 >= weights.sum())


def _is_mostly(texts: pa.Array, counts: NDArray[np.int64], is_read: NDArray[np.bool_]) -> bool:
    """Whether what is not of the form can be marks among what is."""
    marks = texts.filter(pa.array(~is_read)).to_pylist()
    rows, marked = counts.sum(), counts[~is_read].sum()
    codes = sum(
        int(count)
        for mark, count in zip(marks, counts[~is_read], strict=True)
        if _LETTER_AND_DIGIT.search(mark) and mark.strip()[:1] not in {"<", ">", "≤", "≥", "~", "#"}
    )
    if codes > _CODES * rows or rows - marked < MIN_ROWS:
        return False
    return bool(marked <= _MANY_MARKS * rows or (len(marks) <= _FEW_MARKS and marked <= rows / 2))


def _are_codes(texts: pa.Array, is_read: NDArray[np.bool_], form: NumberForm, in_levels: float, rows: int) -> bool:
    """Whether whole numbers are names of something: zeros lead, or all have as many digits and repeat themselves."""
    if form.most or form.general or form.thousands or form.exponent:
        return False
    if form.before or form.after.strip("% "):
        return False
    read = texts.filter(pa.array(is_read))
    if form.whole > 1 or pc.any(pc.match_substring_regex(read, r"^\s*[-+]?0\d")).as_py():
        return True
    ends = pc.min_max(pc.utf8_length(read)).as_py()
    return bool(ends["min"] == ends["max"] >= _CODE_WIDTH and in_levels >= 0.5 and len(texts) < rows)  # noqa: PLR2004


def _are_moments(parsed: pa.Array) -> bool:
    """Whether whole numbers, zeros before them or not, are clock times or dates: 0930, 202001."""
    return find_moment(np.asarray(pc.drop_null(parsed).cast(pa.float64()))) is not None


def is_exact(form: Form, texts: pa.Array, values: pa.Array, zone: str | None = None) -> NDArray[np.bool_]:
    """Where a form writes text again just as it stands: bool [rows]."""
    if isinstance(form, NumberForm):
        return exact(form, texts, values)
    return exact_moments(form, texts, values, zone)
