"""Learns what identifiers look like: a pattern of the grammar in `synthgan.data.keyforms`, which names none of them.

Literal text enters a pattern where all identifiers of a form share it, one of several texts where twenty or more have it.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow.compute as pc

from synthgan.data.checkdigits import CHECKS, check_places, has_check
from synthgan.data.keyforms import MAX_LETTERS, UUID, Form, Part, Shape, read_form

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

FEW: Final = 20  # a text, a length or a form of fewer identifiers stays with them
_MAX_LOOKED_AT: Final = 20_000
_MAX_FORMS: Final = 8
_MAX_CHOICES: Final = 12
_MIN_COVERED: Final = 0.5  # of the identifiers, by the forms that are kept
_DOMINANT: Final = 0.8
_ENOUGH: Final = 15  # digits of room: nobody uses them up
_ROOM_PER_KEY: Final = 100  # so many identifiers for each one there is must be left by what all of them share
_MIN_CHECKED: Final = 20
_OFTEN: Final = 30  # times that each letter would occur, were all equally frequent
_MAX_SHARED: Final = 100  # characters
_SEPARATOR: Final = re.compile(r"([^0-9A-Za-z\u00aa-\uffff]+)")
_RUN: Final = re.compile(r"[0-9]+|[A-Z]+|[a-z]+|[^0-9A-Za-z]+")
_MAIL: Final = re.compile(r"[^@\s]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ANY_UUID: Final = re.compile(
    r"(\{|\(|urn:uuid:)?([0-9a-fA-F]{8})(-?)([0-9a-fA-F]{4})\3([0-9a-fA-F])[0-9a-fA-F]{3}\3([0-9a-fA-F]{4})\3[0-9a-fA-F]{12}([})])?"
)
_RESERVED: Final = ("example.com", "example.net", "example.org")  # RFC 2606: nobody's
_DIGITS, _LOWER_HEX, _UPPER_HEX = (tuple(letters) for letters in ("0123456789", "0123456789abcdef", "0123456789ABCDEF"))
_UPPER, _LOWER = tuple(map(chr, range(65, 91))), tuple(map(chr, range(97, 123)))
_CLASSES: Final = (
    _DIGITS, _UPPER, _LOWER, _LOWER_HEX, _UPPER_HEX, _DIGITS + _UPPER, _DIGITS + _LOWER, _UPPER + _LOWER,
    _DIGITS + _UPPER + _LOWER,
)  # fmt: skip


def learned_pattern(values: pa.Array) -> str:
    """Finds the pattern of identifiers.

    Args:
        values: Arrow array [rows] of text or whole numbers, one or more, none missing.

    Returns:
        A pattern; of whole numbers, one whose texts are whole numbers.

    Example:
        >>> import pyarrow as pa
        >>> learned_pattern(pa.array([f"P-{n:05d}" for n in range(0, 90_000, 700)]))
        'like:P-[0-9]{5+}'
    """
    is_number = not hasattr(values.type, "value_type") and str(values.type).lstrip("u").startswith("int")
    step = max(1, len(values) // _MAX_LOOKED_AT)
    texts = [str(value) for value in values[::step].to_pylist()] if step > 1 else list(map(str, values.to_pylist()))
    if not is_number and pc.all(pc.match_substring_regex(values, f"^{UUID}$")).as_py():
        return "uuid"
    special = None if is_number else _uuids(texts) or _mails(texts)
    form = special or _with_check(Form(None, _forms(texts)), texts)
    return str(form) if _is_sound(form) else _plain(texts, is_number=is_number)


def _is_sound(form: Form) -> bool:
    try:
        return read_form(str(form)) == form
    except ValueError:
        return False


def _plain(texts: Sequence[str], *, is_number: bool) -> str:
    """The pattern of what has no form: as many digits as the longest has characters, 18 at most, behind what all share."""
    longest = max(map(len, texts))
    if len(set(texts)) == 1 and not is_number:
        return f"text:{texts[0][:_MAX_SHARED]}:1"
    return f"int:{min(longest, 18)}" if is_number else f"text::{min(max(longest, 1), 18)}"


def _forms(texts: Sequence[str]) -> tuple[Shape, ...]:
    """The forms of texts: the characters between letters and digits tell one from another."""
    by_separators: dict[tuple[str, ...], list[list[str]]] = {}
    for text in texts:
        pieces = _SEPARATOR.split(text)
        by_separators.setdefault(tuple(pieces[1::2]), []).append(pieces[::2])
    few = min(FEW, len(texts))
    kept = sorted(by_separators.items(), key=lambda item: (-len(item[1]), item[0]))[:_MAX_FORMS]
    kept = [(marks, rows) for marks, rows in kept if len(rows) >= few]
    if sum(len(rows) for _, rows in kept) < _MIN_COVERED * len(texts):
        return (_grown(tuple(_mixed(list(texts), len(texts)))),)
    return tuple(_grown(_joined(marks, rows)) for marks, rows in kept)


def _joined(separators: tuple[str, ...], rows: list[list[str]], *, choices: bool = True) -> Shape:
    parts: list[Part] = []
    columns = [list(column) for column in zip(*rows, strict=True)]
    # Only what tells the rows apart needs room: shared text is spelt out where the rest leaves enough.
    for at, column in enumerate(columns):
        alone = sum(len(set(other)) > 1 for other in columns) == 1
        parts += _segment(column, len(rows), alone=alone, choices=choices)
        parts += [Part((separators[at],))] if at < len(separators) else []
    tidy = _tidied(parts)
    return tidy if not choices or any(part.is_class for part in tidy) else _joined(separators, rows, choices=False)


def _tidied(parts: list[Part]) -> Shape:
    """Neighbouring texts and runs of one class put together, and nothing that is empty."""
    tidy: list[Part] = []
    for part in parts:
        if part.options == ("",) or part.high == 0:
            continue
        if tidy and part.is_text and tidy[-1].is_text:
            tidy[-1] = Part((tidy[-1].options[0] + part.options[0],))
        elif tidy and part.is_class and tidy[-1].options == part.options:
            tidy[-1] = Part(part.options, tidy[-1].low + part.low, tidy[-1].high + part.high)
        else:
            tidy.append(part)
    return tuple(tidy)


def _segment(texts: list[str], rows: int, *, alone: bool, choices: bool) -> list[Part]:
    """What stands between two separators."""
    counts = Counter(texts)
    if len(counts) == 1:
        return [Part((texts[0],))]
    if choices and (choice := _choice(counts)):
        return [choice]
    runs = [tuple(_RUN.findall(text)) for text in texts]
    signatures = Counter(tuple(map(_sort, pieces)) for pieces in runs)
    usual, count = signatures.most_common(1)[0]
    usual_runs = [pieces for pieces in runs if tuple(map(_sort, pieces)) == usual]
    columns = list(zip(*usual_runs, strict=True))
    strange = any(sort == "other" and len(set(column)) > 1 for sort, column in zip(usual, columns, strict=True))
    if count < max(_DOMINANT * len(texts), min(FEW, len(texts))) or strange:
        return _mixed(texts, rows)
    last = max((at for at, column in enumerate(columns) if len(set(column)) > 1), default=0)
    return [
        part
        for at, column in enumerate(columns)
        for part in _run(column, rows, alone=alone and at == last, choices=choices)
    ]


def _choice(counts: Counter[str]) -> Part | None:
    """A few texts that many identifiers share each (years, wards, domains); None where they are rather a count."""
    if not (len(counts) <= _MAX_CHOICES and min(counts.values()) >= FEW and "" not in counts):
        return None
    lengths = set(map(len, counts))
    if lengths == {1} or (all(text.isdigit() for text in counts) and len(counts) >= 10 ** min(lengths) // 2):
        return None
    return Part(tuple(sorted(counts)))


def _sort(run: str) -> str:
    return "digits" if run[0] in _DIGITS else "upper" if run[0] in _UPPER else "lower" if run[0] in _LOWER else "other"


def _run(texts: Sequence[str], rows: int, *, alone: bool, choices: bool) -> list[Part]:
    """A run of digits, of capitals or of small letters."""
    counts = Counter(texts)
    if len(counts) == 1:
        return [Part((texts[0],))]
    if choices and (choice := _choice(counts)):
        return [choice]
    letters = next(known for known in _CLASSES[:3] if texts[0][0] in known)
    low, high = _lengths(texts)
    if letters is not _DIGITS:
        return [Part(_used(texts, letters), low, high)]
    shared = _shared(texts, low, rows, letters) if alone and low == high else ""
    rest = [text[len(shared) :] for text in texts]
    low, high = low - len(shared), high - len(shared)
    text = [Part((shared,))] if shared else []
    if any(one.startswith("0") and (len(one) > 1 or high == 1) for one in rest):
        return [*text, Part(_DIGITS, low, high)]
    return [*text, Part(_DIGITS[1:]), Part(_DIGITS, low - 1, high - 1)]


def _mixed(texts: list[str], rows: int) -> list[Part]:
    """Letters and digits without an order: codes to some base, hashes, words."""
    used = set("".join(texts))
    letters = next((known for known in _CLASSES if used <= set(known)), _CLASSES[-1])
    if not used <= set(letters) and any(one.isalpha() for one in used):
        letters = next(known for known in _CLASSES if {one for one in used if one in _CLASSES[-1]} <= set(known))
    low, high = _lengths(texts)
    shared = "" if low != high or letters in (_LOWER_HEX, _UPPER_HEX) else _shared(texts, low, rows, letters)
    low, high = max(low - len(shared), 1), min(max(high - len(shared), 1), MAX_LETTERS // 2)
    letters = _used([text[len(shared) :] for text in texts], letters)
    return [Part((shared,)), Part(letters, min(low, high), high)]


def _used(texts: Sequence[str], letters: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a class's letters that occur, where none of the others is lacking by chance (base 32 has no I, L, O and U)."""
    counts = Counter(letter for text in texts for letter in text if letter in letters)
    often = sum(counts.values()) >= _OFTEN * len(letters) and min(counts.values()) >= FEW
    return tuple(letter for letter in letters if letter in counts) if often and len(counts) > 1 else letters


def _lengths(texts: Sequence[str]) -> tuple[int, int]:
    """The least and the greatest length that many texts have; the usual one where none is so frequent."""
    counts = Counter(map(len, texts))
    frequent = [length for length, count in counts.items() if count >= min(FEW, len(texts))]
    frequent = frequent or [counts.most_common(1)[0][0]]
    return min(frequent), max(frequent)


def _shared(texts: Sequence[str], length: int, rows: int, letters: tuple[str, ...]) -> str:
    """What all texts begin with, cut so that the rest has room for many more of them."""
    first, last = min(texts), max(texts)
    shared = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), 0)
    needed = math.ceil(math.log(max(_ROOM_PER_KEY * rows, 2), len(letters)))
    return first[: max(0, min(shared, length - needed))]


def _grown(shape: Shape) -> Shape:
    """The shape with a run that grows once all is used up, unless it has room for any use."""
    room = sum(part.high * math.log10(len(part.options)) for part in shape if part.is_class)
    classes = [at for at, part in enumerate(shape) if part.is_class]
    if room >= _ENOUGH or not classes:
        return shape
    several = [at for at in classes if shape[at].high > 1 or shape[at].low != 1] or classes
    digits = [at for at in several if set(shape[at].options) == set(_DIGITS)]
    for at in reversed(digits or several):
        grown = (*shape[:at], replace(shape[at], grows=True), *shape[at + 1 :])
        if _is_sound(Form(None, (grown,))):
            return grown
    return shape


def _uuids(texts: Sequence[str]) -> Form | None:
    """UUIDs in capitals, in braces, without dashes or of another version."""
    found = [_ANY_UUID.fullmatch(text) for text in texts]
    marks = {(one[1], one[3], one[7]) for one in found if one}
    used = set("".join(texts)) - set("urn:uuid:{}()-")
    hexadecimal = _UPPER_HEX if used <= set(_UPPER_HEX) else _LOWER_HEX
    if not all(found) or len(marks) != 1 or not used <= set(hexadecimal):
        return None
    opening, dash, closing = marks.pop()
    versions = {one[5] for one in found if one}
    variants = {one[6][0] for one in found if one}
    if not dash and (len(versions) > 1 or opening):
        return None  # 32 digits without the version of a UUID: a hash
    version = Part(tuple(versions)) if len(versions) == 1 else Part(hexadecimal)
    usual = tuple(letter for letter in hexadecimal if letter.lower() in "89ab")
    variant = Part(usual) if variants <= set(usual) else Part(hexadecimal)
    groups = [[Part(hexadecimal, 8, 8)], [Part(hexadecimal, 4, 4)], [version, Part(hexadecimal, 3, 3)]]
    groups += [[variant, Part(hexadecimal, 3, 3)], [Part(hexadecimal, 12, 12)]]
    parts = [part for group in groups for part in (*group, Part((dash,)))][:-1]
    return Form(None, (_tidied([Part((opening or "",)), *parts, Part((closing or "",))]),))


def _mails(texts: Sequence[str]) -> Form | None:
    """E-mail addresses: of domains that many share, else of domains that are nobody's."""
    found = [text for text in texts if _MAIL.fullmatch(text)]
    if len(found) < 0.95 * len(texts):
        return None
    names, domains = zip(*(text.rsplit("@", 1) for text in found), strict=True)
    counts = Counter(domains)
    shared = sorted(domain for domain, count in counts.most_common(_MAX_CHOICES) if count >= FEW)
    ending = Part(tuple(shared or _RESERVED))
    shapes = tuple(_tidied([*shape, Part(("@",)), ending]) for shape in _forms(names))
    return Form(None, shapes)


def _with_check(form: Form, texts: Sequence[str]) -> Form:
    """The form with the check digit that all texts have."""
    if len(form.shapes) > 1 or len(texts) < _MIN_CHECKED or len(set(map(len, texts))) > 1:
        return form
    shape = tuple(replace(part, grows=False) for part in form.shapes[0])
    letters = np.array(texts).view(np.uint32).reshape(len(texts), -1)
    for check in CHECKS:
        found = Form(check, (shape,))
        if check_places(check, texts[0]) and _is_sound(found) and has_check(check, letters).all():
            return found
    return form
