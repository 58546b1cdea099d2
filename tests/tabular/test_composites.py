"""A column of text that holds several numbers, such as a blood pressure, is learned as its numbers and comes back as text."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

from synthgan import Chains, Schema, Synthesizer, evaluate
from synthgan.errors import DataError
from synthgan.io.readers import read_table

RNG = np.random.default_rng(0)
ROWS = 500
AGE = RNG.integers(20, 90, ROWS)
HIGH = (100 + AGE / 2 + RNG.normal(0, 12, ROWS)).round().astype(int)
LOW = (0.55 * HIGH + RNG.normal(5, 6, ROWS)).round().astype(int)
PRESSURE = np.array([f"{high}/{low}" for high, low in zip(HIGH, LOW, strict=True)], object)
PRESSURE[::20] = None
TABLE = pd.DataFrame({"age": AGE, "bp": PRESSURE, "sex": RNG.choice(["F", "M"], ROWS)})


def numbers(frame):
    return frame["bp"].str.extract(r"^(\d{2,3})/(\d{2,3})$").astype(float)


@pytest.fixture(scope="module")
def fitted():
    return Synthesizer(generator=Chains(chains=8), seed=0).fit(TABLE)


def test_the_text_comes_back_in_its_form_and_its_numbers_belong_together(fitted):
    drawn = fitted.sample(1000, seed=1)
    assert drawn.dtypes.equals(TABLE.dtypes)
    read = numbers(drawn)
    assert (read[0].isna() == drawn["bp"].isna()).all()
    assert 0.02 < drawn["bp"].isna().mean() < 0.08
    assert (read[0] > read[1])[read[0].notna()].all()
    assert read.corr().iloc[0, 1] > 0.6
    assert len(set(drawn["bp"]) - set(TABLE["bp"])) > 100


def test_conditions_on_the_text_and_on_its_numbers_are_met(fitted):
    assert set(fitted.sample(5, where={"bp": "129/75"})["bp"]) == {"129/75"}
    assert set(fitted.sample(5, where=["bp=129/75"])["bp"]) == {"129/75"}
    assert fitted.sample(5, where={"bp": None})["bp"].isna().all()
    assert fitted.sample(5, where=["bp!="])["bp"].notna().all()
    assert (numbers(fitted.sample(5, where=["bp.1>150"]))[0] > 150).all()
    assert fitted.sample(2, where=[{"bp": "129/75"}, {"bp": "131/77"}])["bp"].tolist() == ["129/75", "131/77"]
    for wrong in ({"bp": ["129/75", "131/77"]}, {"bp": "high"}, ["bp>120"], ["bp!=129/75"]):
        with pytest.raises(DataError, match=r"state its numbers: bp\.1, bp\.2"):
            fitted.sample(2, where=wrong)


def test_gaps_are_filled_and_given_columns_completed(fitted):
    gapped = TABLE.copy()
    gapped.loc[:50, "bp"] = None
    for columns in (None, ["bp"]):
        filled = fitted.impute(gapped, columns=columns)
        assert list(filled) == list(TABLE)
        assert numbers(filled).notna().all(axis=None)
        there = gapped["bp"].notna()
        assert (filled["bp"] == TABLE["bp"])[there].all()
    completed = fitted.complete(TABLE[["bp"]].head(30))
    assert list(completed) == list(TABLE)
    assert completed["bp"].equals(TABLE["bp"].head(30))
    assert (numbers(fitted.complete(TABLE[["age"]].head(30))).dropna() > 0).all(axis=None)
    assert fitted.score_samples(TABLE.head(9)).shape == (9,)


def test_a_saved_model_draws_the_same_also_in_parts(fitted, tmp_path):
    fitted.save(tmp_path / "m.synthgan")
    again = Synthesizer.load(tmp_path / "m.synthgan")
    drawn = fitted.sample(50, seed=3)
    assert again.sample(50, seed=3).equals(drawn)
    assert again.schema_.composites == fitted.schema_.composites
    assert [part.rows for part in again.sample_parts(50, tmp_path / "out", seed=3)] == [50]
    parts = read_table(tmp_path / "out" / "part-00000.parquet")
    assert parts["bp"].fillna("").tolist() == drawn["bp"].fillna("").tolist()


def test_an_evaluation_compares_the_numbers(fitted):
    report = evaluate(TABLE, fitted.sample(ROWS, seed=2), seed=0)
    scores = {score.name: score.value for score in report.scores}
    assert scores["c2st_train"] > 0.5
    assert scores["pair_tvd"] < 0.2
    lacking = evaluate(TABLE, fitted.sample(ROWS, seed=2).drop(columns="bp"), seed=0)
    assert any("has them not: bp" in note for note in lacking.notes)


def test_the_default_does_it_in_other_containers_too():
    frame = pl.from_pandas(TABLE)
    drawn = Synthesizer(seed=0).fit(frame).sample(40)
    assert drawn.schema == frame.schema
    assert drawn["bp"].drop_nulls().str.contains(r"^\d+/\d+$").all()


def test_a_table_without_the_column_is_refused_by_its_own_name(fitted):
    with pytest.raises(DataError, match=r"^column 'bp' must be in the table"):
        fitted.score_samples(TABLE.drop(columns="bp"))
    with pytest.raises(DataError, match=r"^column 'bp' must be in the table"):
        Synthesizer(generator=Chains(chains=8), seed=0).fit(TABLE.drop(columns="bp"), schema=Schema.infer(TABLE))
    parts = TABLE["bp"].str.split("/", expand=True).set_axis(["bp.1", "bp.2"], axis=1)
    with pytest.raises(DataError, match=r"^column 'bp\.2' must be in the table"):
        fitted.score_samples(TABLE.drop(columns="bp").assign(**{"bp.1": parts["bp.1"]}))
