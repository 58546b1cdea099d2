"""Who was learned, of images: what attackers find from samples and from the file, with the release check and without it.

``python -m benchmarks members --sizes 300,1000,4000 --output members.json``. So many images of MNIST are learned, as many others are the
holdout: one half is the attackers', the other nobody's. The control are as many other real images, handed out as if they were samples.
``--steps 1`` shows the prior alone, which is what the check looks at.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.datasets.tables import data_folder
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer
from synthgan.audit.imagemembers import file_scores, sample_scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.metrics.scores import Scores

SHOWN = ("membership_p_value", "membership_tpr_at_1pct_fpr", "file_p_value", "file_calibrated_tpr_at_1pct_fpr")


def parts(folder: Path, size: int, seed: int) -> list[ImageRecords]:
    """As many images to learn, to hold out, and for the control."""
    with np.load(folder / "images" / "mnist.npz") as arrays:
        pixels, labels = arrays["train_images"], arrays["train_labels"].ravel()
    order = np.random.default_rng(seed).permutation(len(pixels))
    chosen = [order[first : first + size] for first in range(0, 3 * size, size)]
    return [ImageRecords(pixels[some], {"label": labels[some]}) for some in chosen]


def attacked(scores: Scores) -> dict[str, list[float | None]]:
    """Value and interval of each score, by name."""
    return {score.name: [score.value, score.low, score.high] for score in scores}


def run(folder: Path, size: int, seed: int, options: dict[str, Any]) -> dict[str, Any]:
    """The figures of one fit."""
    learned, holdout, others = parts(folder, size, seed)
    started = time.process_time()
    synthesizer = ImageSynthesizer(seed=seed, **options).fit(learned)
    seconds = time.process_time() - started
    manifest = synthesizer.manifest()
    samples, streams = synthesizer.sample(size, seed=seed), Streams(seed)
    found = attacked(sample_scores(learned, samples, holdout, streams))
    found |= attacked(file_scores(synthesizer, learned, holdout, streams))
    control = attacked(sample_scores(learned, others, holdout, streams))
    told = {"check": manifest["check"], "confidential": manifest["confidential"], "fit_cpu_seconds": seconds}
    return {"set": "mnist", "images": size, "seed": seed, **options, **told, "found": found, "control": control}


def tell(done: dict[str, Any]) -> None:
    """Print the figures of one fit."""
    print(f"{done['images']:,} images, seed {done['seed']}, {done['steps']} steps, check {done['check']}")
    for what in ("found", "control"):
        shown = {name: done[what][name] for name in SHOWN if name in done[what]}
        words = (
            f"{name} {value:.3f}" + ("" if high is None else f" (at most {high:.3f})")
            for name, (value, _, high) in shown.items()
        )
        print(f"  {what}: {', '.join(words)}", flush=True)


def main(words: Sequence[str] | None = None) -> None:
    """Run what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="300,1000,4000", help="images to learn, parted by commas")
    parser.add_argument("--steps", type=int, default=ImageSynthesizer().steps)
    parser.add_argument("--seeds", type=int, default=1)
    add_workers(parser)
    parser.add_argument("--data", help="folder of the data; default: $SYNTHGAN_DATA")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(words)
    folder, sizes, runs = data_folder(given.data), map(int, given.sizes.split(",")), []
    kinds = [{"steps": given.steps, "check": check} for check in (False, True)]
    calls = [(folder, size, seed, options) for size in sizes for seed in range(given.seeds) for options in kinds]
    for done in spread(run, calls, given.workers):
        runs.append(done)
        tell(done)
        keep(given.output, runs=runs)
