"""Networks that draw cells in any order: what they learn, fill in, keep in a file, and refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from synthgan import Autoregressive, Chains, ConfigError, Distilled, ModelFileError, Synthesizer
from synthgan.io import modelfile

RNG = np.random.default_rng(2)
ROWS = 1_200
SEX = RNG.integers(0, 2, ROWS)
WEIGHT = 70 + 12 * SEX + RNG.normal(0, 6, ROWS)
TABLE = pd.DataFrame(
    {
        "sex": np.where(SEX == 1, "f", "m"),
        "weight": WEIGHT.round(2),
        "dose": np.where(RNG.random(ROWS) < 0.3, 0.0, WEIGHT + RNG.normal(0, 1, ROWS)).round(2),
        "children": pd.array(RNG.poisson(1.5, ROWS), dtype="Int64"),
    }
)
TABLE.loc[::6, "children"] = pd.NA
SMALL = Autoregressive(networks=2, width=32, updates=300, critics=0)


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(generator=SMALL, seed=5, device="cpu").fit(TABLE)


def test_it_learns_what_ties_columns_together(fitted: Synthesizer) -> None:
    drawn = fitted.sample(3_000)
    means = drawn.groupby("sex")["weight"].mean()
    assert 10 < means["f"] - means["m"] < 14
    taken = drawn[drawn["dose"] > 0]
    assert len(taken) / len(drawn) == pytest.approx(0.7, abs=0.03)
    assert (taken["dose"] - taken["weight"]).std() < 3.5
    assert drawn["children"].isna().mean() == pytest.approx(1 / 6, abs=0.03)


def test_conditions_are_met_and_bend_the_rest(fitted: Synthesizer) -> None:
    given = fitted.sample(400, where={"weight": (60, 66), "children": [1, 2]})
    assert given["weight"].between(60, 66).all()
    assert set(given["children"]) <= {1, 2}
    assert (given["sex"] == "m").mean() > 0.75
    assert fitted.sample(40, where=["children=", "dose=0"])["children"].isna().all()


def test_gaps_are_filled_given_what_is_known(fitted: Synthesizer) -> None:
    gapped = TABLE.assign(
        dose=TABLE["dose"].where(np.arange(ROWS) % 3 > 0), sex=TABLE["sex"].where(np.arange(ROWS) % 2 > 0)
    )
    filled = fitted.impute(gapped)
    assert not filled.isna().any().any()
    there = gapped.notna()
    assert (filled[there] == TABLE[there]).where(there, True).all().all()
    drawn = filled[~there["dose"] & (filled["dose"] > 0)]
    assert (drawn["dose"] - drawn["weight"]).std() < 3.5
    assert (filled["sex"] == TABLE["sex"]).mean() > 0.8


def test_the_same_seed_gives_the_same_bytes_and_a_file_the_same_rows(fitted: Synthesizer, tmp_path: Any) -> None:
    again = clone(fitted).fit(TABLE)
    fitted.save(tmp_path / "a")
    again.save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    loaded = Synthesizer.load(tmp_path / "a")
    where = {"sex": "f", "weight": (70, 80)}
    pd.testing.assert_frame_equal(loaded.sample(100, where=where), fitted.sample(100, where=where))
    pd.testing.assert_frame_equal(loaded.sample(700), fitted.sample(700))
    np.testing.assert_array_equal(loaded.score_samples(TABLE[:50]), fitted.score_samples(TABLE[:50]))


@pytest.mark.parametrize(
    ("name", "forge"),
    [
        ("network/0/enter.weight", lambda array: array[:, 1:]),
        ("network/1/leave.bias", lambda array: array * np.float32(np.nan)),
        ("network/1/modes", lambda array: array.astype(np.float64)),
        ("views/shares", lambda array: array - 1),
        ("views/table", lambda array: array[1:]),
    ],
)
def test_a_forged_tensor_is_refused(fitted: Synthesizer, tmp_path: Any, name: str, forge: Any) -> None:
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    key = f"generator/{name}"
    modelfile.write(tmp_path / "f", manifest, tensors | {key: forge(tensors[key])})
    with pytest.raises(ModelFileError, match=name.replace("/", ".")):
        Synthesizer.load(tmp_path / "f")


def test_a_missing_or_further_network_is_refused(fitted: Synthesizer, tmp_path: Any) -> None:
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    for networks in (1, 3, 0, 10**6):
        manifest["generator"]["state"]["networks"] = networks
        modelfile.write(tmp_path / "f", manifest, tensors)
        with pytest.raises(ModelFileError):
            Synthesizer.load(tmp_path / "f")


def test_critics_play_and_are_kept(tmp_path: Any) -> None:
    ring = RNG.uniform(0, 2 * np.pi, 1_500)
    table = pd.DataFrame({"x": np.cos(ring), "y": np.sin(ring)}) + RNG.normal(0, 0.05, (1_500, 2))
    synthesizer = Synthesizer(generator=Autoregressive(networks=1, width=16, updates=100, critics=1), seed=1).fit(table)
    training = synthesizer.manifest()["training"]
    assert training["rounds"] == 1
    assert training["kept_share"] < 1
    synthesizer.save(tmp_path / "m")
    loaded = Synthesizer.load(tmp_path / "m")
    pd.testing.assert_frame_equal(loaded.sample(600), synthesizer.sample(600))
    assert np.isfinite(loaded.score_samples(table[:20])).all()


def test_it_teaches_a_student() -> None:
    student = Distilled(teacher=SMALL, student=Chains(chains=3, rounds=0), times=2)
    synthesizer = Synthesizer(generator=student, seed=5).fit(TABLE)
    means = synthesizer.sample(2_000).groupby("sex")["weight"].mean()
    assert 9 < means["f"] - means["m"] < 15
    assert not any("network" in name for name in synthesizer.model_.tensors())


def test_a_fit_that_was_left_goes_on_with_the_next_network(fitted: Synthesizer, tmp_path: Any) -> None:
    steps = clone(fitted).fit_steps(TABLE, checkpoint=tmp_path / "c")
    for progress in steps:
        if (progress.stage, progress.step) == ("learning", 1):
            break
    steps.close()
    again = clone(fitted)
    seen = [p.step for p in again.fit_steps(TABLE, checkpoint=tmp_path / "c", resume=True) if p.stage == "learning"]
    assert seen[0] == 1
    pd.testing.assert_frame_equal(again.sample(300), fitted.sample(300))


def test_time_is_kept() -> None:
    heard = [
        progress.message
        for progress in Synthesizer(generator=clone(SMALL), minutes=1e-6).fit_steps(TABLE)
        if progress.message
    ]
    assert heard == ["stopped after 1e-06 minutes with 1 of 2 networks, as asked"]


@pytest.mark.parametrize(
    "wrong", [{"networks": 0}, {"dropout": 1.0}, {"updates": 0}, {"weight_decay": -1.0}, {"critics": -1}]
)
def test_what_cannot_be_used_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Synthesizer(generator=Autoregressive(**wrong)).fit(TABLE)
