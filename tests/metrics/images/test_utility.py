"""Utility: real images are worth what they are worth, labels dealt at random nothing, and more images more than the same again."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.metrics.images.utility import augmentation_gain, performance


def _labelled(records):
    return records.pixels.astype(np.float32) / 16, records.columns["label"]


def test_real_digits_train_a_good_classifier_and_random_labels_none(thirds):
    real, other, unseen = map(_labelled, thirds)
    found = performance(real, unseen)
    assert found.auc.value > 0.99
    assert found.accuracy.low > 0.93
    assert found.balanced_accuracy.value == pytest.approx(found.accuracy.value, abs=0.02)
    shuffled = performance((other[0], np.random.default_rng(0).permutation(other[1])), unseen)
    assert shuffled.auc.value == pytest.approx(0.5, abs=0.1)
    assert shuffled.accuracy.value < 0.2


def test_two_classes_are_one_area_and_a_missing_class_is_never_guessed(thirds):
    real, _, unseen = map(_labelled, thirds)
    train, test = ((inputs[labels < 2], labels[labels < 2]) for inputs, labels in (real, unseen))
    assert performance(train, test).auc.value == 1
    lacking = performance((real[0][real[1] != 4], real[1][real[1] != 4]), unseen)
    assert lacking.accuracy.value == pytest.approx(0.9, abs=0.04)
    assert lacking.balanced_accuracy.value < 0.91
    alone = performance((train[0][train[1] == 0], train[1][train[1] == 0]), test)
    assert (alone.auc.value, alone.balanced_accuracy.value) == (0.5, 0.5)


def test_other_real_images_gain_and_the_same_again_do_not(thirds):
    real, other, unseen = map(_labelled, thirds)
    few = real[0][:150], real[1][:150]
    wrong = other[0], np.random.default_rng(0).permutation(other[1])
    (gain, loss), control = augmentation_gain(few, [other, wrong], unseen, np.random.default_rng)
    assert gain.low > 0
    assert 0.9 < control < 1
    assert loss.high < 0
