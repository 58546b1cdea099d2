"""What all generators of tables share: parameters by name, and the usual answers."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from sklearn.base import clone

from synthgan.config import MODES, EncodingConfig, PrivacyConfig
from synthgan.errors import Named, Remedy
from synthgan.estimator import Parametrised
from synthgan.tabular.encoding.continuous import FINE

if TYPE_CHECKING:
    from synthgan.tabular.encoding.continuous import Cut

SHARED = frozenset(
    {
        "check",
        "minutes",
        "device",
        "executor",
        "learn_rows",
        "seed",
        *(part.name for kind in (EncodingConfig, PrivacyConfig) for part in fields(kind)),
    }
)

UNCHECKED = "whether training rows can be read back out of the generator was not checked"


class BaseGenerator(Parametrised):
    """A generator of tables (see ``synthgan.tabular.protocol.TableGenerator``).

    A generator names itself, takes its parameters in ``__init__`` by keyword, stores them untouched, and checks them in
    ``check``.
    """

    name: ClassVar[str]
    cut: ClassVar[Cut] = FINE
    takes_modes: ClassVar[tuple[str, ...]] = MODES
    keeps_rows: ClassVar[str | None] = UNCHECKED
    checkable: ClassVar[bool] = False
    may_change: ClassVar[frozenset[str]] = frozenset()
    holdout_share: float = 0.0

    def check(self) -> None:
        """See that the parameters can be used."""

    def stated(self) -> dict[str, Any]:
        """The parameters as JSON."""
        return self.get_params(deep=False)

    def settled(self) -> Self:
        """One of its own that learns as this one did, with all that its fit has chosen; nothing of what it learned."""
        return cast("Self", clone(self))

    def coarser(self, rows: int) -> Self | None:  # noqa: ARG002
        """One that would tell less of so many rows; None where there is none."""
        return None

    @classmethod
    def of_stated(cls, parameters: dict[str, Any]) -> Self:
        """The generator of which ``stated`` gave the parameters."""
        return cls(**parameters)

    @classmethod
    def named(cls, **parameters: object) -> Named:
        """An object of this class, as a remedy writes it."""
        return Named(cls.__name__, cls.name, parameters)

    @classmethod
    def parameters(cls) -> list[str]:
        """The names of all parameters."""
        return list(cls._get_param_names())

    @classmethod
    def _elsewhere(cls, name: str, value: object) -> tuple[str, Remedy | str] | None:
        if name in SHARED:
            return "Synthesizer", f"write Synthesizer(generator={cls.__name__}(), {name}={value!r})"
        for other in BaseGenerator.__subclasses__():
            if name in other.parameters():
                return f"the generator {other.name}", Remedy.option("generator", other.named(**{name: value}))
        return None
