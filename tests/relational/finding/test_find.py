"""Keys are found by uniqueness, inclusion, type and name; what is uncertain is asked, what is chance is not taken."""

from __future__ import annotations

import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthgan import Database
from synthgan.data.keys import ForeignKey, TableKeys

RNG = np.random.default_rng(0)
IDS = [str(uuid.UUID(int=int(n) << 64 | 7)) for n in RNG.integers(1, 2**60, 200)]


def _table(**columns):
    return pd.DataFrame(columns)


def _found(tables):
    schema = Database(tables).schema
    return {f"{name}.{key}" for name, keys in schema.tables.items() for key in keys.foreign_keys}


def _asked(tables):
    return [str(question) for question in Database(tables).schema.asked]


def _some(values, rows, *, missing=0):
    drawn = RNG.choice(np.asarray(values, dtype=object), rows).tolist()
    drawn[:missing] = [None] * missing
    return drawn


STAFF = _table(employee_id=range(1, 31), name=[f"N{n}" for n in range(30)])
FOUND = {
    "the same name": ({"a": _table(foo_id=range(9)), "b": _table(foo_id=[1, 1, 2])}, "b.foo_id -> a.foo_id"),
    "in other letters": ({"a": _table(FooId=range(9)), "b": _table(foo_id=[1, 1, 2])}, "b.foo_id -> a.FooId"),
    "the table's name": ({"foos": _table(id=range(9)), "b": _table(foo_id=[1, 1, 2])}, "b.foo_id -> foos.id"),
    "the table's name alone": (
        {"Categories": _table(Id=IDS), "b": _table(CATEGORY=[IDS[1]] * 3)},
        "b.CATEGORY -> Categories.Id",
    ),
    "with a role before it": (
        {"d_items": _table(itemid=range(90)), "b": _table(spec_itemid=[1, 1, 7])},
        "b.spec_itemid -> d_items.itemid",
    ),
    "the table's name and the key's": (
        {"products": _table(sku=[f"S{n}" for n in range(30)]), "b": _table(product_sku=["S1", "S1", "S2"])},
        "b.product_sku -> products.sku",
    ),
    "one of several keys of one name": (
        {
            "d_items": _table(itemid=range(200, 290)),
            "d_labitems": _table(itemid=range(100, 130)),
            "b": _table(itemid=[101, 101, 129]),
        },
        "b.itemid -> d_labitems.itemid",
    ),
    "an abbreviation": (
        {"departments": _table(id=range(9)), "b": _table(dep_no=[1, 1, 2])},
        "b.dep_no -> departments.id",
    ),
    "a prefix of the table": (
        {"orders": _table(o_orderkey=range(9), o_x=0.5), "lineitem": _table(l_orderkey=[1, 1, 2], l_tax=0.1)},
        "lineitem.l_orderkey -> orders.o_orderkey",
    ),
    "whole numbers as floats": (
        {"a": _table(foo_id=range(9)), "b": _table(foo_id=[1, None, 2])},
        "b.foo_id -> a.foo_id",
    ),
    "random text of any name": (
        {"payers": _table(Id=IDS), "b": _table(who=_some(IDS[:5], 50))},
        "b.who -> payers.Id",
    ),
    "random text with a mark for nobody": (
        {"payers": _table(Id=IDS), "b": _table(second=_some([*IDS[:5], "0"], 50))},
        "b.second -> payers.Id",
    ),
    "UUID objects": (
        {
            "payers": _table(Id=[uuid.UUID(one) for one in IDS]),
            "b": _table(payer=[uuid.UUID(one) for one in IDS[:3] * 2]),
        },
        "b.payer -> payers.Id",
    ),
    "an own table, by the word for it": (
        {"staff": STAFF.assign(ReportsTo=[None, *_some([1, 2], 29)])},
        "staff.ReportsTo -> staff.employee_id",
    ),
    "the word for a role": (
        {"employees": STAFF, "b": _table(SupportRepId=_some([3, 4, 5], 40))},
        "b.SupportRepId -> employees.employee_id",
    ),
    "some orphans": (
        {"a": _table(item_code=[f"c{n}" for n in range(95)]), "b": _table(item_code=[f"c{n}" for n in range(100)] * 2)},
        "b.item_code -> a.item_code",
    ),
    "one row for each": (
        {"person": _table(person_id=range(40)), "death": _table(person_id=range(25), cause="x")},
        "death.person_id -> person.person_id",
    ),
    "several columns": (
        {
            "partsupp": _table(ps_part_id=np.repeat(range(20), 2), ps_supp_id=[0, 1] * 20, ps_cost=0.5),
            "parts": _table(part_id=range(20)),
            "supps": _table(supp_id=range(2)),
            "lines": _table(part_id=[3, 3, 3, 4], supp_id=[0, 1, 1, 1]),
        },
        "lines.part_id, supp_id -> partsupp.ps_part_id, ps_supp_id",
    ),
}


@pytest.mark.parametrize(("tables", "key"), FOUND.values(), ids=FOUND)
def test_it_is_found(tables, key):
    assert key in _found(tables)


NOTHING = {
    "a count of rows of another table": {
        "orders": _table(order_id=range(50)),
        "b": _table(num_orders=_some(range(9), 30)),
    },
    "the plural is a count": {"orders": _table(id=range(50)), "b": _table(orders=_some(range(9), 30))},
    "small numbers inside every key": {"a": _table(id=range(50)), "b": _table(rating=_some(range(1, 6), 30))},
    "another type": {"a": _table(foo_id=range(9)), "b": _table(foo_id=["1", "1", "2"])},
    "fractions": {"a": _table(foo_id=range(9)), "b": _table(foo_id=[0.5, 1.0, 2.0])},
    "most are orphans": {"a": _table(foo_id=range(9)), "b": _table(foo_id=range(0, 900, 50))},
    "numbers that are none": {"a": _table(foo_id=range(9)), "b": _table(x=pd.array([np.nan, 1.0], "double[pyarrow]"))},
    "lists": {"a": _table(foo_id=range(9)), "b": _table(foo_id=[[1], [2], [3]])},
    "lists of Arrow": {
        "a": _table(foo_id=range(9)),
        "b": _table(foo_id=pd.array([[1]] * 3, pd.ArrowDtype(pa.list_(pa.int8())))),
    },
    "mixed values": {"a": _table(foo_id=range(9)), "b": _table(foo_id=["1", 2, None])},
    "moments as text": {
        "a": _table(a_id=range(99), at=[f"2020-01-01T00:{n // 60:02}:{n % 60:02}Z" for n in range(99)]),
        "b": _table(seen=[f"2020-01-01T00:00:{n:02}Z" for n in range(60)]),
    },
    "nothing is there": {"a": _table(foo_id=range(9)), "b": _table(foo_id=[None, None, None])},
    "another table of a like name": {
        "drug_exposure": _table(drug_exposure_id=range(90)),
        "b": _table(device_exposure_id=[1, 1, 2], x=0.5),
    },
    "a table without a word": {"1": _table(id=range(90)), "b": _table(id=[1, 1, 2])},
    "few numbers": {"wards": _table(ward_id=range(30)), "b": _table(place_id=_some(range(5), 40))},
    "numbers of rows": {"a": _table(row_id=range(9), x=0.5), "b": _table(row_id=range(5), x=0.5)},
    "a word that ends like a key": {"a": _table(circuit_id=range(40)), "b": _table(grid=_some(range(20), 30))},
    "booleans and moments": {
        "a": _table(id=[0, 1]),
        "b": _table(a=[True, False, True], a_id=pd.to_datetime(["2020"] * 3)),
    },
}


@pytest.mark.parametrize("tables", NOTHING.values(), ids=NOTHING)
def test_nothing_is_found_or_asked(tables):
    assert _found(tables) == set()
    assert _asked(tables) == []


ASKED = {
    "many orphans": (
        {"planes": _table(tail_no=range(85)), "b": _table(tail_no=list(range(100)) * 2)},
        ["b.tail_no -> planes.tail_no (names and inclusion 0.85)"],
    ),
    "a key of nobody in particular": (
        {"wards": _table(ward_id=range(30)), "b": _table(place_id=list(range(20)) * 2)},
        ["b.place_id -> wards.ward_id (values and inclusion 1.00)"],
    ),
    "codes of another name": (
        {
            "airports": _table(faa=[f"A{n:02}" for n in range(60)]),
            "b": _table(dest=[f"A{n:02}" for n in range(40)] * 2),
        },
        ["b.dest -> airports.faa (values and inclusion 1.00)"],
    ),
}


@pytest.mark.parametrize(("tables", "questions"), ASKED.values(), ids=ASKED)
def test_what_is_uncertain_is_asked(tables, questions):
    assert _asked(tables) == questions
    assert not any("b." in key for key in _found(tables))


def test_beside_declared_keys_others_are_asked_for():
    tables = {
        "a": _table(a_id=range(9)),
        "b": _table(b_id=range(9)),
        "c": _table(a_id=[1, 1, 2], b_id=[3, 3, 4], x_id=[5, 5, 6]),
    }
    declared = {"c": TableKeys(foreign_keys=(ForeignKey(("a_id",), "a", ("a_id",)),))}
    schema = Database(tables, declared=declared).schema
    assert [str(key) for key in schema.tables["c"].foreign_keys] == ["a_id -> a.a_id"]
    assert list(map(str, schema.asked)) == ["c.b_id -> b.b_id (names and inclusion 1.00)"]


def test_an_answer_ends_the_question():
    database = Database(ASKED["codes of another name"][0])
    assert "asked: b.dest -> airports.faa" in repr(database)
    database.key("b", "dest").references("airports.faa")
    assert database.schema.asked == ()
    database = Database(ASKED["codes of another name"][0])
    database.key("b", "dest").is_no_key()
    assert database.schema.asked == ()


PRIMARY = {
    "called so": (_table(x=range(30), t_id=range(30)), ("t_id",)),
    "the number of a row": (_table(row_id=range(30), value=[1, 2] * 15), ("row_id",)),
    "by name alone where no row is": (_table(x=[], t_id=[]), ("t_id",)),
    "not where it repeats": (_table(t_id=[1, 1, 2] * 10), None),
    "not where it is missing": (_table(t_id=[None, *range(29)]), None),
    "not a measurement": (_table(x=[0] * 30, weight=range(30)), None),
}


@pytest.mark.parametrize(("frame", "key"), PRIMARY.values(), ids=PRIMARY)
def test_primary_keys(frame, key):
    assert Database({"t": frame}).keys("t").primary_key == key


def test_the_key_that_others_refer_to_is_the_primary_one():
    tables = {
        "patients": _table(row_id=range(50), subject_id=range(100, 150)),
        "labs": _table(row_id=range(50), subject_id=[101, 102] * 25),
    }
    database = Database(tables)
    assert database.keys("patients").primary_key == ("subject_id",)
    assert database.keys("labs").primary_key == ("row_id",)
    assert database.keys("patients").primary_found_by == "uniqueness, and others refer to it"


def test_a_foreign_key_that_tells_rows_apart_is_a_primary_one_in_more_than_a_few_rows():
    person = _table(person_id=range(40))
    assert Database({"person": person, "death": _table(person_id=range(25))}).keys("death").primary_key == (
        "person_id",
    )
    assert Database({"person": person, "death": _table(person_id=range(3))}).keys("death").primary_key is None


def test_what_is_unique_by_chance_is_no_key():
    people, wards = range(0, 4000, 20), range(90)
    tables = {
        "people": _table(person_id=people),
        "wards": _table(ward_id=wards),
        "stays": _table(person_id=_some(people, 60), ward_id=list(wards)[:30] * 2, days=0.5),
    }
    assert Database(tables).keys("stays").primary_key is None


def test_a_reference_and_a_running_number_are_a_primary_key():
    tables = {
        "orders": _table(order_id=range(20)),
        "lines": _table(order_id=np.repeat(range(20), 3), line_number=[1, 2, 3] * 20, amount=range(60)),
    }
    assert Database(tables).keys("lines").primary_key == ("order_id", "line_number")


ORDERS = {
    "the time that begins": (
        _table(endtime=pd.to_datetime(["2020"] * 2), starttime=pd.to_datetime(["2019"] * 2)),
        "starttime",
    ),
    "dates as text": (_table(day=["2020-01-01", "2020-01-02"]), "day"),
    "dates of Python": (_table(when=[pd.Timestamp("2020").date()] * 2), "when"),
    "a running number": (_table(weight=[5, 6], seq_num=[1, 2]), "seq_num"),
    "no number in text": (_table(code=["20200101", "20200102"]), None),
    "no time that is mostly missing": (_table(deathtime=pd.to_datetime([None, "2019"])), None),
}


@pytest.mark.parametrize(("more", "order"), ORDERS.values(), ids=ORDERS)
def test_orders(more, order):
    tables = {"patients": _table(patient_id=[1, 2]), "events": _table(patient_id=[1, 1]).join(more)}
    assert Database(tables).keys("events").order == order
    assert Database({"events": more}).keys("events").order is None
