"""Detectors of clips find what is wrong: in frames, in what changes, or nowhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.made_clips import make_clips

from synthgan import DataError, evaluate_images
from synthgan.metrics.images import clips
from synthgan.metrics.images.evaluate import score_images
from synthgan.metrics.images.sets import ImageSets
from synthgan.runtime import Streams


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(clips, "STEPS", 40)


def scores_of(made, n=120):
    sets = {"real": make_clips(n), "synthetic": made, "holdout": make_clips(n, seed=2)}
    return {score.name: score for score in clips.clip_scores(sets, Streams(0))}


def test_frames_in_disorder_are_found_by_what_changes_alone():
    real = make_clips(120, seed=1)
    order = np.random.default_rng(0).permuted(np.tile(np.arange(6), (120, 1)), axis=1)
    found = scores_of(replace(real, pixels=real.pixels[np.arange(120)[:, None], order]))
    assert found["detected_clips"].value > 0.9
    assert found["detected_differences"].value > 0.9
    assert found["detected_frames"].value < 0.7
    assert all(score.reference < 0.7 for score in found.values())


def test_other_frames_are_found_in_each():
    real = make_clips(120, seed=1)
    found = scores_of(replace(real, pixels=255 - real.pixels))
    assert all(score.value > 0.9 for score in found.values())


def test_the_page_shows_clips_as_strips():
    report = evaluate_images(make_clips(40), make_clips(40, seed=1), make_clips(40, seed=2))
    (one, _) = report.details.images.classes
    assert one.columns == 6
    assert one.shown.shape == (4 * 6, 8, 8, 1)
    assert {"detected_frames", "detected_differences", "detected_clips"} <= {score.name for score in report.scores}


def test_images_are_no_clips_and_clips_of_another_length_none_of_these():
    with pytest.raises(
        DataError, match=r"like the real ones \(grey, 8 x 8, 6 frames, 8 bits\), however: grey, 8 x 8, 5 fr"
    ):
        ImageSets.of(make_clips(), make_clips(frames=5))
    volumes = replace(make_clips(), clips=False, physical=None)
    with pytest.raises(
        DataError, match=r"like the real ones \(grey, 8 x 8, 6 frames, 8 bits\), however: grey, 8 x 8 x 6"
    ):
        score_images(make_clips(), volumes)
    assert not clips.clip_scores({"real": volumes, "synthetic": volumes}, Streams(0))
