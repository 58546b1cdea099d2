"""Fresh draws: no call gives the rows of another, unless the seed says so, and the seed of each is told."""

from __future__ import annotations

import multiprocessing
import pickle

import pandas as pd
import pytest

from synthgan import ConfigError, Synthesizer

pytestmark = pytest.mark.usefixtures("fresh_draws")


@pytest.fixture(scope="module")
def numbers():
    """A table in which hardly two rows are alike."""
    return pd.DataFrame(
        {"x": [index * 0.37 % 100 for index in range(300)], "y": [index * index % 997 for index in range(300)]}
    )


@pytest.fixture
def fitted(numbers, tiny_options):
    return Synthesizer(**tiny_options, seed=3).fit(numbers)


def shared(one, other):
    """How many rows two tables have in common."""
    return len(one.merge(other.drop_duplicates()))


def test_two_draws_are_not_the_same_rows(fitted):
    first = fitted.sample(100)
    assert fitted.sample_seed_ == 3
    second = fitted.sample(100)
    assert shared(first, second) < 20
    pd.testing.assert_frame_equal(fitted.sample(100, seed=3), first)


def test_each_draw_tells_the_seed_that_draws_it_again(fitted):
    fitted.sample(10)
    drawn = fitted.sample(50)
    seed = fitted.sample_seed_
    assert seed != 3
    pd.testing.assert_frame_equal(fitted.sample(50, seed=seed), drawn)
    assert fitted.sample_seed_ == seed


def test_a_script_that_is_run_again_draws_the_same(numbers, tiny_options):
    def script():
        synthesizer = Synthesizer(**tiny_options, seed=3).fit(numbers)
        return pd.concat([synthesizer.sample(20), synthesizer.sample(20)])

    pd.testing.assert_frame_equal(script(), script())


def test_opened_files_and_copies_draw_by_chance(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    opened = [Synthesizer.load(tmp_path / "m.synthgan") for _ in range(2)]
    copies = [pickle.loads(pickle.dumps(fitted)) for _ in range(2)]  # noqa: S301 (our own)
    assert len({one.sample(1) is not None and one.sample_seed_ for one in (*opened, *copies)}) == 4


def test_a_process_that_was_forked_off_draws_by_chance(fitted):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    workers = [context.Process(target=lambda: queue.put(fitted._next_seed())) for _ in range(2)]
    for worker in workers:
        worker.start()
    seeds = {queue.get(timeout=30) for _ in workers}
    for worker in workers:
        worker.join()
    assert len(seeds | {fitted._next_seed()}) == 3


def test_a_wrong_seed_is_refused_and_none_is_told(fitted):
    with pytest.raises(ConfigError, match="seed must be a whole number"):
        fitted.sample(5, seed=-1)
    assert fitted.sample_seed_ is None
