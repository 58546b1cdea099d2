"""Synthetic images as training data: ours beside real images and a Gaussian of each class.

``python -m benchmarks.images --sets digits,pneumoniamnist --steps 1200 --output images.json --picture digits.png``. A support
vector machine is trained on as many images as there are real training images and tested on real ones that nothing was
fitted on: accuracy, for two classes the area under the ROC curve. ``real`` is the floor; ``pca_gaussian`` is a Gaussian of
the first 64 principal components for each class. Digits keep a stratified third for testing, PneumoniaMNIST has a part of
its own. The picture shows real images on the left and ours on the right, a row for each class.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from benchmarks.store import describe
from benchmarks.tables import data_folder
from synthgan import ImageRecords, ImageSynthesizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SETS = ("digits", "pneumoniamnist")
COMPONENTS = 64
SHOWN, ENLARGED = 8, 2


def load(name: str, folder: Path) -> tuple[ImageRecords, ImageRecords]:
    """Images to learn from, and real ones of others to test on."""
    path = folder / "images" / f"{name}.npz"
    with np.load(path) as arrays:
        if "test_images" in arrays:
            return ImageRecords.read(path), ImageRecords(
                arrays["test_images"], {"label": arrays["test_labels"].ravel()}
            )
    records = ImageRecords.read(path)
    places = np.arange(len(records))
    train, test = train_test_split(places, test_size=1 / 3, stratify=records.columns["label"], random_state=0)
    return records.take(train), records.take(test)


def utility(train: ImageRecords, test: ImageRecords) -> float:
    """How well a classifier trained on some images does on others: accuracy, or AUC where there are two classes."""
    inputs = [records.pixels.reshape(len(records), -1).astype(float) for records in (train, test)]
    classifier = SVC().fit(inputs[0], train.columns["label"])
    truth = test.columns["label"]
    if len(np.unique(truth)) == 2:
        return float(roc_auc_score(truth, classifier.decision_function(inputs[1])))
    return float(classifier.score(inputs[1], truth))


def pca_gaussian(train: ImageRecords, seed: int) -> ImageRecords:
    """As many images as were given, each class drawn from a Gaussian of its principal components."""
    rng = np.random.default_rng(seed)
    pixels, labels = np.empty_like(train.pixels), train.columns["label"]
    for label in np.unique(labels):
        own = train.pixels[labels == label].reshape((labels == label).sum(), -1).astype(float)
        pca = PCA(min(COMPONENTS, *own.shape), svd_solver="full").fit(own)
        drawn = rng.normal(size=(len(own), pca.n_components_)) * np.sqrt(pca.explained_variance_)
        images = pca.inverse_transform(drawn).round().clip(own.min(), own.max())
        pixels[labels == label] = images.reshape(-1, *train.pixels.shape[1:])
    return ImageRecords(pixels, {"label": labels})


def picture(real: ImageRecords, synthetic: ImageRecords) -> Image.Image:
    """A row for each class: real images, a gap, synthetic ones."""
    rows = []
    for label in np.unique(real.columns["label"]):
        halves = [
            np.concatenate(list(part.take(np.flatnonzero(part.columns["label"] == label)[:SHOWN]).pixels), axis=1)
            for part in (real, synthetic)
        ]
        gap = np.full((halves[0].shape[0], real.pixels.shape[2], halves[0].shape[2]), real.pixels.max())
        rows.append(np.concatenate([halves[0], gap, halves[1]], axis=1))
    grid = np.concatenate(rows).astype(float) / real.pixels.max()
    grid = (255 * grid).round().astype(np.uint8).repeat(ENLARGED, 0).repeat(ENLARGED, 1)
    return Image.fromarray(grid[..., 0] if grid.shape[2] == 1 else grid)


def run(name: str, folder: Path, options: dict[str, Any], show: Callable[[ImageRecords, ImageRecords], None]) -> dict:
    """The figures of one set."""
    train, test = load(name, folder)
    started, spent = time.monotonic(), time.process_time()
    synthesizer = ImageSynthesizer(**options).fit(train)
    seconds = {"fit_seconds": time.monotonic() - started, "fit_cpu_seconds": time.process_time() - spent}
    classes, counts = np.unique(train.columns["label"], return_counts=True)
    # As many of each class as there are: what is compared is the images, not a draw of classes.
    drawn = [synthesizer.sample(int(n), where={"label": label}) for label, n in zip(classes, counts, strict=True)]
    labels = np.concatenate([part.columns["label"] for part in drawn])
    ours = ImageRecords(np.concatenate([part.pixels for part in drawn]), {"label": labels})
    show(train, ours)
    scores = {
        "real": utility(train, test),
        "ours": utility(ours, test),
        "pca_gaussian": utility(pca_gaussian(train, options["seed"]), test),
    }
    return {"set": name, "images": len(train), "test_images": len(test), **options, **seconds, "utility": scores}


def main(words: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="digits", help=f"of {', '.join(SETS)}, parted by commas")
    parser.add_argument("--steps", type=int, default=ImageSynthesizer().steps)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--picture", type=Path, help="PNG file to write, of the last set")
    given = parser.parse_args(words)
    names = given.sets.split(",")
    if unknown := sorted(set(names) - set(SETS)):
        parser.error(f"a set must be one of {', '.join(SETS)}, however: {', '.join(unknown)}")

    def show(real: ImageRecords, synthetic: ImageRecords) -> None:
        if given.picture:
            picture(real, synthetic).save(given.picture, optimize=True)

    options = {"steps": given.steps, "minutes": given.minutes, "seed": given.seed}
    runs = []
    for name in names:
        runs.append(run(name, data_folder(given.data), options, show))
        figures = ", ".join(f"{model} {value:.3f}" for model, value in runs[-1]["utility"].items())
        print(f"{name}: {figures}; fit {runs[-1]['fit_cpu_seconds']:.0f} processor seconds", flush=True)
        if given.output:
            text = json.dumps({"session": describe({}), "runs": runs}, indent=1)
            given.output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
