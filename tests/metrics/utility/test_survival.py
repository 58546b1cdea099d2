import importlib.util
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synthgan import evaluate
from synthgan.errors import ConfigError, DataError
from synthgan.metrics.data.columns import Tables
from synthgan.metrics.fidelity import detection
from synthgan.metrics.utility import survival as module
from synthgan.metrics.utility.survival import overlaps, survival_scores
from synthgan.runtime import Streams

RNG = np.random.default_rng
NEEDED = pytest.mark.skipif(importlib.util.find_spec("lifelines") is None, reason="lifelines is optional")
COLUMNS = ("n0", "c0")


def _patients(columns, seed, rows=600, hazard=1.0):
    """Times whose hazard rises with a number by that log ratio and is twice as high in one ward; a fifth is cut off."""
    rng = RNG(seed)
    x, ward = rng.normal(size=rows), rng.integers(0, 2, rows)
    times = rng.exponential(1 / np.exp(hazard * x + np.log(2) * ward))
    end = np.quantile(times, 0.8)
    table = columns([np.minimum(times, end), x], [times < end, ward], levels=[2, 2])
    return replace(table, labels=(("False", "True"), ("north", "south")))


def _score(*tables):
    (score,) = survival_scores(Tables(*tables), COLUMNS, Streams(0))
    return score


@NEEDED
def test_hazard_ratios_of_fresh_rows_overlap_as_those_of_the_holdout_and_wrong_ones_do_not(columns):
    real, unseen = _patients(columns, 0), _patients(columns, 1)
    good, bad = _score(real, _patients(columns, 2), unseen), _score(real, _patients(columns, 3, hazard=0), unseen)
    # Over 20 seeds two fresh tables overlap by .67 ± .16, wrong ones by .34 ± .09, as the number's never meet.
    assert bad.value <= 0.5
    assert good.value > bad.value
    assert "least for n1" in bad.reading
    assert bad.reading.endswith("of the synthetic ones")
    assert good.reference == bad.reference > 0.15


@NEEDED
def test_the_coefficients_are_those_that_made_the_times(columns):
    table = _patients(columns, 0, rows=4_000)
    names, (design,) = module._designs([table], COLUMNS)
    found, errors = module._fitted(table, design, *COLUMNS)
    assert names == ["n1", "c1: north"]
    assert found == pytest.approx([1, -np.log(2)], abs=0.15)  # errors of .023 and .037: four of them
    assert errors == pytest.approx([0.023, 0.037], abs=0.006)


def test_overlaps_are_known_for_known_intervals():
    one = np.ones(4)
    shifts = np.array([0, 1.959963984540054, 4, -1.959963984540054])
    assert overlaps((0 * one, one), (shifts, one)).tolist() == pytest.approx([1, 0.5, 0, 0.5])
    assert overlaps((0 * one[:1], one[:1]), (0 * one[:1], 2 * one[:1])).tolist() == pytest.approx([0.75])


def test_sums_of_other_columns_and_rare_levels_are_no_covariates(columns):
    x, y = RNG(0).normal(size=(2, 300))
    table = columns([x, x, y, x + y], [[0, 1] * 150, [0] * 291 + [1] * 9, [0] * 280 + [1] * 20], levels=[2, 2, 2])
    names, (design,) = module._designs([table], COLUMNS)
    assert design.shape == (300, 3)
    assert "c2: 1" in names
    assert not any(name.startswith("c1") for name in names)


@NEEDED
def test_too_few_events_say_so(columns):
    table = _patients(columns, 0, rows=5)
    assert _score(table, table).value is None
    assert "5 events for each" in _score(table, table).reading


@NEEDED
@pytest.mark.parametrize("lacking", ["durations", "events"])
def test_synthetic_rows_without_durations_or_events_say_so(columns, lacking):
    real, synthetic = _patients(columns, 0, rows=100), _patients(columns, 1, rows=100)
    if lacking == "durations":
        synthetic.numbers[:, 0] = np.nan
    else:
        synthetic.codes[:, 0] = -1
    assert _score(real, synthetic, real).value is None
    assert _score(real, real, synthetic).reference is None


@NEEDED
def test_the_face_takes_names_and_frames(columns, monkeypatch):
    monkeypatch.setattr(detection, "TREES", 3)

    def frame(seed):
        table = _patients(columns, seed, rows=150)
        return pd.DataFrame({"time": table.numbers[:, 0], "x": table.numbers[:, 1], "died": table.codes[:, 0]})

    report = evaluate(frame(0), frame(1), survival=("time", "died"))
    assert 0 <= report["hazard_overlap"].value <= 1


def test_without_lifelines_there_is_no_value_and_a_remedy(columns, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    table = _patients(columns, 0, rows=50)
    assert _score(table, table).value is None
    assert "pip install 'synthgan[survival]'" in _score(table, table).reading


@pytest.mark.parametrize(
    ("named", "error", "words"),
    [
        (("n0",), ConfigError, "two columns"),
        (("n0", "n0"), ConfigError, "two columns"),
        ("n0,c0", ConfigError, "two columns"),
        (("n0", "dead"), DataError, "'dead' is no such column"),
        (("c1", "c0"), DataError, "'c1' holds levels"),
        (("n0", "n1"), DataError, "'n1' holds something else"),
        (("n0", "c1"), DataError, "'c1' holds something else"),
    ],
)
def test_wrong_columns_are_refused(columns, named, error, words):
    table = _patients(columns, 0, rows=50)
    with pytest.raises(error, match=words):
        survival_scores(Tables(table, table), named, Streams(0))


def test_rows_with_a_negative_duration_or_an_unknown_event_are_left_out(columns):
    table = columns([[1.0, -1.0, np.nan, 0.0, 2.0]], [[0, 0, 0, -1, 1]], levels=[2])
    table = replace(table, labels=(("no", "yes"),))
    assert module._usable(table, *COLUMNS).numbers[:, 0].tolist() == [1, 2]
    assert module._events(module._usable(table, *COLUMNS), "c0").tolist() == [0, 1]
