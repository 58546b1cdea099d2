"""The private benchmark: its two-way error, and what it refuses."""

from __future__ import annotations

import pandas as pd
import pytest

from benchmarks.runs import private

DOMAIN = {"a": 2, "b": 3}


def test_two_way_error_is_the_total_variation_of_pairs():
    real = pd.DataFrame({"a": [0, 0, 1, 1], "b": [0, 0, 2, 2]})
    assert private.two_way_error(real, real, DOMAIN) == 0
    assert private.two_way_error(real, real.assign(b=[0, 2, 0, 2]), DOMAIN) == 0.5
    assert private.two_way_error(real, real.assign(b=1), DOMAIN) == 1


def test_codes_of_diagnoses_fall_into_their_chapters():
    assert [private.chapter(code) for code in ("8", "139.9", "140", "250.83", "999", "V57", "E878")] == [
        "01", "01", "02", "03", "17", "V", "E",
    ]  # fmt: skip


def test_unknown_models_and_a_missing_environment_are_one_line(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match="a model must be one of ours, dpsgd, aim, mst"):
        private.main(["--models", "oracle"])
    monkeypatch.setattr(private, "PEERS_PYTHON", tmp_path / "python")
    with pytest.raises(SystemExit, match="make private-peers"):
        private.main(["--models", "aim"])
