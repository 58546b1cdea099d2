"""How a synthesizer is built and trained, as frozen values that check themselves at birth."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

from synthgan.checks import require, require_known, require_number, require_whole
from synthgan.errors import PrivacyError, Remedy

T = TypeVar("T")

OBJECTIVES = ("relativistic", "wasserstein", "hinge", "standard")
MODES = ("quantile", "gmm")
GENERATORS = ("chains", "network")
MECHANISMS = ("marginals", "dpsgd")
MEANINGLESS_EPSILON = 20.0  # odds of e**20: a promise in name only


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
class ChainConfig:
    """What draws the rows, and the game of chains against a boosted critic.

    Attributes:
        generator: ``"chains"`` (trees that draw one column after the other, in several orders) or ``"network"`` (a residual
            network that moves a latent-class mixture, see ``NetworkConfig``); None is chains, under privacy a mixture.
        chains: how many chains there are, each with an order of the columns of its own.
        chain_share: share of the rows that a tree is grown on; its leaves are filled with all of them.
        leaf_rows: no leaf is shaped by fewer rows; None takes one in a thousand, 20 at most and 5 at least.
        rounds: critics that the chains play against at most; 0 plays no game.
    """

    generator: str | None = None
    chains: int = 16
    chain_share: float = 0.8
    leaf_rows: int | None = None
    rounds: int = 2

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        if self.generator is not None:
            require_known(self, generator=GENERATORS)
        require_whole(self, chains=1, rounds=0)
        if self.leaf_rows is not None:
            require_whole(self, leaf_rows=1)
        require_number(self, chain_share=0.0)
        require(0 < self.chain_share <= 1, "chain_share", "a share between 0 and 1, above 0", self.chain_share)


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkConfig:
    """The sizes of generator and critic where the generator is a network.

    Attributes:
        classes: latent classes of the warm start; None chooses by the number of rows.
        noise_width: continuous noise dimensions beside the latent class.
        generator_width: units of each hidden layer of the generator.
        critic_width: units of each hidden layer of the critic.
        blocks: residual blocks in each of the two networks.
        packing: rows the critic sees at once (PacGAN, Lin et al. 2018); 1 is no packing.
    """

    classes: int | None = None
    noise_width: int = 32
    generator_width: int = 128
    critic_width: int = 256
    blocks: int = 2
    packing: int = 1

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        if self.classes is not None:
            require_whole(self, classes=1)
        require_whole(self, noise_width=1, generator_width=1, critic_width=1, blocks=0, packing=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """The adversarial game of two networks.

    Attributes:
        objective: ``"relativistic"``, ``"wasserstein"``, ``"hinge"`` or ``"standard"``.
        steps: generator steps at most; 0 keeps the warm start as it is.
        batch_rows: rows in each real and each generated batch.
        critic_steps: critic steps per generator step.
        learning_rate: Adam's, for both networks.
        penalty: weight of the objective's gradient penalty; None takes the objective's own default.
        penalty_every: critic steps from one penalty to the next, its weight scaled up to match.
        ema_halflife_steps: generator steps after which an old weight counts half in the average that is sampled from.
        conditional_share: share of each batch drawn by training-by-sampling; the rest is drawn at true frequencies.
        check_every: generator steps from one look at the held-out slice to the next.
        patience: looks without improvement before training stops early.
        holdout_share: share of the rows held out for those looks; 0 switches early stopping off.
        minutes: wall-clock limit; None is no limit. Where it strikes, the result depends on the machine's speed.
    """

    objective: str = "relativistic"
    steps: int = 1500
    batch_rows: int = 512
    critic_steps: int = 1
    learning_rate: float = 5e-4
    penalty: float | None = None
    penalty_every: int = 4
    ema_halflife_steps: int = 100
    conditional_share: float = 0.5
    check_every: int = 250
    patience: int = 4
    holdout_share: float = 0.1
    minutes: float | None = None

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        require_known(self, objective=OBJECTIVES)
        require_whole(
            self,
            steps=0,
            batch_rows=2,
            critic_steps=1,
            penalty_every=1,
            ema_halflife_steps=0,
            check_every=1,
            patience=1,
        )
        require_number(self, learning_rate=0.0, conditional_share=0.0, holdout_share=0.0)
        require(self.conditional_share <= 1, "conditional_share", "a share between 0 and 1", self.conditional_share)
        require(self.holdout_share <= 0.5, "holdout_share", "a share between 0 and 0.5", self.holdout_share)  # noqa: PLR2004
        if self.penalty is not None:
            require_number(self, penalty=0.0)
        if self.minutes is not None:
            require_number(self, minutes=0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivacyConfig:
    """Differential privacy of the whole fit.

    Attributes:
        epsilon: what everything that touches the rows may cost together when one unit is added or removed; None is no
            privacy.
        delta: the chance of failure that it is stated for.
        mechanism: ``"marginals"`` (a mixture fitted to noisy counts of columns, pairs and triples) or ``"dpsgd"`` (a game that
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
        require(self.epsilon > 0, "epsilon", "a number above 0", self.epsilon)
        if self.epsilon > MEANINGLESS_EPSILON and not self.i_know:
            raise PrivacyError(
                f"epsilon must be at most {MEANINGLESS_EPSILON:g} to mean anything, however: epsilon={self.epsilon:g}",
                remedy=Remedy.option("i_know", value=True, why="accept it"),
                parameter="epsilon",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Configs:
    """All hyper-parameters of a fit.

    Attributes:
        encoding: how columns become modes and places.
        chain: what draws the rows.
        network: sizes, where that is a network.
        training: the game of two networks, and limits of time.
        privacy: of the whole fit.
    """

    encoding: EncodingConfig
    chain: ChainConfig
    network: NetworkConfig
    training: TrainConfig
    privacy: PrivacyConfig

    def __post_init__(self) -> None:
        """Check what no config can check alone.

        Raises:
            ConfigError: if two fields do not go together.
        """
        require(
            not (self.chained and self.encoding.modes == "gmm"),
            "modes",
            "quantile where generator='chains'",
            self.encoding.modes,
        )

    @property
    def chained(self) -> bool:
        """Whether chains draw the rows."""
        return self.chain.generator == "chains" or (self.chain.generator is None and self.privacy.epsilon is None)

    @classmethod
    def of(cls, parameters: dict[str, Any]) -> Configs:
        """The configs that flat parameters amount to; raises what each of them does."""
        kinds = {
            "encoding": EncodingConfig,
            "chain": ChainConfig,
            "network": NetworkConfig,
            "training": TrainConfig,
            "privacy": PrivacyConfig,
        }
        return cls(**{name: from_parameters(kind, parameters) for name, kind in kinds.items()})

    def as_json(self) -> dict[str, Any]:
        """All fields of all configs in one flat mapping, as the manifest holds them."""
        return {name: value for part in asdict(self).values() for name, value in part.items()}


def from_parameters(kind: type[T], parameters: dict[str, Any]) -> T:
    """Build a config from the parameters that are its fields, leaving the others alone."""
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in parameters.items() if name in names})
