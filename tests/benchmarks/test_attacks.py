"""The planted leaks are what they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks import attacks

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"a": RNG.normal(size=1_500), "b": RNG.normal(size=1_500), "c": RNG.choice(["x", "y"], 1_500)})
MEMBERS, FREE = TABLE[:500].reset_index(drop=True), TABLE[500:1_000].reset_index(drop=True)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_copies_are_members_and_the_rest_is_free(share):
    planted = attacks.copies(share)(MEMBERS, FREE, RNG)
    copied = int(500 * share)
    pd.testing.assert_frame_equal(planted[:copied], MEMBERS[:copied])
    pd.testing.assert_frame_equal(planted[copied:], FREE[copied:])


def test_outliers_are_the_members_furthest_out_and_moved_a_little():
    planted = attacks.outliers(MEMBERS, FREE, np.random.default_rng(1))
    assert len(planted) == 500
    far = MEMBERS[["a", "b"]].abs().sum(axis=1).nlargest(10)
    assert (planted[["a", "b"]][:10].abs().sum(axis=1) > 0.8 * far.min()).all()
    assert not planted["a"][:10].isin(MEMBERS["a"]).any()
    pd.testing.assert_frame_equal(planted[10:], FREE[10:])


def test_the_command_prints_a_line_for_every_leak(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(attacks, "LEAKS", attacks.LEAKS | {"half": attacks.copies(0.5)})
    TABLE.to_parquet(tmp_path / "t.parquet")
    attacks.main(["--table", str(tmp_path / "t.parquet"), "--rows", "400", "--seeds", "2"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(attacks.LEAKS)
    assert " 0%" in lines[1]
    assert " 5.00 " in lines[3]
    assert "100%" in lines[-1]
