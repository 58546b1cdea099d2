"""What a file gives away is measured by its own density, plain and against a reference."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import (
    Chains,
    ConfigError,
    DataError,
    Distilled,
    NotFittedError,
    Pooled,
    SchemaError,
    Synthesizer,
    attack_file,
    evaluate,
)
from synthgan.audit.file import _tested, file_scores
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
    student = Synthesizer(generator=Distilled(teacher=Pooled(**SMALL), student=Chains(**SMALL), times=3), seed=1).fit(
        LEARNED
    )
    found = attack_file(student, LEARNED, HOLDOUT)
    assert (kept.learned, kept.others, kept.reference) == (400, 600, 600)
    assert kept.calibrated.value > 0.15
    assert found.calibrated.value < 0.06
    assert kept.calibrated.low < kept.calibrated.value < kept.calibrated.high
    assert stages == ["reading", "asking the model", "learning the reference", "asking the reference"]
    told = kept.to_dict()
    assert told["calibrated"]["value"] == kept.calibrated.value
    assert told["false_positive_rate"] == 0.01
    assert told["p_value"] == kept.test.p_value == 0.001
    assert kept.test.alarm
    scores = kept.scores()
    assert scores["file_p_value"].value == 0.001
    assert "leak detected" in scores["file_p_value"].reading
    assert scores["file_calibrated_tpr_at_1pct_fpr"].value == kept.calibrated.value
    assert scores["file_tpr_at_1pct_fpr"].value == kept.plain.value


def test_where_nobody_was_learned_alarms_are_rare(chains):
    """One in a hundred is promised: more than one of 12 is one in 160 runs at most."""
    densities, rng = chains.score_samples(HOLDOUT), np.random.default_rng(0)
    dealt = [np.split(rng.permutation(densities), [400]) for _ in range(12)]
    assert sum(_tested({"plain": sides, "calibrated": sides}, 1).alarm for sides in dealt) <= 1


def test_a_report_has_what_rows_and_file_give_away(chains, tmp_path):
    samples = chains.sample(400)
    chains.save(tmp_path / "m.synthgan")
    report = evaluate(LEARNED, samples, holdout=HOLDOUT, model=tmp_path / "m.synthgan")
    found = attack_file(chains, LEARNED, HOLDOUT).scores()
    assert report.scores[-3:] == found.scores
    report.to_html(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<td>its density over that of other rows</td>" in page
    assert "Whoever has the model file finds" in page
    assert "Yeom, Giacomelli" in page


def test_without_a_holdout_a_report_does_not_attack_a_file_and_of_a_small_one_it_says_so(chains):
    with pytest.raises(ConfigError, match="model must come with a holdout, however: there is none; give real rows"):
        evaluate(LEARNED, LEARNED, model=chains)
    few = file_scores(chains, LEARNED, HOLDOUT[:199])
    assert [score.value for score in few] == [None] * 3
    assert "needs a holdout of 200 rows, however: 199" in few["file_p_value"].reading


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
