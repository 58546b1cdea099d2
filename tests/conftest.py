"""What all tests share: a small table of people, and one tiny model of it, fitted once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

# Tiny tensors gain nothing from threads, and lose minutes where other processes want the same cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import hypothesis
import numpy as np
import pandas as pd
import pytest

# Generated cases are the same on every machine and every run, so that a red test stays red.
hypothesis.settings.register_profile("synthgan", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("synthgan")

# A shell that runs the tests in the background has them ignore interrupts, which some of them send.
signal.signal(signal.SIGINT, signal.default_int_handler)

REPOSITORY = Path(__file__).parents[1]
PEOPLE = 300


def make_people(rows=PEOPLE, seed=0):
    """People with a column of nearly every kind, and ties between the columns."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    sex = rng.choice(["F", "M"], rows)
    pressure = np.round(95 + 0.6 * age + rng.normal(0, 8, rows), 1)
    pressure[rng.random(rows) < 0.1] = np.nan
    ill = age + rng.normal(0, 12, rows) > 60
    return pd.DataFrame(
        {
            "patient_id": [f"P-{number:05d}" for number in rng.permutation(rows)],
            "sex": pd.Categorical(sex),
            "age": age,
            "pressure": pressure,
            "ward": rng.choice(["north", "south", "west"], rows, p=[0.5, 0.3, 0.2]),
            "ill": ill,
            "admitted": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), unit="D"),
            "hospital": "General",
        }
    )


def pytest_collection_modifyitems(items):
    """The longest test goes first, so that two processes end at about the same time."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")


@pytest.fixture(scope="session")
def people():
    return make_people()


@pytest.fixture(scope="module")
def small_fits():
    """Fits of groups and of linked tables take seconds, in all tests of a module."""
    from helpers.small_walks import small_walks

    with small_walks():
        yield


@pytest.fixture(scope="session", autouse=True)
def _same_draws():
    """Draws without a seed are those of the seed of the fit, so that no figure of a test hangs on chance."""
    from synthgan.estimator import Estimator

    fresh = Estimator._next_seed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Estimator, "_next_seed", lambda synthesizer: synthesizer.seed)
        yield fresh


@pytest.fixture
def fresh_draws(_same_draws, monkeypatch):
    """Draws as users have them: others each time."""
    from synthgan.estimator import Estimator

    monkeypatch.setattr(Estimator, "_next_seed", _same_draws)


@pytest.fixture(scope="session")
def tiny_options():
    """Hyper-parameters with which a fit takes a second."""
    from synthgan import Chains

    return {"generator": Chains(chains=2), "device": "cpu"}


@pytest.fixture(scope="session")
def people_model(people, tiny_options, tmp_path_factory):
    """The path of a tiny model of the people: good for its form, not for its figures."""
    from synthgan import Synthesizer

    path = tmp_path_factory.mktemp("model") / "people.synthgan"
    Synthesizer(**tiny_options).fit(people).save(path)
    return path


@pytest.fixture(scope="session")
def package_environment():
    """The environment of a subprocess that finds this very code, installed or not."""
    paths = [str(REPOSITORY), str(REPOSITORY / "cli"), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
