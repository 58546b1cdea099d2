"""What holds between linked tables: found in real ones, kept in drawn ones, declared and switched off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers.shop import shop
from helpers.small_walks import small_walks

from synthgan import Database, DatabaseSynthesizer, DataError, SchemaError
from synthgan.data.linkedrules import LinkedRule
from synthgan.data.table import Table
from synthgan.relational.lineage import Lineage
from synthgan.relational.rules.finding import find_rules, with_found_rules
from synthgan.relational.rules.keeping import with_rules
from synthgan.relational.rules.sight import Sight


@pytest.fixture(scope="module")
def found():
    return {str(rule): rule for rule in find_rules(shop())}


@pytest.fixture(scope="module")
def fitted():
    with small_walks():
        return DatabaseSynthesizer(seed=0).fit(shop())


@pytest.fixture(scope="module")
def drawn(fitted):
    return fitted.sample(80)


def test_orders_along_paths_are_found_with_the_share_that_breaks_them(found):
    for words in ("bills.opened >= customers.since", "lines.packed <= bills.closed", "lines.packed <= customers.until"):
        assert found[words].broken == 0
    assert 0 < found["lines.packed >= bills.opened"].broken < 0.01


def test_what_is_constant_or_never_falls_below_a_row_is_found(found):
    assert "bills.currency is constant in customers" in found
    assert "bills.meter never falls in customers" in found
    assert "lines.pieces is constant in bills" not in found


def test_totals_are_found_and_codes_are_not_summed(found):
    for words in (
        "customers.bills = count(bills)",
        "bills.total = sum(lines.price * lines.pieces)",
        "bills.closed = max(lines.packed)",
    ):
        assert words in found
    assert not [words for words in found if words.startswith(("customers.since =", "bills.meter ="))]


def test_moments_are_compared_in_the_coarser_unit_where_they_hold_in_no_finer_one():
    people = pd.DataFrame({"id": np.arange(40), "died": pd.date_range("2020-01-01", periods=40)})
    stays = pd.DataFrame({"id": np.arange(40), "left": people["died"] + pd.Timedelta("9h")})
    given = Database(
        {"people": people, "stays": stays}, primary_keys={"people": "id"}, foreign_keys={"stays": {"id": "people"}}
    )
    rules = {str(rule) for rule in find_rules(given)}
    assert "stays.left <= people.died (by days)" in rules
    assert "stays.left >= people.died" in rules


def sight(bills, lines):
    tables = {"bills": Table.read(bills), "lines": Table.read(lines.drop(columns="at"))}
    lineage = Lineage({"bills": len(bills), "lines": len(lines)}, {"lines": "bills"}, {"lines": lines["at"].to_numpy()})
    return Sight(tables, lineage, {"lines": "begun"})


def lines(rows, rng):
    begun = pd.to_datetime("2020-01-01") + pd.to_timedelta(rng.integers(0, 20_000, rows), "min")
    ended = begun + pd.to_timedelta(rng.integers(-500, 500, rows), "min")
    frame = pd.DataFrame({"at": np.sort(rng.integers(0, 20, rows)), "begun": begun, "ended": ended})
    frame["day"] = (begun + pd.to_timedelta(rng.integers(-2, 2, rows), "D")).normalize()
    frame["ended"] = frame["ended"].where(rng.random(rows) < 0.9)
    return frame


def bills():
    opened = pd.to_datetime("2020-01-03") + pd.to_timedelta(np.arange(20) * 7, "h")
    return pd.DataFrame({"opened": opened, "closed": opened + pd.Timedelta("5D 7min")})


RULES = [
    LinkedRule("lines", "begun", ">=", "bills", "opened"),
    LinkedRule("lines", "ended", "<=", "bills", "closed"),
    LinkedRule("lines", "begun", "<=", "lines", "ended"),
    LinkedRule("lines", "begun", "<=", "bills", "closed"),
    LinkedRule("lines", "day", "<=", "lines", "begun", unit="day"),
    LinkedRule("lines", "day", ">=", "lines", "begun", unit="day"),
    LinkedRule("lines", "ended", "rising", "bills"),
]


def test_drawn_rows_are_moved_into_what_all_rules_leave_them():
    given = lines(600, np.random.default_rng(1))
    made = with_rules(sight(bills(), given), "lines", RULES, np.random.default_rng(2)).frame()
    above = bills().iloc[given["at"]].reset_index(drop=True)
    assert (made["ended"].isna() == given["ended"].isna()).all()
    there = made["ended"].notna()
    assert (made["begun"] >= above["opened"]).all()
    assert (made["begun"] <= above["closed"]).all()
    assert (made["ended"] <= above["closed"])[there].all()
    assert (made["begun"] <= made["ended"])[there].all()
    assert (made["day"] == made["begun"].dt.normalize()).all()
    ordered = made.assign(at=given["at"])[there].sort_values(["at", "begun"], kind="stable")
    assert ordered.groupby("at")["ended"].apply(lambda one: one.is_monotonic_increasing).mean() > 0.9


def test_what_keeps_all_rules_stays_as_it_is():
    given = lines(200, np.random.default_rng(1))
    once = with_rules(sight(bills(), given), "lines", RULES, np.random.default_rng(2))
    again = with_rules(sight(bills(), once.frame().assign(at=given["at"])), "lines", RULES, np.random.default_rng(2))
    pd.testing.assert_frame_equal(again.frame(), once.frame())


def test_as_many_rows_break_a_rule_as_real_ones_do():
    given = lines(1_000, np.random.default_rng(1))
    rule = LinkedRule("lines", "ended", ">=", "bills", "opened", broken=0.05)
    made = with_rules(sight(bills(), given), "lines", [rule], np.random.default_rng(2)).frame()
    above = bills().iloc[given["at"]].reset_index(drop=True)
    asked = made["ended"].notna()
    assert (made["ended"] < above["opened"])[asked].sum() == int(0.05 * asked.sum())


def test_what_some_real_rows_break_gives_way_to_what_none_does():
    given = lines(400, np.random.default_rng(1))
    early = bills().assign(early=bills()["opened"] - pd.Timedelta("1h"))
    rules = [
        LinkedRule("lines", "begun", ">=", "bills", "opened"),
        LinkedRule("lines", "begun", "<=", "bills", "early", broken=0.3),
    ]
    made = with_rules(sight(early, given), "lines", rules, np.random.default_rng(2)).frame()
    assert (made["begun"] >= early["opened"].iloc[given["at"]].reset_index(drop=True)).all()


def test_a_row_that_need_not_keep_a_rule_leads_no_other_beyond_it():
    given = lines(400, np.random.default_rng(1)).sort_values(["at", "begun"], ignore_index=True)
    rule = LinkedRule("lines", "begun", "<=", "bills", "closed", broken=0.05)
    made = with_rules(sight(bills(), given), "lines", [rule], np.random.default_rng(2)).frame()
    above = bills().iloc[given["at"]].reset_index(drop=True)
    assert (made["begun"] > above["closed"]).sum() == int(0.05 * len(given))


def test_times_come_by_whole_days_into_a_day():
    given = lines(300, np.random.default_rng(1))
    above = bills().assign(day=bills()["opened"].dt.normalize())
    rules = [LinkedRule("lines", "ended", relation, "bills", "day", unit="day") for relation in ("<=", ">=")]
    made = with_rules(sight(above, given), "lines", rules, np.random.default_rng(2)).frame()
    moved = (made["ended"] - given["ended"]).dropna()
    assert (moved != pd.Timedelta(0)).any()
    assert (moved % pd.Timedelta("1D") == pd.Timedelta(0)).all()


def test_a_drawn_shop_keeps_all_of_it(drawn):
    people, bills, lines = (drawn[name] for name in ("customers", "bills", "lines"))
    owned = bills.merge(people, on="customer_id")
    assert (owned["opened"] >= owned["since"]).all()
    assert bills.groupby("customer_id")["currency"].nunique().max() == 1
    in_order = bills.sort_values(["customer_id", "opened"], kind="stable")
    assert in_order.groupby("customer_id")["meter"].apply(lambda one: one.is_monotonic_increasing).all()
    packed = lines.merge(bills, on="bill_id").merge(people, on="customer_id")
    assert (packed["packed"] <= packed["until"])[packed["until"].notna()].all()
    assert (packed["packed"] < packed["opened"]).mean() < 0.01


def test_totals_are_those_of_the_rows_below(drawn):
    people, bills, lines = (drawn[name] for name in ("customers", "bills", "lines"))
    summed = (lines["price"] * lines["pieces"]).groupby(lines["bill_id"]).sum().round(2)
    closed = lines.groupby("bill_id")["packed"].max()
    there = bills[bills["bill_id"].isin(summed.index)]
    np.testing.assert_allclose(there["total"], summed.loc[there["bill_id"]], atol=1e-9)
    assert (there["closed"].to_numpy() == closed.loc[there["bill_id"]].to_numpy()).all()
    counted = bills.groupby("customer_id").size().reindex(people["customer_id"], fill_value=0)
    assert (people["bills"].to_numpy() == counted.to_numpy()).all()


def test_conditions_on_totals_are_met_by_the_rows_below(fitted):
    made = fitted.sample(20, where=["customers.bills>=3", "bills.total>=40"])
    assert (made["customers"]["bills"] >= 3).all()
    assert (made["bills"].groupby("customer_id").size().loc[made["customers"]["customer_id"]] >= 3).all()
    dear = made["bills"][made["bills"]["total"] >= 40]
    assert set(made["customers"]["customer_id"]) <= set(dear["customer_id"])
    with pytest.raises(DataError, match="must not speak of totals of rows below, however: 'bills' is one"):
        fitted.sample(2, where={"customers": [{"bills": 3}, {"bills": 2}]})


def test_a_file_keeps_the_rules(fitted, drawn, tmp_path):
    fitted.save(tmp_path / "shop.synthgan")
    opened = DatabaseSynthesizer.load(tmp_path / "shop.synthgan")
    assert opened.schema_.rules == fitted.schema_.rules
    for name, frame in opened.sample(80).items():
        pd.testing.assert_frame_equal(frame, drawn[name])


def test_rules_are_declared_switched_off_and_refused():
    given = with_found_rules(shop())
    off = [replace(rule, use=rule.column not in {"currency", "total"}) for rule in given.schema.rules]
    assert with_found_rules(shop().with_rules(off)).schema.rules == tuple(off)
    with small_walks():
        made = DatabaseSynthesizer(seed=0).fit(shop().with_rules(off)).sample(80)
    lines = made["lines"]
    summed = (lines["price"] * lines["pieces"]).groupby(lines["bill_id"]).sum().round(2)
    there = made["bills"][made["bills"]["bill_id"].isin(summed.index)]
    assert (there["total"].to_numpy() != summed.loc[there["bill_id"]].to_numpy()).mean() > 0.5
    with pytest.raises(SchemaError, match="found no 'cost'"):
        shop().with_rules([LinkedRule("bills", "cost", "sum", "lines", "price")])
    with pytest.raises(SchemaError, match="must be of a table above its own, or its own, however: 'lines' is none"):
        shop().with_rules([LinkedRule("bills", "opened", "<=", "lines", "packed")])
    with pytest.raises(SchemaError, match="must be of a table whose rows belong to it, however: 'bills' is none"):
        shop().with_rules([LinkedRule("lines", "price", "sum", "bills", "total")])
