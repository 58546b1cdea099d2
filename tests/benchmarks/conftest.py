"""What the tests of the benchmark share: runs made by hand, as the benchmark would write them."""

import json

import pytest

from benchmarks.runs import spreading
from synthgan import Threads

SESSION = {
    "versions": {"synthgan": "0.1.0", "peers": {"mostlyai-engine": "2.7.3"}},
    "machine": {"processors": 2, "machine": "x86_64", "python": "3.11.7", "threads": "1"},
}
NAMES = (
    "shape_error",
    "trend_error",
    "pair_tvd",
    "c2st_train",
    "c2st_holdout",
    "utility_real",
    "utility_synthetic",
    "exact_copies",
    "nearer_to_train",
)


def _made_run(table, model, seed, level, **more):
    """A run all of whose scores are ``level`` beside a reference of .5."""
    return {
        "table": table,
        "model": model,
        "seed": seed,
        "rows": 1_000,
        "fit_seconds": 10.0 * (seed + 1),
        "sampled_rows_per_second": 123_456,
        "peak_memory_gb": 0.65,
        "lost_levels": [],
        "published_protocol": {name: {"value": level, "reference": 0.5} for name in NAMES[:2]},
        "scores": [{"name": name, "value": level, "reference": 0.5} for name in NAMES],
        "session": 0,
        **more,
    }


@pytest.fixture
def made_run():
    return _made_run


@pytest.fixture
def results(tmp_path):
    """Writes a file of results."""

    def write(*runs, name="results.json"):
        path = tmp_path / name
        path.write_text(json.dumps({"sessions": [SESSION], "notes": [], "runs": runs}), encoding="utf-8")
        return path

    return write


@pytest.fixture
def workers(monkeypatch):
    """Threads stand in for processes, which would not see what a test puts in the place of a fit; lists how many were asked for."""
    asked = []

    class Workers(Threads):
        def __enter__(self):
            asked.append(self.workers)
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(spreading, "Processes", Workers)
    return asked
