"""Two processes that learn together take the steps that one takes alone, but for rounding."""

from __future__ import annotations

import multiprocessing
from typing import NamedTuple

import numpy as np
import pytest
import torch
from helpers.team import SECONDS, join, learned, pictured, second

from synthgan.errors import ConfigError
from synthgan.gan.protocols import Batch
from synthgan.gan.team import Team, at

CURVES = 1e-3  # of losses about 1 that 12 steps of two processes may be off


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """What both processes of a team came to."""
    meeting = tmp_path_factory.mktemp("team") / "meeting"
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    other = context.Process(target=second, args=(meeting, theirs), daemon=True)
    other.start()
    threads = torch.get_num_threads()
    join(0, meeting)
    try:
        mine = learned(), learned(packing=2), pictured()
        assert ours.poll(SECONDS), "the second process must answer"
        found = mine, ours.recv()
    finally:
        torch.distributed.destroy_process_group()
        torch.set_num_threads(threads)
        other.terminate()
        other.join()
    return found


@pytest.mark.parametrize("packing", [1, 2])
def test_two_processes_have_the_loss_curves_of_one(both, packing):
    losses, history, _ = learned(packing)
    together = both[0][packing - 1]
    np.testing.assert_allclose(together[0], losses, atol=CURVES)
    assert [step for step, _ in together[1]] == [step for step, _ in history]
    assert not np.array_equal(together[0], losses)  # sums are rounded in another order: two did work


def test_all_processes_end_with_the_same_weights_and_judgements(both):
    mine, theirs = both
    for one, other in zip(mine[:2], theirs[:2], strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1] == other[1]
        assert one[2].equals(other[2])
    np.testing.assert_array_equal(mine[2], theirs[2])


def test_one_process_alone_is_no_team():
    alone = Team.gathered(torch.device("cpu"))
    assert alone == Team(0, 1)
    weight = torch.ones(2, requires_grad=True)
    weight.sum().backward()
    alone.average([weight])
    assert (alone.mean(torch.tensor(3.0)), alone.agreed("x"), weight.grad.tolist()) == (3.0, "x", [1, 1])


def test_shares_are_as_large_as_each_other_and_part_no_pack():
    shares = [Team(rank, 3).share(20, together=2) for rank in range(3)]
    assert [range(20)[share] for share in shares] == [range(6), range(6, 12), range(12, 18)]
    with pytest.raises(ConfigError, match="batch_rows must be at least 6, a row or pack for each process"):
        Team(0, 3).share(5, together=2)


def test_rows_of_all_parts_of_a_batch_are_taken():
    class Pair(NamedTuple):
        first: torch.Tensor
        second: torch.Tensor | None

    found = at(Batch(torch.arange(6), Pair(torch.arange(6, 12), None)), slice(2, 4))
    assert found.sample.tolist() == [2, 3]
    assert found.condition.first.tolist() == [8, 9]
    assert found.condition.second is None
