"""Text that is burned into pixels: how often images without any raise an alarm, and how often a name that is drawn is found.

``python -m benchmarks lettering``. 1,200 images of each set of the catalogue, as they are; and 100 of each at 256 x 256 pixels,
without and with a name of a size, at a place and of a brightness (the highest) that are drawn at random.
"""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from benchmarks.datasets.tables import data_folder
from synthgan import ImageRecords
from synthgan.image.lettering import has_text, share_with_text

if TYPE_CHECKING:
    from collections.abc import Sequence

SETS = ("pneumoniamnist", "mnist", "chula_rbc12_crops32", "bbbc038_nuclei64")
SEEN, NAMED, SIDE = 1_200, 100, 256
NAME, SIZES = "DOE JOHN 1954", (10, 24)


def named(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A grey image with a name somewhere."""
    picture = Image.fromarray(image)
    at = int(rng.integers(2, SIDE // 2 - 8)), int(rng.integers(2, SIDE - 26))
    ImageDraw.Draw(picture).text(at, NAME, fill=255, font=ImageFont.load_default(int(rng.integers(*SIZES))))
    return np.array(picture)


def looked_at(records: ImageRecords, seed: int) -> dict[str, Any]:
    """Alarms of one set."""
    rng = np.random.default_rng(seed)
    pixels = records.pixels[rng.permutation(len(records))[:SEEN]]
    alarms, seen = share_with_text(pixels)
    large = [
        np.array(Image.fromarray(image.mean(-1).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
        for image in pixels[:NAMED]
    ]
    return {
        "images": seen,
        "alarms": alarms,
        "enlarged": len(large),
        "alarms_enlarged": sum(map(has_text, large)),
        "names_found": sum(has_text(named(image, rng)) for image in large),
    }


def main(words: Sequence[str] | None = None) -> None:
    """Look at all sets and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    given = parser.parse_args(words)
    folder = data_folder(given.data) / "images"
    found = {name: looked_at(ImageRecords.read(folder / f"{name}.npz"), given.seed) for name in SETS}
    print(json.dumps(found, indent=1))
