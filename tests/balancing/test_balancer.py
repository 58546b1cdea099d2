"""Rare classes get synthetic rows, in whatever form features and classes came, and in every kind of pipeline."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.independent import Independent
from imblearn.over_sampling.base import BaseOverSampler
from imblearn.pipeline import make_pipeline
from imblearn.utils.estimator_checks import parametrize_with_checks
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from synthgan import Balancer, Chains, Synthesizer, balance
from synthgan.errors import ConfigError, DataError

BaseOverSampler.register(Balancer)  # so that its checks count rows by class
QUICK = {"check_target_type", "check_samplers_one_label", "check_samplers_fit", "check_samplers_string", "check_samplers_nan",
         "check_samplers_preserve_dtype", "check_sampler_get_feature_names_out", "check_sampler_get_feature_names_out_pandas"}  # fmt: skip

ROWS = 200
RNG = np.random.default_rng(0)
ILL = np.arange(ROWS) % 10 == 0
PATIENTS = pd.DataFrame(
    {
        "age": RNG.integers(20, 90, ROWS),
        "sex": RNG.choice(["F", "M"], ROWS),
        "bmi": np.where(RNG.random(ROWS) < 0.2, np.nan, RNG.normal(25, 4, ROWS).round(1)),
        "came": [dt.datetime(2020, 1, 1) + dt.timedelta(days=int(day)) for day in RNG.integers(0, 900, ROWS)],
        "ward": pd.Categorical(
            np.where(ILL, "intensive", RNG.choice(["a", "b"], ROWS)), ["a", "b", "intensive", "closed"]
        ),
    }
)


def tiny(**options) -> Balancer:
    return Balancer(
        synthesizer=Synthesizer(generator=Independent(), check=False, rare_below=1, keep_extremes=True), **options
    )


def marked(function):
    """Checks that fit often are slow: those of imbalanced-learn alone take ten seconds."""
    mark = next(mark for mark in function.pytestmark if mark.name == "parametrize")
    names, cases = mark.args
    kept = [pytest.param(*case, marks=() if case[1].func.__name__ in QUICK else pytest.mark.slow) for case in cases]
    ids = [case[1].func.__name__ for case in cases]
    function.pytestmark = [pytest.mark.parametrize(names, kept, ids=ids).mark]
    return function


@marked
@parametrize_with_checks([tiny()])
def test_it_is_a_sampler_as_imbalanced_learn_wants_them(estimator, check):
    check(estimator)


def test_its_tags_say_what_it_does_not_take():
    tags = tiny().__sklearn_tags__()
    assert not tags.input_tags.sparse
    assert tags.input_tags.allow_nan
    assert tags.input_tags.dataframe
    with pytest.raises(DataError, match="must be dense"):
        tiny().fit_resample(csr_matrix(np.eye(4)), [0, 1, 0, 1])


FORMS = {
    "pandas": (PATIENTS, pd.Series(ILL, name="ill")),
    "text": (PATIENTS, pd.Series(np.where(ILL, "ill", "well"), name="ill", dtype="category")),
    "polars": (pl.from_pandas(PATIENTS), pl.Series("ill", ILL)),
    "pyarrow": (pa.Table.from_pandas(PATIENTS, preserve_index=False), pa.array(ILL)),
    "array": (PATIENTS[["age", "bmi"]].to_numpy(), ILL.astype(int)),
    "list": (PATIENTS[["age", "bmi"]].to_numpy().tolist(), ILL.tolist()),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_comes_out_has_the_form_of_what_went_in_and_begins_with_it(form):
    features, classes = FORMS[form]
    more, labels = tiny().fit_resample(features, classes)
    assert type(more) is type(features)
    assert type(labels) is type(classes)
    assert len(more) == len(labels) == 360
    if isinstance(features, pd.DataFrame):
        pd.testing.assert_frame_equal(more.iloc[:ROWS], features)
        pd.testing.assert_series_equal(labels.iloc[:ROWS], classes)
    elif isinstance(features, pl.DataFrame):
        assert more[:ROWS].equals(features)
        assert labels[:ROWS].equals(classes)
    elif isinstance(features, pa.Table):
        assert more.slice(0, ROWS).equals(features)
        assert labels.slice(0, ROWS).equals(classes)
    else:
        np.testing.assert_array_equal(np.asarray(more)[:ROWS], features)
    values = np.asarray(labels.to_pylist() if isinstance(labels, pa.Array) else labels)
    assert (values[ROWS:] == np.asarray(FORMS[form][1])[0]).all()


def test_an_index_of_its_own_and_names_that_are_no_text_do_not_matter():
    features = PATIENTS.set_axis([(0, "a"), (0, "b"), 3, "d", "e"], axis=1).set_index(np.arange(ROWS)[::-1])
    more, labels = tiny().fit_resample(features, ILL)
    assert list(more.columns) == list(features.columns)
    assert (more.dtypes == features.dtypes).all()
    assert labels.sum() == 180


def test_rows_of_a_class_are_like_that_class():
    more, labels = balance(
        PATIENTS, ILL, synthesizer=Synthesizer(generator=Chains(chains=4, rounds=0), check=False, rare_below=1)
    )
    assert (more.ward[ROWS:] == "intensive").mean() > 0.9
    assert labels.sum() == 180


def test_the_same_seed_gives_the_same_rows_and_another_gives_others():
    first, again, other = (tiny(seed=seed).fit_resample(PATIENTS, ILL)[0] for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_classes_that_are_even_get_nothing_and_nothing_is_learned():
    balancer = tiny()
    more, _ = balancer.fit_resample(PATIENTS, np.arange(ROWS) % 2)
    assert len(more) == ROWS
    assert not hasattr(balancer, "synthesizer_")


def test_it_stands_in_a_pipeline_of_imbalanced_learn_and_that_in_one_of_scikit_learn():
    numbers = PATIENTS[["age", "bmi"]]
    inner = make_pipeline(tiny(), HistGradientBoostingClassifier(max_iter=3))
    assert cross_val_score(clone(inner), numbers, ILL, cv=2, error_score="raise").shape == (2,)
    outer = Pipeline([("scale", StandardScaler().set_output(transform="pandas")), ("model", inner)])
    outer.set_params(model__balancer__sampling_strategy=0.5)
    outer.fit(numbers, ILL)
    assert outer.predict_proba(numbers).shape == (ROWS, 2)
    assert inner.named_steps["balancer"].sampling_strategy_ == {True: 70}


def test_parameters_of_the_synthesizer_are_reached_by_name():
    balancer = tiny().set_params(synthesizer__generator__added=2.0)
    assert balancer.synthesizer.generator.added == 2.0


@pytest.mark.parametrize(
    ("strategy", "added"),
    [
        ("auto", [0, 50, 70]),
        ("not majority", [0, 50, 70]),
        ("minority", [0, 0, 70]),
        ("not minority", [0, 50, 0]),
        ("all", [0, 50, 70]),
        ({"b": 60, "c": 40}, [0, 30, 30]),
        (lambda labels: {"c": (labels == "b").sum()}, [0, 0, 20]),
    ],
)
def test_strategies_are_those_of_imbalanced_learn(strategy, added):
    classes = np.repeat(["a", "b", "c"], [80, 30, 10])
    balancer = tiny(sampling_strategy=strategy).fit(np.zeros((120, 1)), classes)
    assert [balancer.sampling_strategy_.get(name, 0) for name in "abc"] == added


REFUSED = {
    "word": (0.5, np.repeat([0, 1, 2], 10), ConfigError, "must name rows by class where there are 3 classes"),
    "unknown": ("most", np.repeat([0, 1], 10), ConfigError, "however: sampling_strategy='most'"),
    "range": (2, np.repeat([0, 1], 10), ConfigError, "ratio above 0 and at most 1"),
    "fewer": (
        {0: 3},
        np.repeat([0, 1], 10),
        DataError,
        "at least the rows that it has, however: 3 for 0, which has 10",
    ),
    "absent": ({"x": 30}, np.repeat(["a", "b"], 10), DataError, "however: 'x'; known: 'a', 'b'"),
    "fraction": ({0: 10.5}, np.repeat([0, 1], 10), ConfigError, "whole numbers of rows, however: 10.5 for 0"),
    "below": (
        0.2,
        np.repeat([0, 1], [5, 15]),
        DataError,
        "at least 0.333, as the classes stand, however: sampling_strategy=0.2",
    ),
    "missing": ("auto", pd.Series(["a", None] * 10), DataError, "no missing values, however: 10 of 20"),
    "mixed": ("auto", np.array([1, "a"] * 10, dtype=object), DataError, "labels of one type"),
    "numbers": ("auto", np.linspace(0, 1, 20), DataError, "must be classes, however: it holds fractions"),
    "several": ("auto", np.ones((20, 2)), DataError, "multilabel targets cannot be balanced"),
    "deep": ("auto", np.ones((20, 1, 1)), DataError, "however: it has 3 dimensions"),
    "one": ("auto", np.ones(20), DataError, "two classes or more, however: it has 1"),
    "length": ("auto", np.arange(19) % 2, DataError, "as many rows, however: 20 and 19"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_balanced_is_refused_in_one_line(case):
    strategy, classes, kind, words = REFUSED[case]
    with pytest.raises(kind, match=words):
        tiny(sampling_strategy=strategy).fit(np.zeros((20, 1)), classes) if len(classes) != 30 else tiny(
            sampling_strategy=strategy
        ).fit(np.zeros((30, 1)), classes)


def test_features_that_are_no_table_are_refused():
    with pytest.raises(DataError, match="rows and columns, however: it has 1 dimensions"):
        tiny().fit(np.zeros(20), np.arange(20) % 2)
