r"""The grammar of identifiers' patterns: which characters stand where, written and read as one line of text.

| pattern | means |
|---|---|
| ``like:P-[0-9]{5}`` | ``P-`` and five digits; a backslash before ``\ [ ] { } ( ) |`` means the character itself |
| ``like:[A-Z]{1,3}-[0-9]{4+}`` | one to three capitals, a dash, four digits, and more of them once these are used up |
| ``like:(2022|2023)/[0-9]{6}`` | one of two texts, a slash, six digits |
| ``like:A[0-9]{3}|B[0-9]{4}`` | either form |
| ``luhn:[0-9]{16}`` | the same, with a check digit (`synthgan.data.checkdigits` names them all) |
| ``uuid`` | ``like:`` of a random UUID (version 4) in lower case |
| ``int:6``, ``text:P-:5`` | ``like:[1-9][0-9]{5+}``, ``like:P-[1-9][0-9]{4+}`` |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from synthgan.data.checkdigits import CHECKS, check_places

MADE_UP: Final = (
    "name", "first_name", "last_name", "email", "phone", "address", "street", "city", "postcode", "company", "job", "username",
)  # fmt: skip
"""What the package faker makes up instead of a pattern: the ``form`` of a column."""

MAX_LETTERS: Final = 256  # of one identifier
MAX_SHAPES: Final = 32
_MIN_RANGE: Final = 4
GROWTH: Final = 18  # how many characters a run may grow by
_SPECIAL: Final = "\\[](){}|"
_TOKEN: Final = re.compile(r"\\(.)|\[((?:\\.|[^\]\\])+)\]|\(((?:\\.|[^()\\])+)\)|([^\[\](){}|\\])", re.DOTALL)
_TIMES: Final = re.compile(r"\{(\d{1,3})(?:,(\d{1,3}))?(\+)?\}")
UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_DIGITS: Final = re.compile(r"(?:int|text):(.*:|)([1-9]|1\d)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an identifier.

    Attributes:
        options: a class's characters, or the texts one of which stands here (one: always the same).
        low: how often a character of the class stands here, at least.
        high: … and at most.
        grows: whether there are more once these are used up.
    """

    options: tuple[str, ...]
    low: int = 1
    high: int = 1
    grows: bool = False

    @property
    def is_class(self) -> bool:
        """Whether it is a class of characters rather than text."""
        return len(self.options) > 1 and all(len(option) == 1 for option in self.options)

    @property
    def is_text(self) -> bool:
        """Whether it is always the same."""
        return len(self.options) == 1 and self.low == self.high == 1

    @property
    def varies(self) -> bool:
        """Whether its length may differ from one identifier to the next."""
        return self.low != self.high or self.grows or len(set(map(len, self.options))) > 1

    def regex(self, *, length: int | None = None) -> str:
        """A regular expression of it, or of so many characters of a class."""
        if not self.is_class:
            return f"(?:{'|'.join(map(re.escape, sorted(self.options, key=len, reverse=True)))})"
        inside = "".join(f"\\x{{{ord(option):x}}}" for option in self.options)
        high = self.high + GROWTH * self.grows
        return f"[{inside}]{{{self.low},{high}}}" if length is None else f"[{inside}]{{{length}}}"


Shape = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """What identifiers look like.

    Attributes:
        check: which check digit they have; None for none.
        shapes: the forms, any of which an identifier may have.
    """

    check: str | None
    shapes: tuple[Shape, ...]

    def __str__(self) -> str:
        """The pattern, which `read_form` reads again."""
        return f"{self.check or 'like'}:" + "|".join("".join(map(_written, shape)) for shape in self.shapes)


def read_form(pattern: str) -> Form:
    r"""Reads a pattern.

    Raises:
        ValueError: it is none; the message says what is wrong.

    Example:
        >>> str(read_form("text:P-:5")), str(read_form("like:[A-Z]{2}-[0-9]{3,5+}|x\\[[0-9]"))
        ('like:P-[1-9][0-9]{4+}', 'like:[A-Z]{2}-[0-9]{3,5+}|x\\[[0-9]')
    """
    if pattern == "uuid":
        return read_form(f"like:{UUID}")
    if counted := _DIGITS.fullmatch(pattern):
        prefix, digits = counted[1][:-1], int(counted[2])
        texts = (Part((prefix,)),) * bool(prefix)
        more = Part(tuple("0123456789"), digits - 1, digits - 1, grows=True)
        return Form(None, ((*texts, Part(tuple("123456789")), more),))
    check, colon, text = pattern.partition(":")
    if not colon or check not in {"like", *CHECKS}:
        raise ValueError(
            f"uuid, int:DIGITS, text:PREFIX:DIGITS, or {', '.join(('like', *CHECKS))} with a colon and a form"
        )
    form = Form(None if check == "like" else check, tuple(_shapes(text)))
    _require(len(form.shapes) <= MAX_SHAPES, f"at most {MAX_SHAPES} forms")
    for shape in form.shapes:
        _check_shape(shape, form.check)
    _require(form.check is None or len(form.shapes) == 1, "of one form where there is a check digit")
    return form


def _require(holds: object, rule: str) -> None:
    if not holds:
        raise ValueError(rule)


def _shapes(text: str) -> list[Shape]:
    shapes: list[list[Part]] = [[]]
    at = 0
    while at < len(text):
        if text[at] == "|":
            shapes.append([])
            at += 1
            continue
        token = _TOKEN.match(text, at)
        _require(token, f"a backslash before the bracket, brace or bar at {text[at:][:20]!r}, or what closes it")
        assert token is not None  # noqa: S101 (for mypy)
        at = token.end()
        escaped, inside, choice, plain = token.groups()
        parts = shapes[-1]
        if inside is None and choice is None:
            letter = escaped or plain
            if parts and parts[-1].is_text:
                parts[-1] = Part((parts[-1].options[0] + letter,))
            else:
                parts.append(Part((letter,)))
            continue
        part = Part(_characters(inside) if choice is None else _texts(choice))
        times = _TIMES.match(text, at) if choice is None else None
        if times:
            at = times.end()
            part = replace(part, low=int(times[1]), high=int(times[2] or times[1]), grows=bool(times[3]))
        parts.append(part)
    return [tuple(parts) for parts in shapes]


def _characters(inside: str) -> tuple[str, ...]:
    plain = re.findall(r"\\(.)|(.)", inside, re.DOTALL)
    letters: list[str] = []
    at = 0
    while at < len(plain):
        first = plain[at][0] or plain[at][1]
        if at + 2 < len(plain) and plain[at + 1][1] == "-":
            last = plain[at + 2][0] or plain[at + 2][1]
            _require(
                first <= last and ord(last) - ord(first) < MAX_LETTERS, f"a range from low to high, not {first}-{last}"
            )
            letters += map(chr, range(ord(first), ord(last) + 1))
            at += 3
        else:
            letters.append(first)
            at += 1
    _require(len(set(letters)) == len(letters) > 1, f"of two or more different characters in [{inside}]")
    return tuple(letters)


def _texts(choice: str) -> tuple[str, ...]:
    texts = tuple(re.sub(r"\\(.)", r"\1", text) for text in re.findall(r"(?:\\.|[^|\\])+", choice))
    _require(len(set(texts)) == len(texts) > 1, f"of two or more different texts in ({choice})")
    return texts


def _check_shape(shape: Shape, check: str | None) -> None:
    _require(any(part.is_class for part in shape), "of a class such as [0-9] in each form")
    _require(all(part.low <= part.high for part in shape), "of low and high times in order")
    _require(sum(part.grows for part in shape) <= 1, "of one run that grows in each form")
    longest = sum(max(map(len, part.options)) * part.high for part in shape)
    _require(0 < longest <= MAX_LETTERS, f"of at most {MAX_LETTERS} characters")
    for at, part in enumerate(shape[:-1]):
        # Else nobody could tell where a run ends: the same text would be made in two ways.
        following = {option[:1] for option in shape[at + 1].options}
        own = set(part.options) if part.is_class else {text[i] for text in part.options for i in range(1, len(text))}
        if part.varies:
            later = shape[at + 1].low > 0 and any(other.varies for other in shape[at + 1 :])
            _require(not later or not following & own, "of a separator between runs that vary in length")
    if check is not None:
        _require(not any(part.varies for part in shape), "of one length where there is a check digit")
        places = check_places(check, template_of(shape))
        _require(places is not None, f"of digits (and what {check} knows) where it checks")
        classes = [part.is_class for part in shape for _ in range(len(part.options[0]) * part.low)]
        _require(all(classes[at] for at in places or ()), f"of a class such as [0-9] where {check} puts its check")


def template_of(shape: Shape) -> str:
    """An example of a shape, the first of all."""
    return "".join(part.options[0] * part.low for part in shape)


def _written(part: Part) -> str:
    if not part.is_class:
        texts = [re.sub(r"([\\\[\](){}|])", r"\\\1", text) for text in part.options]
        return texts[0] if len(texts) == 1 else f"({'|'.join(texts)})"
    times = f"{part.low}" + (f",{part.high}" if part.high > part.low else "") + "+" * part.grows
    return f"[{_class(part.options)}]" + (f"{{{times}}}" if times != "1" else "")


def _class(letters: tuple[str, ...]) -> str:
    """The inside of a class's brackets: four neighbours or more as a range."""
    written = ""
    rest = list(letters)
    while rest:
        run = 1
        while run < len(rest) and ord(rest[run]) == ord(rest[0]) + run:
            run += 1
        few = run < _MIN_RANGE
        ends = rest[:run] if few else [rest[0], rest[run - 1]]
        written += ("" if few else "-").join(f"\\{one}" if one in f"{_SPECIAL}-" else one for one in ends)
        rest = rest[run:]
    return written
