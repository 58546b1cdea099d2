"""Synthetic images beside real ones and beside a Gaussian of each class.

``python -m benchmarks images --sets digits,pneumoniamnist,chula --output images.json --picture digits.png``. Digits keep a stratified
third for testing, PneumoniaMNIST and MNIST have a part of their own, the blood cells of Chula RBC-12 keep a third of the smears.
A support vector machine is trained on as many synthetic images as there are real ones, and on real ones with synthetic ones added to
the small classes, and tested on real ones that nothing was fitted on, for three draws. What small classes gain is told beside what
their own images drawn again bring, by a machine that weighs no class. Every score of ``evaluate_images`` stands
beside what real images get in its place. ``pca_gaussian`` is a Gaussian of the first 64 principal components for each class. The
picture shows real images on the left and ours on the right, a row for each class. ``--device cuda`` learns a million images
by wider networks where nothing else is said. ``--models FOLDER`` keeps what was fitted, and takes what is there; with ``--only-fit``
that is all, so that one machine can fit and another judge.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.metrics import recall_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks.datasets.image_sets import SETS, joined, load
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer, evaluate_images

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RAREST = 5
DRAWS = 3  # of synthetic images that a classifier is trained on, one after the other
SEEN = 100  # principal components that the classifier sees
SHOWN_SCORES = (
    "fd_self",
    "kid_self",
    "precision",
    "recall",
    "density",
    "coverage",
    "classes_collapsed",
    "near_copies",
    "nearer_to_train",
    "nearer_to_train_features",
    "augmentation_gain",
    "utility_synthetic",
    "accuracy_synthetic",
)
COMPONENTS = 64
SETTINGS = ("steps", "width", "batch_images", "patience")
LARGER = {"steps": 3_907, "width": 64, "batch_images": 256, "patience": 40}  # of a GPU: a million images
SHOWN, ENLARGED = 8, 2


def value_as_training_data(train: ImageRecords, test: ImageRecords, *, weighed: bool = True) -> dict[str, float]:
    """How a support vector machine trained on some images does on real ones; ``rarest`` is its recall of the five rarest classes.

    Pixels are standardized, and classes weigh alike if ``weighed``: another judge than that of ``evaluate_images``.
    """
    names, counts = np.unique(test.columns["label"], return_counts=True)
    pixels, unseen = (records.pixels.reshape(len(records), -1).astype(float) for records in (train, test))
    truth = np.searchsorted(names, test.columns["label"])
    judge = make_pipeline(
        StandardScaler(),
        PCA(min(SEEN, *pixels.shape), random_state=0),
        SVC(class_weight="balanced" if weighed else None),
    ).fit(pixels, np.searchsorted(names, train.columns["label"]))
    guessed, decisions = judge.predict(unseen), judge.decision_function(unseen)
    recalls = recall_score(truth, guessed, labels=range(len(names)), average=None)
    areas = (
        [roc_auc_score(truth, decisions)]
        if decisions.ndim == 1
        else [roc_auc_score(truth == index, decisions[:, index]) for index in range(len(names))]
    )
    return {
        "auc": float(np.mean(areas)),
        "accuracy": float((guessed == truth).mean()),
        "balanced_accuracy": float(recalls.mean()),
        "rarest": float(recalls[np.argsort(counts, kind="stable")[:RAREST]].mean()),
    }


def mean_value(made: Sequence[ImageRecords], test: ImageRecords, *, weighed: bool = True) -> dict[str, float]:
    """The mean over several draws: one alone strays by as much as what is to be told apart."""
    found = [value_as_training_data(images, test, weighed=weighed) for images in made]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def augmented(train: ImageRecords, drawn: Callable[[Any, int], ImageRecords]) -> ImageRecords:
    """The images with others of each class drawn to them until it is as large as the mean of all classes."""
    labels, counts = np.unique(train.columns["label"], return_counts=True)
    wanted = [(label, round(counts.mean()) - n) for label, n in zip(labels, counts, strict=True) if n < counts.mean()]
    return joined([train, *[drawn(label, int(n)) for label, n in wanted]])


def drawn_again(train: ImageRecords, seed: int, label: Any, n: int) -> ImageRecords:
    """So many of a class' own images, drawn with replacement."""
    own = np.flatnonzero(train.columns["label"] == label)
    return train.take(np.random.default_rng(seed).choice(own, n))


def filling(train: ImageRecords, test: ImageRecords, ours: Sequence[ImageRecords], seed: int) -> dict[str, Any]:
    """What a machine that weighs no class gains where small classes are filled up, by their own images again and by ours."""
    again = [augmented(train, partial(drawn_again, train, index)) for index in range(seed, seed + DRAWS)]
    made = {"real": [train], "real and real again": again, "real and ours": ours}
    return {model: mean_value(images, test, weighed=False) for model, images in made.items()}


def scores_of(train: ImageRecords, made: ImageRecords, test: ImageRecords, seed: int) -> dict[str, list[float | None]]:
    """Value and, beside it, what real images get in the place of the synthetic ones, of every score by name."""
    return {
        score.name: [score.value, score.reference] for score in evaluate_images(train, made, test, seed=seed).scores
    }


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


def sample_class(synthesizer: ImageSynthesizer, seed: int, label: Any, n: int) -> ImageRecords:
    """So many synthetic images of a class."""
    return synthesizer.sample(n, where={"label": label}, seed=seed)


def learned(train: ImageRecords, options: dict[str, Any]) -> tuple[ImageSynthesizer, dict[str, Any]]:
    """What has learned the images, and how: its options, and the seconds it took."""
    started, spent = time.monotonic(), time.process_time()
    synthesizer = ImageSynthesizer(**options).fit(train)
    seconds = {"fit_seconds": time.monotonic() - started, "fit_cpu_seconds": time.process_time() - spent}
    return synthesizer, options | seconds


def fitted(
    name: str, train: ImageRecords, options: dict[str, Any], models: Path | None
) -> tuple[ImageSynthesizer, dict[str, Any]]:
    """What has learned the images, and how: taken from the folder if it is there, kept in it if there is one."""
    if models is None:
        return learned(train, options)
    model, told = models / f"{name}.synthgan", models / f"{name}.json"
    if told.exists():
        return ImageSynthesizer.load(model, device="cpu"), json.loads(told.read_text(encoding="utf-8"))
    synthesizer, how = learned(train, options)
    synthesizer.save(model)
    told.write_text(json.dumps(how), encoding="utf-8")
    return synthesizer, how


def run(
    name: str,
    folder: Path,
    options: dict[str, Any],
    models: Path | None,
    show: Callable[[ImageRecords, ImageRecords], None],
) -> dict[str, Any]:
    """The figures of one set."""
    train, test = load(name, folder)
    synthesizer, how = fitted(name, train, options, models)
    classes, counts = np.unique(train.columns["label"], return_counts=True)
    made: dict[str, list[ImageRecords]] = {"real": [train], "ours": [], "pca_gaussian": [], "real and ours": []}
    for seed in range(options["seed"], options["seed"] + DRAWS):
        drawn = partial(sample_class, synthesizer, seed)
        # As many of each class as there are: what is compared is the images, not a draw of classes.
        made["ours"].append(joined([drawn(label, int(n)) for label, n in zip(classes, counts, strict=True)]))
        made["pca_gaussian"].append(pca_gaussian(train, seed))
        made["real and ours"].append(augmented(train, drawn))
    show(train, made["ours"][0])
    return {
        "set": name,
        "images": len(train),
        "test_images": len(test),
        **how,
        "training": synthesizer.manifest()["training"],
        "trained_on": {model: mean_value(images, test) for model, images in made.items()},
        "filled": filling(train, test, made["real and ours"], options["seed"]),
        "scores": {
            model: scores_of(train, made[model][0], test, options["seed"]) for model in ("ours", "pca_gaussian")
        },
    }


def tell(done: dict[str, Any]) -> None:
    """Print the figures of one set."""
    seconds = f"{done['fit_seconds']:.0f} s, {done['fit_cpu_seconds']:.0f} of the processor"
    print(f"{done['set']}: {done['images']:,} images learned in {seconds}")
    for model, figures in done["trained_on"].items():
        print(f"  trained on {model}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    for model, figures in done["filled"].items():
        print(f"  no class weighed, {model}: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    for model, scores in done["scores"].items():
        shown = {name: scores[name] for name in SHOWN_SCORES if name in scores}
        words = (f"{name} {value:.3f} ({beside:.3f})" for name, (value, beside) in shown.items())
        print(f"  {model} (real images in its place): {', '.join(words)}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default="digits", help=f"of {', '.join(SETS)}, parted by commas")
    for name in SETTINGS:
        told = f"default: {getattr(ImageSynthesizer(), name)}, on a GPU {LARGER[name]}"
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=told)
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda where there is one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--models", type=Path, help="folder that keeps fitted models")
    parser.add_argument("--only-fit", action="store_true", help="keep models, judge none")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    parser.add_argument("--picture", type=Path, help="PNG file to write, of the last set")
    given = parser.parse_args(words)
    names = given.sets.split(",")
    if unknown := sorted(set(names) - set(SETS)):
        parser.error(f"a set must be one of {', '.join(SETS)}, however: {', '.join(unknown)}")

    if given.only_fit and not given.models:
        parser.error("--only-fit must have a folder for its models, however: --models was not given")

    def show(real: ImageRecords, synthetic: ImageRecords) -> None:
        if given.picture:
            picture(real, synthetic).save(given.picture, optimize=True)

    usual = ImageSynthesizer().get_params() | (LARGER if given.device.startswith("cuda") else {})
    options = {name: getattr(given, name) for name in ("minutes", "seed", "device")}
    options |= {name: getattr(given, name) or usual[name] for name in SETTINGS}
    if given.models:
        given.models.mkdir(parents=True, exist_ok=True)
    folder, runs = data_folder(given.data), []
    for name in names:
        if given.only_fit:
            fitted(name, load(name, folder)[0], options, given.models)
            continue
        runs.append(run(name, folder, options, given.models, show))
        tell(runs[-1])
        keep(given.output, runs=runs)
