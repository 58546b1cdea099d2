"""Clock times and dates that are whole numbers, drawn: none that there is not, apart as real ones, and just as asked."""

import re

import numpy as np
import pandas as pd
import pytest

from synthgan import Schema, Synthesizer
from synthgan.data.calendars import counted
from synthgan.data.formulas.vectors import vector_of
from synthgan.data.table import Table

ROWS = 150
RNG = np.random.default_rng(1)
START = RNG.integers(480, 1000, ROWS)
ADMITTED = RNG.integers(17_000, 19_000, ROWS)


def clock(minutes: np.ndarray) -> np.ndarray:
    return minutes // 60 * 100 + minutes % 60


def day(days: np.ndarray) -> np.ndarray:
    return pd.to_datetime(days, unit="D").strftime("%Y%m%d").astype(int).to_numpy()


FRAME = pd.DataFrame({
    "time": clock(START), "hour": START // 60, "late": np.where(START >= 720, "yes", "no"),
    "admitted": day(ADMITTED), "discharged": np.where(RNG.random(ROWS) < 0.1, np.nan, day(ADMITTED + RNG.integers(0, 9, ROWS))),
    "seen": [f"{one:04d}" for one in clock(RNG.integers(0, 1440, ROWS))],
})  # fmt: skip


@pytest.fixture(scope="module")
def fitted() -> Synthesizer:
    return Synthesizer(generator="chains", seed=0).fit(FRAME)


def test_all_that_is_drawn_is_a_time_or_a_date(fitted: Synthesizer) -> None:
    drawn = fitted.sample(500, seed=0)
    assert list(drawn.dtypes) == list(FRAME.dtypes)
    assert (drawn["time"] % 100 < 60).all()
    assert drawn["seen"].str.fullmatch(r"([01]\d|2[0-3])[0-5]\d").all()
    assert drawn["time"].nunique() > 200
    assert (drawn["hour"] == drawn["time"] // 100).all()  # formulas see 1435
    assert ((drawn["time"] >= 1200) == (drawn["late"] == "yes")).mean() > 0.99
    stays = counted(drawn["discharged"].to_numpy(), "%Y%m%d") - counted(drawn["admitted"].to_numpy(float), "%Y%m%d")
    known = stays[~np.isnan(stays)]
    assert (known >= 0).all()
    assert (known <= 8).all()
    assert 0.02 < np.isnan(stays).mean() < 0.25


@pytest.mark.filterwarnings("ignore:the condition is rarer")
def test_conditions_are_exact(fitted: Synthesizer) -> None:
    assert fitted.sample(200, where="time>=1330", seed=1)["time"].between(1330, 1639).all()
    assert fitted.sample(50, where=["time>1275", "time<1361"], seed=1)["time"].between(1300, 1359).all()
    asked = int(FRAME["admitted"].iloc[0])
    assert (fitted.sample(20, where=f"admitted={asked}", seed=1)["admitted"] == asked).all()
    iso = f"{str(asked)[:4]}-{str(asked)[4:6]}-{str(asked)[6:]}"
    assert (fitted.sample(20, where=f"admitted<={iso}", seed=1)["admitted"] <= asked).all()
    assert fitted.sample(50, where="seen>=2230", seed=1)["seen"].between("2230", "2359").all()
    with pytest.raises(ValueError, match="%H%M"):
        fitted.sample(5, where="time=1375")
    with pytest.raises(ValueError, match=r"known: 8.. and 16"):
        fitted.sample(5, where="time=2359")


def test_formulas_speak_of_the_numbers_as_they_stand(fitted: Synthesizer) -> None:
    found = {one.target: one.text for one in fitted.schema_.formulas or ()}
    assert "time" in found["late"]
    low, high = FRAME.loc[FRAME["late"] == "no", "time"].max(), FRAME.loc[FRAME["late"] == "yes", "time"].min()
    bounds = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", found["late"])]
    assert any(low <= bound <= high for bound in bounds), found["late"]
    table = Table.read(FRAME)
    assert np.array_equal(np.asarray(vector_of(table, "time")), FRAME["time"])


def test_a_model_file_keeps_it_and_a_schema_switches_it_off(fitted: Synthesizer, tmp_path) -> None:
    fitted.save(tmp_path / "m.synthgan")
    again = Synthesizer.load(tmp_path / "m.synthgan")
    assert again.sample(20, seed=3).equals(fitted.sample(20, seed=3))
    given = Schema.infer(FRAME[["time", "late"]]).to_dict()
    assert given["columns"][0].pop("moment") == "%H%M"
    off = Synthesizer(generator="chains", seed=0).fit(FRAME, schema=Schema.from_dict(given)).sample(500, seed=0)
    assert (off["time"] % 100 >= 60).any()
