"""Private synthetic images as training data: MNIST at a total epsilon, beside real images and a fit without privacy.

``python -m benchmarks private_images --epsilon 10 --delta 1e-5 --seed 0 --images 10000 --output private.json``. All 60,000
training images are learned; classifiers (a support vector machine, and a small convolutional network, which takes all that
is drawn) are trained on synthetic images alone and tested on the 10,000 of the test part, which nothing was fitted on.
``moments`` is the private default, ``dpsgd`` the same with the training at the same total epsilon, ``open`` the draft that a fit
without privacy starts from, ``real`` as many real training images. ``--models`` picks some of them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from sklearn.svm import SVC
from torch import nn

from benchmarks.datasets.image_sets import load
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer

if TYPE_CHECKING:
    from collections.abc import Sequence

MODELS = ("moments", "dpsgd", "open", "real")
SVM_IMAGES = 10_000  # at most: the machine's time grows with their square
EPOCHS, BATCH = 4, 100


def svm_accuracy(train: ImageRecords, test: ImageRecords) -> float:
    """Accuracy on some images of a support vector machine that was trained on the pixels of others."""
    inputs = [records.pixels.reshape(len(records), -1).astype(float) for records in (train, test)]
    return float(SVC().fit(inputs[0], train.columns["label"]).score(inputs[1], test.columns["label"]))


def network_utility(train: ImageRecords, test: ImageRecords, seed: int) -> float:
    """Accuracy on some images of a small convolutional network that was trained on others, a fixed number of rounds."""
    levels, codes = np.unique(train.columns["label"], return_inverse=True)
    inputs, others = (
        torch.as_tensor(part.pixels.astype(np.float32) / np.iinfo(part.pixels.dtype).max).movedim(-1, 1)
        for part in (train, test)
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(inputs.shape[1], 16, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.LazyLinear(len(levels)),
        )
        network(inputs[:1])
        optimizer = torch.optim.Adam(network.parameters(), 1e-3)
        for _ in range(EPOCHS):
            for batch in torch.randperm(len(inputs)).split(BATCH):
                loss = nn.functional.cross_entropy(network(inputs[batch]), torch.as_tensor(codes[batch.numpy()]))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    network.eval()
    with torch.inference_mode():
        found = torch.cat([network(some).argmax(1) for some in others.split(1000)]).numpy()
    return float((levels[found] == test.columns["label"]).mean())


def images_of(model: str, train: ImageRecords, images: int, options: dict[str, Any]) -> tuple[ImageRecords, dict]:
    """Images to train on, as many of each class, and what making them took."""
    labels = np.unique(train.columns["label"])
    started, spent, privacy = time.monotonic(), time.process_time(), None
    if model == "real":
        chosen = train.take(np.random.default_rng(options["seed"]).permutation(len(train))[:images])
    else:
        private = {"epsilon": options["epsilon"], "delta": options["delta"], "mechanism": model}
        usual = {"steps": 0} if model == "open" else private
        synthesizer = ImageSynthesizer(seed=options["seed"], **usual).fit(train)
        privacy = (synthesizer.manifest()["privacy"] or {}).get("epsilon")
        parts = [synthesizer.sample(images // len(labels), where={"label": label}) for label in labels]
        chosen = ImageRecords(
            np.concatenate([part.pixels for part in parts]),
            {"label": np.concatenate([part.columns["label"] for part in parts])},
        )
    seconds = {"seconds": time.monotonic() - started, "cpu_seconds": time.process_time() - spent}
    return chosen, {"epsilon_spent": privacy, **seconds}


def run(model: str, train: ImageRecords, test: ImageRecords, images: int, options: dict[str, Any]) -> dict[str, Any]:
    """The figures of one model."""
    chosen, took = images_of(model, train, images, options)
    some = np.random.default_rng(options["seed"]).permutation(len(chosen))[:SVM_IMAGES]
    scores = {"svm": svm_accuracy(chosen.take(some), test), "network": network_utility(chosen, test, options["seed"])}
    return {"model": model, "learned": len(train), "images": len(chosen), **options, **took, "accuracy": scores}


def main(words: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="mnist", help="a file of the folder `images` of the data, without its ending")
    parser.add_argument("--models", default="moments,dpsgd,open,real", help=f"of {', '.join(MODELS)}, parted by commas")
    parser.add_argument("--epsilon", type=float, default=10.0)
    parser.add_argument("--delta", type=float, default=1e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--images", type=int, default=10_000, help="images to train on")
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(words)
    names = given.models.split(",")
    if unknown := sorted(set(names) - set(MODELS)):
        parser.error(f"a model must be one of {', '.join(MODELS)}, however: {', '.join(unknown)}")
    train, test = load(given.set, data_folder(given.data))
    options = {"epsilon": given.epsilon, "delta": given.delta, "seed": given.seed}
    runs = []
    for name in names:
        runs.append(found := run(name, train, test, given.images, options))
        figures = ", ".join(f"{classifier} {value:.4f}" for classifier, value in found["accuracy"].items())
        spent = "" if found["epsilon_spent"] is None else f" (epsilon {found['epsilon_spent']:.2f})"
        print(f"{given.set}, {name}{spent}: {figures}; {found['cpu_seconds']:.0f} processor seconds", flush=True)
        keep(given.output, runs=runs)
