"""What a file must hold, declared part by part, and the one check that sees to it before anything is made of it.

A model file may be forged: its hash is right, and its contents are anything. So every class that reads a part of one declares
that part: fields of JSON as ``Whole``, ``Number``, ``Text`` and so on, tensors as ``Array``, all together as a ``Record``.
Sizes have names: where two parts share one, it must be the same in both. A size is a length of something that is in the file, so
nothing is ever made larger than the file says and holds.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import numpy as np

MAX_WHOLE: Final = 2**53
MAX_LETTERS: Final = 10_000
Sizes = dict[str, int]


class MisfitError(ValueError):
    """A part of a file is not what it must be."""


class Part(Protocol):
    """What a part of a file must be."""

    @property
    def optional(self) -> bool:
        """Whether it may lack."""

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that it is what it must be; raises MisfitError where it is not."""


def refuse(name: str, rule: str, found: Any) -> MisfitError:
    """The refusal of a part, in one line."""
    is_array = isinstance(found, np.ndarray)
    shown = f"{found.dtype} of {list(found.shape)}" if is_array else ascii(reprlib.repr(found))[1:-1]
    return MisfitError(f"{name} must be {rule}, however: {shown}")


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A whole number within bounds, both included."""

    low: int = 0
    high: int = MAX_WHOLE
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:  # noqa: ARG002
        """See that it is one."""
        if isinstance(found, bool) or not isinstance(found, int) or not self.low <= found <= self.high:
            raise refuse(name, f"a whole number from {self.low} to {self.high}", found)


@dataclass(frozen=True, kw_only=True)
class Number:
    """A finite number within bounds, both included."""

    low: float = -math.inf
    high: float = math.inf
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:  # noqa: ARG002
        """See that it is one."""
        is_number = isinstance(found, (int, float)) and not isinstance(found, bool)
        if not is_number or not self.low <= found <= self.high or not abs(found) < math.inf:
            raise refuse(name, f"a finite number from {self.low:g} to {self.high:g}", found)


@dataclass(frozen=True, kw_only=True)
class Flag:
    """True or false."""

    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:  # noqa: ARG002
        """See that it is one of them."""
        if not isinstance(found, bool):
            raise refuse(name, "true or false", found)


@dataclass(frozen=True, kw_only=True)
class Text:
    """Text, perhaps one of a few."""

    among: tuple[str, ...] = ()
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:  # noqa: ARG002
        """See that it is."""
        if not isinstance(found, str) or len(found) > MAX_LETTERS or (self.among and found not in self.among):
            raise refuse(name, f"one of {', '.join(self.among)}" if self.among else "text", found)


@dataclass(frozen=True, kw_only=True)
class Anything:
    """Any JSON: whoever reads it checks it."""

    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """Nothing is wrong with it yet."""


@dataclass(frozen=True)
class Maybe:
    """A part, or null."""

    part: Part
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that it is one of the two."""
        if found is not None:
            self.part.check(found, name, sizes)


@dataclass(frozen=True)
class Either:
    """A part of one kind or of another."""

    parts: tuple[Part, ...]
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that one of them fits; where none does, the last one says why."""
        for part in self.parts[:-1]:
            try:
                part.check(found, name, sizes)
            except MisfitError:
                continue
            return
        self.parts[-1].check(found, name, sizes)


@dataclass(frozen=True)
class Listed:
    """A list of parts of one kind; its length may be a size that has a name."""

    part: Part
    size: str | int | None = None
    distinct: bool = False
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that all of them fit."""
        if not isinstance(found, list):
            raise refuse(name, "a list", found)
        if self.size is not None and not _fits((len(found),), (self.size,), sizes):
            raise refuse(name, f"a list of {_named((self.size,), sizes)}", found)
        for index, one in enumerate(found):
            self.part.check(one, f"{name}[{index}]", sizes)
        if self.distinct and len({(type(one), repr(one)) for one in found}) < len(found):
            raise refuse(name, "a list of different values", found)


@dataclass(frozen=True)
class Tupled:
    """A list of parts each of which is of its own kind."""

    parts: tuple[Part, ...]
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that each of them fits."""
        if not isinstance(found, list) or len(found) != len(self.parts):
            raise refuse(name, f"a list of {len(self.parts)} values", found)
        for index, part in enumerate(self.parts):
            part.check(found[index], f"{name}[{index}]", sizes)


@dataclass(frozen=True)
class Record:
    """Parts by name: none may lack but those that are optional; none may be there beside them but as ``others`` says."""

    parts: Mapping[str, Part] = field(default_factory=dict)
    others: Part | None = None
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that all of them are there and fit."""
        if not isinstance(found, Mapping):
            raise refuse(name, "an object of JSON", found)
        for key, part in self.parts.items():
            if key in found:
                part.check(found[key], f"{name}/{key}" if name else key, sizes)
            elif not part.optional:
                raise MisfitError(f"{f'{name}/{key}' if name else key} must be there, however: it is missing")
        for key in (key for key in found if key not in self.parts):
            if self.others is None:
                raise refuse(name or "the file", "without parts that nobody knows", key)
            Text().check(key, f"a name in {name}", sizes)
            self.others.check(found[key], f"{name}/{ascii(key)[1:-1]}", sizes)


@dataclass(frozen=True)
class Array:
    """A tensor.

    Attributes:
        dtype: NumPy's name of its type; a single letter stands for all types of that kind.
        shape: its sizes: numbers, or names of sizes, which are given by the first tensor that has them.
        low: the least value that it may hold.
        high: the greatest.
        above: what all of its values are above.
        rising: whether its values never fall along the first axis; ``"strictly"`` where they rise.
        sums: what its values come to along the last axis, but for rounding.
        infinite: whether it may hold infinite values, or none.
    """

    dtype: str
    shape: tuple[str | int, ...]
    low: float | None = None
    high: float | None = None
    above: float | None = None
    rising: bool | str = False
    sums: float | None = None
    infinite: bool = False
    optional: bool = False

    def check(self, found: Any, name: str, sizes: Sizes) -> None:
        """See that type, shape and values are right."""
        if not isinstance(found, np.ndarray) or not self._is_typed(found.dtype):
            raise refuse(name, f"a tensor of type {self.dtype}", found)
        if not _fits(found.shape, self.shape, sizes):
            raise refuse(name, f"a tensor of {_named(self.shape, sizes)}", found)
        if not found.size:
            return
        rule = self._broken(found)
        if rule is not None:
            raise MisfitError(f"{name} must be {rule}, however: it is not everywhere")

    def _is_typed(self, dtype: np.dtype[Any]) -> bool:
        return dtype.kind == self.dtype if len(self.dtype) == 1 else dtype == np.dtype(self.dtype)

    def _broken(self, found: np.ndarray) -> str | None:
        """The rule that its values break, in words; None where they keep all."""
        if found.dtype.kind == "f" and not self.infinite and not np.isfinite(found).all():
            return "finite"
        if self.low is not None and not found.min() >= self.low:
            return f"at least {self.low:g}"
        if self.high is not None and not found.max() <= self.high:
            return f"at most {self.high:g}"
        if self.above is not None and not found.min() > self.above:
            return f"above {self.above:g}"
        if self.rising:
            steps = np.diff(found, axis=0)
            if not ((steps > 0) if self.rising == "strictly" else (steps >= 0)).all():
                return "rising"
        if self.sums is not None and not np.allclose(found.sum(-1, dtype=np.float64), self.sums, atol=1e-3):
            return f"numbers that come to {self.sums:g}"
        return None


def check(found: Any, part: Part, name: str = "", **sizes: int) -> Sizes:
    """See that a part of a file is what it must be, and give the sizes that were met.

    Args:
        found: JSON, or tensors by name.
        part: what it must be.
        name: what it is called in a refusal.
        **sizes: sizes that are known before.

    Raises:
        MisfitError: if it is not.

    Example:
        >>> weights = {"a": np.ones((2, 3), np.float32), "b": np.ones(4, np.float32)}
        >>> check(weights, Record({"a": Array("f4", ("rows", 3)), "b": Array("f4", ("rows",))}))
        Traceback (most recent call last):
        synthgan.io.contract.MisfitError: b must be a tensor of [rows=2], however: float32 of [4]
    """
    known: Sizes = dict(sizes)
    part.check(found, name, known)
    return known


def require(holds: object, name: str, rule: str) -> None:
    """Refuse a part that breaks a rule between parts."""
    if not holds:
        raise MisfitError(f"{name} must be {rule}, however: they are not")


def _fits(shape: Sequence[int], wanted: Sequence[str | int], sizes: Sizes) -> bool:
    if len(shape) != len(wanted):
        return False
    return all(
        length == (sizes.setdefault(size, length) if isinstance(size, str) else size)
        for length, size in zip(shape, wanted, strict=True)
    )


def _named(shape: Sequence[str | int], sizes: Sizes) -> str:
    shown = [f"{size}={sizes[size]}" if isinstance(size, str) and size in sizes else str(size) for size in shape]
    return f"[{', '.join(shown)}]"
