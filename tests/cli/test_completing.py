"""Commands that complete, balance and part tables: nothing that was there changes, and nothing is replaced unasked."""

from __future__ import annotations

import pandas as pd
import pytest


def test_complete_keeps_the_columns_named_and_draws_the_others(run, model, people, table):
    done = run("complete", table, "--keep", "age,sex")
    assert done.code == 0, done.err
    made = pd.read_parquet("people.completed.parquet")
    pd.testing.assert_frame_equal(made[["sex", "age"]], people[["sex", "age"]])
    assert not made.pressure.equals(people.pressure)
    assert set(made.patient_id).isdisjoint(people.patient_id)
    assert "the columns age,sex of it are real" in done.err


def test_a_name_with_a_comma_is_one_column(run, folder, tiny_options):
    from synthgan import Synthesizer

    table = pd.DataFrame({"a,b": range(60), "c": [1, 2] * 30})
    table.to_parquet("t.parquet")
    Synthesizer(**tiny_options).fit(table).save("t.synthgan")
    done = run("complete", "t.parquet", "--keep", "a,b")
    assert done.code == 0, done.err
    assert run("complete", "t.parquet", "--keep", "c,c", "--force").code == 2


def test_what_cannot_be_kept_is_refused_with_the_nearest(run, model, table):
    done = run("complete", table, "--keep", "agee")
    assert done.code == 3
    assert "did you mean 'age'?" in done.err


def test_impute_fills_every_gap_or_those_of_one_column(run, model, people, folder):
    gapped = people.assign(sex=people.sex.where(people.index % 3 > 0))
    gapped.to_parquet("gaps.parquet")
    assert run("impute", "gaps.parquet").code == 0
    filled = pd.read_parquet("gaps.imputed.parquet")
    assert not filled.isna().any().any()
    assert (filled.sex == people.sex)[people.index % 3 > 0].all()
    assert run("impute", "gaps.parquet", "--column", "sex", "--model", "people.synthgan", "-o", "sex.csv").code == 0
    some = pd.read_csv("sex.csv")
    assert some.sex.notna().all()
    assert some.pressure.isna().sum() == people.pressure.isna().sum()


def test_balance_adds_rows_of_the_rare_class_below_the_real_ones(run, people, folder):
    rare = people[people.ill].iloc[:20]
    table = pd.concat([rare, people[~people.ill]], ignore_index=True)
    table.to_parquet("t.parquet")
    done = run("balance", "t.parquet", "--target", "ill", "--ratio", 0.5, "--generator", "chains", "--set", "chains=2")
    assert done.code == 0, done.err
    made = pd.read_parquet("t.balanced.parquet")
    pd.testing.assert_frame_equal(made.iloc[: len(table)], table)
    added = (~table.ill).sum() // 2 - 20
    assert len(made) - len(table) == added
    assert made.ill[len(table) :].all()
    assert f"{added} of ill=True" in done.err
    assert "holds its rows" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--target", "il"), "--target must be a column of the table, however: 'il' is none; did you mean 'ill'?"),
        (("--target", "ward", "--ratio", 0.5), "--ratio must name rows by class where there are 3 classes, however: 0.5 is a ratio"),
        (("--target", "pressure"), "y must have no missing values"),
    ],
)  # fmt: skip
def test_what_cannot_be_balanced_is_refused_in_the_words_of_the_command_line(run, table, words, said):
    done = run("balance", table, *words)
    assert done.code in {2, 3}
    assert said in done.err


def test_split_parts_by_unit_and_says_what_is_where(run, people, folder):
    people.to_parquet("t.parquet")
    done = run("split", "t.parquet", "--unit", "ward", "--share", 0.34)
    assert done.code == 0, done.err
    train, holdout = pd.read_parquet("t.train.parquet"), pd.read_parquet("t.holdout.parquet")
    assert set(train.ward) | set(holdout.ward) == set(people.ward)
    assert set(train.ward).isdisjoint(holdout.ward)
    assert f"({len(train)} rows)" in done.err
    assert run("split", "t.parquet", "--train", "a.csv", "--holdout", "b.csv", "--share", 0.5).code == 0
    assert abs(len(pd.read_csv("a.csv")) - len(pd.read_csv("b.csv"))) <= 1


@pytest.mark.parametrize(
    ("command", "output"),
    [
        (("split", "people.parquet"), "people.holdout.parquet"),
        (("impute", "people.parquet"), "people.imputed.parquet"),
        (("complete", "people.parquet", "--keep", "age"), "people.completed.parquet"),
        (("balance", "people.parquet", "--target", "sex", "--generator", "chains", "--set", "chains=2"), "people.balanced.parquet"),
    ],
)  # fmt: skip
def test_nothing_is_replaced_without_force(run, model, table, folder, command, output):
    (folder / output).write_text("mine")
    done = run(*command)
    assert (done.code, (folder / output).read_text()) == (2, "mine")
    assert "add --force to replace it, or name another" in done.err
    assert run(*command, "--force").code == 0
    assert len(pd.read_parquet(output))
