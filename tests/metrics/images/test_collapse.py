"""Collapsed classes: what is planted is found, and real halves raise no alarm."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan import diagnose_collapse
from synthgan.metrics.images.collapse import collapse_sentences, diversity


def _halves(classes, seed):
    """Two halves of the points with 40 of each class in both."""
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(np.flatnonzero(classes == one)) for one in range(10)]
    return tuple(np.concatenate([order[start : start + 40] for order in orders]) for start in (0, 40))


def test_real_halves_raise_no_alarm_in_a_thousand_classes(points):
    alarms, least = 0, []
    for seed in range(100):
        one, other = _halves(points[1], seed)
        found = diversity(points[0][one], points[1][one], points[0][other], points[1][other])
        assert len(found) == 10
        alarms += len(collapse_sentences(found, "0123456789", []))
        least += [min(how.nearest, how.spread) for how in found.values()]
    # None of 1,000: fewer than 3 in 1,000 at 95 %.
    assert alarms == 0
    assert min(least) > 0.6


def _planted(points, change):
    one, other = _halves(points[1], 0)
    synthetic, classes = points[0][other].copy(), points[1][other]
    change(synthetic, np.flatnonzero(classes == 3), np.flatnonzero(classes == 8))
    found = diversity(points[0][one], points[1][one], synthetic, classes)
    return collapse_sentences(found, "0123456789", [])


def _one(synthetic, threes, eights):
    synthetic[threes] = synthetic[threes[0]]


def _two(synthetic, threes, eights):
    synthetic[threes] = synthetic[threes[np.arange(40) % 2]]


def _eight_with_noise(synthetic, threes, eights):
    noise = np.random.default_rng(0).normal(size=(40, synthetic.shape[1]))
    synthetic[threes] = synthetic[threes[np.arange(40) % 8]] + 0.05 * noise


def _narrow(synthetic, threes, eights):
    synthetic[threes] = synthetic[threes].mean(axis=0) + 0.2 * (synthetic[threes] - synthetic[threes].mean(axis=0))


@pytest.mark.parametrize("change", [_one, _two, _eight_with_noise, _narrow])
def test_the_same_few_images_over_and_over_are_found(points, change):
    said = _planted(points, change)
    assert len(said) == 1
    assert said[0].startswith("class '3' has collapsed")


def test_images_of_another_class_are_found(points):
    def swapped(synthetic, threes, eights):
        synthetic[threes] = synthetic[eights] + 1e-3

    said = _planted(points, swapped)
    assert [line[:39] for line in said] == ["class '3' looks like other classes, mos"]
    assert "mostly '8'" in said[0]


def test_records_are_diagnosed_and_missing_classes_named(thirds):
    real, other, _ = thirds
    assert diagnose_collapse(real, other) == []
    label = other.columns["label"]
    threes = np.flatnonzero(label == 3)
    indices = np.arange(599)
    indices[threes] = threes[0]
    said = diagnose_collapse(real, other.take(indices[label != 7]))
    assert len(said) == 2
    assert said[0] == "class '7' is missing: there is no synthetic image of it"
    assert said[1].startswith("class '3' has collapsed")


def test_one_class_alone_is_judged_without_labels(thirds):
    real, other, _ = thirds
    assert diagnose_collapse(real, other, label=None) == []
    said = diagnose_collapse(real, other.take(np.zeros(599, dtype=int)), label=None)
    assert said[0].startswith("class 'all' has collapsed")
