"""Every executor gives the same results in the same order, whoever is lost on the way."""

from __future__ import annotations

import copy
import pickle
from operator import mul

import numpy as np
import pytest
from helpers.tasks import always_killed, drawn, killed_once, refusing, rights

from synthgan.distributed.executor import in_order
from synthgan.distributed.processes import Processes
from synthgan.distributed.threads import Threads
from synthgan.errors import ConfigError, DataError, ResourceError


@pytest.fixture(scope="module")
def processes():
    with Processes(2) as executor:
        yield executor


@pytest.fixture(params=["one thread", "three threads", "processes"])
def executor(request, processes):
    return {"one thread": Threads(1), "three threads": Threads(3), "processes": processes}[request.param]


def test_results_come_in_the_order_of_indices(executor):
    wanted = [drawn({"scale": 2}, index) for index in (5, 3, 9, 1)]
    np.testing.assert_array_equal(list(executor.map(drawn, (5, 3, 9, 1), {"scale": 2})), wanted)
    assert list(executor.map(mul, (), 1)) == []


def test_what_a_task_refuses_is_refused_with_its_remedy(executor):
    with pytest.raises(DataError, match="row 0 must be whole") as refused:
        list(executor.map(refusing, range(3), None))
    assert str(refused.value).endswith("mend it")
    assert list(executor.map(mul, range(3), 2)) == [0, 2, 4]


def test_indices_are_taken_as_results_are():
    taken = []

    def indices():
        for index in range(100):
            taken.append(index)
            yield index

    results = Threads(2).map(mul, indices(), 1)
    assert next(results) == 0
    assert len(taken) <= 6
    results.close()
    waiting = in_order(lambda index: index, lambda one, index: one + index, range(5), 1)
    assert list(waiting) == [0, 2, 4, 6, 8]


def test_a_worker_that_is_killed_is_replaced(processes, tmp_path):
    assert list(processes.map(killed_once, range(8), str(tmp_path))) == [index * index for index in range(8)]
    assert (tmp_path / "killed").exists()


def test_workers_that_always_die_end_the_work(monkeypatch):
    monkeypatch.setattr("synthgan.distributed.processes.MAX_LOSSES", 1)
    with Processes(1) as executor, pytest.raises(ResourceError, match="workers must live"):
        list(executor.map(always_killed, range(1), None))


def test_what_is_shared_is_its_owners_alone_and_gone_at_the_end(processes, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert list(processes.map(rights, range(1), str(tmp_path))) == [["0o600"]]
    assert list(tmp_path.iterdir()) == []


def test_an_executor_is_a_place_that_is_not_copied(processes):
    assert copy.deepcopy(processes) is processes
    assert pickle.loads(pickle.dumps(processes)) == Threads(1)  # noqa: S301
    for wrong in (0, 1.5, True):
        with pytest.raises(ConfigError, match="workers must be a whole number"):
            Threads(wrong)
        with pytest.raises(ConfigError, match="workers must be a whole number"):
            Processes(wrong)
