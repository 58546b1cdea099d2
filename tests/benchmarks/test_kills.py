"""A fit that is killed and resumed comes out the same, and a fit that does not would be told."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.attacks import kills


@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=[pytest.mark.slow] * (kind != "chains")) for kind in kills.FITS]
)
def test_what_is_killed_and_resumed_is_the_same(tmp_path, kind):
    tally = kills.kill_many(kind, 2, tmp_path, seed=1)
    assert tally.different == []
    assert {path.suffix for path in tmp_path.iterdir()} <= {".synthgan"}


def test_another_result_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(kills, "fit", lambda kind, path: path.write_bytes(np.random.default_rng().bytes(8)))
    tally = kills.kill_many("chains", 2, tmp_path)
    assert len(tally.different) == 2


def test_a_fit_that_fails_is_told(tmp_path):
    with pytest.raises(RuntimeError, match="exit code 1"):
        kills.wait_for(kills.child_of(lambda: {}["x"]))
