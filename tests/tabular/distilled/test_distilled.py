"""A student learns what a teacher draws, and nothing else reaches its file."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from synthgan import Chains, ConfigError, Distilled, Network, Pooled, Synthesizer
from synthgan.io import modelfile
from synthgan.tabular.distilled import distilled
from synthgan.tabular.encoding.layout import Encoded

RNG = np.random.default_rng(3)
ROWS = 400
SEX = RNG.integers(0, 2, ROWS)
TABLE = pd.DataFrame(
    {
        "sex": np.where(SEX == 1, "f", "m"),
        "weight": (70 + 12 * SEX + RNG.normal(0, 6, ROWS)).round(1),
        "smokes": RNG.random(ROWS) < 0.3,
    }
)
SMALL = Distilled(teacher=Pooled(chains=3, rounds=0), student=Chains(chains=3, rounds=0), times=2)


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(generator=SMALL, seed=5).fit(TABLE)


def test_it_learns_what_ties_columns_together(fitted: Synthesizer) -> None:
    drawn = fitted.sample(2_000)
    means = drawn.groupby("sex")["weight"].mean()
    assert 8 < means["f"] - means["m"] < 16
    assert fitted.manifest()["training"]["drawn"] == 2 * ROWS


class Echo(Pooled):
    """A teacher that learns whatever it likes, and draws one and the same row."""

    def sample(self, n: int, evidence: Any, streams: Any) -> Any:
        for part in super().sample(n, evidence, streams):
            yield Encoded(np.zeros_like(part.codes) + self.first.codes, np.zeros_like(part.residuals))

    def fit(self, prepared: Any, streams: Any, saved: Any) -> Any:
        emitted = prepared.layout.emitted[prepared.train.codes + prepared.layout.starts].all(1)
        self.first = prepared.train.take(np.flatnonzero(emitted)[:1])
        return (yield from super().fit(prepared, streams, saved))


def test_nothing_but_what_was_drawn_reaches_the_student(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the distillation the student would draw other rows than the one that its teacher draws."""
    monkeypatch.setitem(distilled.PARTS, Pooled.name, Echo)
    synthesizer = Synthesizer(generator=Distilled(teacher="pooled", student=Chains(chains=2), times=2), seed=1).fit(
        TABLE
    )
    drawn = synthesizer.sample(300)
    assert drawn["sex"].nunique() == drawn["smokes"].nunique() == 1
    tensors = synthesizer.model_.tensors()
    shares = tensors["generator/views/shares"]
    assert set(np.unique(shares)) == {0.0, 1.0}
    for name in ("chain/0/codes", "chain/1/codes"):
        assert len(np.unique(tensors[f"generator/{name}"])) <= len(TABLE.columns)


def test_it_is_saved_with_what_it_was_made_of_and_without_its_teacher(fitted: Synthesizer, tmp_path: Any) -> None:
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    stated = json.loads(json.dumps(manifest["generator"]["config"]))
    assert stated["times"] == 2
    assert stated["teacher"] == {
        "name": "pooled",
        "config": {"chains": 3, "chain_share": 0.8, "leaf_rows": 10, "level_leaf_rows": 20, "rounds": 0},
    }
    assert stated["student"]["name"] == "chains"
    assert not any("teacher" in name for name in tensors)
    assert manifest["confidential"] is True
    loaded = Synthesizer.load(tmp_path / "m")
    pd.testing.assert_frame_equal(loaded.sample(300), fitted.sample(300))
    pd.testing.assert_frame_equal(clone(loaded).fit(TABLE).sample(300), fitted.sample(300))


def test_conditions_and_gaps_are_the_students(fitted: Synthesizer) -> None:
    assert (fitted.sample(100, where={"sex": "f"})["sex"] == "f").all()
    gapped = TABLE.assign(sex=TABLE["sex"].where(np.arange(ROWS) % 3 > 0))
    filled = fitted.impute(gapped)
    assert filled["sex"].notna().all()
    assert (filled["weight"] == TABLE["weight"]).all()


def test_parameters_nest_as_those_of_scikit_learn_do() -> None:
    synthesizer = Synthesizer(generator=clone(SMALL)).set_params(generator__teacher__leaf_rows=40, generator__times=3)
    assert synthesizer.get_params()["generator__teacher__leaf_rows"] == 40
    assert synthesizer.generator.times == 3
    assert Synthesizer(generator="distilled").plan(TABLE).seconds > 0


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            Distilled(teacher="poled"),
            "teacher must be one of pooled, autoregressive, chains, network, however: teacher='poled'",
        ),
        (
            Distilled(teacher=3),
            "teacher must be one of pooled, autoregressive, chains, network, or such an object, however: teacher=3",
        ),
        (Distilled(student=Pooled()), "student must be one whose leaves hold what was drawn, however"),
        (
            Distilled(teacher=["pooled", 3]),
            "teacher must be one of pooled, autoregressive, chains, network, or such an object",
        ),
        (Distilled(teacher=[]), "teacher must be one at least, however: teacher=[]"),
        (Distilled(times=0), "times must be"),
        (Distilled(student=Chains(chains=0)), "chains must be"),
    ],
)
def test_what_cannot_be_used_is_refused(given: Distilled, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Synthesizer(generator=given).fit(TABLE)
    assert line in str(caught.value)


def test_a_stopped_fit_goes_on_to_the_same_rows(fitted: Synthesizer, tmp_path: Any) -> None:
    path = tmp_path / "c"
    steps = Synthesizer(generator=SMALL, seed=5).fit_steps(TABLE, checkpoint=path)
    for progress in steps:
        if (progress.stage, progress.step) == ("growing (student)", 2):
            break
    steps.close()
    assert path.exists()
    again = Synthesizer(generator=SMALL, seed=5)
    grown = [
        progress.step
        for progress in again.fit_steps(TABLE, checkpoint=path, resume=True)
        if progress.stage == "growing (student)"
    ]
    assert grown == [2, 3]
    pd.testing.assert_frame_equal(again.sample(300), fitted.sample(300))


def test_a_network_can_be_the_student() -> None:
    tiny = Network(steps=0, classes=4, holdout_share=0.2)
    synthesizer = Synthesizer(
        generator=Distilled(teacher=Pooled(chains=2, rounds=0), student=tiny, times=2), device="cpu"
    )
    assert len(synthesizer.fit(TABLE).sample(50)) == 50
