"""The planted leaks are what they say, and the command judges what is promised of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.attacks import attacks

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame({"a": RNG.normal(size=1_500), "b": RNG.normal(size=1_500), "c": RNG.choice(["x", "y"], 1_500)})
MEMBERS, FREE = TABLE[:500].reset_index(drop=True), TABLE[500:1_000].reset_index(drop=True)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_copies_are_members_and_the_rest_is_free(share):
    planted = attacks.copies(share)(MEMBERS, FREE, np.random.default_rng(1))
    copied = int(500 * share)
    assert len(set(planted.leaked.tolist())) == copied
    pd.testing.assert_frame_equal(planted.rows[:copied], MEMBERS.iloc[planted.leaked].reset_index(drop=True))
    pd.testing.assert_frame_equal(planted.rows[copied:], FREE[copied:])


def test_outliers_are_the_members_that_stand_alone_and_moved_a_little():
    members = MEMBERS.copy()
    members.loc[[7, 100], "a"] = [9.0, -9.0]
    planted = attacks.outliers(members, FREE, np.random.default_rng(1))
    assert set(planted.leaked[:2]) == {7, 100}
    assert len(planted.rows) == 500
    moved = planted.rows["a"][:10].to_numpy() - members["a"].to_numpy()[planted.leaked]
    assert 0 < np.abs(moved).max() < 0.3
    pd.testing.assert_frame_equal(planted.rows[10:], FREE[10:])


def test_the_command_prints_a_line_for_every_leak_and_says_whether_the_promise_holds(tmp_path, capsys, monkeypatch):
    TABLE.to_csv(tmp_path / "t.csv", index=False)
    words = ["--table", str(tmp_path / "t.csv"), "--rows", "400", "--seeds", "1"]
    with pytest.raises(SystemExit) as left:
        attacks.main(words)
    none, _, _, _, _ = capsys.readouterr().out.splitlines()[1:]
    assert "  0.0% [0.00, 0.97]" in none
    assert left.value.code == 0
    # Half of the members copied, called none: four of four seeds alarmed rule out one in twenty.
    monkeypatch.setattr(attacks, "FALSE_ALARMS", 0.01)
    monkeypatch.setitem(attacks.LEAKS, "none", ("none", attacks.copies(0.5)))
    with pytest.raises(SystemExit) as left:
        attacks.main([*words, "--leaks", "none"])
    assert "100.0% [0.0" in capsys.readouterr().out
    assert left.value.code == 1


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (["--table", "absent.csv"], 3, "absent.csv"),
        (["--leaks", "flood"], 2, "flood"),
        (["--rows", "3"], 2, "--rows must be at least 40"),
    ],
)
def test_bad_words_and_tables_are_refused_in_one_line(words, code, why, capsys):
    with pytest.raises(SystemExit) as left:
        attacks.main(words)
    assert left.value.code == code
    assert why in capsys.readouterr().err


def test_a_table_too_small_to_be_parted_is_refused(tmp_path, capsys):
    TABLE[:119].to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SystemExit) as left:
        attacks.main(["--table", str(tmp_path / "t.parquet")])
    assert left.value.code == 3
    assert "found 119" in capsys.readouterr().err
