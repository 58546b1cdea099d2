"""Finds the form in which a column of text writes numbers: the one that writes most of them again as they stand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.numbers import MAX_PLACES, NumberForm, exact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_MASTER: Final = (
    r"^(?P<before>(?:[^\d.,]*|[^\d]*[^\d.,]))"
    r"(?P<body>[.,]?\d(?:[\d.,'’\x{a0}\x{202f} _]*\d)?)(?P<exponent>[eE][+-]?\d{1,3})?(?P<after>[^\d]*)$"
)
# Marks of decimals and of thousands: where two write as many numbers rightly, the first that stands here.
_MARKS: Final = (
    (".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (",", "\u00a0"), (",", "\u202f"), (".", " "),
    (".", "'"), (".", "’"), (",", "'"), (".", "\u00a0"), (".", "\u202f"), (".", "_"),
)  # fmt: skip
_CODES: Final = (
    "AED|AUD|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|DM|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|JPY|KRW|MXN|NOK|NZD|PLN|RUB|SEK|SGD|"
    "THB|TRY|USD|ZAR"
)
_MONEY: Final = rf"[A-Za-z]{{0,3}}[$€£¥₹₽₩₺฿₫₪₴₦¢]|{_CODES}|kr\.?|Rs\.?|Fr\.|Rp|RM|TL|zł|Kč|Ft|лв\.?"
_BEFORE: Final = re.compile(rf"(?:{_MONEY})?")
_AFTER: Final = re.compile(rf"(?:{_MONEY}|[%‰°]|[,.][-–—]{{1,2}}|[°%]?[A-Za-zµμ][A-Za-zµμ°²³/·.^]{{0,11}})?")
_FEW: Final = 5_000  # texts by which marks are chosen


def find_numbers(texts: pa.Array, counts: NDArray[np.int64]) -> NumberForm | None:
    """Finds the form of numbers.

    Args:
        texts: different texts, Arrow array [texts] of large strings.
        counts: rows that hold each of them [texts].

    Returns:
        The form that writes most rows as they stand; None where too few of them could be numbers.
    """
    few, weights = texts[:_FEW], counts[:_FEW]
    before, body, exponent, after = _shapes(few)
    could = np.asarray(body.is_valid())
    if weights[could].sum() * 2 < weights.sum() or not could.any():
        return None
    signs = _signs(before, after, weights)
    if signs is None:
        return None
    signs = replace(signs, **_width(few, signs))
    scores: dict[NumberForm, int] = {}
    for form in _candidates(body, exponent, signs):
        if form not in scores:
            scores[form] = int(weights[exact(form, few, form.parsed(few))].sum())
    best = max(scores, key=lambda form: scores[form])  # the first of those that do as well
    if len(texts) <= _FEW or best.general:
        return best
    _, body, exponent, _ = _shapes(texts)  # further rows may have more digits
    form = _settled(best, body, exponent)
    return form if best.least < best.most or form.most == best.most else replace(form, least=form.most)


def _shapes(texts: pa.Array) -> tuple[pa.Array, ...]:
    """What stands before the digits, the digits with their marks, the exponent, and what stands behind; null for anything else."""
    shape = pc.extract_regex(texts, _MASTER)
    return tuple(pc.struct_field(shape, name) for name in ("before", "body", "exponent", "after"))


def _signs(before: pa.Array, after: pa.Array, counts: NDArray[np.int64]) -> NumberForm | None:
    """What stands around the numbers, and around the negative ones, by the most of them."""
    pairs: dict[tuple[str, str], int] = {}
    for front, back, count in zip(before.to_pylist(), after.to_pylist(), counts.tolist(), strict=True):
        if front is not None:
            pairs[front, back] = pairs.get((front, back), 0) + count
    plain: dict[tuple[str, str], int] = {}
    negative: dict[tuple[str, str], int] = {}
    for (front, back), count in pairs.items():
        bare = _without_sign(front), _without_sign(back)
        if not (_BEFORE.fullmatch(bare[0].strip()) and _AFTER.fullmatch(bare[1].strip())):
            continue
        kinds = negative if _is_negative(front, back) else plain
        kinds[_trimmed(front, back)] = kinds.get(_trimmed(front, back), 0) + count
    if not plain and not negative:
        return None
    if not plain:
        minus = max(negative, key=lambda pair: negative[pair])
        return NumberForm(before=_without_sign(minus[0]), after=_without_sign(minus[1]), minus=minus)
    around = max(plain, key=lambda pair: plain[pair])
    core = _without_sign(around[0]).strip(), around[1].strip()
    fitting = {
        pair: count
        for pair, count in negative.items()
        if (_without_sign(pair[0]).strip(), _without_sign(pair[1]).strip()) == core
    }
    minus = max(fitting, key=lambda pair: fitting[pair]) if fitting else ("-" + around[0].replace("+", ""), around[1])
    return NumberForm(before=around[0], after=around[1], minus=minus)


def _is_negative(front: str, back: str) -> bool:
    bare = front.strip()
    return bare.startswith(("-", "−", "(")) or bare.endswith(("-", "−")) or back.strip() in {"-", "−"}


def _without_sign(literal: str) -> str:
    bare = (
        re.sub(r"^(\s*)[-−+(]|[-−+](\s*)$", r"\1\2", literal)
        if literal.strip() not in {",-", ".-", ",--", ".--"}
        else literal
    )
    return bare.removesuffix(")")


def _trimmed(front: str, back: str) -> tuple[str, str]:
    """Without the blanks that only fill up: those before all, and those behind all."""
    return front.lstrip(), back.rstrip()


def _width(texts: pa.Array, signs: NumberForm) -> dict[str, Any]:
    """To how many letters blanks fill a text up, and at which side."""
    lengths, bare = pc.utf8_length(texts), pc.utf8_length(pc.utf8_trim_whitespace(texts))
    padded = np.asarray(pc.subtract(lengths, bare))
    if not padded.any():
        return {}
    left = np.asarray(pc.utf8_length(pc.utf8_rtrim_whitespace(texts))) == np.asarray(lengths)
    widths = np.bincount(np.asarray(lengths)[padded > 0])
    if np.ptp(padded) == 0:  # always as many: they belong to what stands around
        lead, _, trail = str(texts[0].as_py()).partition(str(texts[0].as_py()).strip())
        return {
            "before": lead + signs.before,
            "after": signs.after + trail,
            "minus": (lead + signs.minus[0], signs.minus[1] + trail),
        }
    return {"width": int(widths.argmax()), "left": bool(left.mean() < 0.5)}  # noqa: PLR2004 (at most texts behind)


def _candidates(body: pa.Array, exponent: pa.Array, signs: NumberForm) -> Iterator[NumberForm]:
    """Forms that could be, those first that are taken where two do as well."""
    all_bodies = "".join(pc.drop_null(body).to_pylist())
    has_exponent = bool(pc.any(pc.not_equal(exponent, "")).as_py())
    marks = [pair for pair in _MARKS if pair[1] in all_bodies or not pair[1]]
    if _is_thousands(body, all_bodies):
        marks = sorted(marks, key=lambda pair: pair != (".", ","))
    for mark, thousands in marks:
        if mark == "," and "," not in all_bodies and not thousands:
            continue
        form = _settled(replace(signs, decimal=mark, thousands=thousands), body, exponent)
        if has_exponent and thousands:
            continue
        yield form
        if form.least < form.most and not form.exponent:
            yield replace(form, least=form.most)
            yield replace(form, least=0)
    if "," not in all_bodies and not (signs.before or signs.after or signs.width):
        yield NumberForm(general=True)


def _is_thousands(body: pa.Array, all_bodies: str) -> bool:
    """Whether commas part thousands wherever they stand, so that they are thought to: "1,234", "12,500", never "0,512"."""
    if "," not in all_bodies:
        return False
    with_comma = body.filter(pc.match_substring(body, ","))
    return bool(pc.all(pc.match_substring_regex(with_comma, r"^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$")).as_py())


def _settled(form: NumberForm, body: pa.Array, exponent: pa.Array) -> NumberForm:
    """The form with as many digits as its numbers have, before and after the mark."""
    bare = pc.replace_substring(body, form.thousands, "") if form.thousands else body
    parts = pc.extract_regex(bare, rf"^(?P<whole>\d*)(?:[{form.decimal}](?P<places>\d+))?$")
    whole = pc.drop_null(pc.struct_field(parts, "whole"))
    lengths = np.asarray(pc.drop_null(pc.utf8_length(pc.struct_field(parts, "places"))))
    if not len(lengths):
        return form
    most = int(min(lengths.max(), MAX_PLACES))
    least = int(min(lengths.min(), most))
    shortest = int(pc.min(pc.utf8_length(whole)).as_py())
    has_zeros = bool(pc.any(pc.match_substring_regex(whole, r"^0\d")).as_py())
    digits = 0 if not shortest else shortest if has_zeros else 1
    return replace(form, least=least, most=most, whole=digits, exponent=_exponent(exponent))


def _exponent(exponent: pa.Array) -> str:
    seen = [text for text in pc.drop_null(exponent).to_pylist() if text]
    if not seen:
        return ""
    plus = "+" if any("+" in text for text in seen) else ""
    return seen[0][0] + plus + "0" * min(len(text.strip("eE+-")) for text in seen)
