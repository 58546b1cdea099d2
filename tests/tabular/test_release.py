"""What is to be saved is attacked first: it is learned coarser, or its file says that it is confidential."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.independent import Independent

from synthgan import Chains, ConfigError, Distilled, ModelFileError, Pooled, PrivacyError, Synthesizer
from synthgan.io import modelfile
from synthgan.tabular import release
from synthgan.tabular.release import MAX_FOUND, MIN_ROWS, Check

RNG = np.random.default_rng(7)
ROWS = 2_400
TABLE = pd.DataFrame(
    {
        "weight": RNG.normal(70, 12, ROWS).round(2),
        "height": RNG.normal(170, 9, ROWS).round(2),
        "ward": RNG.choice(["north", "south", "west"], ROWS),
        "stay": RNG.gamma(2.0, 3.0, ROWS).round(2),
    }
)
QUICK = Distilled(teacher=Pooled(chains=2, rounds=0), student=Chains(chains=2, rounds=0), times=1)


class Careful(Independent):
    """Columns by themselves: it cannot know a row."""

    name = "careful"
    keeps_rows = None
    checkable = True


class Telling(Chains):
    """Chains that claim to keep nothing."""

    name = "telling"
    keeps_rows = None
    checkable = True
    tamed = False

    def coarser(self, rows: int) -> Any:
        """Trees of one leaf: no column knows of another."""
        return type(self)(chains=1, rounds=0, leaf_rows=rows) if self.tamed else None


class Tamed(Telling):
    """The same, with something coarser to go to."""

    name = "tamed"
    keeps_rows = None
    tamed = True


def fitted(generator: Any, **options: Any) -> Synthesizer:
    return Synthesizer(generator=generator, **options).fit(TABLE)


def check_of(synthesizer: Synthesizer) -> dict[str, Any]:
    manifest = synthesizer.manifest()
    assert manifest["confidential"] is (synthesizer.model_.keeps_rows is not None)
    return manifest["check"]


def test_what_gives_nothing_away_is_not_confidential() -> None:
    """Members are found at the rate of chance: above 5 % would be a false alarm, of one seed in a million."""
    synthesizer = fitted(Careful())
    check = check_of(synthesizer)
    assert check["by"] == "measured"
    assert check["kept_out"] == 300
    assert check["found"] <= check["high"] <= MAX_FOUND
    assert synthesizer.manifest()["confidential"] is False
    assert synthesizer.manifest()["rows"] == ROWS - 300  # what was kept out was not learned


def test_what_tells_its_rows_is_confidential() -> None:
    synthesizer = fitted(Telling(chains=4, rounds=0))
    check = check_of(synthesizer)
    assert check["found"] > MAX_FOUND
    assert synthesizer.manifest()["confidential"] is True
    assert any("tells" in words for words in synthesizer.manifest()["disclosures"])


def test_it_is_learned_coarser_where_that_helps() -> None:
    synthesizer = fitted(Tamed(chains=4, rounds=0))
    check = check_of(synthesizer)
    assert check["coarser"] == 1
    assert synthesizer.manifest()["confidential"] is False
    assert synthesizer.manifest()["generator"]["config"]["chains"] == 1


def test_it_is_not_learned_again_beyond_the_time_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "MAX_FOUND", 0.0)
    synthesizer = fitted(QUICK, minutes=1e-6)
    assert check_of(synthesizer)["coarser"] == 0
    assert synthesizer.manifest()["confidential"] is True


def test_it_is_learned_coarser_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "MAX_FOUND", 0.0)
    synthesizer = fitted(QUICK)
    check = check_of(synthesizer)
    assert check["coarser"] == 2
    assert synthesizer.manifest()["confidential"] is True
    config = synthesizer.manifest()["generator"]["config"]
    assert config["teacher"]["config"]["level_leaf_rows"] == 80
    assert config["times"] == 1


def test_coarser_is_half_of_the_draws_then_larger_leaves_too() -> None:
    first = Distilled().coarser(3_000)
    second = first.coarser(3_000)
    assert (first.times, second.times) == (10, 5)
    leaves = [once.stated()["teacher"]["config"]["leaf_rows"] for once in (first, second)]
    assert leaves == [10, 20]
    assert Distilled(teacher="network", times=6).coarser(3_000).times == 3


@pytest.mark.parametrize(("rows", "times"), [(300, 5), (1_000, 10), (2_000, 20), (10_000, 6), (100_000, 3)])
def test_the_more_a_row_weighs_the_less_is_drawn(rows: int, times: int) -> None:
    assert Distilled()._draws(rows) == rows * times


def test_unchecked_fits_learn_all_rows_and_say_so(tmp_path: Path) -> None:
    synthesizer = fitted(QUICK, check=False)
    assert check_of(synthesizer) == {"by": "skipped", "found": None, "high": None, "kept_out": 0, "coarser": 0}
    manifest = synthesizer.manifest()
    assert manifest["rows"] == ROWS
    assert manifest["confidential"] is True
    assert "not checked, as asked" in manifest["disclosures"][0]
    synthesizer.save(tmp_path / "m")
    loaded = Synthesizer.load(tmp_path / "m")
    assert loaded.manifest()["confidential"] is True
    assert loaded.get_params()["check"] is False


def test_small_tables_trust_what_the_bench_found_of_the_default() -> None:
    small = TABLE.head(60)
    for options, by in (({}, "bench"), ({"rare_below": 5}, "not proved"), ({"check": False}, "skipped")):
        synthesizer = Synthesizer(**options).fit(small)
        assert check_of(synthesizer)["by"] == by
        assert synthesizer.manifest()["confidential"] is (by != "bench")
    assert Synthesizer(generator=QUICK).fit(small).manifest()["check"]["by"] == "not proved"
    assert len(small) < MIN_ROWS


def test_what_is_said_of_small_tables_is_what_the_bench_measured() -> None:
    path = Path(__file__).parents[2] / "benchmarks/results/leaks.json"
    runs = [run for run in json.loads(path.read_text())["runs"] if run["model"] == "distilled"]
    attacks = ["tpr_file", "tpr_file_calibrated"]
    found = pd.DataFrame([{"table": run["table"], **{name: run["scores"][name] for name in attacks}} for run in runs])
    rows = found["table"].str.extract(r", ([\d,]+) rows$")[0].str.replace(",", "").astype(int)
    assert (rows < MIN_ROWS).any()
    highest = found[rows < MIN_ROWS].groupby("table")[attacks].mean().max(axis=None)
    assert highest <= release.PROVED_FOUND <= MAX_FOUND
    assert highest + 0.002 > release.PROVED_FOUND


def test_generators_that_keep_rows_are_not_checked() -> None:
    synthesizer = fitted(Chains(chains=1, rounds=0))
    assert synthesizer.manifest()["check"] is None
    assert synthesizer.manifest()["rows"] == ROWS
    assert synthesizer.manifest()["confidential"] is True


def test_a_file_keeps_what_was_found(tmp_path: Path) -> None:
    synthesizer = fitted(QUICK)
    synthesizer.save(tmp_path / "m")
    assert Synthesizer.load(tmp_path / "m").manifest()["check"] == synthesizer.manifest()["check"]
    manifest, tensors = modelfile.read(tmp_path / "m")
    for wrong in ({"by": "hearsay"}, {"found": 2.0}, {"coarser": -1}, {"high": "low"}):
        modelfile.write(tmp_path / "forged", manifest | {"check": manifest["check"] | wrong}, tensors)
        with pytest.raises(ModelFileError, match="check"):
            Synthesizer.load(tmp_path / "forged")


def test_a_check_reads_as_a_sentence() -> None:
    failed = Check("measured", 0.081, 0.093, 300, 2)
    assert failed.why_confidential == (
        "its density tells 8.1% of the rows learned from others, where a hundredth would be chance (at most 9.3%; 5% are allowed)"
    )
    assert Check("measured", 0.02, 0.03, 300).why_confidential is None
    assert Check("bench", 0.04).why_confidential is None


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ConfigError, match="check must be True or False, however: check='no'"):
        fitted(QUICK, check="no")
    with pytest.raises(PrivacyError, match="check must be True under epsilon"):
        fitted(None, check=False, epsilon=1.0)
