"""Images of 128 x 128 pixels: learned small and enlarged, beside learned directly and beside a Gaussian of each class.

``python -m benchmarks large --minutes 30 --output large.json``. Mosaics of nuclei (four tiles of one picture; a third of the pictures
is kept aside) or ``--set phantoms``. FD-self is the Fréchet distance in features learned from real images; the detector is the AUC
of a network that tells synthetic images from real ones, where .5 is a guess. Beside both stands what unseen real images get.
``--models`` leaves rows out: ``stages,direct,pca_gaussian``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.datasets.large import SIDE, mosaics, phantoms
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.images import pca_gaussian
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer
from synthgan.metrics.images.clips import detected
from synthgan.metrics.images.compared import compare
from synthgan.metrics.images.features import OwnFeatures
from synthgan.metrics.images.scores import distance_scores
from synthgan.metrics.images.sets import ImageSets
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ("stages", "direct", "pca_gaussian")


def inputs(records: ImageRecords) -> torch.Tensor:
    """Images as the detector sees them, clips of one frame."""
    shares = records.pixels.astype(np.float32) / 127.5 - 1
    return torch.as_tensor(np.moveaxis(shares, -1, 1)[:, :, None].copy())


def told_apart(train: ImageRecords, others: ImageRecords, most: int, seed: int) -> float:
    """The AUC of the detector, of so many others at most."""
    return detected(inputs(train), inputs(others)[:most], Streams(seed).below("detector")).value


def judged(train: ImageRecords, made: ImageRecords, unseen: ImageRecords, seed: int, usual: float) -> dict[str, Any]:
    """Each figure beside that of unseen images, which the detector tells apart as usual."""
    streams = Streams(seed)
    sets = ImageSets.of(train, made, unseen, "label")
    learned, known = sets.real.halves(streams.numpy("halves"))
    features = OwnFeatures(sets, learned, streams.below("features"))
    fd, kid = distance_scores(compare(sets, features, known, streams), sets, streams)
    return {
        "fd_self": [fd.value, fd.reference],
        "kid_self": [kid.value, kid.reference],
        "detected": [told_apart(train, made, min(len(train), len(unseen)), seed), usual],
    }


def run(
    name: str, train: ImageRecords, unseen: ImageRecords, options: dict[str, Any], model: str, usual: float
) -> dict[str, Any]:
    """One model, fitted and judged."""
    started, spent = time.monotonic(), time.process_time()
    more: dict[str, Any] = {}
    if model == "pca_gaussian":
        made = pca_gaussian(train, options["seed"])
    else:
        synthesizer = ImageSynthesizer(**options | ({"base": SIDE} if model == "direct" else {})).fit(train)
        manifest = synthesizer.manifest()
        trained = [manifest["training"], *manifest.get("enlarging", {}).get("training", [])]
        more = {"steps": [part["steps"] for part in trained], "kept": [part["kept_step"] for part in trained]}
    took = {"fit_seconds": time.monotonic() - started, "fit_cpu_seconds": time.process_time() - spent}
    if model != "pca_gaussian":
        made = synthesizer.sample(len(train))
    found = judged(train, made, unseen, options["seed"], usual)
    return {"set": name, "model": model, "images": len(train), **options, **more, **took, **found}


def main(words: Sequence[str] | None = None) -> None:
    """Run it and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="mosaics", choices=["mosaics", "phantoms"])
    parser.add_argument(
        "--images", type=int, default=1000, help="to learn at most; as many others at most are kept aside"
    )
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--steps", type=int, default=ImageSynthesizer().steps)
    parser.add_argument("--width", type=int, default=ImageSynthesizer().width)
    parser.add_argument("--base", type=int)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(words)
    if given.set == "phantoms":
        train, unseen = phantoms(given.images, given.images // 2)
    else:
        train, unseen = mosaics(data_folder(given.data), given.images)
    options = {name: getattr(given, name) for name in ("steps", "width", "base", "minutes", "seed")}
    runs, usual = [], told_apart(train, unseen, len(train), given.seed)
    for model in given.models.split(","):
        runs.append(run(given.set, train, unseen, options, model, usual))
        print(json.dumps(runs[-1], indent=1), flush=True)
        keep(given.output, runs=runs)
