"""Puts what is computed from other columns in an order in which it can be computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Dependent(Protocol):
    """A column that hangs on others: a formula, a distance."""

    @property
    def target(self) -> str | int:
        """The column."""

    @property
    def sources(self) -> tuple[str | int, ...]:
        """Those that it hangs on."""


D = TypeVar("D", bound=Dependent)


def in_order(parts: Iterable[D]) -> tuple[D, ...]:
    """The same in an order in which each target comes after its sources, as far as there is one.

    Args:
        parts: of different targets.
    """
    left, done = {part.target: part for part in parts}, list[D]()
    while left:
        ready = [target for target, part in left.items() if not left.keys() & {*part.sources}]
        if not ready:
            break
        done += [left.pop(target) for target in ready]
    return tuple(done)


def repeated_target(parts: Sequence[Dependent]) -> str | int | None:
    """The first target that two have; None where each has its own."""
    targets = [part.target for part in parts]
    return next((target for target in targets if targets.count(target) > 1), None)


def circular_target(parts: Sequence[Dependent]) -> str | int | None:
    """The first target that hangs on itself, or on one that does; None where all can be put in order."""
    done = {part.target for part in in_order(parts)}
    return next((part.target for part in parts if part.target not in done), None)
