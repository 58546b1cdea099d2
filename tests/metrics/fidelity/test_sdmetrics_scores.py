import importlib.util
import sys

import numpy as np
import pytest

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.fidelity import sdmetrics_scores as module
from synthgan.metrics.fidelity.sdmetrics_scores import quality, sdmetrics_scores
from synthgan.runtime import Streams

NEEDED = pytest.mark.skipif(importlib.util.find_spec("sdmetrics") is None, reason="sdmetrics is optional")


@NEEDED
def test_quality_tells_fresh_rows_from_independent_columns(units):
    tables = Tables(units(500, 0), units(500, 1, independent=True), units(500, 2))
    scores = {score.name: score for score in sdmetrics_scores(tables, Streams(0))}
    assert "sdmetrics_quality" in scores
    # Over 8 seeds (sdmetrics 0.32) the gap is .107 ± .015 and the shapes are .945 ± .02: bounds five
    # deviations away.
    assert scores["sdmetrics_quality"].reference > scores["sdmetrics_quality"].value + 0.03
    assert scores["sdmetrics_column_shapes"].value > 0.84
    assert all(score.goal == "maximize" for score in scores.values())


@NEEDED
def test_the_unified_class_gives_the_same_when_the_old_one_is_gone(units, monkeypatch):
    import sdmetrics.reports

    if not hasattr(sdmetrics.reports, "QualityReport"):
        pytest.skip("this version of sdmetrics has the old class only")
    expected = quality(units(300, 0), units(300, 1), Streams(0))
    monkeypatch.setitem(sys.modules, "sdmetrics.reports.single_table", None)
    found = quality(units(300, 0), units(300, 1), Streams(0))
    assert found == pytest.approx(expected)


@NEEDED
def test_global_random_state_is_left_alone(units):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    sdmetrics_scores(Tables(units(200, 0), units(200, 1)), Streams(0))
    assert (np.random.get_state()[1] == state).all()  # noqa: NPY002


@NEEDED
def test_the_diagnosis_sees_values_that_no_real_row_spans(units):
    real, beyond = units(300, 0), units(300, 0)
    beyond.numbers[:150, 0] = 500.0
    scores = {score.name: score for score in sdmetrics_scores(Tables(real, beyond, real), Streams(0))}
    assert scores["sdmetrics_data_validity"].value == pytest.approx(1 - 0.5 / 4)  # half the rows of one of four columns
    assert scores["sdmetrics_data_validity"].reference == 1
    assert scores["sdmetrics_data_structure"].value == 1
    assert scores["sdmetrics_diagnostic"].value == pytest.approx(1 - 0.5 / 8)


def test_absent_sdmetrics_has_no_value_and_says_how_to_get_it(units, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    (score,) = sdmetrics_scores(Tables(units(50, 0), units(50, 1)), Streams(0))
    assert (score.name, score.value) == ("sdmetrics_quality", None)
    assert "pip install 'synthgan[sdmetrics]'" in score.reading


def test_tables_too_large_for_it_are_skipped(columns, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _: object())
    wide, deep = columns(list(np.zeros((61, 4)))), columns(codes=[[0, 1], [0, 1]], levels=[2, 2_001])
    for table in (wide, deep):
        assert sdmetrics_scores(Tables(table, table), Streams(0)) == []


def test_an_api_that_moved_is_skipped_with_a_warning_in_the_log(units, monkeypatch, caplog):
    def moved(_):
        raise AttributeError("module 'sdmetrics.reports' has no attribute 'QualityReport'")

    monkeypatch.setattr(module, "find_spec", lambda _: object())
    monkeypatch.setattr(module, "import_module", moved)
    assert sdmetrics_scores(Tables(units(50, 0), units(50, 1)), Streams(0)) == []
    assert "QualityReport" in caplog.text
