"""Watching over a game: divergence, collapse and the right moment to stop, with the last good weights at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgan.errors import Remedy, TrainingError
from synthgan.gan.state import Weights, clone_weights
from synthgan.runtime import below

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.gan.state import Game

LOSS_LIMIT = 1e4
_NUMBERS = ("best_score", "best_step", "looks_without_gain", "rollbacks", "finished")
_WEIGHTS = ("best", "good_generator", "good_critic")
MOST_ROLLBACKS = 4


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
class Watch:
    """Looks at every step, judges every ``check_every`` steps, and keeps the best weights.

    A loss that is no number or beyond ``LOSS_LIMIT``, or a collapse, rolls the game back to the last good weights at
    half the learning rate. The weights before the first step count as good.

    Attributes:
        judge: judges a generator on held-out data; None switches judging off (the last good average is kept).
        check_every: steps between judgements.
        patience: judgements without improvement before the game is stopped.
        measure: what the summary calls the judge's score.
    """

    judge: Callable[[Any], Verdict] | None
    check_every: int
    patience: int
    measure: str = "held_out_c2st"
    best_score: float = -math.inf
    best_step: int = 0
    best: Weights = field(default_factory=dict)
    good_generator: Weights = field(default_factory=dict)
    good_critic: Weights = field(default_factory=dict)
    looks_without_gain: int = 0
    rollbacks: int = 0
    finished: bool = False
    history: list[tuple[int, float]] = field(default_factory=list)

    def begin(self, game: Game) -> None:
        """Judge the weights the game starts from: nothing it does later may end worse."""
        self._keep_good(game)
        score = self.judge(game.average).score if self.judge else -math.inf
        self._keep_best(game, score)

    def look(self, game: Game, critic_loss: float, generator_loss: float) -> str | None:
        """Look at one step; says in plain words what it did about it, or None."""
        if not (_bounded(critic_loss) and _bounded(generator_loss)):
            found = f"critic loss {critic_loss:.3g}, generator loss {generator_loss:.3g}"
            return self._roll_back(game, f"training diverged at step {game.step} ({found})")
        if game.step % self.check_every and game.step < game.config.steps:  # the last step is looked at, too
            return None
        if self.judge is None:
            self._keep_good(game)
            self._keep_best(game, -math.inf)
            return None
        verdict = self.judge(game.average)
        if not math.isfinite(verdict.score):
            return self._roll_back(game, f"training diverged at step {game.step} (weights are no longer numbers)")
        if verdict.collapse is not None:
            return self._roll_back(game, f"mode collapse at step {game.step}: {verdict.collapse}")
        self._keep_good(game)
        if verdict.score > self.best_score:
            self.looks_without_gain = 0
            self._keep_best(game, verdict.score)
            return None
        self.history.append((game.step, verdict.score))
        self.looks_without_gain += 1
        if self.looks_without_gain >= self.patience:
            return self.stop(game, f"no gain on held-out data since step {self.best_step}: stopped early")
        return None

    def stop(self, game: Game, message: str) -> str:
        """End the game at its best weights."""
        self.finished = True
        self.finish(game)
        return message

    def finish(self, game: Game) -> None:
        """Put the best weights seen into the game's average."""
        if self.judge is not None and self.best:
            game.average.load_state_dict(self.best)

    def summary(self, game: Game) -> dict[str, Any]:
        """What the training came to, as JSON."""
        score = self.best_score if math.isfinite(self.best_score) else None
        kept = self.best_step if self.judge else game.step
        return {
            "steps": game.step,
            "kept_step": kept,
            self.measure: score,
            "rollbacks": self.rollbacks,
            "history": [list(look) for look in self.history],
        }

    def state(self) -> tuple[dict[str, Any], Weights]:
        """Everything needed to go on watching, as JSON and tensors."""
        numbers = {name: getattr(self, name) for name in _NUMBERS} | {"history": self.history}
        weights = {f"{part}/{name}": tensor.cpu() for part in _WEIGHTS for name, tensor in getattr(self, part).items()}
        return numbers | {"best_score": numbers["best_score"] if math.isfinite(self.best_score) else None}, weights

    def restore(self, numbers: dict[str, Any], weights: Weights) -> None:
        """Go on where ``state`` left off."""
        for name in _NUMBERS:
            setattr(self, name, numbers[name])
        self.best_score = -math.inf if numbers["best_score"] is None else numbers["best_score"]
        self.history = [(step, score) for step, score in numbers["history"]]
        for part in _WEIGHTS:
            setattr(self, part, below(weights, part))

    def _keep_good(self, game: Game) -> None:
        self.good_generator = clone_weights(game.average)
        self.good_critic = clone_weights(game.critic)

    def _keep_best(self, game: Game, score: float) -> None:
        self.best_score, self.best_step = score, game.step
        self.best = clone_weights(game.average)
        if self.judge is not None:
            self.history.append((game.step, score))

    def _roll_back(self, game: Game, reason: str) -> str:
        """Return to the last good weights and go on more slowly.

        Raises:
            TrainingError: if that has not helped ``MOST_ROLLBACKS`` times.
        """
        self.rollbacks += 1
        if self.rollbacks > MOST_ROLLBACKS:
            raise TrainingError(
                f"training must keep its losses finite and every level alive, however: {reason}, "
                f"{self.rollbacks} times",
                remedy="use a lower learning_rate" | Remedy.option("objective", "relativistic"),
            )
        game.generator.load_state_dict(self.good_generator)
        game.average.load_state_dict(self.good_generator)
        game.critic.load_state_dict(self.good_critic)
        rate = game.learning_rate / 2
        game.restart_optimizers(rate)
        return f"{reason}: went back to the last good weights, learning rate now {rate:.1e}"


def _bounded(loss: float) -> bool:
    return math.isfinite(loss) and abs(loss) < LOSS_LIMIT
