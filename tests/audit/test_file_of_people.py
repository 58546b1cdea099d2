"""What the file of a model of groups or of linked tables gives away of people, with all rows of theirs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.stays import stays

from synthgan import ConfigError, DataError, Synthesizer, attack_file, evaluate
from synthgan.audit.asked import asked_of

pytestmark = pytest.mark.usefixtures("small_fits")

REAL = stays(360, longest=4)
NAMES = np.sort(REAL["patient_id"].unique())
LEARNED, HOLDOUT = (REAL[REAL["patient_id"].isin(some)].reset_index(drop=True) for some in (NAMES[:150], NAMES[150:]))
OF = {"group": "patient_id", "order": "charttime"}
FILE = ["file_p_value", "file_tpr_at_1pct_fpr", "file_calibrated_tpr_at_1pct_fpr"]


@pytest.fixture(scope="module")
def groups(tmp_path_factory):
    """A model whose first rows are kept as they are: it tells who was learned."""
    fitted = Synthesizer(generator="chains", seed=0).fit(LEARNED, **OF)
    fitted.save(tmp_path_factory.mktemp("groups") / "m.synthgan")
    return fitted


def linked(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    patients = frame.drop_duplicates("patient_id")[["patient_id", "sex"]].reset_index(drop=True)
    return {"patients": patients, "rows": frame.drop(columns="sex")}


def test_a_file_of_groups_is_attacked_by_person(groups):
    """By chance more than 9 of 150 people are found at 1 % in one of 30,000 files."""
    nobody = pd.DataFrame({"patient_id": [None], "charttime": [pd.Timestamp("2020-01-01")], "sex": ["F"], "dose": [1]})
    found = attack_file(groups, pd.concat([LEARNED, nobody.assign(ward="ICU", pressure=120.0)]), HOLDOUT)
    assert (found.learned, found.others, found.reference, found.what) == (150, 105, 105, "people")
    assert max(found.plain.value, found.calibrated.value) > 0.06
    assert found.to_dict()["what"] == "people"
    scores = found.scores()
    assert "share of 150 learned people found by whoever has the model file" in scores[FILE[1]].reading
    assert "learned on 105 other people" in scores[FILE[2]].reading
    with pytest.raises(DataError, match="holdout must have at least 200 people, however: 150"):
        attack_file(groups, LEARNED, LEARNED)


def test_a_report_of_groups_has_what_their_file_gives_away(groups):
    report = evaluate(LEARNED, groups.sample(150, seed=0), holdout=HOLDOUT, model=groups, **OF)
    assert [one.name for one in report.scores[-3:]] == FILE
    assert report.scores[-1].value is not None
    assert report.details.linked is not None
    few = evaluate(LEARNED, groups.sample(150, seed=0), holdout=LEARNED, model=groups, **OF)
    assert few.scores[-1].value is None
    assert "needs a holdout of 200 people, however: 150" in few.scores[-1].reading
    with pytest.raises(ConfigError, match="model must come with a holdout, however: there is none"):
        evaluate(LEARNED, LEARNED, model=groups, **OF)
    with pytest.raises(ConfigError, match="model must be a DatabaseSynthesizer here, however: it is a Synthesizer"):
        evaluate(linked(LEARNED), linked(LEARNED), unit="patients", holdout=linked(HOLDOUT), model=groups)


def test_people_are_parted_with_all_rows_of_theirs(groups):
    asked = asked_of(groups)
    part = asked.part(HOLDOUT, np.array([0, 5]))
    names = pd.unique(HOLDOUT["patient_id"])[[0, 5]]
    pd.testing.assert_frame_equal(part, HOLDOUT[HOLDOUT["patient_id"].isin(names)].reset_index(drop=True))
    assert (asked.count(HOLDOUT), asked.count(part)) == (210, 2)
