"""Synthetic images with masks beside real ones: what a U-Net learns from pairs, areas and counts of nuclei, and words.

``python -m benchmarks masks --minutes 20 --output masks.json``. Tiles of nuclei (BBBC038), a third of whose pictures is kept
aside. A U-Net of fewer than 500,000 weights learns real pairs, synthetic ones, 100 real ones, and these with synthetic ones, and is
tested on the tiles kept aside. ``--words`` learns without masks, under a sentence made of the label and of the thirds of count and
area that a tile is in; a support vector machine that learned real tiles then says whether images are what was asked for.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks.datasets.image_sets import nuclei
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer
from synthgan.metrics.images.segmentation import Segmented, dice, learn_structures
from synthgan.metrics.images.structures import mask_scores, shapes_of
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW = 100  # real pairs that synthetic ones are added to
KINDS = ("fluorescence", "bright field", "stained tissue")
THIRDS = (("few", "some", "many"), ("small", "middling", "large"))
SEEN = 100  # principal components that the judge of words sees


def segmented(records: ImageRecords) -> Segmented:
    """Pairs as the U-Net takes them."""
    assert records.masks is not None
    inputs = np.moveaxis(records.pixels.astype(np.float32) / np.iinfo(records.pixels.dtype).max, -1, 1)
    return Segmented(inputs, records.masks.labels)


def found_by(train: ImageRecords, test: ImageRecords, seed: int) -> float:
    """Dice on some pairs of a U-Net that learned others."""
    return dice(learn_structures(segmented(train), 1, Streams(seed)), segmented(test), 1)[0]


def pairs(train: ImageRecords, test: ImageRecords, options: dict[str, Any]) -> dict[str, Any]:
    """What synthetic pairs are worth, and how alike their masks are."""
    started, spent = time.monotonic(), time.process_time()
    synthesizer = ImageSynthesizer(**options).fit(train)
    took = {"fit_seconds": time.monotonic() - started, "fit_cpu_seconds": time.process_time() - spent}
    made = synthesizer.sample(len(train))
    few = train.take(np.random.default_rng(options["seed"]).permutation(len(train))[:FEW])
    scores, _ = mask_scores({"real": train, "synthetic": made, "holdout": test}, Streams(options["seed"]))
    found = {score.name: [score.value, score.reference] for score in scores}
    few_dice = {
        "dice_few": found_by(few, test, options["seed"]),
        "dice_few_and_synthetic": found_by(ImageRecords.joined([few, made.take(slice(0, len(made) // 4))]), test, 0),
    }
    return {"set": "nuclei", "images": len(train), **took, "scores": found, **few_dice}


def facets_of(records: ImageRecords, edges: list[np.ndarray] | None = None) -> tuple[np.ndarray, list[np.ndarray]]:
    """The kind of each tile and the thirds of count and area that it is in, ``[n, 3]``; and where these begin."""
    assert records.masks is not None
    shapes = shapes_of(records.masks.labels, 1)
    measured = [shapes.counts, shapes.areas]
    edges = edges or [np.quantile(values, (1 / 3, 2 / 3)) for values in measured]
    thirds = [np.searchsorted(edge, values, side="left") for edge, values in zip(edges, measured, strict=True)]
    return np.stack([records.columns["label"], *thirds], axis=1).astype(int), edges


def sentence(kind: int, count: int, area: int) -> str:
    """What is said of a tile."""
    return f"{KINDS[kind]}, {THIRDS[0][count]} {THIRDS[1][area]} nuclei"


def row_of(text: str, known: dict[str, list[int]]) -> list[int]:
    """The kind and thirds that a drawn text means: those of the only sentence that has all of its words; -1 where it is none.

    Words that all tiles have tell nothing, and are not kept.
    """
    drawn = set(text.split())
    rows = [row for told, row in known.items() if drawn <= set(told.replace(",", "").split())]
    return rows[0] if len(rows) == 1 else [-1, -1, -1]


def share_of(right: np.ndarray) -> float | None:
    """The share that is right; None of nothing."""
    return float(right.mean()) if len(right) else None


def words(train: ImageRecords, test: ImageRecords, options: dict[str, Any]) -> dict[str, Any]:
    """How often images are what was asked for, by a judge that learned real ones; beside how often real ones are."""
    facets, edges = facets_of(train)
    unseen, _ = facets_of(test, edges)
    reports = np.array([sentence(*row) for row in facets])
    columns = {"label": train.columns["label"], "report": reports}
    synthesizer = ImageSynthesizer(**options, condition=["label", "report"]).fit(ImageRecords(train.pixels, columns))
    drawn = synthesizer.sample(len(test))
    said = drawn.columns["report"].tolist()
    known = {sentence(*row): row for row in facets.tolist()}
    asked = np.array([row_of(text, known) for text in said])
    judged = {}
    for index, name in enumerate(("kind", "count", "area")):
        judge = make_pipeline(StandardScaler(), PCA(SEEN, random_state=0), SVC(class_weight="balanced"))
        judge.fit(train.pixels.reshape(len(train), -1), facets[:, index])
        right = {
            side: judge.predict(images.pixels.reshape(len(images), -1)) == truth[:, index]
            for side, images, truth in (("real", test, unseen), ("synthetic", drawn, asked))
        }
        truths = {"real": unseen[:, index], "synthetic": asked[:, index]}
        judged[name] = {
            str(level): {side: share_of(right[side][truth == level]) for side, truth in truths.items()}
            for level in np.unique(facets[:, index])
        }
    return {"set": "nuclei, words", "images": len(train), "agreement": judged}


def main(given_words: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", action="store_true", help="ask for images in words, in place of judging pairs")
    parser.add_argument("--steps", type=int, default=ImageSynthesizer().steps)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(given_words)
    train, test = nuclei(data_folder(given.data))
    options = {name: getattr(given, name) for name in ("steps", "minutes", "seed")}
    done = (words if given.words else pairs)(train, test, options)
    print(json.dumps(done, indent=1))
    keep(given.output, runs=[done])
