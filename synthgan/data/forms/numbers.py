"""The form in which text writes numbers: ``0.00``, ``#.##0,00 €``, ``0.0##;(0.0##)``; reads such text and writes it again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.digits import fixed, general, joined, scientific, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

GENERAL: Final = "General"
GROUPING: Final = ",.'’ \u00a0\u202f_"
BLANKS: Final = r"[\s\x{a0}\x{202f}]*"
MAX_PLACES: Final = 15
_SURE_DIGITS: Final = 15
_INT64_DIGITS: Final = 18
_MAX_DIGITS: Final = 38
_CORE: Final = re.compile(
    rf"(?P<pad>\?*)(?:#(?P<thousands>[{GROUPING}])##0|(?P<whole>#|0+))"
    r"(?:(?P<decimal>[.,])(?P<places>0*#*))?(?P<exponent>[eE]\+?0+)?(?P<fill>\?*)"
)
_LITERAL: Final = r"[^0-9#?;\\\n]*?"
_PATTERN: Final = re.compile(rf"(?P<before>{_LITERAL})(?P<core>{_CORE.pattern})(?P<after>{_LITERAL})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How numbers are written.

    Attributes:
        decimal: the mark before the decimals, "." or ",".
        thousands: what parts groups of three digits; "" for nothing.
        least: decimals that are always written.
        most: decimals that are written where they are not zeros, at most 15.
        whole: digits before the decimal mark that are always written, by zeros; 0 leaves the zero of "0.5" out.
        before: what stands before a number that is not negative.
        after: what stands behind it.
        minus: what stands before and behind a negative number.
        exponent: of scientific notation: "e+00", "E0"; "" for none.
        width: blanks fill up to so many letters, 0 for none;
        left: whether they stand behind the number.
        general: the shortest text that reads as the same float64, as Python writes it; nothing else counts then.

    Example:
        >>> form = NumberForm.read("#.##0,00 €")
        >>> form.written(form.parsed(pa.array(["8.712,39 €", "-5,00 €"]))).to_pylist()
        ['8.712,39 €', '-5,00 €']
    """

    decimal: str = "."
    thousands: str = ""
    least: int = 0
    most: int = 0
    whole: int = 1
    before: str = ""
    after: str = ""
    minus: tuple[str, str] = ("-", "")
    exponent: str = ""
    width: int = 0
    left: bool = False
    general: bool = False

    @classmethod
    def read(cls, text: str) -> NumberForm:
        """Reads what ``str`` writes.

        Raises:
            ValueError: the text is no such form.
        """
        if text == GENERAL:
            return cls(general=True)
        plus, semicolon, minus = text.partition(";")
        found = _PATTERN.fullmatch(plus)
        if found is None or (found["pad"] and found["fill"]):
            raise ValueError(f"{text!r} is no form of numbers such as '0.00', '#.##0,00 €' or 'General'")
        places, decimal = found["places"] or "", found["decimal"] or ("," if found["thousands"] == "." else ".")
        if len(places) > MAX_PLACES or decimal == found["thousands"] or (found["thousands"] and found["exponent"]):
            raise ValueError(f"{text!r} must have at most {MAX_PLACES} decimals, and different marks")
        before, after = found["before"], found["after"]
        padded = found["pad"] or found["fill"]
        core = found["core"].strip("?")
        negative = f"-{before}", after
        if semicolon:
            apart = minus.split(core)
            if len(apart) != 2 or apart == [before, after] or re.search(r"[0-9#?;]", "".join(apart)):  # noqa: PLR2004
                raise ValueError(f"{text!r} must write negative numbers behind ';' with the same digits, and apart")
            negative = apart[0], apart[1]
        return cls(
            decimal,
            found["thousands"] or "",
            places.count("0"),
            len(places),
            1 if found["thousands"] else found["whole"].count("0"),
            before,
            after,
            negative,
            found["exponent"] or "",
            len(plus) if padded else 0,
            bool(found["fill"]),
        )

    def __str__(self) -> str:
        """The form as people write it; places that are always written are 0, others #, blanks that fill up are ?."""
        if self.general:
            return GENERAL
        whole = f"#{self.thousands}##0" if self.thousands else "0" * self.whole or "#"
        places = "0" * self.least + "#" * (self.most - self.least)
        core = whole + (self.decimal + places if self.most else "") + self.exponent
        blanks = "?" * (self.width - len(self.before + core + self.after))
        plus = self.before + (core + blanks if self.left else blanks + core) + self.after
        is_plain = self.minus == (f"-{self.before}", self.after)
        return plus if is_plain else f"{plus};{self.minus[0]}{core}{self.minus[1]}"

    def parsed(self, texts: pa.Array) -> pa.Array:
        """Reads text: Arrow array [rows] of int64, float64 or decimals, as exact as it takes; null for what is no number."""
        texts = texts.cast(pa.large_string())
        if self.general:
            return _floats(pc.utf8_trim_whitespace(texts), r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
        body = self._body()
        found = _extracted(texts, self.before, body, self.after)
        left = pc.fill_null(pc.and_(found.is_null(), texts.is_valid()), fill_value=False)
        parts, sign = _parts(found), word("")
        if pc.any(left).as_py():  # negative numbers are seldom the most
            rest = texts.filter(left)
            negative = _extracted(rest, self.minus[0], body, self.minus[1])
            hyphen = _extracted(rest, f"-{self.before}", body, self.after)
            negative = pc.if_else(negative.is_valid(), negative, hyphen)
            parts = [pc.replace_with_mask(part, left, own) for part, own in zip(parts, _parts(negative), strict=True)]
            sign = pc.if_else(left, word("-"), word(""))
        whole, places, exponent = parts
        if self.thousands:
            whole = pc.replace_substring(whole, self.thousands, "")
        return _numbers(sign, whole, places, exponent)

    def written(self, values: pa.Array) -> pa.Array:
        """Writes numbers: Arrow array [rows] of text; null stays null.

        Args:
            values: integers, floats or decimals.
        """
        coded = values.dictionary_encode()
        values = coded.dictionary
        if self.general:
            return general(values).take(coded.indices)
        if self.exponent:
            digits, is_negative = scientific(values, self.least, self.most, self.decimal, self.exponent)
        else:
            digits, is_negative = fixed(values, self.least, self.most, self.whole, self.decimal, self.thousands)
        signed = pa.array(is_negative)
        before = pc.if_else(signed, word(self.minus[0]), word(self.before))
        after = pc.if_else(signed, word(self.minus[1]), word(self.after))
        texts = joined(before, digits, after)
        if self.width:
            pad = pc.utf8_rpad if self.left else pc.utf8_lpad
            texts = pad(texts, self.width)
        return texts.take(coded.indices)

    def _body(self) -> str:
        mark = quoted(self.decimal)
        whole = (
            rf"(?P<whole>\d{{1,3}}(?:{quoted(self.thousands)}\d{{3}})+|\d*)" if self.thousands else r"(?P<whole>\d*)"
        )
        return rf"{whole}(?:{mark}(?P<places>\d*))?(?P<exponent>[eE][+-]?\d{{1,3}})?"


def quoted(literal: str) -> str:
    """A literal for Arrow's regular expressions, which know fewer escapes than Python's."""
    return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", literal)


def _extracted(texts: pa.Array, before: str, body: str, after: str) -> pa.Array:
    """Whole digits, decimals and exponent of what is written so, blanks around it left aside, as structs; null elsewhere."""
    return pc.extract_regex(
        texts, f"^{BLANKS}{quoted(before.strip())}{BLANKS}{body}{BLANKS}{quoted(after.strip())}{BLANKS}$"
    )


def _parts(found: pa.Array) -> list[pa.Array]:
    return [pc.struct_field(found, name) for name in ("whole", "places", "exponent")]


def _numbers(sign: pa.Array, whole: pa.Array, places: pa.Array, exponent: pa.Array) -> pa.Array:
    """Puts digits together as the narrowest type that holds them all exactly; what no type holds is null."""
    nothing = pc.and_(pc.equal(whole, ""), pc.equal(places, ""))
    whole = pc.if_else(nothing, pa.scalar(None, whole.type), pc.if_else(pc.equal(whole, ""), word("0"), whole))
    bare = pc.utf8_ltrim(whole, "0")
    digits = np.asarray(pc.fill_null(pc.utf8_length(bare), 0)).astype(np.int64)
    after = np.asarray(pc.fill_null(pc.utf8_length(places), 0)).astype(np.int64)
    fits = digits + after <= _MAX_DIGITS
    if not fits.all():
        sign = pc.if_else(pa.array(fits), sign, pa.scalar(None, sign.type))
    deepest = int(after[fits].max(initial=0))
    widest = int(digits[fits].max(initial=0))
    has_exponent = bool(pc.any(pc.not_equal(exponent, "")).as_py())
    if not deepest and widest <= _INT64_DIGITS and not has_exponent:
        return joined(sign, whole).cast(pa.int64())
    point = pc.if_else(pc.equal(places, ""), word(""), word("."))
    texts = joined(sign, whole, point, places, exponent)
    # The digits of each number count: those of the widest and of the deepest may never meet in one.
    if has_exponent or int((digits + after)[fits].max(initial=0)) <= _SURE_DIGITS or widest + deepest > _MAX_DIGITS:
        return _finite(texts.cast(pa.float64()))
    return texts.cast(pa.decimal128(_MAX_DIGITS, deepest))


def _floats(texts: pa.Array, pattern: str) -> pa.Array:
    fits = pc.match_substring_regex(texts, f"^(?:{pattern})$")
    whole = pc.all(pc.match_substring_regex(pc.drop_null(texts.filter(fits)), r"^[+-]?\d{1,18}$")).as_py()
    texts = pc.replace_substring_regex(pc.if_else(fits, texts, pa.scalar(None, texts.type)), r"^\+", "")
    return texts.cast(pa.int64()) if whole else _finite(texts.cast(pa.float64()))


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))


def exact(form: NumberForm, texts: pa.Array, values: pa.Array) -> NDArray[np.bool_]:
    """Where a form writes numbers just as they were read: bool [rows]; False where nothing was."""
    same = pc.equal(form.written(values), texts.cast(pa.large_string()))
    return np.asarray(pc.fill_null(same, fill_value=False))
