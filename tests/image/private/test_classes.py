"""Classes are found and counted by noise; all else that is known of images is known of their type."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan import DataError, ImageRecords, PrivacyError
from synthgan.image.classes import column_of_classes
from synthgan.image.config import ImageConfig
from synthgan.image.intake import FrameAsker, take_in
from synthgan.image.physical import Physical
from synthgan.image.private.budget import Budget
from synthgan.image.private.classes import measure_classes
from synthgan.image.queries import PixelRecords
from synthgan.privacy.ledger import PrivacyLedger


def measure(labels, scale=1.0, dtype=np.uint8, **options):
    pixels = np.full((len(labels), 4, 4), 100, dtype)
    records = ImageRecords(pixels, {"label": np.array(labels)}, Physical(modality="CT"))
    config = ImageConfig(**options)
    asker = FrameAsker(declared=None, noise=1.0, delta=1e-7)
    intake = take_in(records, config, asker, PrivacyLedger(1e-6, "one image"))
    encoding = measure_classes(intake, Budget(scale, 0.0, 1e-7)).encoding
    classes = PixelRecords(records.pixels, column_of_classes(records, "label") if config.columns else None)
    return encoding, classes.classes(encoding.levels), intake.curator.ledger.charges


def test_classes_of_few_images_never_show():
    """Noise of 7 on each count, a threshold of 38: a class of 500 hides with a chance below 1e-300, one of 3 shows with 3e-7."""
    encoding, classes, charges = measure(["well"] * 500 + ["a very rare illness"] * 3 + ["ill"] * 500)
    assert encoding.levels.tolist() == ["ill", "well"]
    assert encoding.levels.dtype == np.dtype("<U4")
    np.testing.assert_array_equal(classes, [1] * 500 + [-1] * 3 + [0] * 500)
    assert [(charge.stage, charge.sensitivity, charge.delta) for charge in charges] == [
        ("classes", 1, 1e-7),
        ("classes", 1, 0.0),
    ]


def test_counts_are_noised():
    counts = np.array([measure(["a"] * 500 + ["b"] * 700)[0].counts for _ in range(40)])
    assert len(np.unique(counts)) > 20
    assert np.abs(counts.mean(0) - [500, 700]).max() < 6  # five standard errors of a deviation of 7


def test_the_range_is_that_of_the_type_and_headers_are_left_out():
    for dtype, high in ((np.uint8, 255), (np.uint16, 65_535)):
        encoding, _, _ = measure([3] * 300, dtype=dtype)
        assert (encoding.low, encoding.high, encoding.physical, encoding.shape) == (0, high, None, (4, 4, 1))
        assert encoding.levels.tolist() == [3]


def test_without_a_condition_nothing_is_sought():
    encoding, classes, (charge,) = measure(["a", "b"] * 200, condition=None)
    assert encoding.levels.tolist() == ["all"]
    assert charge.delta == 0
    assert not classes.any()


def test_what_cannot_be_learned_is_one_line():
    with pytest.raises(PrivacyError, match="must have enough images to show, however: none stands out of the noise"):
        measure(np.arange(60))
    with pytest.raises(DataError, match="'sex' is none of 'label'"):
        measure(["a"] * 60, condition="sex")
