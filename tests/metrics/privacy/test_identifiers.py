"""An identifier in a synthetic row must be nobody's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan.metrics.data.frames import Frames
from synthgan.metrics.privacy.identifiers import identifier_scores

ROWS = 200


def patients(first: int, prefix: str = "MRN-") -> pd.DataFrame:
    rng = np.random.default_rng(first)
    keys = [f"{prefix}{number:06d}" for number in range(first, first + ROWS)]
    return pd.DataFrame({"patient_id": keys, "age": rng.integers(20, 90, ROWS)})


def test_the_share_that_is_somebodys_stands_beside_that_of_the_holdout():
    (score,) = identifier_scores(Frames(patients(0), patients(150), patients(5_000)))
    assert (score.name, score.reference, score.goal) == ("real_identifiers", 0.0, "minimize")
    assert score.value == pytest.approx(0.25)
    assert "25.00% of the synthetic identifiers in patient_id are real ones" in score.reading
    assert identifier_scores(Frames(patients(0), patients(900)))[0].value == 0


def test_another_way_to_write_them_hides_nothing():
    made = patients(0).assign(patient_id=[key.lower() + " " for key in patients(0)["patient_id"]])
    assert identifier_scores(Frames(patients(0), made))[0].value == 1


def test_without_identifiers_it_says_so():
    for made in (patients(0)[["age"]], patients(0)):
        real = patients(0) if "patient_id" not in made else made[["age"]]
        (score,) = identifier_scores(Frames(real, made))
        assert score.value is None
        assert "no column of identifiers" in score.reading
