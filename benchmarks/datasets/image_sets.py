"""The sets of images that benchmarks learn, and the real images that each is tested on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import train_test_split

from synthgan import ImageRecords
from synthgan.image.resampling import Target

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MIXED = "chests_and_cells"
SETS = ("digits", "pneumoniamnist", "chula", "mnist", MIXED)
CELLS, SIDE = 4, 64  # kinds of blood cells in the mixed set, and its pixels a side
FILES = {"chula": "chula_rbc12_crops32"}


def load(name: str, folder: Path) -> tuple[ImageRecords, ImageRecords]:
    """Images to learn from, and real ones of others to test on."""
    if name == MIXED:
        return mixed(folder)
    path = folder / "images" / f"{FILES.get(name, name)}.npz"
    with np.load(path) as arrays:
        if "test_images" in arrays:
            return ImageRecords.read(path), ImageRecords(
                arrays["test_images"], {"label": arrays["test_labels"].ravel()}
            )
    records = ImageRecords.read(path)
    labels = records.columns["label"]
    if "smear" in records.columns:
        # A smear is on one side: its cells were stained and photographed together.
        smears = np.unique(records.columns["smear"])
        kept = np.random.default_rng(0).permutation(smears)[: len(smears) // 3]
        aside = np.isin(records.columns["smear"], kept)
        train, test = np.flatnonzero(~aside), np.flatnonzero(aside)
    else:
        train, test = train_test_split(np.arange(len(records)), test_size=1 / 3, stratify=labels, random_state=0)
    return ImageRecords(records.pixels[train], {"label": labels[train]}), ImageRecords(
        records.pixels[test], {"label": labels[test]}
    )


def mixed(folder: Path) -> tuple[ImageRecords, ImageRecords]:
    """Chests, and the commonest blood cells, in grey and 64 x 64: six classes of two hospitals, as alike as those of MedNIST."""
    (chests, unseen_chests), (cells, unseen_cells) = (load(name, folder) for name in ("pneumoniamnist", "chula"))
    labels, counts = np.unique(cells.columns["label"], return_counts=True)
    common = labels[np.argsort(-counts, kind="stable")[:CELLS]]

    def both(chests: ImageRecords, cells: ImageRecords) -> ImageRecords:
        cells = cells.take(np.flatnonzero(np.isin(cells.columns["label"], common)))
        grey = np.rint(cells.pixels.mean(-1)).astype(np.uint8)
        parts = [("chest", chests.pixels, chests.columns["label"]), ("cell", grey, cells.columns["label"])]
        return joined(
            [
                ImageRecords(pixels, {"label": [f"{kind} {label}" for label in labels]}).brought(Target(SIDE))
                for kind, pixels, labels in parts
            ]
        )

    return both(chests, cells), both(unseen_chests, unseen_cells)


def nuclei(folder: Path) -> tuple[ImageRecords, ImageRecords]:
    """Tiles of nuclei with their masks, and those of a third of the pictures: tiles of one picture are on one side."""
    records = ImageRecords.read(folder / "images" / "bbbc038_nuclei64.npz")
    pictures = np.unique(records.columns["source_image"])
    kept = np.random.default_rng(0).permutation(pictures)[: len(pictures) // 3]
    aside = np.isin(records.columns["source_image"], kept)
    labelled = replace(records, columns={"label": records.columns["label"]})
    return labelled.take(np.flatnonzero(~aside)), labelled.take(np.flatnonzero(aside))


def joined(parts: Sequence[ImageRecords]) -> ImageRecords:
    """All of them, their labels alone beside them."""
    labels = np.concatenate([part.columns["label"] for part in parts])
    return ImageRecords(np.concatenate([part.pixels for part in parts]), {"label": labels})
