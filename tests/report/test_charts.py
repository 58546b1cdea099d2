"""Pictures show the figures they are given, at the right place."""

import re

import pytest

from synthgan.report import charts


def _numbers(element, attribute, picture):
    return [float(value) for value in re.findall(rf'<{element}[^>]* {attribute}="([-\d.]+)"', str(picture))]


def _column(**changes):
    column = {
        "name": "x",
        "kind": "numbers",
        "labels": ["a", "b"],
        "real": [0.75, 0.25],
        "synthetic": [0.5, 0.5],
        "holdout": None,
    }
    return column | changes


def test_bars_of_a_histogram_are_as_tall_as_their_shares():
    heights = _numbers("rect", "height", charts.distribution(_column()))
    assert heights == [120.0, 40.0]
    line = re.search(r'points="([^"]+)"', str(charts.distribution(_column())))[1].split()
    assert [float(point.split(",")[1]) for point in line] == [128, 48, 48, 48, 48, 128]


def test_a_holdout_is_drawn_over_both():
    shown = charts.distribution(_column(holdout=[1.0, 0.0]))
    assert _numbers("rect", "height", shown) == [90.0, 30.0]
    assert str(shown).count('class="holdout"') == 2
    levels = charts.distribution(_column(kind="levels", holdout=[1.0, 0.0]))
    assert _numbers("rect", "width", levels) == [180.0, 120.0, 60.0, 120.0]
    assert str(levels).count('class="holdout"') == 2


def test_an_empty_column_can_be_drawn():
    for kind in ("numbers", "levels"):
        assert "<svg" in charts.distribution(_column(kind=kind, real=[0.0, 0.0], synthetic=[0.0, 0.0]))


def test_a_gauge_has_its_value_inside_its_interval_and_the_reference_where_it_belongs():
    score = {"name": "x", "value": 0.5, "low": 0.25, "high": 0.75, "reference": 1.0}
    shown = charts.gauge(score)
    left, width, value = (
        _numbers("rect", "x", shown)[0],
        _numbers("rect", "width", shown)[0],
        _numbers("circle", "cx", shown)[0],
    )
    assert (left, width, value) == (84.0, 152.0, 160.0)
    assert _numbers("line", "x1", shown)[-1] == 312.0
    assert charts.gauge(score | {"value": None}) == ""


@pytest.mark.parametrize("value", [0.0, -0.4, 1e-9, 37.5])
def test_a_gauge_holds_any_value(value):
    shown = charts.gauge({"name": "x", "value": value, "low": None, "high": None, "reference": None})
    assert 8 <= _numbers("circle", "cx", shown)[0] <= 312


def test_negative_importances_have_no_bar_and_are_written():
    shown = charts.paired_bars([("x", 0.1, -0.2, None)], title="t", write=charts.plainly)
    assert _numbers("rect", "width", shown) == [240.0, 0.0]
    assert "-0.200" in shown


def test_logarithmic_axes_give_each_tenfold_a_third():
    shown = charts.curves(
        [("curve", [0.0, 0.001, 0.01, 0.1, 1.0], [0.001, 0.01, 0.1, 1.0, 1.0])],
        title="t",
        axes=("a", "b"),
        logarithmic=True,
    )
    points = [tuple(map(float, point.split(","))) for point in re.search(r'points="([^"]+)"', str(shown))[1].split()]
    abscissae, ordinates = zip(*points, strict=True)
    assert abscissae == pytest.approx([40, 40, 40 + 260 / 3, 40 + 520 / 3, 300], abs=0.01)
    assert ordinates == pytest.approx([268, 8 + 520 / 3, 8 + 260 / 3, 8, 8], abs=0.01)


def test_a_heat_map_draws_each_pair_in_its_shade():
    shown = str(charts.heat_map(["a", "b"], [[1.0, 0.35], [0.35, 1.0]], title="t"))
    shades = re.findall(r'class="shade(\d) plain" d="([^"]+)"', shown)
    assert [(shade, steps.count("M")) for shade, steps in shades] == [("3", 2), ("9", 2)]
    signed = str(charts.heat_map(["a", "b"], [[0.0, 0.2], [-0.1, 0.0]], title="t", signed=True))
    assert re.findall(r'class="(shade\d \w+)"', signed) == ["shade5 less", "shade9 more"]
    assert "<text" not in charts.heat_map([str(at) for at in range(30)], [[0.0] * 30] * 30, title="t")


def test_landmarks_of_a_curve_are_the_last_points_up_to_each_rate():
    assert charts.landmarks({"false_positives": [0.0, 0.0005, 0.01, 0.5]}) == [0, 1, 2, 3]
    assert charts.landmarks({"false_positives": []}) == []
