"""Fresh draws: no call gives the rows of another, unless the seed says so, and the seed of each is told."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import pickle

import pandas as pd
import pytest

from synthgan import ConfigError, Synthesizer
from synthgan.io import modelfile, write_table

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


def test_a_draw_says_where_its_rows_come_from(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    told = fitted.sample(20, where={"x": (None, 50)}).attrs["synthgan.origin"]
    assert told == fitted.sample_origin_
    assert told["synthetic"] is True
    assert told["model"] == modelfile.read(tmp_path / "m.synthgan")[0]["tensors_sha256"]
    assert (told["privacy"], told["seed"], told["where"]) == (None, 3, {"x": [None, 50]})
    assert "made" not in told  # the draw follows from the seed of the fit: the same script writes the same bytes
    assert "real" not in told
    opened = Synthesizer.load(tmp_path / "m.synthgan").sample(5).attrs["synthgan.origin"]
    assert opened["model"] == told["model"]
    assert dt.datetime.fromisoformat(opened["made"]).tzinfo is not None


def test_rows_of_somebodys_conditions_are_not_repeated_in_what_a_draw_says(fitted, numbers):
    with pytest.warns(UserWarning, match="rarer than one row"):
        fitted.sample(3, where=numbers[["x"]].head(3))
    assert fitted.sample_origin_["where"] == "other ones for each row"
    fitted.sample(2, where=[{"x": (0, 50)}, {"x": (50, 100)}])
    assert fitted.sample_origin_["where"] == "other ones for each row"
    fitted.sample(2, where=["x>=3"])
    assert fitted.sample_origin_["where"] == ["x>=3"]


def test_a_draw_of_a_given_seed_is_the_same_to_the_byte_and_says_no_time_but_the_one_it_is_told(
    fitted, tmp_path, monkeypatch
):
    for name in ("a", "b"):
        write_table(fitted.sample(20, seed=5), tmp_path / f"{name}.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert "made" not in fitted.sample_origin_
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    fitted.sample(20, seed=5)
    assert fitted.sample_origin_["made"] == "1970-01-02T00:00:00+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ConfigError, match="SOURCE_DATE_EPOCH must be a whole number of seconds since 1970"):
        fitted.sample(20, seed=5)


def test_what_is_real_in_part_says_so(fitted, numbers):
    gaps = numbers.assign(x=numbers["x"].where(numbers["x"] > 10))
    assert fitted.impute(gaps).attrs["synthgan.origin"]["real"] == "cells"
    assert fitted.complete(numbers[["x"]]).attrs["synthgan.origin"]["real"] == "cells"
    assert gaps.attrs == {}


def test_a_table_without_gaps_is_real_and_says_nothing(fitted, numbers):
    assert fitted.impute(numbers).attrs == {}
    assert fitted.sample_origin_ is None
