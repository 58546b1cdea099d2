"""Numbers with marks have a mode for each mark, and a model draws, files and conditions on them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.frames import assert_same_pandas

from synthgan import Chains, Synthesizer
from synthgan.errors import DataError, ModelFileError, SynthganError

ROWS = 400
RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def real():
    costs = [f"{v:,.2f} €".translate(str.maketrans(",.", ".,")) for v in RNG.normal(70_000, 10_000, ROWS)]
    days = pd.to_datetime(RNG.integers(0, 900, ROWS), unit="D", origin="2020-01-01").strftime("%d.%m.%Y")
    return pd.DataFrame(
        {
            "g": RNG.choice(list("ab"), ROWS),
            "cost": ["-" if row % 10 == 0 else "n/a" if row % 20 == 1 else cost for row, cost in enumerate(costs)],
            "day": ["00.00.0000" if row % 8 == 3 else None if row % 20 == 5 else day for row, day in enumerate(days)],
            "time": [
                f"{h:02}:{m:02}" for h, m in zip(RNG.integers(8, 18, ROWS), RNG.integers(0, 60, ROWS), strict=True)
            ],
        }
    )


@pytest.fixture(scope="module")
def synthesizer(real):
    return Synthesizer(generator=Chains(chains=2), check=False, seed=0).fit(real)


def test_marks_come_back_at_their_rate(synthesizer, real):
    sample = synthesizer.sample(2_000)
    assert sample.dtypes.equals(real.dtypes)
    for name, mark in (("cost", "-"), ("cost", "n/a"), ("day", "00.00.0000")):
        assert (sample[name] == mark).mean() == pytest.approx((real[name] == mark).mean(), abs=0.03)
    assert sample["day"].isna().mean() == pytest.approx(0.05, abs=0.03)
    assert sample["cost"][~sample["cost"].isin(["-", "n/a"])].str.fullmatch(r"\d{2,3}\.\d{3},\d{2} €").all()
    assert sample["time"].str.fullmatch(r"(0[789]|1[0-8]):[0-5]\d").all()


def test_a_file_keeps_them(synthesizer, tmp_path):
    synthesizer.save(tmp_path / "model.synthgan")
    again = Synthesizer.load(tmp_path / "model.synthgan")
    assert again.schema_ == synthesizer.schema_
    assert_same_pandas(again.sample(50), synthesizer.sample(50))


def _number(cost):
    return float(cost.removesuffix(" €").replace(".", "").replace(",", "."))


@pytest.mark.parametrize("where", [["cost>=75000"], ["cost>=75.000,00 €"], {"cost": (75_000, None)}])
def test_conditions_speak_of_the_number_or_of_its_text(synthesizer, where):
    assert (synthesizer.sample(50, where=where)["cost"].map(_number) >= 75_000).all()


def test_conditions_speak_of_marks_and_of_moments(synthesizer):
    assert set(synthesizer.sample(40, where={"cost": ["-", "n/a"]})["cost"]) == {"-", "n/a"}
    assert synthesizer.sample(20, where={"day": None})["day"].isna().all()
    days = synthesizer.sample(40, where=["day>=01.06.2021"])["day"]
    assert (pd.to_datetime(days, format="%d.%m.%Y") >= pd.Timestamp("2021-06-01")).all()
    assert (synthesizer.sample(40, where=["time<=12:00"])["time"] <= "12:00").all()
    assert not set(synthesizer.sample(60, where=["cost!=-|n/a"])["cost"]) & {"-", "n/a"}
    others = synthesizer.sample(60, where=["cost!=-", "cost!=75.000,00 €"])["cost"]
    assert "-" not in set(others)
    with pytest.raises(DataError, match="missing never was"):
        synthesizer.sample(1, where={"cost": None})


def test_gaps_are_filled_by_numbers_alone(synthesizer, real):
    filled = synthesizer.impute(real)
    assert filled["day"].str.fullmatch(r"\d{2}\.\d{2}\.20\d{2}").all()
    assert (filled["day"] == real["day"]).mean() > 0.75


def test_a_file_with_other_marks_is_refused(synthesizer):
    model = synthesizer.model_
    state, arrays = model.transform.codec("cost").state()
    column = model.transform.schema.column("cost")
    codec = type(model.transform.codec("cost"))
    with pytest.raises((ModelFileError, SynthganError, ValueError), match="mark"):
        codec.from_state(
            (column,), {"codec": "marked", "columns": ["cost"], **state}, {**arrays, "mark_shares": np.ones(3)}
        )
