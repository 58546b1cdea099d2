"""The private critic of images: its clipped gradients are those of function transforms, and it is refused nothing."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch.func import functional_call, grad, vmap
from torch.nn.functional import one_hot, softplus

from synthgan.gan.config import TrainConfig
from synthgan.gan.dpsgd import CLIP, DPSGDUpdates
from synthgan.gan.protocols import Batch
from synthgan.gan.state import TrainingState
from synthgan.image.config import ImageConfig
from synthgan.image.networks import ImageGenerator
from synthgan.image.prior import Condition, Prior
from synthgan.image.private.dpsgd import PlainCritic
from synthgan.privacy.gradients import NoisyGradient, check_model, joined
from synthgan.runtime import Streams, initial_weights

FAKES, STREAMS = 6, Streams(0)


def conditions(classes):
    codes = torch.as_tensor(classes)
    return Condition(codes, one_hot(codes, 3).float())


def condition_of(player, step):
    return conditions(STREAMS.numpy(f"{player} classes", step).integers(0, 3, FAKES))


def make_state(shape=(8, 8, 1)):
    with initial_weights(STREAMS):
        prior = Prior(shape, 3, 1, 2, 0)
        prior.basis.normal_()
        prior.roots.copy_(0.3 * torch.eye(2))
        generator = ImageGenerator(prior, 3, ImageConfig(width=4, noise_width=4))
        return TrainingState(generator, PlainCritic(shape, 3), TrainConfig(steps=1, learning_rate=1e-2))


def real_batch(rows, shape=(8, 8, 1), seed=0):
    source = STREAMS.torch("real", seed)
    *size, channels = shape
    sample = torch.rand(rows, channels, *size, generator=source) * 2 - 1
    sample[::2] *= 0.01  # some gradients below the clip
    return Batch(sample, conditions(torch.arange(rows) % 3))


def updates(*batches, sigma=0.0):
    return DPSGDUpdates(
        NoisyGradient(iter(batches), CLIP, sigma), FAKES, STREAMS, lambda sample, noise: sample.sum() * 0, condition_of
    )


@pytest.mark.parametrize("rows", [0, 5])
@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 5, 3), (4, 4, 4, 1)])
def test_the_sum_is_that_of_clipped_gradients_under_each_images_class(shape, rows):
    state, real = make_state(shape), real_batch(rows, shape)
    for weight in state.critic.parameters():
        weight.data *= 0.4  # so that some gradients are shorter than the clip
    before = copy.deepcopy(state)
    updates(real).critic(state, 0)
    found = torch.cat([parameter.grad.flatten() for parameter in state.critic.parameters()])
    ask = condition_of("critic", 0)
    fake = before.generator(before.generator.noise(FAKES, ask, STREAMS, "critic noise", 0)).detach()
    samples, condition = torch.cat([real.sample, fake]), joined(real.condition, ask)
    signs = torch.cat([-torch.ones(rows), torch.ones(FAKES)])
    weights = {name: tensor.detach() for name, tensor in before.critic.named_parameters()}

    def loss(weights, sample, code, attributes, sign):
        one = Condition(code[None], attributes[None])
        return softplus(sign * functional_call(before.critic, weights, (sample[None], one))).squeeze()

    each = vmap(grad(loss), (None, 0, 0, 0, 0))(weights, samples, *condition[:2], signs)
    flat = torch.cat([each[name].flatten(1) for name in weights], 1)
    norms = flat.norm(dim=1)
    assert (norms > CLIP).any()
    wanted = (flat * (CLIP / norms).clamp(max=1)[:, None]).sum(0)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28, 1), (100, 60, 3), (16, 16, 16, 1)])
def test_the_critic_is_plain_small_and_sees_classes(shape):
    critic = PlainCritic(shape, 3)
    check_model(critic)
    assert max(critic.seen) <= 32
    assert sum(weight.numel() for weight in critic.parameters()) < 60_000
    batch = real_batch(2, shape)
    scores = [critic(batch.sample, conditions([step] * 2)) for step in (0, 1)]
    assert scores[0].shape == (2,)
    assert not torch.allclose(*scores)


def test_the_generator_is_taught_alike_whatever_real_images_were_seen():
    moved = []
    for rows in (1, 9):
        state, private = make_state(), updates(real_batch(rows, seed=rows))
        weights = copy.deepcopy(state.critic.state_dict())
        loss = private.critic(state, 0)
        state.critic.load_state_dict(weights)
        private._detected = 1.0
        private.generator(state, 0)
        moved.append((loss, state.generator.ends[-1].weight.detach().clone()))
    assert moved[0][0] == moved[1][0]
    assert torch.equal(moved[0][1], moved[1][1])
    assert moved[0][1].abs().sum() > 0


def test_conditions_are_joined_part_by_part():
    both = joined(conditions([0]), conditions([2, 1]))
    np.testing.assert_array_equal(both.classes, [0, 2, 1])
    assert both.attributes.shape == (3, 3)
    assert both.guides is None
    assert joined(None, None) is None
