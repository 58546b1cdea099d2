"""What every fit of a table shares: encoding and privacy, as frozen values that check themselves at birth."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from synthgan.checks import require, require_known, require_number, require_whole
from synthgan.errors import PrivacyError, Remedy

T = TypeVar("T")

MODES = ("quantile", "gmm")
MECHANISMS = ("marginals", "dpsgd")
MEANINGLESS_EPSILON = 20.0  # odds of e**20: a promise in name only
MAX_EPSILON = 100_000.0  # beyond, answers have no noise to speak of: that is a fit without privacy


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodingConfig:
    """How columns become modes and places.

    Attributes:
        modes: ``"quantile"`` (modes of equal mass, places are normal scores) or ``"gmm"`` (components of a variational
            Gaussian mixture, as in CTGAN, Xu et al. 2019).
        max_modes: the most modes the smooth part of one numeric column is cut into; None leaves it to the generator: chains
            take many narrow modes, a network a few wide ones.
        rare_below: no level, spike, bound or knot held by fewer rows than this enters a model.
        keep_extremes: keep each numeric column's exact minimum and maximum; recorded as a disclosure.
    """

    modes: str = "quantile"
    max_modes: int | None = None
    rare_below: int = 10
    keep_extremes: bool = False

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        require_known(self, modes=MODES)
        require_whole(self, rare_below=1)
        if self.max_modes is not None:
            require_whole(self, max_modes=1)
        require(isinstance(self.keep_extremes, bool), "keep_extremes", "True or False", self.keep_extremes)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacyConfig:
    """Differential privacy of the whole fit.

    Attributes:
        epsilon: what everything that touches the rows may cost together when one unit is added or removed; None is no
            privacy.
        delta: the chance of failure that it is stated for.
        mechanism: ``"marginals"`` (a mixture fitted to noisy counts of columns, pairs and triples) or ``"dpsgd"`` (a training that
            starts from counts of columns and pairs, and whose critic alone sees rows, by noisy gradients).
        unit: the column that says which unit (patient, say) a row belongs to; never learned. None: each row is a unit.
        max_rows_per_unit: the most rows of a unit that are learned; further ones are left out at random.
        i_know: accept an epsilon or delta that means nothing.
    """

    epsilon: float | None = None
    delta: float = 1e-6
    mechanism: str = "marginals"
    unit: str | int | None = None
    max_rows_per_unit: int = 1
    i_know: bool = False

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
            PrivacyError: if one promises nothing, and ``i_know`` does not say so.
        """
        require_whole(self, max_rows_per_unit=1)
        require_known(self, mechanism=MECHANISMS)
        require_number(self, delta=0.0)
        require(0 < self.delta < 1, "delta", "a chance between 0 and 1", self.delta)
        require(isinstance(self.i_know, bool), "i_know", "True or False", self.i_know)
        if self.unit is None:
            require(
                self.max_rows_per_unit == 1, "max_rows_per_unit", "1 where there is no unit", self.max_rows_per_unit
            )
        if self.epsilon is None:
            require(self.unit is None, "unit", "None without epsilon", self.unit)
            require(self.mechanism == MECHANISMS[0], "mechanism", "left alone without epsilon", self.mechanism)
            return
        require_number(self, epsilon=0.0)
        most = f"a number above 0 and at most {MAX_EPSILON:,.0f}"
        remedy = "leave it out where privacy need not be proved"
        require(0 < self.epsilon <= MAX_EPSILON, "epsilon", most, self.epsilon, remedy)
        if self.epsilon > MEANINGLESS_EPSILON and not self.i_know:
            raise PrivacyError(
                f"epsilon must be at most {MEANINGLESS_EPSILON:g} to mean anything, however: epsilon={self.epsilon:g}",
                remedy=Remedy.option("i_know", value=True, why="accept it"),
                parameter="epsilon",
            )


def from_parameters(kind: type[T], parameters: dict[str, Any]) -> T:
    """Build a config from the parameters that are its fields, leaving the others alone."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in parameters.items() if name in names})
