"""How fast images are learned and drawn: images a second, memory, and the share of what the processor can do.

``python -m benchmarks image_speed --device cuda --side 64 --widths 16,64,128 --batches 64,256,1024 --output image_speed.json`` plays
the training of ``ImageSynthesizer`` on made images of two classes (which images they are makes no difference to time), one run for
each width of the networks and each batch. *Images a second* are real ones that the critic sees, with all that a step takes: both
players, penalties, batches. *Peak* is what a product of two large matrices reaches here, in bfloat16 on a GPU, as networks learn
there; the operations of convolutions and products are counted, with nothing for what else is done.
"""

from __future__ import annotations

import argparse
import math
import resource
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.runs.store import keep
from synthgan import ImageRecords, ImageSynthesizer
from synthgan.image.config import ImageConfig
from synthgan.image.layers import ROUGH
from synthgan.runtime import resolve_device

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from synthgan.gan.train import Progress

IMAGES = 1_000
WARM_UP = 5  # steps, in which libraries choose how to go about it
MATRIX = {"cuda": 8_192, "cpu": 2_048}
PRODUCTS = 10
TERA = 1e12


def made_images(side: int) -> ImageRecords:
    """Grey noise in two classes."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (IMAGES, side, side), dtype=np.uint8)
    return ImageRecords(pixels, {"label": np.arange(IMAGES) % 2})


def wait(device: torch.device) -> None:
    """Until the device has done all that it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak(device: torch.device) -> float:
    """Operations a second of a product of large matrices, in the numbers that networks learn in there."""
    side = MATRIX["cuda" if device.type == "cuda" else "cpu"]
    one, other = torch.randn(
        2, side, side, device=device, dtype=torch.bfloat16 if device.type in ROUGH else torch.float32
    )
    seconds = []
    for _ in range(PRODUCTS):
        started = time.perf_counter()
        one @ other
        wait(device)
        seconds.append(time.perf_counter() - started)
    return 2 * side**3 / float(np.median(seconds))


class Operations(TorchDispatchMode):
    """Counts the operations of convolutions and matrix products, forwards and backwards."""

    total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Do what is to be done, and count it."""
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket is torch.ops.aten.convolution_backward:
            self.total += backward_operations(*args)
        elif func.overloadpacket in flop_registry:
            self.total += flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


def backward_operations(grad: Any, images: Any, weights: Any, *rest: Any) -> int:
    """Of a convolution's gradient: as many as of the convolution for each of images and weights, where they are asked for.

    Torch's own count forgets that weights in groups see a part of the channels alone.
    """
    *_, transposed, _, _, asked = rest
    positions = (images if transposed else grad).shape[2:]
    return 2 * len(images) * math.prod(positions) * weights.numel() * sum(asked[:2])


def operations(steps: Iterator[Progress], count: int) -> float:
    """Operations of a step, the mean of so many."""
    with Operations() as counted:
        for _ in range(count):
            next(steps)
    return counted.total / count


def memory(device: torch.device) -> int:
    """Bytes: the most that tensors took on a GPU since it was reset, or this process anywhere."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(side: int, width: int, batch: int, steps: int, device: torch.device) -> dict[str, Any]:
    """The figures of one training."""
    rounds = ImageConfig().penalty_every
    whole = WARM_UP + rounds + steps
    synthesizer = ImageSynthesizer(width=width, batch_images=batch, steps=whole, holdout_share=0, device=str(device))
    training = (step for step in synthesizer.fit_steps(made_images(side)) if step.stage == "training")
    for _ in range(WARM_UP):
        next(training)
    each = operations(training, rounds)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    wait(device)
    started = time.perf_counter()
    done = sum(1 for _ in training)
    wait(device)
    seconds = time.perf_counter() - started
    taken = memory(device)
    synthesizer.sample(1)
    started = time.perf_counter()
    synthesizer.sample(IMAGES)
    return {
        "width": width,
        "batch_images": batch,
        "weights": sum(weight.numel() for weight in synthesizer.model_.generator.parameters()),
        "images_a_second": done * batch / seconds,
        "operations_an_image": each / batch,
        "operations_a_second": done * each / seconds,
        "bytes": taken,
        "drawn_a_second": IMAGES / (time.perf_counter() - started),
    }


def tell(found: dict[str, Any], most: float) -> None:
    """Print the figures of one training."""
    print(
        f"width {found['width']}, batch {found['batch_images']}: {found['images_a_second']:,.0f} images/s, "
        f"{found['operations_an_image'] / 1e9:.2f} GFLOP an image, {found['operations_a_second'] / TERA:.3f} TFLOP/s "
        f"({found['operations_a_second'] / most:.1%} of the peak), {found['bytes'] / 2**30:.2f} GiB, "
        f"{found['drawn_a_second']:,.0f} drawn/s",
        flush=True,
    )


def main(words: Sequence[str] | None = None) -> None:
    """Time what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--side", type=int, default=64, help="pixels")
    parser.add_argument("--widths", default="16", help="widths of the networks, parted by commas")
    parser.add_argument("--batches", default="64", help="images in a batch, parted by commas")
    parser.add_argument("--steps", type=int, default=40, help="timed, of the generator")
    parser.add_argument("--output", type=Path, help="JSON file to write")
    given = parser.parse_args(words)
    device = resolve_device(given.device)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    most = peak(device)
    print(f"{name}: {most / TERA:.2f} TFLOP/s at most", flush=True)
    runs = []
    for width in map(int, given.widths.split(",")):
        for batch in map(int, given.batches.split(",")):
            runs.append(measure(given.side, width, batch, given.steps, device))
            tell(runs[-1], most)
            keep(given.output, device=name, peak=most, side=given.side, runs=runs)
