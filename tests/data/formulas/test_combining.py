"""Columns that combine others: found, not where it is chance, and right in every row that is drawn."""

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.data.formulas.find import find_formulas
from synthgan.data.formulas.grammar import parse
from synthgan.data.formulas.solving import solved
from synthgan.data.table import Table

ROWS = 150
RNG = np.random.default_rng(3)


def gappy(values: np.ndarray, share: float = 0.2) -> pd.Series:
    return pd.Series(values.astype(float)).where(RNG.random(len(values)) > share)


A, B, C = (gappy(RNG.integers(0, 50, ROWS)) for _ in range(3))
X, Y = RNG.integers(0, 100, ROWS), RNG.normal(50, 20, ROWS).round(1)
PARTS = pd.DataFrame({"age": RNG.integers(18, 90, ROWS), "a": A, "b": B, "c": C})
ABC = PARTS[["a", "b", "c"]]
CASES = {
    "nansum(a, b, c)": (PARTS, ABC.sum(axis=1)),
    "nanmean(a, b, c)": (PARTS, ABC.mean(axis=1)),
    "nanmax(a, b, c)": (PARTS, ABC.max(axis=1)),
    "nanmin(a, b)": (PARTS, ABC[["a", "b"]].min(axis=1)),
    "max(x, y)": (pd.DataFrame({"x": X, "age": PARTS["age"], "y": Y}), np.maximum(X, Y)),
    "min(x, y)": (pd.DataFrame({"x": X, "age": PARTS["age"], "y": Y}), np.minimum(X, Y)),
    "coalesce(a, b)": (PARTS, A.fillna(B)),
    "coalesce(b, 0)": (PARTS, B.fillna(0)),
    "count(a, b, c)": (PARTS, ABC.notna().sum(axis=1)),
}


def formulas(frame: pd.DataFrame) -> dict[object, str]:
    return {one.target: one.text for one in find_formulas(Table.read(frame))}


@pytest.mark.parametrize("text", CASES)
def test_what_combines_others_is_found(text: str) -> None:
    parts, target = CASES[text]
    assert formulas(parts.assign(target=target)) == {"target": text}


def test_the_largest_and_the_smallest_are_found_beside_each_other() -> None:
    frame = pd.DataFrame({"x": X, "y": X[::-1], "high": np.maximum(X, X[::-1]), "low": np.minimum(X, X[::-1])})
    assert formulas(frame) == {"high": "max(x, y)", "low": "min(x, y)"}


def test_nothing_is_found_in_shuffled_columns() -> None:
    frame = pd.concat([parts.assign(**{f"t{at}": target}) for at, (parts, target) in enumerate(CASES.values())], axis=1)
    frame.columns = [f"c{at}" for at in range(frame.shape[1])]
    frame = frame.iloc[:, -24:].assign(flag=RNG.integers(0, 2, ROWS), other=RNG.integers(0, 2, ROWS))
    found = 0
    for seed in range(2):
        rng = np.random.default_rng(seed)
        found += len(formulas(pd.DataFrame({name: rng.permutation(values) for name, values in frame.items()})))
    assert not found


def test_drawn_rows_keep_them_and_conditions_too() -> None:
    frame = PARTS.assign(total=ABC.sum(axis=1), worst=ABC.max(axis=1), first=A.fillna(B), done=ABC.notna().sum(axis=1))
    fitted = Synthesizer(generator="chains", seed=0).fit(frame)
    for where in (None, "total=60", "worst>=45"):
        drawn = fitted.sample(100, where=where, seed=1)
        parts = drawn[["a", "b", "c"]]
        assert (drawn["total"] == parts.sum(axis=1)).all(), where
        pd.testing.assert_series_equal(drawn["worst"], parts.max(axis=1), check_names=False)
        pd.testing.assert_series_equal(drawn["first"], drawn["a"].fillna(drawn["b"]), check_names=False)
        assert (drawn["done"] == parts.notna().sum(axis=1)).all(), where
        assert parts.isna().any().all() or where, where
    assert (fitted.sample(50, where="total=60", seed=2)["total"] == 60).all()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("nansum(a, b)", [4, 9, np.nan]), ("nanmax(a, b)", [5, 9, np.nan]), ("coalesce(a, b)", [5, 9, np.nan])],
)
def test_a_source_is_solved_for_where_it_is_there(text: str, wanted: list[float]) -> None:
    columns = {"a": np.array([2.0, 3.0, np.nan]), "b": np.array([1.0, np.nan, 4.0])}
    found = solved(parse(text), "a", np.array([5.0, 9.0, 4.0]), columns, None)
    assert np.array_equal(np.asarray(found), wanted, equal_nan=True)
