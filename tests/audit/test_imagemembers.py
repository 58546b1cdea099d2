"""Attacks on images: who was learned is told where it shows, by samples and by the file, and nobody is where nothing does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from synthgan import ImageRecords, ImageSynthesizer, evaluate_images
from synthgan.audit.imagemembers import file_scores, sample_scores
from synthgan.runtime import Streams

N = 240


def images(seed, n=N):
    rng = np.random.default_rng(seed)
    smooth = gaussian_filter(rng.normal(size=(n, 8, 8)), (0, 1, 1))
    return ImageRecords((128 + 200 * smooth).clip(0, 255).astype(np.uint8), {"label": np.arange(n) % 2})


REAL, UNSEEN, OTHERS = images(0), images(1), images(2)


def values(scores):
    return {score.name: score.value for score in scores}


def test_samples_that_are_the_learned_images_tell_who_was_learned():
    found = sample_scores(REAL, REAL, UNSEEN, Streams(0))
    assert values(found)["membership_p_value"] == 0.001
    assert values(found)["membership_tpr_at_1pct_fpr"] == 1
    assert values(found)["epsilon_lower_bound"] > 2
    assert found.details.smallest_leak < 0.5


def test_samples_that_tell_nothing_raise_no_alarm():
    found = values(sample_scores(REAL, OTHERS, UNSEEN, Streams(0)))
    assert found["membership_p_value"] > 0.01
    assert found["membership_tpr_at_1pct_fpr"] < 0.1
    assert found["epsilon_lower_bound"] == 0


@pytest.fixture(scope="module")
def synthesizer():
    return ImageSynthesizer(steps=1, width=4, batch_images=8, holdout_share=0, check=False).fit(REAL)


def test_the_file_is_attacked_by_what_stands_in_it(synthesizer):
    found = values(file_scores(synthesizer, REAL, UNSEEN, Streams(0)))
    assert found["file_p_value"] <= 0.01
    nobody = values(file_scores(synthesizer, OTHERS, UNSEEN, Streams(0)))
    assert nobody["file_p_value"] > 0.01


def test_with_masks_the_file_is_attacked_as_well():
    masked = [ImageRecords(one.pixels, one.columns, masks=one.pixels[..., 0] > 128) for one in (REAL, UNSEEN)]
    synthesizer = ImageSynthesizer(steps=1, width=4, batch_images=8, holdout_share=0, check=False).fit(masked[0])
    assert values(file_scores(synthesizer, *masked, Streams(0)))["file_p_value"] <= 0.01


@pytest.mark.parametrize("holdout", [None, images(3, 60)])
def test_with_few_unseen_images_nothing_is_known(synthesizer, holdout):
    for found in (
        sample_scores(REAL, OTHERS, holdout, Streams(0)),
        file_scores(synthesizer, REAL, holdout, Streams(0)),
    ):
        assert {score.value for score in found} == {None}
        assert all("needs a holdout of 200 images" in score.reading for score in found)


def test_a_report_has_both_attacks(synthesizer, tmp_path, monkeypatch):
    from synthgan.metrics.images import features

    monkeypatch.setattr(features, "EPOCHS", 1)
    synthesizer.save(tmp_path / "m.synthgan")
    report = evaluate_images(REAL, OTHERS, UNSEEN, model=tmp_path / "m.synthgan")
    assert {"membership_p_value", "file_p_value"} <= {score.name for score in report.scores}
    assert "model file" in {finding.about for finding in report.verdict.findings}
