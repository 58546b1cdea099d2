"""A real Ray cluster of two nodes: the same bytes, though a worker is killed and a node goes away."""

from __future__ import annotations

import importlib
import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.tasks import drawn, killed_once, refusing, slow

from synthgan import Chains, DataError, Ray, ResourceError, Synthesizer

pytestmark = pytest.mark.service
ray = pytest.importorskip("ray", reason="needs synthgan[ray]")


@pytest.fixture(scope="module")
def cluster():
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    tests, known = str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setenv(
            "PYTHONPATH", tests if known is None else f"{tests}{os.pathsep}{known}"
        )  # where workers find the tasks
        warnings.simplefilter("ignore")
        for attempt in range(2):
            found = cluster_utils.Cluster()
            try:
                found.add_node(num_cpus=1)  # the first is the head
                found.add_node(num_cpus=1)
                ray.init(found.address, log_to_driver=False, logging_level="ERROR")
                found.wait_for_nodes(timeout=60)
                break
            except Exception as error:  # noqa: BLE001 (the machine is busy, whatever it says)
                ray.shutdown()
                found.shutdown()
                if attempt:
                    pytest.skip(f"no Ray cluster starts on this machine: {error}")
        yield found
        ray.shutdown()
        found.shutdown()


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_a_cluster_does_what_threads_do(cluster):
    wanted = [drawn({"scale": 2}, index) for index in range(12)]
    np.testing.assert_array_equal(list(Ray(cluster.address).map(drawn, range(12), {"scale": 2})), wanted)
    with pytest.raises(DataError, match="row 0 must be whole"):
        list(Ray(cluster.address).map(refusing, range(3), None))


def test_a_killed_worker_changes_nothing(cluster, tmp_path):
    assert list(Ray(cluster.address).map(killed_once, range(8), str(tmp_path))) == [index**2 for index in range(8)]
    assert (tmp_path / "killed").exists()


def test_parts_are_the_same_bytes_though_a_node_goes_away(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("synthgan.tabular.drawing.FRAME_ROWS", 1)  # one batch a frame
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"sex": rng.choice(["F", "M"], 400), "age": rng.integers(0, 90, 400)})
    fitted = Synthesizer(generator=Chains(chains=2, rounds=0), seed=1).fit(table)
    again = Synthesizer(generator=Chains(chains=2, rounds=0), seed=1, executor=Ray(cluster.address)).fit(table)
    assert again.model_.digest() == fitted.model_.digest()
    fitted.model_.generator.sampler_.batch_rows = again.model_.generator.sampler_.batch_rows = 50
    here = list(fitted.sample_parts(1_500, tmp_path / "here"))
    node = cluster.add_node(num_cpus=1)
    steps = again.sample_parts(1_500, tmp_path / "there")
    there = [next(steps)]
    cluster.remove_node(node, allow_graceful=False)
    there += list(steps)
    assert there == here


def test_tasks_of_a_node_that_is_lost_are_done_again(cluster):
    node = cluster.add_node(num_cpus=2)
    results = Ray(cluster.address).map(slow, range(12), 0.3)
    found = [next(results)]
    cluster.remove_node(node, allow_graceful=False)
    assert found + list(results) == list(range(12))


def test_what_a_node_lacks_is_one_line(cluster, tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("def task(shared, index):\n    return index\n")
    monkeypatch.syspath_prepend(tmp_path)
    only_here = importlib.import_module("only_here")
    with pytest.raises(ResourceError, match=r"must have the packages that are here, however: one says .*only_here"):
        list(Ray(cluster.address).map(only_here.task, range(2), None))


def test_no_cluster_is_one_line(cluster):
    ray.shutdown()
    with pytest.raises(ResourceError, match=r"a Ray cluster must answer at 127.0.0.1:1, however: none does"):
        list(Ray("127.0.0.1:1").map(drawn, range(1), {"scale": 1}))
