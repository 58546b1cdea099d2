"""Clips of digits that move: how well detectors tell synthetic from real ones, beside unseen clips and two simple models.

``python -m benchmarks clips --minutes 20 --output clips.json``. 16 frames of 32 x 32 pixels. A row each for frames drawn independently
(real ones, each of another clip of its class), a Gaussian of principal components of whole clips of each class, and what was
fitted. The AUC of detectors that see single frames, differences of frames, and whole clips; .5 is a guess.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.datasets.moving import moving_digits
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.images import pca_gaussian
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer
from synthgan.metrics.images.clips import clip_scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence


def shuffled(train: ImageRecords, seed: int) -> ImageRecords:
    """Frames drawn independently: each is a real one, of any clip of the class."""
    rng = np.random.default_rng(seed)
    pixels, labels = train.pixels.copy(), train.columns["label"]
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        for frame in range(pixels.shape[1]):
            pixels[own, frame] = train.pixels[rng.permutation(own), rng.permutation(len(own)) % pixels.shape[1]]
    return replace(train, pixels=pixels)


def gaussian(train: ImageRecords, seed: int) -> ImageRecords:
    """Clips of a Gaussian of principal components for each class."""
    n, *shape = train.pixels.shape
    flat = ImageRecords(train.pixels.reshape(n, 1, -1), train.columns)
    return replace(train, pixels=pca_gaussian(flat, seed).pixels.reshape(n, *shape))


def judged(train: ImageRecords, made: ImageRecords, unseen: ImageRecords, seed: int) -> dict[str, Any]:
    """Each AUC, its interval, and that of unseen clips."""
    scores = clip_scores({"real": train, "synthetic": made, "holdout": unseen}, Streams(seed))
    return {score.name: [score.value, score.low, score.high, score.reference] for score in scores}


def run(train: ImageRecords, unseen: ImageRecords, options: dict[str, Any]) -> dict[str, Any]:
    """All models, judged alike."""
    seed = options["seed"]
    started, spent = time.monotonic(), time.process_time()
    synthesizer = ImageSynthesizer(**options).fit(train)
    took = {"fit_seconds": time.monotonic() - started, "fit_cpu_seconds": time.process_time() - spent}
    made = {
        "independent_frames": shuffled(train, seed),
        "pca_gaussian": gaussian(train, seed),
        "synthgan": synthesizer.sample(len(train)),
    }
    assert synthesizer.model_ is not None
    trained = {name: synthesizer.model_.training.get(name) for name in ("steps", "kept_step", "history")}
    found = {name: judged(train, clips, unseen, seed) for name, clips in made.items()}
    return {"set": "moving digits", "clips": len(train), **took, "training": trained, "detected": found}


def main(words: Sequence[str] | None = None) -> None:
    """Run it and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=3000, help="to learn; half as many are kept aside")
    parser.add_argument("--steps", type=int, default=ImageSynthesizer().steps)
    parser.add_argument("--width", type=int, default=ImageSynthesizer().width)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(words)
    train, unseen = moving_digits(data_folder(given.data), given.clips, given.clips // 2)
    options = {name: getattr(given, name) for name in ("steps", "width", "minutes", "seed")}
    done = run(train, unseen, options)
    print(json.dumps(done, indent=1))
    keep(given.output, runs=[done])
