"""Watching a training: divergence, collapse and the right moment to stop, with the last good weights at hand."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgan.errors import Remedy, TrainingError
from synthgan.gan.state import Weights, clone_weights, shapes_of
from synthgan.gan.team import Team
from synthgan.runtime import below

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.gan.state import TrainingState

LOSS_LIMIT = 1e4
_NUMBERS = ("best_score", "best_step", "checks_without_gain", "rollbacks", "finished")
_WEIGHTS = ("best", "good_generator", "good_critic")
MAX_ROLLBACKS = 4


@dataclass(frozen=True, slots=True)
class Verdict:
    """A look at what the averaged generator makes now.

    Attributes:
        score: how good it is on held-out data; larger is better.
        collapse: in plain words, what is no longer being generated; None while nothing is missing.
    """

    score: float
    collapse: str | None = None


@dataclass
class Monitor:
    """Looks at every step, judges every ``check_every`` steps, and keeps the best weights.

    A loss that is no number or beyond ``LOSS_LIMIT``, or a collapse, rolls the training back to the last good weights at
    half the learning rate. The weights before the first step count as good.

    Attributes:
        evaluator: judges a generator on held-out data; None switches judging off (the last good average is kept).
        check_every: steps between judgements.
        patience: judgements without improvement before the training is stopped.
        measure: what the summary calls the evaluator's score.
        team: the processes that train together; the first one's judgement is that of all.
    """

    evaluator: Callable[[Any], Verdict] | None
    check_every: int
    patience: int
    measure: str = "held_out_c2st"
    best_score: float = -math.inf
    best_step: int = 0
    best: Weights = field(default_factory=dict)
    good_generator: Weights = field(default_factory=dict)
    good_critic: Weights = field(default_factory=dict)
    checks_without_gain: int = 0
    rollbacks: int = 0
    finished: bool = False
    history: list[tuple[int, float]] = field(default_factory=list)
    team: Team = field(default_factory=Team)

    def begin(self, state: TrainingState) -> None:
        """Judge the weights the training starts from: nothing it does later may end worse."""
        self._keep_good(state)
        score = self.team.agreed(self.evaluator(state.average)).score if self.evaluator else -math.inf
        self._keep_best(state, score)

    def check(self, state: TrainingState, critic_loss: float, generator_loss: float) -> str | None:
        """Look at one step; says in plain words what it did about it, or None."""
        if not (_bounded(critic_loss) and _bounded(generator_loss)):
            found = f"critic loss {critic_loss:.3g}, generator loss {generator_loss:.3g}"
            return self._roll_back(state, f"training diverged at step {state.step} ({found})")
        if state.step % self.check_every and state.step < state.config.steps:  # the last step is looked at, too
            return None
        if self.evaluator is None:
            self._keep_good(state)
            self._keep_best(state, -math.inf)
            return None
        verdict = self.team.agreed(self.evaluator(state.average))
        if not math.isfinite(verdict.score):
            return self._roll_back(state, f"training diverged at step {state.step} (weights are no longer numbers)")
        if verdict.collapse is not None:
            return self._roll_back(state, f"mode collapse at step {state.step}: {verdict.collapse}")
        self._keep_good(state)
        if verdict.score > self.best_score:
            self.checks_without_gain = 0
            self._keep_best(state, verdict.score)
            return None
        self.history.append((state.step, verdict.score))
        self.checks_without_gain += 1
        if self.checks_without_gain >= self.patience:
            return self.stop(state, f"no gain on held-out data since step {self.best_step}: stopped early")
        return None

    def stop(self, state: TrainingState, message: str) -> str:
        """End the training at its best weights."""
        self.finished = True
        self.finish(state)
        return message

    def finish(self, state: TrainingState) -> None:
        """Put the best weights seen into the training's average."""
        if self.evaluator is not None and self.best:
            state.average.load_state_dict(self.best)

    def summary(self, state: TrainingState) -> dict[str, Any]:
        """What the training came to, as JSON."""
        score = self.best_score if math.isfinite(self.best_score) else None
        kept = self.best_step if self.evaluator else state.step
        return {
            "steps": state.step,
            "kept_step": kept,
            self.measure: score,
            "rollbacks": self.rollbacks,
            "history": [list(check) for check in self.history],
        }

    def state(self) -> tuple[dict[str, Any], Weights]:
        """Everything needed to go on watching, as JSON and tensors."""
        numbers = {name: getattr(self, name) for name in _NUMBERS} | {"history": self.history}
        weights = {f"{part}/{name}": tensor.cpu() for part in _WEIGHTS for name, tensor in getattr(self, part).items()}
        return numbers | {"best_score": numbers["best_score"] if math.isfinite(self.best_score) else None}, weights

    def restore(self, numbers: dict[str, Any], weights: Weights, training: TrainingState) -> None:
        """Go on where ``state`` left off, in a training that was taken up.

        Raises:
            ValueError: if weights are those of other networks.
        """
        for name in _NUMBERS:
            setattr(self, name, numbers[name])
        self.best_score = -math.inf if numbers["best_score"] is None else numbers["best_score"]
        self.history = [(step, score) for step, score in numbers["history"]]
        for part, owner in zip(_WEIGHTS, (training.average, training.average, training.critic), strict=True):
            kept = below(weights, part)
            if shapes_of(kept) != shapes_of(owner.state_dict()):
                raise ValueError(f"{part} must be weights of the network that is trained, however: they are others")
            deepcopy(owner).load_state_dict(kept)  # which looks at more than shapes
            setattr(self, part, kept)

    def _keep_good(self, state: TrainingState) -> None:
        self.good_generator = clone_weights(state.average)
        self.good_critic = clone_weights(state.critic)

    def _keep_best(self, state: TrainingState, score: float) -> None:
        self.best_score, self.best_step = score, state.step
        self.best = clone_weights(state.average)
        if self.evaluator is not None:
            self.history.append((state.step, score))

    def _roll_back(self, state: TrainingState, reason: str) -> str:
        """Return to the last good weights and go on more slowly.

        Raises:
            TrainingError: if that has not helped ``MAX_ROLLBACKS`` times.
        """
        self.rollbacks += 1
        if self.rollbacks > MAX_ROLLBACKS:
            raise TrainingError(
                f"training must keep its losses finite and every level alive, however: {reason}, "
                f"{self.rollbacks} times",
                remedy="use a lower learning_rate" | Remedy.option("objective", "relativistic"),
            )
        state.generator.load_state_dict(self.good_generator)
        state.average.load_state_dict(self.good_generator)
        state.critic.load_state_dict(self.good_critic)
        rate = state.learning_rate / 2
        state.restart_optimizers(rate)
        return f"{reason}: went back to the last good weights, learning rate now {rate:.1e}"


def _bounded(loss: float) -> bool:
    return math.isfinite(loss) and abs(loss) < LOSS_LIMIT
