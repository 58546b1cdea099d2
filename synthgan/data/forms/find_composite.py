"""Finds the form of text that holds several numbers: what stands around and between them in nearly every row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.composites import MAX_PARTS, Composite, form_of, number_pattern
from synthgan.data.forms.find_numbers import find_numbers
from synthgan.data.forms.finding import MIN_ROWS, FoundForm, are_levels, exact_share, has_digits
from synthgan.data.forms.numbers import NumberForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FEW: Final = 5_000  # texts by which the form is found
_MOSTLY: Final = 0.99  # of the rows are of one form, and each number of its own
_KEY_DIGITS: Final = 7  # of numbers that all have as many: telephones, accounts
_MAX_DIGITS: Final = 6  # of a number in half of the rows or more
_NAMES: Final = 0.9  # of the rows have different whole numbers: these may be names
_NO_LITERALS: Final = re.compile(r"[.,]?")  # between two numbers: versions, addresses of computers, thousands


@dataclass(frozen=True, eq=False)
class FoundComposite:
    """What a column of text turned out to hold.

    Attributes:
        form: what stands around its numbers, see `synthgan.data.composites.Composite`.
        texts: of each number, Arrow array [rows] of text.
        found: and its form.
    """

    form: str
    texts: tuple[pa.Array, ...]
    found: tuple[FoundForm, ...]


def find_composite(values: pa.Array, *, is_key: bool) -> FoundComposite | None:
    """Finds the form of text that holds several numbers.

    Args:
        values: text, Arrow array [rows].
        is_key: whether the texts differ as keys do; then their numbers must repeat, or be measured.

    Returns:
        What it is; None where it is better learned as what it is: keys, codes, few levels, text of more than one form.
    """
    coded = values.dictionary_encode()
    texts, indices = coded.dictionary.cast(pa.large_string()), coded.indices
    counts = np.bincount(np.asarray(pc.drop_null(indices)), minlength=len(texts))
    if counts.sum() < MIN_ROWS or are_levels(counts) or not has_digits(texts, counts):
        return None
    literals = _literals(texts[:_FEW], counts[:_FEW])
    if literals is None:
        return None
    parts = tuple(f"{index}" for index in range(len(literals) - 1))
    whole = Composite("", form_of(literals), parts)
    pieces = whole.split(texts)
    is_read = np.asarray(pc.fill_null(pc.not_equal(pieces[0], texts), fill_value=False))
    is_lost = np.asarray(pieces[0].is_null())
    if is_lost.any() or counts[is_read].sum() < _MOSTLY * counts.sum():
        return None
    literals, pieces = _without_constants(literals, pieces, is_read)
    found = [_found(piece, counts, is_read) for piece in pieces]
    numbers = [one for one in found if one is not None]
    if not numbers or len(numbers) < len(found) or _are_codes(pieces, numbers, counts, is_read):
        return None
    if is_key and not _are_measured(pieces, numbers, indices):
        return None
    rows = tuple(piece.take(indices) for piece in pieces)
    read = tuple(FoundForm(one.form, one.values.take(indices)) for one in numbers)
    return FoundComposite(form_of(literals), rows, read)


def _literals(texts: pa.Array, counts: NDArray[np.int64]) -> list[str] | None:
    """What stands before, between and behind the numbers of nearly every text; None where that differs."""
    one_number = None
    for comma, blanks in ((True, False), (True, True), (False, False), (False, True)):
        shapes: dict[tuple[str, ...], int] = {}
        number = _tokens(comma=comma, blanks=blanks)
        for text, count in zip(texts.to_pylist(), counts.tolist(), strict=True):
            shape = tuple(number.split(text))
            shapes[shape] = shapes.get(shape, 0) + count
        shape = max(shapes, key=lambda one: shapes[one])
        if shapes[shape] < _MOSTLY * counts.sum() or not 2 <= len(shape) <= MAX_PARTS + 1:  # noqa: PLR2004
            continue
        between = shape[1:-1]
        if any(_NO_LITERALS.fullmatch(one) and (one != "," or comma) for one in between):
            continue
        if between:
            return list(shape)
        if any(shape) and not re.search(r"[^\W\d_]", "".join(shape)):  # "(3.5)"; with letters it is a name
            one_number = one_number or list(shape)
    return one_number


@lru_cache
def _tokens(*, comma: bool, blanks: bool) -> re.Pattern[str]:
    """Numbers in a text, with the blanks around them; a hyphen behind a number is none of its signs."""
    number = rf"(?<!\d){number_pattern(comma=comma)}"
    around = r"\s*" if blanks else ""
    return re.compile(rf"(?:(?:^\s*|(?<=[^\w\s.)\]%])\s*)[-+−](?=[\d.,])|{around}){number}{around}")


def _without_constants(
    literals: list[str], pieces: list[pa.Array], is_read: NDArray[np.bool_]
) -> tuple[list[str], list[pa.Array]]:
    """Numbers that are the same in every row belong to what stands around the others: the 1 of 1:40."""
    kept, around = [], [literals[0]]
    for piece, literal in zip(pieces, literals[1:], strict=True):
        different = piece.filter(pa.array(is_read)).unique()
        if len(different) == 1:
            around[-1] += different[0].as_py() + literal
        else:
            kept.append(piece)
            around.append(literal)
    return around, kept


def _found(piece: pa.Array, counts: NDArray[np.int64], is_read: NDArray[np.bool_]) -> FoundForm | None:
    """The form of one of the numbers; None where too few are written by one."""
    coded = piece.filter(pa.array(is_read)).dictionary_encode()
    rows = np.bincount(np.asarray(coded.indices), counts[is_read], minlength=len(coded.dictionary)).astype(np.int64)
    form = find_numbers(coded.dictionary, rows)
    if form is None or exact_share(form, coded.dictionary, rows) < _MOSTLY:
        return None
    mask = pa.array(~is_read)
    parsed = form.parsed(piece)
    return FoundForm(form, pc.if_else(mask, pa.scalar(None, parsed.type), parsed))


def _are_codes(
    pieces: list[pa.Array], found: list[FoundForm], counts: NDArray[np.int64], is_read: NDArray[np.bool_]
) -> bool:
    """Whether the numbers are parts of names: zeros lead, all have as many digits, or very many."""
    widths = []
    for piece, one in zip(pieces, found, strict=True):
        assert isinstance(one.form, NumberForm)  # noqa: S101 (of numbers alone)
        if one.form.most or one.form.general or one.form.exponent:
            return False
        read = pc.utf8_trim_whitespace(piece.filter(pa.array(is_read)))
        if one.form.whole > 1 or pc.any(pc.match_substring_regex(read, r"^[-+]?0\d")).as_py():
            return True
        digits = np.asarray(pc.utf8_length(pc.utf8_ltrim(read, "-+−")))
        if counts[is_read][digits > _MAX_DIGITS].sum() * 2 > counts[is_read].sum():
            return True
        widths.append(digits)
    return all(np.ptp(width) == 0 for width in widths) and sum(int(width[0]) for width in widths) >= _KEY_DIGITS


def _are_measured(pieces: list[pa.Array], found: list[FoundForm], indices: pa.Array) -> bool:
    """Whether one of the numbers has decimals, or all repeat themselves as numbers do that mean something."""
    for piece, one in zip(pieces, found, strict=True):
        rows = piece.take(indices).drop_null()
        if isinstance(one.form, NumberForm) and one.form.most:
            return True
        if pc.count_distinct(rows).as_py() > _NAMES * len(rows):
            return False
    return True
