"""What is released of a column of levels, what stands for the rest, and what is said of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synthgan.data.schema import Column, Kind
from synthgan.data.table import Table
from synthgan.data.values import Levels
from synthgan.tabular.encoding.releasing import Released, release


def _released(values: list[Any], kind: Kind = Kind.CATEGORY, dtype: str = "string", **more: Any) -> Released:
    levels = tuple(dict.fromkeys(value for value in values if value is not None))
    codes = np.array([-1 if value is None else levels.index(value) for value in values], dtype=np.int32)
    return release(Column("x", kind, dtype, **more), Levels(codes, levels), 10)


def _sent(released: Released, values: list[Any]) -> list[Any]:
    """Values, encoded and decoded."""
    levels = tuple(dict.fromkeys(values))
    encoder = released.encoder
    codes = encoder.decode(encoder.encode(np.array([levels.index(value) for value in values]), levels))
    return [None if code < 0 else encoder.levels[code] for code in codes]


def test_a_class_of_eight_is_dropped_and_named_with_the_remedy() -> None:
    found = _released(["no"] * 992 + ["yes"] * 8)
    assert found.column.rare is None
    assert found.encoder.levels == ("no",)
    assert found.encoder.has_rare
    told = found.withheld
    assert told is not None
    assert told.line == (
        "column 'x' must have at least 10 rows of a level to release it, however: 'yes' has 8 (0.8% of its values); "
        "it is never drawn"
    )
    assert str(told.remedy) == "declare its levels in the schema if they may be known"
    assert told.to_dict() == {
        "name": "x",
        "what": "levels",
        "why": "rare",
        "share": 0.01,
        "levels": 1,
        "drawn": "nothing",
    }


def test_levels_that_hold_much_of_a_column_become_one_word_at_their_true_share() -> None:
    jobs = ["clerk"] * 50 + [f"job {n % 200}" for n in range(950)]
    found = _released(jobs)
    assert found.encoder.levels == ("clerk", "other")
    assert found.column.rare == "other"
    assert _sent(found, jobs).count("clerk") == 50
    assert found.withheld is not None
    assert "200 levels have fewer (95.0% of its values); they come back as 'other'" in found.withheld.line


def test_the_word_for_others_is_no_level_itself() -> None:
    found = _released(["Other"] * 50 + [f"job {n % 200}" for n in range(950)])
    assert found.encoder.levels == ("Other", "(other)")


def test_codes_are_named_by_the_beginnings_that_enough_rows_share() -> None:
    codes = ["K35.8"] * 9 + ["K35.2"] * 4 + ["K36"] * 6 + ["K40"] * 8 + ["J18"] * 5 + ["A01"] * 9 + ["I10"] * 40
    found = _released(codes)
    assert found.encoder.levels == ("I10", "K35.*", "K*", "other")
    assert _sent(found, ["K35.8", "K36", "J18", "I10", "K35.9"]) == ["K35.*", "K*", "other", "I10", "K35.*"]
    assert found.withheld is not None
    assert found.withheld.drawn == "prefix"


def test_no_group_is_smaller_than_a_level_may_be() -> None:
    codes = ["I10"] * 40 + ["K35.8"] * 6 + ["K35.2"] * 5 + ["J18"] * 3
    found = _released(codes)
    assert found.encoder.levels == ("I10", "K35.*")
    assert found.encoder.has_rare  # the three others are never drawn
    few = _released(["a"] * 20 + ["b", "c", "d"] * 2)
    assert few.encoder.levels == ("a",)
    assert few.withheld is not None
    assert few.withheld.drawn == "nothing"


@pytest.mark.parametrize(("rare", "levels"), [("drop", ("a",)), ("other", ("a", "other")), ("prefix", ("a", "ba*"))])
def test_a_schema_says_what_becomes_of_rare_levels(rare: str, levels: tuple[str, ...]) -> None:
    found = _released(["a"] * 500 + ["bar", "bay", "ban"] * 5, rare=rare)
    assert found.encoder.levels == levels
    assert found.column.rare == rare


def test_ordered_levels_become_the_nearest_that_is_released() -> None:
    grades = ["good"] * 30 + ["poor"] * 30 + ["awful"] * 9 + ["fair"] * 9
    column = Column("x", Kind.ORDERED, "category[object, ordered]")
    order = ("awful", "poor", "fair", "good")
    codes = np.array([order.index(grade) for grade in grades], dtype=np.int32)
    found = release(column, Levels(codes, order), 10)
    assert found.column.rare == "nearest"
    assert found.encoder.levels == ("poor", "good")
    assert found.encoder.encode(np.arange(4), order).tolist() == [0, 0, 0, 1]


def test_numbers_become_missing_where_their_type_can_hold_it_else_the_nearest() -> None:
    numbers = [1] * 50 + [n for n in range(100, 130) for _ in range(3)]
    found = _released(numbers, dtype="category[int64]")
    assert found.encoder.levels == (1,)
    assert (found.column.missing, found.column.rare) == ("null", "other")
    assert _sent(found, [1, 107]) == [1, None]
    whole = _released(numbers, dtype="int64")
    assert not whole.encoder.has_missing
    assert _sent(whole, [1, 107]) == [1, 1]


def test_true_and_false_are_never_put_together() -> None:
    found = _released([True] * 9 + [False] * 30, Kind.BOOLEAN, "bool")
    assert found.encoder.levels == (False,)
    assert found.withheld is not None
    assert "True has 9 (23.1% of its values); it is never drawn" in found.withheld.line


def test_a_column_of_rare_levels_only_is_withheld_with_the_remedies() -> None:
    found = _released(["Ada", "Bob", "Eve", None] * 8)
    assert found.encoder.levels == ("withheld",)
    assert found.encoder.has_missing
    told = found.withheld
    assert told is not None
    assert (told.what, told.drawn) == ("column", "withheld")
    assert "must have a level held by at least 10 rows, however: its commonest of 3 levels is held by 8" in told.line
    assert str(told.remedy).startswith("drop=['x'] (leave it out), identifiers=['x'] (regenerate it)")


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([n % 9 for n in range(45)], "int64", 0),
        ([n % 9 for n in range(45)], "category[int64]", None),
        ([f"2020-01-{n % 9 + 1:02}" for n in range(45)], "dictionary<values=date32[day], indices=int8, ordered=0> not null", "1970-01-01"),
        ([f"{n % 9}.50" for n in range(45)], "decimal128(5, 2) not null", "0"),
    ],
)  # fmt: skip
def test_a_withheld_column_is_filled_with_what_its_type_holds(values: list[Any], dtype: str, expected: Any) -> None:
    found = _released(values, dtype=dtype)
    assert set(_sent(found, values)) == {expected}


def test_free_text_is_learned_as_there_or_missing() -> None:
    found = release(Column("x", Kind.TEXT, "string", missing="null"), Levels(np.array([0, -1, 0]), ("withheld",)), 10)
    assert found.encoder.levels == ("withheld",)
    assert found.encoder.has_missing
    assert found.withheld is None


def test_what_is_withheld_survives_its_way_through_a_table() -> None:
    table = Table.read(pa.table({"x": [f"a word of its own, number {n}" for n in range(40)], "y": list(range(40))}))
    assert [(one.name, one.why) for one in table.withheld] == [("x", "free text")]
    assert table.take([1, 2]).withheld == table.withheld
