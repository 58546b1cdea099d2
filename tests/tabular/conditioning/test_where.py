"""What ``where`` can say, and what it refuses by name."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from helpers.generators import small

from synthgan import Network, Synthesizer
from synthgan.data.clauses import Clause, read_where
from synthgan.errors import DataError
from synthgan.tabular.registry import GENERATORS

ROWS = 1_200
RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(
    {
        "sex": RNG.choice(["F", "M"], ROWS),
        "stage": pd.Categorical(RNG.choice(["low", "mid", "high"], ROWS), ["low", "mid", "high"], ordered=True),
        "smoker": RNG.random(ROWS) < 0.3,
        "age": RNG.integers(18, 95, ROWS),
        "weight": RNG.normal(70, 12, ROWS).round(1),
        "ratio": RNG.random(ROWS),
        "visits": RNG.poisson(2, ROWS),
        "admitted": pd.Timestamp("2020-01-01") + pd.to_timedelta(RNG.integers(0, 700, ROWS), "D"),
        "stay": pd.to_timedelta(RNG.integers(0, 5_000, ROWS), "min"),
        "lab": np.where(RNG.random(ROWS) < 0.4, np.nan, RNG.gamma(2, size=ROWS)),
        "site": RNG.choice(["a", None, "b|c"], ROWS),
        "patient_id": [f"P{number:05d}" for number in range(ROWS)],
        "country": "IT",
    }
)


@pytest.fixture(scope="module", params=GENERATORS)
def fitted(request: pytest.FixtureRequest) -> Synthesizer:
    return Synthesizer(generator=small(request.param, chains=4, steps=5, classes=8, holdout_share=0.0), seed=0).fit(
        TABLE
    )


def test_texts_and_values_read_alike() -> None:
    assert read_where(["sex=F", "age>=65", "age<80", "site="]) == [
        Clause("sex", ("F",)),
        Clause("age", low="65"),
        Clause("age", high="80", strict=True),
        Clause("site", (None,)),
    ]
    assert read_where({"age": (65, None), "sex": ["F", "M"], 3: None}) == [
        Clause("age", low=65),
        Clause("sex", ("F", "M")),
        Clause(3, (None,)),
    ]


@pytest.mark.parametrize(
    ("where", "met"),
    [
        ({"sex": "F"}, lambda f: f.sex == "F"),
        (["sex=F|M"], lambda f: f.sex.isin(["F", "M"])),
        (["stage=high"], lambda f: f.stage == "high"),
        (["stage>=mid"], lambda f: f.stage >= "mid"),
        (["stage<mid"], lambda f: f.stage == "low"),
        ({"stage": ("low", "mid")}, lambda f: f.stage <= "mid"),
        ({"smoker": True}, lambda f: f.smoker),
        (["smoker=false"], lambda f: ~f.smoker),
        ({"age": (65, None)}, lambda f: f.age >= 65),
        (["age>=40", "age<41"], lambda f: f.age == 40),
        (["age=30|50"], lambda f: f.age.isin([30, 50])),
        (["weight>80"], lambda f: f.weight > 80),
        ({"weight": (69.9, 70.1)}, lambda f: f.weight.between(69.9, 70.1)),
        (["ratio>=0.25", "ratio<=0.26"], lambda f: f.ratio.between(0.25, 0.26)),
        ({"visits": [0, 3]}, lambda f: f.visits.isin([0, 3])),
        (["admitted>=2021-01-01"], lambda f: f.admitted >= "2021-01-01"),
        (
            {"admitted": (dt.date(2020, 2, 1), dt.date(2020, 2, 9))},
            lambda f: f.admitted.between("2020-02-01", "2020-02-09"),
        ),
        ({"stay": (dt.timedelta(hours=10), None)}, lambda f: f.stay >= "10h"),
        (["stay<PT10H"], lambda f: f.stay < "10h"),
        (["lab="], lambda f: f.lab.isna()),
        (["lab>=1"], lambda f: f.lab >= 1),
        ({"site": None}, lambda f: f.site.isna()),
        ({"site": "b|c"}, lambda f: f.site == "b|c"),
        (["site=b|c"], lambda f: f.site == "b|c"),
        (["site!=a", "site!="], lambda f: f.site == "b|c"),
        (["age!=30|31", "age>29.5", "age<=32"], lambda f: f.age == 32),
        ({"age": (30.5, 31.5)}, lambda f: f.age == 31),
        ({"visits": {">": 2.5}}, lambda f: f.visits >= 3),
        ({"lab": {"!=": None, "<": 2}}, lambda f: f.lab < 2),
        ({"sex": ["F"], "visits": {"not in": [0, 1, None]}}, lambda f: (f.sex == "F") & (f.visits >= 2)),
        (
            ["sex=M", "age>=60", "stage=low", "smoker=true", "lab="],
            lambda f: (f.sex == "M") & (f.age >= 60) & f.lab.isna(),
        ),
    ],
)
def test_every_row_meets_the_condition(fitted: Synthesizer, where: object, met: object) -> None:
    rows = fitted.sample(60, where=where)
    assert len(rows) == 60
    assert met(rows).all()  # type: ignore[operator]
    assert list(rows.columns) == list(TABLE.columns)


@pytest.mark.parametrize("generator", GENERATORS)
def test_lists_of_numbers_keep_their_proportions(generator: str) -> None:
    """0 is four times as common as 1; of 3,000 rows .8 ± .04 (five standard errors) are 0."""
    table = pd.DataFrame({"x": [0] * 800 + [1] * 200 + [2] * 500, "y": list("ab") * 750})
    rows = Synthesizer(generator=small(generator, steps=0)).fit(table).sample(3_000, where={"x": [0, 1]})
    assert (rows.x == 0).mean() == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"sexx": "F"}, "'sexx'; did you mean 'sex'"),
        ({"sex": "X"}, "'X' never was"),
        ({"sex": None}, "missing never was"),
        (["age=17"], "'17' never was; known: .*18"),
        (["age>=200"], "age>=200 cannot be met; learned values lie between"),
        (["age>=50", "age<40"], "exclude each other"),
        ({"age": (60, 50)}, "lower bound is above"),
        (["sex=F", "sex=M"], "exclude each other"),
        (["sex>F"], "a range must be on a number"),
        (["age>=old"], "column 'age' must be a number, however: 'old'"),
        (["admitted>=someday"], "column 'admitted' must be an ISO date"),
        (["sex"], "must be like sex=F"),
        (["age>="], "must have a bound"),
        (["age=30.5"], "age=30.5 cannot be met; the column can have whole numbers only"),
        ({"weight": 70.03}, "weight=70.03 cannot be met; the column can have numbers of 1 decimals only"),
        (["visits>2.2", "visits<2.9"], "exclude each other"),
        ({"admitted": "2020-02-01T12:00"}, "the column can have whole days only"),
        (["age>=nan"], "age>=nan cannot be met; a bound is missing"),
        (["sex!=F|M"], "sex!=F|M cannot be met"),
        (["sex!=X"], "'X' never was"),
        (["visits!=0|1|2|3|4|5|6|7|8|9|10"], "it leaves no value"),
        (["age>=1e999"], "cannot be met"),
        ({"age": [30, 17]}, "'17' never was"),
        ({"sex": [True]}, "'True' never was"),
        ({"admitted": 5}, "column 'admitted' must be an ISO date"),
        (["stay>soon"], "column 'stay' must be a duration or time such as PT90S, 10h or 08:30, however: 'soon'"),
        (len, "conditions must be a mapping"),
        (pd.DataFrame({"sexx": ["F"]}), "row 1 of the conditions: .*'sexx'; did you mean 'sex'"),
        ([{"sex": "F"}, {"sex": "X"}], "row 2 of the conditions: .*'X' never was"),
        ([{"sex": "F"}] * 6, "however: 5 for 6 rows"),
        (["patient_id=P00001"], "kind identifier"),
        (["country=DE"], "in every row"),
        (["stage>=higher"], "'higher' never was; did you mean 'high'"),
        ({"age": (1, 2, 3)}, r"must be \(low, high\)"),
    ],
)
def test_impossible_conditions_are_refused_by_name(fitted: Synthesizer, where: object, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        fitted.sample(5, where=where)
    assert "\n" not in str(caught.value)


PREGNANT = pd.DataFrame({"sex": ["F"] * 500 + ["M"] * 500, "pregnant": [True, False] * 250 + [False] * 500})


def test_a_network_gives_rows_of_a_combination_never_seen_and_a_warning() -> None:
    synthesizer = Synthesizer(generator=Network(steps=0)).fit(PREGNANT)
    with pytest.warns(UserWarning, match="rarer than one row"):
        rows = synthesizer.sample(40, where={"sex": "M", "pregnant": True})
    assert len(rows) == 40
    assert (rows.sex == "M").all()
    assert rows.pregnant.all()


def test_chains_refuse_a_combination_never_seen() -> None:
    synthesizer = Synthesizer(generator="chains").fit(PREGNANT)
    with pytest.raises(DataError, match=r"must be one that rows can meet, however: .* a probability of 0"):
        synthesizer.sample(40, where={"sex": "M", "pregnant": True})
    assert synthesizer.sample(40, where={"sex": "F", "pregnant": True}).pregnant.all()


def test_too_many_combinations_are_refused(fitted: Synthesizer) -> None:
    many = [60 + tenth / 10 for tenth in range(201)]
    with pytest.raises(DataError, match="at most 200 combinations"):
        fitted.sample(5, where={"weight": many})


@pytest.mark.parametrize(
    ("where", "remedy"),
    [
        ("20<=age<=30", "where=['age>=20', 'age<=30'] (a range is two conditions)"),
        ("20 < age < 30", "where=['age>20', 'age<30'] (a range is two conditions)"),
        ("age>=20 and age<=30", "where=['age>=15', 'age<=18'] (a range, say)"),
        ("age=20-30", "where=['age>=15', 'age<=18'] (a range, say)"),
        ("admitted=2020", "where=['admitted>=2020-01-01', 'admitted<=2020-12-31'] (a range, say)"),
        ("20<=aeg<=30", "known: sex, stage"),
    ],
)
def test_a_range_in_one_condition_is_refused_with_the_two_it_takes(
    fitted: Synthesizer, where: str, remedy: str
) -> None:
    with pytest.raises(DataError, match=r"must be a number|must be an ISO date|must name a column") as caught:
        fitted.sample(5, where=[where])
    assert remedy in str(caught.value)
