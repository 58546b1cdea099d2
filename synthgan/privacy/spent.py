"""What private fits have spent: it outlives the run that spent it, and counts with the next."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from synthgan._version import __version__
from synthgan.errors import PrivacyError, Remedy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What one private fit has spent at most; all of it was declared before a row was looked at.

    Attributes:
        epsilon: its budget.
        delta: the chance of failure that it is stated for.
        unit: what one unit is, in words.
        mechanism: how it went about it.
        version: of synthgan.

    Example:
        >>> print(Spent(epsilon=1.0, delta=1e-6, unit="one row", mechanism="marginals"))
        epsilon 1 (delta 1e-06, one row)
    """

    epsilon: float
    delta: float
    unit: str
    mechanism: str
    version: str = __version__

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            PrivacyError: if a field is none that a fit can have spent.
        """
        numbers = {"epsilon": (self.epsilon, math.inf), "delta": (self.delta, 1.0)}
        for name, (number, top) in numbers.items():
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < top:
                raise PrivacyError(f"{name} that was spent must be a number of 0 or more, however: {number!r}")
        for name in ("unit", "mechanism", "version"):
            if not isinstance(getattr(self, name), str):
                raise PrivacyError(f"{name} of what was spent must be text, however: {getattr(self, name)!r}")

    def __str__(self) -> str:
        """The figures in words."""
        return f"epsilon {self.epsilon:g} (delta {self.delta:g}, {self.unit})"

    @classmethod
    def by_model(cls, manifest: Mapping[str, Any]) -> Self:
        """What a private model spent, earlier fits included, by its manifest."""
        ledger = manifest["privacy"]
        return cls(
            epsilon=ledger["epsilon"],
            delta=ledger["delta"],
            unit=ledger["unit"],
            mechanism=str((manifest.get("training") or {}).get("mechanism")),
            version=str((manifest.get("versions") or {}).get("synthgan")),
        )


class Record(Protocol):
    """Where it is kept what fits of the same rows have spent.

    Attributes:
        earlier: what fits before this one have spent.
    """

    earlier: tuple[Spent, ...]

    def keep(self, spent: Spent) -> None:
        """Keep what this fit is about to spend; its first answer is given once this has returned."""


class Account:
    """The spending of one private fit, and of those before it that left no model of their own.

    Attributes:
        earlier: what fits before this one have spent.
        begun: whether this one has given an answer, or is about to.
    """

    def __init__(
        self,
        *,
        epsilon: float,
        mechanism: str,
        earlier: tuple[Spent, ...] = (),
        keep: Callable[[Spent], None] | None = None,
    ) -> None:
        """Begin with what was spent before.

        Args:
            epsilon: the budget of this fit.
            mechanism: how it goes about it.
            earlier: what fits before this one have spent.
            keep: is told what this one is about to spend, as the method of a record; None where it is kept nowhere.
        """
        self.earlier = self._spent = earlier
        self.begun = False
        self._epsilon, self._mechanism, self._keep = epsilon, mechanism, keep

    @property
    def spent(self) -> tuple[Spent, ...]:
        """What all fits have spent, this one last as soon as it has begun."""
        return self._spent

    def begin(self, delta: float, unit: str) -> None:
        """Put down that this fit is about to give its first answer.

        Raises:
            PrivacyError: if earlier fits counted by another unit: what they spent cannot be added.
        """
        for spent in self.earlier:
            if spent.unit != unit:
                raise PrivacyError(
                    f"unit must be that of the earlier fits, however: it is {unit}, and {spent} was spent; sums of both mean "
                    f"nothing"
                )
        own = Spent(epsilon=float(self._epsilon), delta=delta, unit=unit, mechanism=self._mechanism)
        if self._keep is not None:
            self._keep(own)
        self._spent, self.begun = (*self.earlier, own), True

    def settle(self) -> None:
        """Put down that a model carries the ledger from now on."""
        self._spent = ()


def check_alone() -> None:
    """See that no other process fits the same rows at the same time: its noise would be other noise, and all of it would be spent.

    Raises:
        PrivacyError: if ``torchrun`` began several, or they met otherwise (``init_process_group``).
    """
    from torch import distributed  # slow to import

    begun = os.environ.get("WORLD_SIZE", "1")
    if distributed.is_available() and distributed.is_initialized():
        begun = str(distributed.get_world_size())
    if begun != "1":
        raise PrivacyError(
            f"epsilon must be spent by one process, however: {begun} were begun, and each would spend it; fit without torchrun, or "
            f"without epsilon"
        )


def check_earlier(earlier: Iterable[Spent], where: str, *, i_know: bool) -> None:
    """See that nothing was spent on the same rows before, or that the user knows and accepts that both add up.

    Args:
        earlier: what was spent.
        where: what it was spent on: an output, say.
        i_know: the user accepts it.

    Raises:
        PrivacyError: if something was, and nobody said ``i_know``.
    """
    earlier = tuple(earlier)
    if earlier and not i_know:
        raise PrivacyError(
            f"a private fit must be the only one of its rows, however: {where} has spent {joined(earlier)} before",
            remedy=Remedy.option("i_know", value=True, why="add both up"),
        )


def joined(spent: Iterable[Spent]) -> str:
    """All that was spent, in words."""
    return " and ".join(map(str, spent))


def to_json(spent: Iterable[Spent]) -> str:
    """What was spent, as a file holds it."""
    return json.dumps({"format": _FORMAT, "spent": [asdict(one) for one in spent]}, indent=2) + "\n"


def from_json(text: str) -> tuple[Spent, ...]:
    """What was spent, from the text of a file.

    Raises:
        PrivacyError: if the text is none that ``to_json`` writes.
    """
    try:
        given = json.loads(text)
        if given["format"] != _FORMAT or not given["spent"]:
            raise PrivacyError(f"what was spent must be of format {_FORMAT}, however: it is not")
        return tuple(Spent(**one) for one in given["spent"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        if isinstance(error, PrivacyError):
            raise
        raise PrivacyError("what was spent must be as synthgan writes it, however: the file is damaged") from error
