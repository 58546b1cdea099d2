"""What a file gives away is measured by its own density, plain and against a reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, DataError, Distilled, NotFittedError, Pooled, SchemaError, Synthesizer, attack_file
from synthgan.tabular.private import rounds

RNG = np.random.default_rng(8)
ROWS = 1_600
WARD = RNG.integers(0, 4, ROWS)
PEOPLE = pd.DataFrame(
    {
        "ward": np.array(list("abcd"))[WARD],
        **{f"x{at}": (RNG.normal(0, 8, ROWS) + 3 * WARD).round(1) for at in range(5)},
        "smokes": RNG.random(ROWS) < 0.3,
    }
)
LEARNED, HOLDOUT = PEOPLE[:400], PEOPLE[400:].reset_index(drop=True)
SMALL = {"chains": 4, "rounds": 0}


@pytest.fixture(scope="module")
def chains() -> Synthesizer:
    return Synthesizer(generator=Chains(**SMALL), seed=1).fit(LEARNED)


def test_learned_rows_are_likelier_than_others_and_impossible_ones_least(chains):
    learned, others = chains.score_samples(LEARNED), chains.score_samples(HOLDOUT)
    assert learned.shape == (400,)
    assert np.isfinite(others).all()
    assert learned.mean() > others.mean()
    odd = HOLDOUT.assign(ward=RNG.permutation(HOLDOUT["ward"]))
    assert chains.score_samples(odd).mean() < others.mean()
    assert (chains.score_samples(LEARNED) == learned).all()


def test_a_file_that_keeps_rows_is_seen_and_a_student_is_not(chains):
    """False alarms: by chance more than 6 % of 400 rows are found at 1 % in one of ten thousand files, were the bar exact."""
    stages = []
    kept = attack_file(chains, LEARNED, HOLDOUT, progress=stages.append)
    student = Synthesizer(generator=Distilled(teacher=Pooled(**SMALL), student=Chains(**SMALL)), seed=1).fit(LEARNED)
    found = attack_file(student, LEARNED, HOLDOUT)
    assert (kept.learned, kept.others, kept.reference) == (400, 600, 600)
    assert kept.calibrated.value > 0.15
    assert found.calibrated.value < 0.06
    assert kept.calibrated.low < kept.calibrated.value < kept.calibrated.high
    assert stages == ["reading", "asking the model", "learning the reference", "asking the reference"]
    told = kept.to_dict()
    assert told["calibrated"]["value"] == kept.calibrated.value
    assert told["false_positive_rate"] == 0.01


def test_a_private_model_scores_what_does_not_fit_its_schema(monkeypatch):
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(rounds, name, 10)
    model = Synthesizer(epsilon=5.0, seed=1).fit(PEOPLE.astype({"ward": "category"}))
    odd = PEOPLE[:20].assign(ward=pd.Categorical(["z"] * 20))
    assert np.isfinite(model.score_samples(odd)).all()


def test_what_cannot_be_attacked_is_refused_in_one_line(chains):
    with pytest.raises(DataError, match="holdout must have at least 200 rows, however: 199"):
        attack_file(chains, LEARNED, HOLDOUT[:199])
    with pytest.raises(NotFittedError):
        Synthesizer().score_samples(LEARNED)
    with pytest.raises(DataError, match="column 'x4' must be in the table"):
        attack_file(chains, LEARNED.drop(columns="x4"), HOLDOUT)
    with pytest.raises(SchemaError, match="x4"):
        attack_file(chains, LEARNED.assign(x4="much"), HOLDOUT)
