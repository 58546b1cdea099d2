"""Images of 128 x 128 pixels: four tiles of nuclei of one picture side by side, and phantoms that are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan import ImageRecords

if TYPE_CHECKING:
    from pathlib import Path

    Pair = tuple[ImageRecords, ImageRecords]

SIDE, TILES = 128, 4
FEWEST = 20  # mosaics of a kind; rarer kinds are left out of small runs
LESION = 0.5  # share of phantoms that have one


def mosaics(folder: Path, most: int | None = None) -> Pair:
    """Mosaics to learn, labelled by their kind, and those of a third of the pictures; each tile is in one."""
    with np.load(folder / "images" / "bbbc038_nuclei64.npz") as arrays:
        tiles, labels, pictures = (arrays[name] for name in ("images", "labels", "source_image"))
    rng = np.random.default_rng(0)
    each = rng.permutation(np.unique(pictures))
    cut = len(each) // 3
    both = [joined(tiles, labels, pictures, chosen, most) for chosen in (each[cut:], each[:cut])]
    kinds, counts = np.unique(both[0].columns["label"], return_counts=True)
    common = kinds[counts >= FEWEST]
    train, unseen = (images.take(np.isin(images.columns["label"], common)) for images in both)
    return train, unseen


def joined(
    tiles: np.ndarray, labels: np.ndarray, pictures: np.ndarray, chosen: np.ndarray, most: int | None
) -> ImageRecords:
    """The mosaics of some pictures: every four tiles that follow each other."""
    found, kinds = [], []
    for picture in chosen:
        own = np.flatnonzero(pictures == picture)
        for first in range(0, len(own) - TILES + 1, TILES):
            four = tiles[own[first : first + TILES]]
            found.append(np.block([[four[0], four[1]], [four[2], four[3]]]))
            kinds.append(labels[own[first]])
    order = np.random.default_rng(1).permutation(len(found))[:most]
    return ImageRecords(np.stack(found)[order], {"label": np.array(kinds)[order]})


def phantoms(learned: int, unseen: int) -> Pair:
    """Slices of heads to learn and others, labelled by whether there is a lesion."""
    return drawn(learned, np.random.default_rng(0)), drawn(unseen, np.random.default_rng(1))


def drawn(n: int, rng: np.random.Generator) -> ImageRecords:
    """Skulls that are turned and of any width, with two ventricles, folds, noise and perhaps a lesion."""
    axis = np.linspace(-1, 1, SIDE)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    pixels, label = np.empty((n, SIDE, SIDE), np.uint8), rng.random(n) < LESION
    for image, ill in zip(pixels, label, strict=True):
        turn, wide, tall = rng.normal(0, 0.2), rng.uniform(0.55, 0.75), rng.uniform(0.75, 0.9)
        across, along = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        away = np.hypot(across / wide, along / tall)
        folds = np.sin(14 * across + rng.uniform(0, 6)) * np.sin(11 * along + rng.uniform(0, 6))
        value = np.where(away < 0.9, 120 + 14 * folds, np.where(away < 1, 220.0, 10.0))
        apart, size = rng.uniform(0.1, 0.16), rng.uniform(0.6, 1.2)
        for side in (-apart, apart):
            value[np.hypot((across - side) / 0.07, along / 0.25) < size] = 50
        if ill:
            angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 0.55)
            at = np.hypot(across / wide - far * np.cos(angle), along / tall - far * np.sin(angle))
            value[at < rng.uniform(0.08, 0.16)] = 190
        image[:] = np.rint((value + rng.normal(0, 5, value.shape)).clip(0, 255))
    return ImageRecords(pixels, {"label": np.where(label, "lesion", "none")})
