"""What is searched: for each generator the parameters that change what it learns, and between what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthgan.errors import ConfigError
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.registry import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Attributes:
        low: the lowest; whole numbers where both are.
        high: the highest.
        log: whether they are tried on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False

    def suggested(self, trial: Any, name: str) -> float:
        """The number that a trial of Optuna takes."""
        suggest = trial.suggest_int if isinstance(self.low, int) else trial.suggest_float
        return suggest(name, self.low, self.high, log=self.log)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values."""

    values: tuple[Any, ...]

    def suggested(self, trial: Any, name: str) -> Any:
        """The value that a trial of Optuna takes."""
        return trial.suggest_categorical(name, list(self.values))


_LEAVES = {
    "chains": Range(4, 32, log=True),
    "leaf_rows": Range(3, 60, log=True),
    "rounds": Range(0, 4),
}
_POOLED = {**_LEAVES, "level_leaf_rows": Range(5, 80, log=True)}
# By parameter as `set_params` of a synthesizer takes it.
SPACES: dict[str, dict[str, Range | Choice]] = {
    "chains": {f"generator__{name}": part for name, part in {**_LEAVES, "chain_share": Range(0.5, 1.0)}.items()},
    "pooled": {f"generator__{name}": part for name, part in _POOLED.items()},
    "distilled": {
        **{f"generator__teacher__{name}": part for name, part in _POOLED.items()},
        "generator__student__chains": Range(2, 8, log=True),
        "generator__student__leaf_rows": Range(2, 40, log=True),
        "generator__times": Range(3, 40, log=True),
    },
    "autoregressive": {
        "generator__networks": Range(1, 4),
        "generator__width": Range(64, 384, log=True),
        "generator__depth": Range(0, 2),
        "generator__dropout": Range(0.0, 0.4),
        "generator__weight_decay": Range(0.005, 0.3, log=True),
        "generator__critics": Range(0, 3),
    },
    "network": {
        "generator__steps": Range(500, 4_000, log=True),
        "generator__learning_rate": Range(1e-4, 2e-3, log=True),
        "generator__generator_width": Range(64, 256, log=True),
        "generator__critic_width": Range(64, 512, log=True),
        "generator__objective": Choice(("relativistic", "hinge", "wasserstein")),
    },
    PRIVATE: {"mechanism": Choice(("marginals", "dpsgd")), "max_modes": Range(4, 40, log=True)},
}
# What has to be said before the parameters above mean anything: the parts of a student and its teacher.
FIXED: dict[str, dict[str, Any]] = {"distilled": {"generator__teacher": "pooled", "generator__student": "chains"}}


def space_of(generator: str | None, *, private: bool) -> tuple[str, Mapping[str, Range | Choice]]:
    """The name of a space, and what is searched in it.

    Raises:
        ConfigError: if there is no generator of that name.
    """
    name = PRIVATE if private else generator or DEFAULT
    if name not in SPACES or (generator == PRIVATE):
        known = [one for one in SPACES if one != PRIVATE]
        raise ConfigError(
            f"generator must be one that can be tuned, however: generator={generator!r}",
            remedy=did_you_mean_or_known(str(generator), known),
            parameter="generator",
        )
    return name, SPACES[name]


def parameters_of(name: str, suggested: Mapping[str, Any]) -> dict[str, Any]:
    """What ``set_params`` of a synthesizer is given, of what a trial took."""
    fixed = {} if name == PRIVATE else {"generator": name, **FIXED.get(name, {})}
    return {**fixed, **suggested}
