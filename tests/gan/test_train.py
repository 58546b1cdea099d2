"""The adversarial loop on a toy: it learns, resumes exactly, and the watch does what it says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from synthgan.errors import TrainingError
from synthgan.gan.config import OBJECTIVES, TrainConfig
from synthgan.gan.generate import generate
from synthgan.gan.monitor import MAX_ROLLBACKS, Monitor, Verdict
from synthgan.gan.objectives import make_objective
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState, clone_weights
from synthgan.gan.train import Step, train
from synthgan.gan.updates import StandardUpdates
from synthgan.runtime import Streams

STREAMS = Streams(0)


class ToyGenerator(nn.Module):
    """Moves and stretches normal noise in two dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(2))
        self.shift = nn.Parameter(torch.zeros(2))

    def noise(self, rows: int, condition: object, streams: Streams, name: str, step: int) -> Tensor:
        return torch.randn(rows, 2, generator=streams.torch(name, step))

    def forward(self, noise: Tensor) -> Tensor:
        return noise * self.scale + self.shift

    draw = forward


class ToyCritic(nn.Module):
    """A small perceptron."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, 32), nn.LeakyReLU(0.2), nn.Linear(32, 32), nn.LeakyReLU(0.2), nn.Linear(32, 1)
        )

    def forward(self, sample: Tensor, condition: object) -> Tensor:
        return self.net(sample).squeeze(1)


def make_state(config: TrainConfig) -> TrainingState:
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(1)
        return TrainingState(ToyGenerator(), ToyCritic(), config)


def batches(step: int) -> Batch:
    """Real samples: normal around (2, -1) with deviations (.5, 2)."""
    noise = torch.randn(128, 2, generator=STREAMS.torch("real", step))
    return Batch(noise * torch.tensor([0.5, 2.0]) + torch.tensor([2.0, -1.0]))


def play(state: TrainingState, monitor: Monitor | None = None, objective: str = "relativistic") -> list[Step]:
    return list(
        train(state, StandardUpdates(batches, make_objective(objective), STREAMS), monitor or Monitor(None, 10**6, 1))
    )


@pytest.mark.parametrize(
    "objective", [pytest.param(name, marks=[pytest.mark.slow] * (name != OBJECTIVES[0])) for name in OBJECTIVES]
)
def test_every_objective_learns_where_the_data_are(objective: str) -> None:
    state = make_state(TrainConfig(steps=500, learning_rate=1e-2, ema_halflife_steps=20, penalty_every=1))
    play(state, objective=objective)
    assert state.average.shift.tolist() == pytest.approx([2.0, -1.0], abs=0.5)  # from (0, 0)


def test_steps_count_up_and_report_rows_seen() -> None:
    steps = play(make_state(TrainConfig(steps=3, batch_rows=128, critic_steps=2)))
    assert [step.step for step in steps] == [1, 2, 3]
    assert [step.rows for step in steps] == [256, 512, 768]
    assert all(np.isfinite([step.critic_loss, step.generator_loss]).all() for step in steps)


def test_a_resumed_run_ends_at_the_same_weights_to_the_last_bit() -> None:
    whole = make_state(TrainConfig(steps=20))
    play(whole)
    first = make_state(TrainConfig(steps=20))
    steps = train(first, StandardUpdates(batches, make_objective("relativistic"), STREAMS), Monitor(None, 10**6, 1))
    for _ in range(7):
        next(steps)
    second = make_state(TrainConfig(steps=20))
    second.restore(first.tensors(), first.step)
    play(second)
    for name, weight in clone_weights(whole.average).items():
        assert torch.equal(weight, clone_weights(second.average)[name])


@pytest.mark.parametrize(("entry", "value"), [("step", 0.0), ("exp_avg_sq", -1.0)])
def test_moments_that_adam_never_has_are_refused(entry: str, value: float) -> None:
    state = make_state(TrainConfig(steps=3))
    play(state)
    tensors = {
        name: torch.full_like(tensor, value) if name.endswith(f"/{entry}") else tensor
        for name, tensor in state.tensors().items()
    }
    with pytest.raises(ValueError, match="must have moments"):
        make_state(TrainConfig(steps=3)).restore(tensors, 3)


def test_the_average_lags_behind_the_trained_weights() -> None:
    state = make_state(TrainConfig(steps=50, learning_rate=1e-2, ema_halflife_steps=1000))
    play(state)
    assert 0 < state.average.shift[0].item() < state.generator.shift[0].item()


def test_divergence_goes_back_to_the_last_good_weights_at_half_the_rate() -> None:
    state = make_state(TrainConfig(steps=10, learning_rate=1e-3))
    monitor = Monitor(None, 10**6, 1)
    monitor.begin(state)
    start = clone_weights(state.average)
    with torch.no_grad():
        state.generator.shift.fill_(float("nan"))
    message = monitor.check(state, float("nan"), 0.7)
    assert message is not None
    assert "diverged" in message
    assert torch.equal(state.generator.shift, start["shift"])
    assert state.learning_rate == pytest.approx(5e-4)


def test_a_game_that_keeps_breaking_is_given_up_with_a_remedy() -> None:
    state = make_state(TrainConfig(steps=10))
    monitor = Monitor(None, 10**6, 1)
    monitor.begin(state)
    for _ in range(MAX_ROLLBACKS):
        monitor.check(state, 1e9, 0.0)
    with pytest.raises(TrainingError, match="learning_rate"):
        monitor.check(state, 1e9, 0.0)


def test_a_real_explosion_is_caught_in_the_loop() -> None:
    state = make_state(TrainConfig(steps=200, learning_rate=50.0, objective="wasserstein"))
    monitor = Monitor(None, 10**6, 1)
    monitor.begin(state)
    with pytest.raises(TrainingError):
        play(state, monitor, "wasserstein")


def test_collapse_rolls_back_and_says_what_is_gone() -> None:
    state = make_state(TrainConfig(steps=10))
    monitor = Monitor(lambda _: Verdict(0.5, "level 'F' of column 'sex' is no longer generated"), 5, 3)
    monitor.begin(state)
    messages = [step.message for step in play(state, monitor) if step.message]
    assert len(messages) == 2
    assert "mode collapse at step 5: level 'F'" in messages[0]


def test_early_stopping_keeps_the_best_weights() -> None:
    scores = iter([0.1, 0.5, 0.9, 0.3, 0.2, 0.1])
    state = make_state(TrainConfig(steps=1000, learning_rate=1e-2))
    kept = []

    def judge(module: nn.Module) -> Verdict:
        kept.append(clone_weights(module))
        return Verdict(next(scores))

    monitor = Monitor(judge, 10, 3)
    monitor.begin(state)
    steps = play(state, monitor)
    assert len(steps) == 50
    assert "no gain on held-out data since step 20" in (steps[-1].message or "")
    assert torch.equal(state.average.shift, kept[2]["shift"])


def test_a_warm_start_that_is_never_beaten_is_what_remains() -> None:
    state = make_state(TrainConfig(steps=30, learning_rate=1e-2))
    start = clone_weights(state.average)
    scores = iter([0.9, 0.2, 0.2, 0.2])
    monitor = Monitor(lambda _: Verdict(next(scores)), 10, 10)
    monitor.begin(state)
    play(state, monitor)
    assert torch.equal(state.average.shift, start["shift"])


def test_a_time_limit_stops_the_game() -> None:
    steps = play(make_state(TrainConfig(steps=10**6, minutes=0.0)))
    assert len(steps) == 1
    assert "stopped after 0 minutes" in (steps[0].message or "")


@pytest.mark.parametrize("samples", [1, 7, 8, 20])
def test_generate_draws_exactly_what_was_asked_for(samples: int) -> None:
    parts = list(generate(ToyGenerator(), samples, streams=STREAMS, batch_samples=8))
    assert sum(len(part) for part in parts) == samples
    assert max(len(part) for part in parts) <= 8
