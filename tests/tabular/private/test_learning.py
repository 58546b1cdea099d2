"""A whole private fit: what it promises, what it refuses, what its model file holds."""

from __future__ import annotations

import itertools
import json
import re

import numpy as np
import pandas as pd
import pytest

from synthgan import ConfigError, DataError, Network, PrivacyError, Schema, SchemaError, Synthesizer
from synthgan.config import PrivacyConfig
from synthgan.data.schema import Column, Kind
from synthgan.io import modelfile
from synthgan.privacy import curator
from synthgan.tabular.intake import limit_rows
from synthgan.tabular.private.budget import MAX_PAIRS, ROUNDS, plan_budget
from synthgan.tabular.private.learning import hopeless

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def table(patients):
    return patients.drop(columns="patient")


def fit(table, **options):
    return Synthesizer(epsilon=4.0, seed=0, **options).fit(table)


def test_a_private_table_has_the_form_of_the_real_one_and_its_strong_ties(table):
    """At epsilon 4 insulin is 4 times likelier for the old; half of that must be left (the noise is 10 times smaller)."""
    drawn = fit(table).sample(3_000)
    assert list(drawn.columns) == list(table.columns)
    assert (drawn.dtypes == table.dtypes).all()
    insulin = drawn["drug"].eq("insulin")
    assert insulin[drawn["age"] > 60].mean() > 2 * insulin[drawn["age"] <= 60].mean()
    assert drawn["cost"].isna().mean() == pytest.approx(0.2, abs=0.05)
    assert (drawn["cost"].dropna().round(2) == drawn["cost"].dropna()).all()


def test_the_ledger_stays_within_epsilon_and_names_every_answer(table, monkeypatch):
    """Each draw of noise has its charge, of the same size and in the same order; nothing is answered without one."""
    drawn = []
    for name in ("whole_normal", "weighted_choices"):
        real = getattr(curator, name)
        monkeypatch.setattr(curator, name, lambda *words, real=real: drawn.append(words) or real(*words))
    manifest = fit(table).manifest()
    ledger = manifest["privacy"]
    assert ledger["epsilon"] <= 4.0
    assert ledger["epsilon"] > 3.9
    assert ledger["delta"] == 1e-6
    assert set(json.loads(json.dumps(ledger))) == {
        "epsilon",
        "epsilon_replace_one",
        "delta",
        "unit",
        "accountant",
        "charges",
    }
    assert len(drawn) == len({id(charge) for charge in ledger["charges"]}) == len(ledger["charges"])
    for words, charge in zip(drawn, ledger["charges"], strict=True):
        assert words[1] == charge["steps" if charge["mechanism"] == "exponential" else "sigma"]
    stages = [charge["stage"] for charge in ledger["charges"]]
    assert stages == sorted(stages, key=["columns", "pairs", "choices", "triples"].index) or "choices" in stages
    assert stages.count("pairs") == 6
    assert stages.count("triples") == 4


@pytest.mark.parametrize("columns", [1, 2])
def test_narrow_tables(table, columns):
    model = fit(table.iloc[:, :columns])
    assert model.manifest()["privacy"]["epsilon"] <= 4.0
    assert model.sample(10).shape == (10, columns)


def test_the_file_opens_and_draws_the_same_and_conditions_hold(table, tmp_path):
    model = fit(table)
    model.save(tmp_path / "m.synthgan")
    again = Synthesizer.load(tmp_path / "m.synthgan")
    pd.testing.assert_frame_equal(again.sample(50), model.sample(50))
    assert again.manifest()["privacy"] == model.manifest()["privacy"]
    assert again.epsilon == 4.0
    drawn = again.sample(200, where={"drug": "insulin", "age": (70, None)})
    assert drawn["drug"].eq("insulin").all()
    assert (drawn["age"] >= 70).all()
    assert again.impute(table)["cost"].notna().all()


def test_no_row_gets_into_the_file(table, tmp_path):
    """A planted level, number, digit and gap, and what the seed would have shown: none is in any byte of the file."""
    table = table.copy()
    table.loc[7, "drug"] = "planted-level-9731"
    table["cost"] = table["cost"].fillna(50.0)
    table.loc[7, "cost"] = 918273645.4242
    table["score"] = np.arange(len(table)) % 50 + 0.5
    table.loc[7, "score"] = np.nan
    path = tmp_path / "m.synthgan"
    model = fit(table)
    model.save(path)
    held = path.read_bytes()
    assert b"planted-level" not in held
    for dtype in (np.float64, np.float32):
        assert dtype(918273645.4242).tobytes() not in held
    assert b"918273645" not in held
    columns = {column["name"]: column for column in model.manifest()["schema"]["columns"]}
    assert columns["score"].get("missing") is None
    assert columns["score"]["decimals"] == 1
    assert columns["cost"]["decimals"] == 2
    assert len(table) != model.manifest()["rows"] or len(table) != fit(table).manifest()["rows"]
    assert model.sample(500)["cost"].max() < 1e8


def test_noise_differs_between_fits_of_one_seed(table):
    assert not fit(table).sample(100).equals(fit(table).sample(100))


def test_a_private_game_is_charged_whole_and_leaves_no_critic(table, tmp_path):
    """Every step has its charge; insulin stays likelier for the old (see above); the file knows no critic."""
    plan_budget.cache_clear()  # its steps are fewer here
    model = fit(table, mechanism="dpsgd")
    ledger = model.manifest()["privacy"]
    assert 3.9 < ledger["epsilon"] <= 4.0
    assert [charge["steps"] for charge in ledger["charges"] if charge["mechanism"] == "subsampled gaussian"] == [80]
    assert {charge["stage"] for charge in ledger["charges"]} == {"columns", "pairs", "training"}
    model.save(tmp_path / "m.synthgan")
    assert not any("critic" in name for name in modelfile.read(tmp_path / "m.synthgan")[1])
    again = Synthesizer.load(tmp_path / "m.synthgan")
    assert again.mechanism == "dpsgd"
    drawn = again.sample(3_000)
    pd.testing.assert_frame_equal(drawn, model.sample(3_000))
    insulin = drawn["drug"].eq("insulin")
    assert insulin[drawn["age"] > 60].mean() > 2 * insulin[drawn["age"] <= 60].mean()
    assert again.sample(50, where={"drug": "insulin"})["drug"].eq("insulin").all()
    plan_budget.cache_clear()


def test_a_private_game_protects_single_rows_only(patients):
    with pytest.raises(PrivacyError, match="max_rows_per_unit must be 1 where mechanism='dpsgd'"):
        Synthesizer(epsilon=4.0, mechanism="dpsgd", unit="patient", max_rows_per_unit=2).fit(patients)


def test_mechanisms_are_named(table):
    with pytest.raises(ConfigError, match="mechanism must be one of marginals, dpsgd, however: mechanism='aim'"):
        fit(table, mechanism="aim")
    with pytest.raises(ConfigError, match="mechanism must be left alone without epsilon"):
        Synthesizer(mechanism="dpsgd").fit(table)


@pytest.mark.parametrize("mechanism", ["marginals", "dpsgd"])
def test_a_plan_costs_nothing_and_says_how_long(table, mechanism):
    plan_budget.cache_clear()
    assert 0 < Synthesizer(epsilon=4.0, mechanism=mechanism).plan(table).seconds < 600
    plan_budget.cache_clear()


def test_units_are_limited_and_their_column_is_left_out(patients):
    model = Synthesizer(epsilon=4.0, unit="patient", max_rows_per_unit=2).fit(patients)
    ledger = model.manifest()["privacy"]
    assert "patient" not in model.sample(5)
    assert ledger["unit"] == "all rows of one patient (of which at most 2 are learned)"
    assert {charge["sensitivity"] for charge in ledger["charges"]} == {2}
    assert ledger["epsilon"] <= 4.0


def test_limit_rows_keeps_any_of_a_units_rows_and_all_nameless_ones():
    frame = pd.DataFrame({"unit": ["a"] * 50 + ["b"] * 2 + [None] * 5, "row": range(57)})
    seen: set[int] = set()
    for _ in range(200):
        kept = limit_rows(frame, "unit", 3)
        assert kept["unit"].value_counts().to_dict() == {"a": 3, "b": 2}
        assert kept["unit"].isna().sum() == 5
        seen |= set(kept["row"])
    assert len(seen) == 57  # a row of 50 is in none of 200 draws of 3 with a chance of 4e-6: false alarms 2e-4


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"generator": "chains"}, "generator must be 'network'"),
        ({"keep_extremes": True}, "exact extremes must not .*; keep_extremes=False or declare bounds"),
        ({"generator": "network", "modes": "gmm"}, "modes must be 'quantile'"),
        ({"generator": Network(packing=2)}, "packing must be 1"),
        ({"generator": Network(steps=9)}, "steps must be left alone"),
        ({"delta": 1e-3}, r"delta must be below one in [23]\d\d\d rows .a noisy count."),
    ],
)
def test_what_would_break_the_promise_is_refused(table, options, words):
    with pytest.raises(PrivacyError, match=words):
        fit(table, **options)


def test_resuming_is_refused(table, tmp_path):
    with pytest.raises(PrivacyError, match=r"in one go, .*; resume=False"):
        list(Synthesizer(epsilon=1.0).fit_steps(table, checkpoint=tmp_path / "c", resume=True))
    assert list(tmp_path.iterdir()) == []


def test_promises_that_mean_nothing_need_a_word(table):
    with pytest.raises(PrivacyError, match="epsilon must be at most 20"):
        Synthesizer(epsilon=21.0).fit(table)
    model = Synthesizer(epsilon=21.0, delta=1e-3, i_know=True).fit(table)
    assert model.manifest()["config"]["i_know"] is True


@pytest.mark.parametrize(
    "options",
    [
        {"epsilon": 0.0},
        {"epsilon": -1.0},
        {"epsilon": "much"},
        {"epsilon": 1e6, "i_know": True},  # noise that hides nobody, and columns of as many groups as there are rows
        {"epsilon": 1.0, "delta": 0.0},
        {"epsilon": 1.0, "delta": 1.0},
        {"unit": "patient"},
        {"epsilon": 1.0, "max_rows_per_unit": 2},
        {"epsilon": 1.0, "unit": "patient", "max_rows_per_unit": 0},
        {"epsilon": 1.0, "i_know": "yes"},
    ],
    ids=str,
)
def test_options_that_cannot_be_used(table, options):
    with pytest.raises(ConfigError):
        Synthesizer(**options).fit(table)


def test_keys_must_be_named_by_whoever_reads_their_names(patients):
    """Whether a column is a key is asked of its name alone: the same values under another name are withheld, if need be."""
    table = patients.assign(patient_nbr=[f"P-{row:05d}" for row in range(len(patients))])
    with pytest.raises(PrivacyError, match=r"'patient_nbr' must be named under epsilon.*called like one; identifiers="):
        fit(table)
    with pytest.raises(PrivacyError, match="'patient_nbr' must be named"):
        fit(table.assign(patient_nbr="the same"))
    drawn = Synthesizer(epsilon=4.0).fit(table, identifiers=["patient_nbr"], drop=["patient"]).sample(3)
    assert drawn["patient_nbr"].str.fullmatch(r"[0-9a-f-]{36}").all()


def test_a_column_of_nothing_but_rare_levels_is_withheld_and_named(table, tmp_path):
    told = []
    model = Synthesizer(epsilon=4.0, seed=0)
    for step in model.fit_steps(table.assign(code=[f"P-{row:05d}" for row in range(len(table))])):
        told += [step.message] if step.message else []
    assert [message.partition(":")[0] for message in told] == ["column 'code' is withheld, and empty in all samples"]
    model.save(tmp_path / "m.synthgan")
    drawn = Synthesizer.load(tmp_path / "m.synthgan").sample(50)
    assert drawn["code"].isna().all()
    assert drawn["age"].notna().all()


def test_a_table_without_rows_is_learned_like_any_other(table):
    drawn = fit(table.iloc[:0]).sample(5)
    assert (drawn.dtypes == table.dtypes).all()


def test_a_declared_schema_never_refuses_a_value(table):
    schema = Schema.infer(table)
    with pytest.raises(DataError, match="stated in the schema"):
        Synthesizer(epsilon=4.0).fit(table, schema=schema, drop=["age"])
    full = Schema("pandas", (Column("cost", Kind.DECIMAL, "float64", decimals=2),))
    assert Synthesizer(epsilon=4.0).fit(table, schema=full).sample(500)["cost"].isna().mean() > 0.1
    with pytest.raises(SchemaError, match="must be in the table once, however: found none"):
        Synthesizer(epsilon=4.0).fit(table.drop(columns="cost"), schema=full)
    with pytest.raises(SchemaError, match=r"must hold numbers \(float64\), however: found stamps"):
        Synthesizer(epsilon=4.0).fit(table.assign(cost=pd.Timestamp(0)), schema=full)
    with pytest.raises(DataError, match="must have a column to learn"):
        Synthesizer(epsilon=4.0, unit="cost").fit(table, schema=full)
    with pytest.raises(DataError, match="unit must name a column"):
        Synthesizer(epsilon=4.0, unit="nobody").fit(table)
    assert Synthesizer(epsilon=4.0).fit(table, schema=schema).sample(3).shape == (3, 4)


def test_a_budget_that_pays_for_nothing_is_refused(table):
    with pytest.raises(PrivacyError, match="pays for nothing"):
        Synthesizer(epsilon=1e-6).fit(table)


def test_wide_tables_choose_their_pairs(monkeypatch):
    monkeypatch.setattr("synthgan.tabular.private.budget.MAX_PAIRS", 20)
    rng = np.random.default_rng(0)
    base = rng.integers(0, 3, 2_000)
    table = pd.DataFrame({f"c{at}": rng.integers(0, 3, 2_000) for at in range(10)})
    table["tied"] = np.where(rng.random(2_000) < 0.95, base, 0)
    table["base"] = base
    model = fit(table.astype(str))
    asked = [charge["purpose"] for charge in model.manifest()["privacy"]["charges"] if charge["stage"] == "pairs"]
    assert len(asked) == 20
    assert (
        "tied × base" in asked
    )  # its counts differ by 1,200 rows from independence, the noise on choices is about 100


def test_budgets_are_fixed_before_a_row_is_seen():
    column = [Column(f"c{at}", Kind.CATEGORY, "object") for at in range(40)]
    for count, pairs in ((1, 0), (2, 1), (3, 3), (14, 91), (40, MAX_PAIRS)):
        budget = plan_budget(Schema("pandas", tuple(column[:count])), 1.0, 1e-6)
        assert budget.columns == pytest.approx([1 / count] * count)
        assert budget.pairs == pairs
        assert budget.triples == (0 if count < 3 else min(ROUNDS * max(1, round(count / 2)), budget.triples))
        assert budget.level_delta * count <= 0.1 * 1e-6 * (1 + 1e-9)


def test_columns_of_more_cells_are_given_less_noise():
    declared = Column("code", Kind.CATEGORY, "object", levels=tuple(map(str, range(200))))
    columns = (
        declared,
        Column("ill", Kind.BOOLEAN, "bool"),
        Column("age", Kind.INTEGER, "int64", minimum=1, maximum=98),
    )
    budget = plan_budget(Schema("pandas", columns), 1.0, 1e-6)
    assert sum(budget.columns) == pytest.approx(1)
    assert budget.column_noise(1, 1.0) == pytest.approx(10**0.5 * budget.column_noise(0, 1.0))
    assert budget.column_noise(1, 1.0) == pytest.approx(7**0.5 * budget.column_noise(2, 1.0))


def test_pairs_of_more_cells_are_given_less_noise_and_constant_columns_are_not_asked():
    """What pairs may spend is divided among them by the square root of their cells; a pair with a constant tells nothing."""
    rng = np.random.default_rng(0)
    wide, narrow = rng.integers(0, 10, (2, 4_000)), rng.integers(0, 2, (2, 4_000))
    table = pd.DataFrame({"a": wide[0], "b": wide[1], "c": narrow[0], "d": narrow[1], "e": 1}).astype(str)
    levels = tuple(map(str, range(10)))
    schema = Schema(
        "pandas", tuple(Column(name, Kind.CATEGORY, str(table[name].dtype), levels=levels) for name in "abcde")
    )
    model = Synthesizer(epsilon=4.0, seed=0).fit(table, schema=schema)
    charges = model.manifest()["privacy"]["charges"]
    sigma = {charge["purpose"]: charge["sigma"] for charge in charges if charge["stage"] == "pairs"}
    assert set(sigma) == {f"{first} × {second}" for first, second in itertools.combinations("abcd", 2)}
    assert sigma["c × d"] / sigma["a × b"] == pytest.approx(
        3
    )  # 9 × 9 cells beyond the margins, and 1: their fourth root
    plan = plan_budget(schema, 4.0, 1e-6)
    assert sum(noise**-2 for noise in sigma.values()) == pytest.approx(plan.scale**2 * plan.shares.pairs)


def test_progress_is_told(table):
    stages = [(step.stage, step.step, step.steps) for step in Synthesizer(epsilon=4.0).fit_steps(table)]
    assert [stage for stage, _ in itertools.groupby(stages, key=lambda told: told[0])] == [
        "reading",
        "encoding",
        "measuring",
    ]
    assert stages[-1][1] == stages[-1][2] == 5


def test_a_plan_asks_nothing_of_the_rows(patients, monkeypatch):
    monkeypatch.setattr(curator.Curator, "_charge_gaussian", None)  # any question would fail
    plan = Synthesizer(epsilon=1.0, unit="patient").plan(patients)
    assert plan.schema.names == ("age", "drug", "cost", "died")
    assert plan.rows == patients["patient"].nunique()
    assert 0 < plan.seconds < 600
    assert plan.schema.column("cost").decimals is None


@pytest.mark.parametrize(("rows", "epsilon", "warned"), [(300, 4.0, True), (1_000, 4.0, False), (1_000, 1.0, True)])
def test_too_few_rows_are_warned_of(table, rows, epsilon, warned):
    steps = Synthesizer(epsilon=epsilon, delta=1e-4).fit_steps(table.head(rows))
    told = [step.message for step in steps if step.message]
    assert len(told) == warned
    if warned:
        assert re.search(rf"about [\d,]+ rows at epsilon={epsilon:g} are too few: the noise hides how columns", told[0])
        assert f"count on {2_000 / epsilon:,.0f} rows or more" in told[0]


def test_rows_of_a_unit_share_what_epsilon_pays_for():
    told = hopeless(500, PrivacyConfig(epsilon=2.0, unit="patient", max_rows_per_unit=3))
    assert "at epsilon=2 and 3 rows of a unit are too few" in told
    assert "count on 3,000 rows or more" in told


@pytest.mark.parametrize(
    ("options", "words"),
    [({"delta": 0.1}, "delta must be below one in"), ({"generator": "chains"}, "must be 'network'")],
)
def test_a_plan_refuses_what_a_fit_refuses(table, options, words):
    with pytest.raises(PrivacyError, match=words):
        Synthesizer(epsilon=1.0, **options).plan(table)
