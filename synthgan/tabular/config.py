"""All parameters of a fit, checked: those that every generator shares, and the generator with its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from synthgan.checks import require, require_number
from synthgan.distributed.executor import check_executor

if TYPE_CHECKING:
    from synthgan.config import EncodingConfig, PrivacyConfig
    from synthgan.distributed.executor import Executor
    from synthgan.tabular.protocol import TableGenerator


@dataclass(frozen=True, kw_only=True, slots=True)
class Configs:
    """All parameters of a fit.

    Attributes:
        encoding: how columns become modes and residuals.
        privacy: of the whole fit.
        generator: what learns and draws the rows, not fitted yet.
        check: whether to see what a model gives away before it is saved.
        minutes: wall-clock limit of the training; None is no limit. Where it strikes, the result depends on the machine's
            speed.
        executor: where work that can be spread is done; None does it here. It changes no result.
    """

    encoding: EncodingConfig
    privacy: PrivacyConfig
    generator: TableGenerator
    check: bool = True
    minutes: float | None = None
    executor: Executor | None = None

    def __post_init__(self) -> None:
        """Check what no part can check alone.

        Raises:
            ConfigError: if a parameter cannot be used, or two do not go together.
        """
        require(isinstance(self.check, bool), "check", "True or False", self.check)
        if self.minutes is not None:
            require_number(self, minutes=0.0)
        check_executor(self.executor)
        self.generator.check()
        require(
            self.encoding.modes in self.generator.takes_modes,
            "modes",
            f"{' or '.join(self.generator.takes_modes)} where generator={self.generator.name!r}",
            self.encoding.modes,
        )

    def as_json(self) -> dict[str, Any]:
        """The shared parameters in one flat mapping, as the manifest holds them; the generator stands beside them."""
        return asdict(self.encoding) | asdict(self.privacy) | {"check": self.check, "minutes": self.minutes}

    def shaping(self) -> dict[str, Any]:
        """Every parameter that a fit without privacy reads, by name: a resumed fit must use the same."""
        own = self.generator.stated()
        return (
            {"generator": self.generator.name, "check": self.check, "minutes": self.minutes}
            | asdict(self.encoding)
            | own
        )
