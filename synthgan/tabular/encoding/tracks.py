"""Tracks: the identifiers of one shape and length, counted through, so that a number names each and each has one."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.checkdigits import check_places, checked, free_place
from synthgan.data.keyforms import GROWTH, MAX_LETTERS, Part, template_of
from synthgan.tabular.encoding.scatter import hashed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.keyforms import Form, Shape

MAX_ROOM: Final = 2**63 - 1  # of what is counted through: the rest of a long identifier is drawn
_CARRIED: Final = "carried"
_CHECK: Final = "check"
_DRAWN: Final = "drawn"


@dataclass(frozen=True)
class Track:
    """One shape of a form, its run of varying length cut to one length.

    What is *carried* tells identifiers of a track apart: the characters of its classes that stand in every one of them.
    Their first ones, as many as 63 bits hold, make a number, and two identifiers of different numbers differ.

    Attributes:
        form: what identifiers look like.
        shape: which of the form's shapes.
        length: how many characters the run that varies (and is carried) has; 0 where none varies.
    """

    form: Form
    shape: int
    length: int = 0
    _pieces: tuple[tuple[str, Part, int], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Tells what is carried from what is drawn."""
        shape = self.form.shapes[self.shape]
        pieces = _checked_pieces(shape, self.form.check) if self.form.check else self._plain_pieces(shape)
        object.__setattr__(self, "_pieces", tuple(pieces))

    def _plain_pieces(self, shape: Shape) -> list[tuple[str, Part, int]]:
        varying = varying_run(shape)
        pieces = []
        for at, part in enumerate(shape):
            if part.is_class and (at == varying or not part.varies):
                pieces.append((_CARRIED, part, self.length if at == varying else part.low))
            else:
                pieces.append(("text" if part.is_text else _DRAWN, part, 1))
        return pieces

    @cached_property
    def places(self) -> tuple[tuple[str, ...], ...]:
        """The characters that each carried place may have, from the first on."""
        return tuple(part.options for sort, part, times in self._pieces if sort == _CARRIED for _ in range(times))

    @cached_property
    def counted(self) -> int:
        """How many of the places make the number."""
        room = 1
        for count, letters in enumerate(self.places):
            room *= len(letters)
            if room > MAX_ROOM:
                return count
        return len(self.places)

    @cached_property
    def blocks(self) -> tuple[int, ...]:
        """How many numbers share their first 0, 1, 2, … places."""
        sizes = [1]
        for letters in reversed(self.places[: self.counted]):
            sizes.append(sizes[-1] * len(letters))
        return tuple(reversed(sizes))

    @property
    def lengths(self) -> tuple[int, int]:
        """The fewest and the most characters that an identifier of this track has."""
        low = high = 0
        for sort, part, times in self._pieces:
            own = [len(option) for option in part.options]
            is_run = sort == _DRAWN and part.is_class
            low += part.low if is_run else min(own) * times
            high += part.high + GROWTH * part.grows if is_run else max(own) * times
        return low, high

    @property
    def room(self) -> int:
        """How many numbers there are."""
        return self.blocks[0]

    @property
    def whole_room(self) -> float:
        """How many carried texts there are, those that no number tells apart counted, too."""
        return float(np.prod([float(len(letters)) for letters in self.places])) if self.places else 1.0

    def numbers_of(self, texts: pa.Array) -> NDArray[np.uint64]:
        """The numbers of those texts [rows] that are of this track: uint64 [found], in no order."""
        names: list[str] = []
        regex = "^"
        if not len(texts):
            return np.empty(0, dtype=np.uint64)
        for sort, part, times in self._pieces:
            if sort == _CARRIED:
                names.append(f"p{len(names)}")
                regex += f"(?P<{names[-1]}>{part.regex(length=times)})"
            else:
                regex += "(?s:.)" if sort == _CHECK else part.regex()
        found = pc.extract_regex(texts, regex + "$").drop_null()
        if not len(found):
            return np.empty(0, dtype=np.uint64)
        letters = _letters(
            pc.binary_join_element_wise(*(found.field(name) for name in names), pa.scalar("", found.field(0).type))
        )
        numbers = np.zeros(len(letters), dtype=np.uint64)
        for at, options in enumerate(self.places[: self.counted]):
            points = _points(options)
            order = np.argsort(points)
            digits = order[np.searchsorted(points[order], letters[:, at])]
            numbers = numbers * np.uint64(len(options)) + digits.astype(np.uint64)
        return numbers

    def texts(self, numbers: NDArray[np.uint64], rows: NDArray[np.uint64], key: int) -> NDArray[Any]:
        """The identifiers of numbers: NumPy text [rows].

        Args:
            numbers: uint64 [rows], below the room.
            rows: uint64 [rows]: what is drawn depends on these and the key alone.
            key: see above.
        """
        carried = self._carried(numbers, rows, key)
        made: Any = np.full(len(numbers), "")
        at = 0
        for index, (sort, part, times) in enumerate(self._pieces):
            if sort == _CARRIED:
                if not times:
                    continue
                piece: Any = np.ascontiguousarray(carried[:, at : at + times]).view(f"U{times}")[:, 0]
                at += times
            elif sort == _DRAWN:
                piece = _drawn(part, rows, key + 7 * index)
            else:
                piece = part.options[0]
            made = np.strings.add(made, piece)
        if self.form.check and len(made):
            length = made.dtype.itemsize // 4
            letters = checked(self.form.check, made.view(np.uint32).reshape(-1, length))
            made = np.ascontiguousarray(letters).view(f"U{length}")[:, 0]
        return np.asarray(made)

    def _carried(self, numbers: NDArray[np.uint64], rows: NDArray[np.uint64], key: int) -> NDArray[np.uint32]:
        letters = np.empty((len(numbers), len(self.places)), dtype=np.uint32)
        rest = numbers
        for at in reversed(range(self.counted)):
            rest, digits = np.divmod(rest, np.uint64(len(self.places[at])))
            letters[:, at] = _points(self.places[at])[digits.astype(np.int64)]
        for at in range(self.counted, len(self.places)):
            digits = hashed(rows, key + 1_000 + at) % np.uint64(len(self.places[at]))
            letters[:, at] = _points(self.places[at])[digits.astype(np.int64)]
        return letters

    def below(self, limit: int) -> int:
        """How many numbers, from 0 on, have identifiers that are whole numbers within ± the limit."""
        ends = np.array([0, self.room - 1], dtype=np.uint64)
        low, high = (abs(int(text)) for text in self.texts(ends, ends, 0))
        longest = max(len(text) for text in map(str, (low, high)))
        if longest < len(str(limit)) or high <= limit:
            return self.room
        if low > limit:
            return 0
        fits, exceeds = 0, self.room - 1
        while exceeds - fits > 1:
            middle = np.array([(fits + exceeds) // 2], dtype=np.uint64)
            within = abs(int(self.texts(middle, middle, 0)[0])) <= limit
            fits, exceeds = (int(middle[0]), exceeds) if within else (fits, int(middle[0]))
        return fits if self.counted == len(self.places) else max(fits - 1, 0)


def varying_run(shape: Shape) -> int | None:
    """Which part of a shape varies in length and is carried: the one that grows, or the longest; None where none does."""
    varying = [at for at, part in enumerate(shape) if part.is_class and part.varies]
    return max(varying, key=lambda at: (shape[at].grows, shape[at].high * len(shape[at].options)), default=None)


def whole_numbers(form: Form) -> bool:
    """Whether all identifiers of a form are whole numbers."""
    texts = (template_of(shape) for shape in form.shapes)
    return all(re.fullmatch(r"-?[0-9]*", text) for text in texts) and all(
        option.isdigit() for shape in form.shapes for part in shape if not part.is_text for option in part.options
    )


def _checked_pieces(shape: Shape, check: str) -> list[tuple[str, Part, int]]:
    """A character a piece, but for one of several texts; what the check needs is filled in afterwards."""
    text = template_of(shape)
    places = {*(check_places(check, text) or ()), free_place(check, text)}
    pieces: list[tuple[str, Part, int]] = []
    at = 0
    for part in shape:
        if part.is_class or part.is_text:
            letters = [part] * part.low if part.is_class else [Part((letter,)) for letter in part.options[0]]
            for letter in letters:
                single = Part(letter.options)
                is_check = at in places
                sort = _CHECK if is_check else _CARRIED if part.is_class else "text"
                pieces.append((sort, Part(("0",)) if is_check else single, 1))
                at += 1
        else:
            pieces.append((_DRAWN, part, 1))
            at += len(part.options[0])
    return pieces


def _drawn(part: Part, rows: NDArray[np.uint64], key: int) -> NDArray[Any]:
    """A part that tells nothing apart: a text of several, or a run of several lengths."""
    if not part.is_class:
        chosen = hashed(rows, key) % np.uint64(len(part.options))
        return np.array(part.options)[chosen.astype(np.int64)]
    points = _points(part.options)
    high = min(part.high, MAX_LETTERS)
    letters = np.zeros((len(rows), high), dtype=np.uint32)
    lengths = part.low + (hashed(rows, key) % np.uint64(high - part.low + 1)).astype(np.int64)
    for at in range(high):
        chosen = points[(hashed(rows, key + 100_000 + at) % np.uint64(len(points))).astype(np.int64)]
        letters[:, at] = np.where(at < lengths, chosen, 0)
    return letters.view(f"U{high}")[:, 0]


def _points(options: tuple[str, ...]) -> NDArray[np.uint32]:
    return np.array([ord(option) for option in options], dtype=np.uint32)


def _letters(texts: pa.Array) -> NDArray[np.uint32]:
    """Code points of texts that are equally long, none missing: uint32 [rows, characters]."""
    size = int(pc.max(pc.utf8_length(texts)).as_py())
    if not size:
        return np.empty((len(texts), 0), dtype=np.uint32)
    if pc.all(pc.string_is_ascii(texts)).as_py():  # a byte a character, one text after another
        joined = "".join(texts.to_pylist()).encode("ascii")
        return np.frombuffer(joined, dtype=np.uint8).reshape(len(texts), size).astype(np.uint32)
    return np.array(texts.to_pylist()).view(np.uint32).reshape(len(texts), size)
