"""Text that holds several numbers among rows of groups and in linked tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Chains, Database, DatabaseSynthesizer, Synthesizer
from synthgan.errors import DataError

RNG = np.random.default_rng(0)
GROUPS = 120
LOW = RNG.integers(50, 100, 3 * GROUPS)
VISITS = pd.DataFrame(
    {
        "patient": np.repeat(np.arange(GROUPS), 3),
        "visit": np.tile([1, 2, 3], GROUPS),
        "bp": [f"{one + more}/{one}" for one, more in zip(LOW, RNG.integers(30, 60, 3 * GROUPS), strict=True)],
    }
)
FORM = r"\d+/\d+"


def test_rows_of_groups_hold_them(tmp_path):
    fitted = Synthesizer(generator=Chains(chains=4), seed=0).fit(VISITS, group="patient", order="visit")
    drawn = fitted.sample(5, seed=1)
    assert list(drawn) == list(VISITS)
    assert drawn["bp"].str.fullmatch(FORM).all()
    high = fitted.sample(5, where=["bp.1>130"])["bp"].str.partition("/")[0].astype(int)
    assert high.max() > 130
    often = VISITS["bp"].value_counts().index[0]
    for where in ({"bp": often}, [f"bp={often}"]):
        asked = fitted.sample(3, where=where)
        assert (asked["bp"] == often).groupby(asked["patient"]).any().all()
    with pytest.raises(DataError, match=r"state its numbers: bp\.1, bp\.2"):
        fitted.sample(5, where=["all:bp=high"])
    more = fitted.sample(history=VISITS.head(2), until="3 rows")
    assert more.head(2).equals(VISITS.head(2))
    assert more["bp"].str.fullmatch(FORM).all()
    fitted.save(tmp_path / "m.synthgan")
    assert Synthesizer.load(tmp_path / "m.synthgan").sample(5, seed=1).equals(drawn)


def test_linked_tables_hold_them(tmp_path):
    people = pd.DataFrame({"patient": range(GROUPS), "sex": ["F", "M"] * (GROUPS // 2)})
    database = Database({"people": people, "visits": VISITS})
    fitted = DatabaseSynthesizer(generator=Chains(chains=4), seed=0).fit(database, unit="people")
    drawn = fitted.sample(20, seed=1)["visits"]
    assert list(drawn) == list(VISITS)
    assert drawn["bp"].str.fullmatch(FORM).all()
    often = VISITS["bp"].value_counts().index[0]
    asked = fitted.sample(3, where=[f"visits.bp={often}"])["visits"]
    assert (asked["bp"] == often).groupby(asked["patient"]).any().sum() == 3
    with pytest.raises(DataError, match=r"table 'visits': .*state its numbers: bp\.1, bp\.2|must be one value"):
        fitted.sample(5, where={"visits": {"bp": ["120/80", "130/80"]}})
    fitted.save(tmp_path / "m.synthgan")
    assert DatabaseSynthesizer.load(tmp_path / "m.synthgan").sample(20, seed=1)["visits"].equals(drawn)
