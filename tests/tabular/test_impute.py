"""Filling gaps: what was there stays, what was not follows from the rest of its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from synthgan import Chains, Network, Synthesizer
from synthgan.errors import DataError
from synthgan.tabular.conditioning.particles import count_between, resample_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

RNG = np.random.default_rng(0)
ROWS = 2_000
SEX = RNG.choice(["F", "M"], ROWS)
TABLE = pd.DataFrame(
    {
        "patient": [f"P-{number:05d}" for number in range(ROWS)],
        "sex": SEX,
        "height": (RNG.normal(163, 5, ROWS) + 20 * (SEX == "M")).round(1),
        "children": RNG.poisson(1.5, ROWS),
        "ward": np.where(SEX == "F", "gynaecology", RNG.choice(["urology", "surgery"], ROWS)),
    }
)


GENERATORS = {
    "chains": {"generator": Chains(chains=8)},
    "network": {"generator": Network(classes=30, steps=30)},
    "private": {"epsilon": 10, "i_know": True, "delta": 1e-3},
}


@pytest.fixture(scope="module", params=GENERATORS)
def fitted(request) -> Iterator[Synthesizer]:
    named = {"identifiers": ["patient"]} if request.param == "private" else {}
    with pytest.MonkeyPatch.context() as patch:  # few steps: what is asked of the rows stays the same
        patch.setattr("synthgan.tabular.private.marginals.CLASSES", 30)
        for name, steps in (("FIRST_STEPS", 200), ("ROUND_STEPS", 40), ("LAST_STEPS", 160)):
            patch.setattr(f"synthgan.tabular.private.rounds.{name}", steps)
        yield Synthesizer(**GENERATORS[request.param], seed=0).fit(TABLE, **named)


@pytest.fixture
def gapped() -> pd.DataFrame:
    table = TABLE.astype({"children": "float64"})
    for column, name in enumerate(("sex", "height", "children", "ward")):
        table.loc[column :: 7 + column, name] = None
    return table


def test_every_gap_is_filled_and_every_other_cell_stays(fitted, gapped):
    filled = fitted.impute(gapped)
    assert not filled.isna().any().any()
    for name in TABLE:
        there = gapped[name].notna()
        assert (filled[name][there] == TABLE[name][there]).all()
    assert filled.children.dtype == TABLE.children.dtype
    assert (filled.height.round(1) == filled.height).all()


def test_a_gap_follows_from_the_rest_of_its_row(fitted, gapped):
    filled = fitted.impute(gapped)
    gap = gapped.ward.isna() & gapped.sex.notna()
    assert ((filled.ward == "gynaecology") == (filled.sex == "F"))[gap].mean() > 0.97
    gap = gapped.sex.isna() & gapped.ward.notna()
    assert ((filled.ward == "gynaecology") == (filled.sex == "F"))[gap].mean() > 0.97
    gap = gapped.height.isna() & gapped.sex.notna()
    assert abs(filled.height[gap & (filled.sex == "M")].mean() - 183) < 3
    assert abs(filled.height[gap & (filled.sex == "F")].mean() - 163) < 3


def test_draws_keep_the_spread_and_differ_by_seed(fitted, gapped):
    first, second = fitted.impute(gapped, seed=1), fitted.impute(gapped, seed=2)
    gap = gapped.height.isna() & (gapped.sex == "F")
    assert 3 < first.height[gap].std() < 7
    assert (first.height[gap] != second.height[gap]).mean() > 0.5
    pd.testing.assert_frame_equal(first, fitted.impute(gapped, seed=1))


def test_only_the_columns_named_are_filled_and_others_are_kept(fitted, gapped):
    gapped = gapped.set_index(np.arange(ROWS) * 2).assign(extra=1.5)
    filled = fitted.impute(gapped, columns=["ward"])
    assert not filled.ward.isna().any()
    pd.testing.assert_frame_equal(filled.drop(columns="ward"), gapped.drop(columns="ward"))


def test_a_table_without_gaps_comes_back_as_it_is(fitted):
    assert fitted.impute(TABLE) is TABLE


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table], ids=["polars", "pyarrow"])
def test_other_containers_come_back_as_themselves(make):
    plain = TABLE.drop(columns="patient").to_dict("list")
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), seed=0).fit(make(plain))
    plain["ward"] = [None, *plain["ward"][1:]]
    filled = synthesizer.impute(make(plain))
    assert type(filled) is type(make(plain))
    assert filled["ward"].to_pylist()[1:] == plain["ward"][1:] if isinstance(filled, pa.Table) else True
    assert None not in (filled["ward"].to_pylist() if isinstance(filled, pa.Table) else filled["ward"].to_list())


def test_refusals_name_what_is_wrong(fitted, gapped):
    with pytest.raises(DataError, match="'patient' is none"):
        fitted.impute(gapped, columns=["patient"])
    with pytest.raises(DataError, match="'ward'"):
        fitted.impute(gapped.drop(columns="ward"))
    with pytest.raises(
        DataError, match=r"in a pandas table, .*: polars table; give a pandas DataFrame, or the path of a Parquet"
    ):
        fitted.impute(pl.DataFrame(TABLE.to_dict("list")))


def test_a_file_is_filled_from_its_path_and_another_container_gets_a_remedy(tmp_path):
    plain = TABLE.drop(columns="patient").head(300)
    plain.to_csv(tmp_path / "whole.csv", index=False)
    plain.assign(ward=plain.ward.where(np.arange(300) > 5)).to_csv(tmp_path / "gaps.csv", index=False)
    Synthesizer(generator=Chains(chains=1, rounds=0)).fit(tmp_path / "whole.csv").save(tmp_path / "whole.synthgan")
    loaded = Synthesizer.load(tmp_path / "whole.synthgan")
    assert loaded.impute(tmp_path / "gaps.csv")["ward"].null_count == 0
    with pytest.raises(DataError, match=r"pyarrow table, .*: pandas table; give the file's path, or a pyarrow table$"):
        loaded.impute(plain)


def test_entries_between_two_codes_are_counted_leaf_by_leaf():
    entries = np.array([1, 1, 3, 5, 0, 2, 2, 9], dtype=np.uint8)
    start, count = np.array([0, 0, 4, 4], dtype=np.int32), np.array([4, 4, 4, 4], dtype=np.int32)
    found = count_between(entries, start, count, np.array([1, 2, 2, 3]), np.array([1, 5, 2, 8]))
    assert found.tolist() == [2, 2, 2, 0]


def test_groups_are_resampled_inside_themselves_as_often_as_their_weights_say():
    weights = np.random.default_rng(1).random((50, 8)) + 1e-3
    chosen = resample_groups(weights, np.random.default_rng(2)).reshape(50, 8)
    assert (chosen // 8 == np.arange(50)[:, None]).all()
    times = np.stack([np.bincount(row % 8, minlength=8) for row in chosen])
    expected = 8 * weights / weights.sum(1, keepdims=True)
    assert (np.abs(times - expected) < 1 + 1e-9).all()


def test_text_that_is_missing_is_not_filled() -> None:
    rows = 60
    table = pd.DataFrame({
        "age": [20.0 + n % 30 for n in range(rows)],
        "notes": [None if n % 3 else f"came in with a cough number {n} and went home" for n in range(rows)],
    })  # fmt: skip
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), seed=0).fit(table)
    gapped = table.assign(age=table["age"].where(table.index != 4))
    filled = synthesizer.impute(gapped)
    assert filled["age"].notna().all()
    assert filled["notes"].equals(gapped["notes"])
    with pytest.raises(DataError, match="gaps must be those of a learned column, however: 'notes' is none"):
        synthesizer.impute(gapped, columns=["notes"])


def test_rows_keep_what_was_given_and_the_rest_follows_from_it(fitted):
    given = TABLE[["sex", "patient"]].iloc[:600].set_index(pd.RangeIndex(5, 605))
    made = fitted.complete(given)
    assert list(made.columns) == list(TABLE.columns)
    assert (made.dtypes == TABLE.dtypes).all()
    pd.testing.assert_frame_equal(made[["sex", "patient"]], given)
    assert ((made.ward == "gynaecology") == (made.sex == "F")).mean() > 0.97
    assert abs(made.height[made.sex == "M"].mean() - 183) < 3
    assert abs(made.height.std() - TABLE.height.std()) < 1.5
    assert not made.height.equals(fitted.complete(given, seed=5).height)


def test_what_is_drawn_beside_given_columns_is_missing_as_often_as_it_was():
    seen = TABLE.drop(columns="patient").assign(
        ward=TABLE.ward.where((TABLE.sex == "F") | (RNG.random(ROWS) > 0.5)),
        lab=np.where(SEX == "F", np.nan, RNG.normal(size=ROWS)),
    )
    synthesizer = Synthesizer(generator=Chains(chains=4, rounds=0), check=False, seed=0).fit(seen)
    made = synthesizer.complete(seen[["sex"]])
    assert abs(made.ward.isna()[made.sex == "M"].mean() - 0.5) < 0.06
    assert made.ward.isna()[made.sex == "F"].mean() < 0.01
    assert made.lab.isna()[made.sex == "F"].mean() > 0.97


@pytest.mark.parametrize("make", [pl.from_pandas, lambda frame: pa.Table.from_pandas(frame, preserve_index=False)])
def test_rows_are_completed_in_every_container(make):
    table = make(TABLE.iloc[:300])
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), check=False, seed=0).fit(table)
    made = synthesizer.complete(table.select(["children", "sex"]))
    assert type(made) is type(table)
    assert (
        made["sex"].to_pylist() == table["sex"].to_pylist()
        if isinstance(made, pa.Table)
        else made["sex"].equals(table["sex"])
    )


def test_a_value_that_was_never_learned_is_kept_and_all_columns_may_be(fitted):
    assert fitted.complete(pd.DataFrame({"height": [250.5, 99.0]})).height.tolist() == [250.5, 99.0]
    pd.testing.assert_frame_equal(fitted.complete(TABLE.iloc[:9]), TABLE.iloc[:9])


def test_columns_that_were_never_learned_are_refused(fitted):
    with pytest.raises(DataError, match="however: 'hight' is none; did you mean 'height'"):
        fitted.complete(pd.DataFrame({"hight": [1.0]}))
    with pytest.raises(DataError, match="columns to keep must be those of a pandas table"):
        fitted.complete(pl.DataFrame({"height": [1.0]}))
