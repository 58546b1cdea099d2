"""The private game: what is summed, how it is noised, what each player sees, and what is refused."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from scipy.stats import chi2
from torch import nn
from torch.func import functional_call, grad, vmap
from torch.nn.functional import softplus

from synthgan.errors import PrivacyError
from synthgan.gan.config import TrainConfig
from synthgan.gan.dpsgd import CLIP, DPSGDUpdates, losses_of
from synthgan.gan.monitor import Monitor
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState
from synthgan.gan.train import train
from synthgan.privacy.gradients import STEP, NoisyGradient, check_model
from synthgan.runtime import Streams
from synthgan.tabular.network.critic import ResidualBlock

FAKES, STREAMS = 16, Streams(0)


class Shift(nn.Module):
    """Moves normal noise in three dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(3))

    def noise(self, rows, condition, streams, name, step):
        return torch.randn(rows, 3, generator=streams.torch(name, step))

    def forward(self, noise):
        return noise + self.shift


class Perceptron(nn.Module):
    """Of the same layers as the tables' critic."""

    def __init__(self) -> None:
        super().__init__()
        self.enter, self.block, self.leave = nn.Linear(3, 8), ResidualBlock(8), nn.Linear(8, 1)

    def forward(self, sample, condition=None):
        return self.leave(self.block(self.enter(sample))).squeeze(1)


def make_state(rate=1e-2, steps=5):
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        return TrainingState(Shift(), Perceptron(), TrainConfig(steps=steps, critic_steps=2, learning_rate=rate))


def real_batch(rows=10, scale=5.0, seed=0):
    return Batch(scale * torch.randn(rows, 3, generator=STREAMS.torch("real", seed)) + 2)


def updates(*batches, sigma=0.0, hold=None):
    return DPSGDUpdates(
        NoisyGradient(iter(batches), CLIP, sigma), FAKES, STREAMS, hold or (lambda sample, noise: sample.sum() * 0)
    )


def gradients(critic):
    return torch.cat([parameter.grad.flatten() for parameter in critic.parameters()])


def reference(state, real):
    """The sum of clipped gradients, sample by sample, by function transforms."""
    fake = state.generator(state.generator.noise(FAKES, None, STREAMS, "critic noise", 0)).detach()
    samples = torch.cat([real.sample, fake])
    signs = torch.cat([-torch.ones(len(real.sample)), torch.ones(FAKES)])
    weights = {name: tensor.detach() for name, tensor in state.critic.named_parameters()}

    def loss(weights, sample, sign):
        return softplus(sign * functional_call(state.critic, weights, (sample[None],))).squeeze()

    each = vmap(grad(loss), (None, 0, 0))(weights, samples, signs)
    flat = torch.cat([each[name].flatten(1) for name in weights], 1)
    norms = flat.norm(dim=1)
    assert (norms > CLIP).any()
    assert (norms < CLIP).any()
    return (flat * (CLIP / norms).clamp(max=1)[:, None]).sum(0)


@pytest.mark.parametrize("rows", [0, 1, 10])
def test_the_sum_is_that_of_clipped_gradients_of_real_and_generated_samples(rows):
    state, real = make_state(), real_batch(rows)
    wanted = reference(copy.deepcopy(state), real)
    updates(real).critic(state, 0)
    torch.testing.assert_close(gradients(state.critic), wanted, rtol=1e-4, atol=1e-5)


def test_the_noise_is_as_wide_as_stated_and_drawn_once_a_step():
    """False alarms: 1e-6."""
    state, real = make_state(), real_batch()
    wanted = reference(copy.deepcopy(state), real)
    updates(real, sigma=7.0).critic(state, 0)
    noise = (gradients(state.critic) - wanted).double()
    assert 5e-7 < chi2.cdf(float((noise**2).sum()) / 7.0**2, len(noise)) < 1 - 5e-7


def test_no_step_is_taken_that_was_not_charged():
    private = updates(real_batch())
    state = make_state()
    private.critic(state, 0)
    before = copy.deepcopy(state.critic.state_dict())
    with pytest.raises(PrivacyError, match="every step of the critic must have been charged, however: step 2 was not"):
        private.critic(state, 1)
    assert all(torch.equal(before[name], tensor) for name, tensor in state.critic.state_dict().items())


def test_what_is_told_of_a_step_does_not_depend_on_real_samples():
    generated_losses = [updates(real_batch(rows, seed=rows)).critic(make_state(), 0) for rows in (1, 50)]
    assert generated_losses[0] == generated_losses[1]


def test_nor_do_its_last_bits_on_how_many_there_are():
    """In a batch with real ones, matrix products of this size round otherwise for every other number of rows."""
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(0)
        critic = nn.Sequential(
            nn.Linear(113, 256), nn.LeakyReLU(), nn.Linear(256, 256), nn.LeakyReLU(), nn.Linear(256, 1)
        )
        fakes, real = torch.randn(64, 113), torch.randn(30, 113)

    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = critic

        def forward(self, sample, condition=None):
            return self.layers(sample).squeeze(1)

    told = [
        NoisyGradient(iter([Batch(real[:rows])]), CLIP, 1.0)(Wide(), Batch(fakes), losses_of)
        for rows in range(0, 30, 3)
    ]
    assert all(torch.equal(losses, told[0]) for losses in told)


def test_noised_sums_show_no_bits_below_a_millionth_of_the_noise():
    state = make_state()
    updates(real_batch(), sigma=7.0).critic(state, 0)
    steps = gradients(state.critic).double() / (4.0 * CLIP * STEP)
    assert torch.equal(steps, steps.round())


def test_the_generator_sees_scores_of_its_own_samples_only():
    """Two critics of the same weights that saw different people teach it the same."""
    moved = []
    for rows in (3, 40):
        state, private = make_state(), updates(real_batch(rows, seed=rows))
        weights = copy.deepcopy(state.critic.state_dict())
        private.critic(state, 0)
        state.critic.load_state_dict(weights)
        private._detected = 1.0
        private.generator(state, 0)
        moved.append(state.generator.shift.detach().clone())
    assert torch.equal(*moved)
    assert moved[0].abs().sum() > 0


def test_the_generator_waits_for_a_critic_that_tells_its_samples():
    state, private = make_state(), updates(real_batch())
    private.critic(state, 0)
    for generated_losses, moves in ((0.49, False), (0.5, True)):
        private._detected = generated_losses
        before = state.generator.shift.detach().clone()
        private.generator(state, 0)
        assert torch.equal(before, state.generator.shift) is not moves


def test_the_share_that_the_critic_tells_is_of_generated_samples():
    for bias, share in ((-1.0, 1.0), (1.0, 0.0)):
        state, private = make_state(), updates(real_batch())
        nn.init.zeros_(state.critic.leave.weight)
        nn.init.constant_(state.critic.leave.bias, bias)
        private.critic(state, 0)
        assert private._detected == share


def test_what_is_known_already_is_held():
    state, private = (
        make_state(),
        updates(real_batch(), hold=lambda sample, noise: 1e3 * (sample.mean(0) - 1).square().sum()),
    )
    private.critic(state, 0)
    private._detected = 1.0
    private.generator(state, 0)
    assert (state.generator.shift > 0).all()


def test_after_a_rollback_steps_are_as_private_as_before():
    """The watch makes new optimizers; a step that they took themselves would have no noise."""
    state, private = make_state(), updates(real_batch(), real_batch(), sigma=50.0)
    private.critic(state, 0)
    state.restart_optimizers(1e-3)
    private.critic(state, 1)
    assert gradients(state.critic).std() == pytest.approx(50, rel=0.5)


def test_the_one_loop_plays_it():
    state = make_state(steps=3)
    steps = list(train(state, updates(*[real_batch() for _ in range(6)]), Monitor(None, 10, 1)))
    assert [step.step for step in steps] == [1, 2, 3]
    assert [step.rows for step in steps] == [2 * FAKES, 4 * FAKES, 6 * FAKES]
    assert np.isfinite([step.generator_loss for step in steps]).all()


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (nn.BatchNorm1d(3), "BatchNorm"),
        (nn.utils.parametrizations.spectral_norm(nn.Linear(3, 3)), "'0' recomputes its weights"),
        (nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)), "'0' recomputes its weights"),
    ],
)
def test_critics_that_mix_samples_or_recompute_weights_are_refused(layer, words):
    with pytest.raises(PrivacyError, match=words):
        check_model(nn.Sequential(layer))
