"""How a generator and a critic are trained against each other, as a frozen value that checks itself at birth."""

from __future__ import annotations

from dataclasses import dataclass

from synthgan.checks import require, require_known, require_number, require_whole

OBJECTIVES = ("relativistic", "wasserstein", "hinge", "standard")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """The adversarial training of two networks.

    Attributes:
        objective: ``"relativistic"``, ``"wasserstein"``, ``"hinge"`` or ``"standard"``.
        steps: generator steps at most; 0 keeps the warm start as it is.
        batch_rows: rows in each real and each generated batch.
        critic_steps: critic steps per generator step.
        learning_rate: Adam's, for both networks.
        penalty: weight of the objective's gradient penalty; None takes the objective's own default.
        penalty_every: critic steps from one penalty to the next, its weight scaled up to match.
        ema_halflife_steps: generator steps after which an old weight counts half in the average that is sampled from.
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
        require_number(self, learning_rate=0.0, holdout_share=0.0)
        require(self.holdout_share <= 0.5, "holdout_share", "a share between 0 and 0.5", self.holdout_share)  # noqa: PLR2004
        if self.penalty is not None:
            require_number(self, penalty=0.0)
        if self.minutes is not None:
            require_number(self, minutes=0.0)
