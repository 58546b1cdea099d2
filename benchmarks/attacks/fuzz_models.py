"""Model files and checkpoints of every kind, small, and what is done with a mutant of one: open, inspect, sample, resume."""

from __future__ import annotations

import contextlib
import io
from collections import deque
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd

from benchmarks.attacks.audit import QUICK
from benchmarks.attacks.fuzz_children import worst
from benchmarks.attacks.fuzz_linked import GROUPED, linked_tables, small_branch, visits
from synthgan import Chains, DatabaseSynthesizer, ImageRecords, ImageSynthesizer, Network, Synthesizer
from synthgan.image.physical import Physical
from synthgan.image.sources import shrunk
from synthgan_cli.console import Screen
from synthgan_cli.views import show_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Fit = Synthesizer | ImageSynthesizer | DatabaseSynthesizer

EARLIER = Path(__file__).resolve().parents[2] / "tests" / "tabular" / "format1"
ROWS = 240
SMALL = {"steps": 4, "check_every": 2, "generator_width": 8, "critic_width": 8, "noise_width": 3, "batch_rows": 32}
SMALL_IMAGES = {"steps": 4, "check_every": 2, "width": 4, "noise_width": 3, "batch_images": 8, "rare_below": 4}
DRAWN = 5
LEARNERS = ("learning", "fitting")  # of groups, of linked tables
MAX_DRAWN_BYTES = 1 << 20  # images may be legal and large: then none are drawn


@dataclass(frozen=True)
class ModelFile:
    """A kind of model file.

    Attributes:
        name: what it is called.
        unfitted: what makes it.
        data: what it is made of.
        interrupt_at: the message of progress at which the fit is left, so that a checkpoint stays; None lets it end.
        path: a file that is there already.
        named: what else the fit is told.
    """

    name: str
    unfitted: Callable[[], Fit]
    data: Callable[[], Any]
    interrupt_at: tuple[str, int] | None = None
    path: Path | None = None
    named: Mapping[str, Any] = field(default_factory=dict)

    def make(self, folder: Path) -> bytes:
        """The bytes of the file, made once in a folder."""
        path = self.path or folder / f"{self.name}.synthgan"
        if not path.exists():
            self._write(path)
        return path.read_bytes()

    def _write(self, path: Path) -> None:
        synthesizer = self.unfitted()
        patches = [mock.patch(f"synthgan.tabular.private.rounds.{name}", steps) for name, steps in QUICK.items()]
        patches += [mock.patch(f"synthgan.relational.{one}.BranchConfig", small_branch) for one in LEARNERS]
        with contextlib.ExitStack() as entered:
            for patch in patches:
                entered.enter_context(patch)
            if self.interrupt_at is None:
                synthesizer.fit(self.data(), **self.named).save(path)
                return
            steps = synthesizer.fit_steps(self.data(), checkpoint=path)
            for step in steps:
                if (step.stage, step.step) == self.interrupt_at:
                    break
            steps.close()

    @cached_property
    def of_images(self) -> bool:
        """Whether it is a model of images."""
        return isinstance(self.unfitted(), ImageSynthesizer)

    def try_out(self, content: bytes, folder: Path) -> tuple[str, str]:
        """What comes of opening, inspecting and sampling from a file of such bytes, and of resuming a checkpoint."""
        path = folder / "mutant.synthgan"
        path.write_bytes(content)
        steps = [lambda: self._sample(path), lambda: _inspect(path)]
        if self.interrupt_at is not None:
            steps.append(lambda: self._resume(path))
        return worst(steps)

    def _sample(self, path: Path) -> None:
        synthesizer = type(self.unfitted()).load(path, device="cpu")
        if not isinstance(synthesizer, ImageSynthesizer):
            synthesizer.sample(DRAWN)
            return
        encoding = synthesizer.model_.encoding
        if np.prod(encoding.shape) * DRAWN > MAX_DRAWN_BYTES:
            return
        if encoding.sources is None:
            synthesizer.sample(DRAWN)
        else:
            synthesizer.sample(sources=shrunk(images().take(np.arange(DRAWN)), 2))

    def _resume(self, path: Path) -> None:
        deque(self.unfitted().fit_steps(self.data(), checkpoint=path, resume=True), maxlen=0)


def _inspect(path: Path) -> None:
    """Show what a file says of itself; what is shown must be nothing that a terminal obeys."""
    with contextlib.redirect_stdout(io.StringIO()) as shown:
        show_manifest(Screen(), path, as_json=False)
    if not shown.getvalue().replace("\n", "").isprintable():
        raise AssertionError("control characters of a file reach the terminal")


@cache
def table(rows: int = ROWS) -> pd.DataFrame:
    """A table with a column of every kind."""
    rng = np.random.default_rng(0)
    number = rng.normal(50, 10, rows).round(2)
    other = rng.integers(0, 1_000, rows).astype(float)
    return pd.DataFrame(
        {
            "key": [f"P-{index:05d}" for index in range(rows)],
            "number": np.where(rng.random(rows) < 0.1, np.nan, number),
            "other": other,
            "twice": 2 * other + 1,
            "few": rng.choice([1, 2, 5], rows),
            "level": rng.choice(["a", "b", "c", "rare"], rows, p=[0.5, 0.3, 0.18, 0.02]),
            "grade": pd.Categorical(rng.choice(["low", "high"], rows), ["low", "high"], ordered=True),
            "flag": rng.random(rows) < 0.3,
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D"),
            "stamp": pd.Timestamp("2020-01-01", tz="Europe/Berlin")
            + pd.to_timedelta(rng.integers(0, 10**6, rows), "s"),
            "lasting": pd.to_timedelta(rng.integers(0, 5_000, rows), "min"),
            "latitude": rng.normal(48, 1, rows).round(4),
            "longitude": rng.normal(11, 1, rows).round(4),
            "site": "north",
            "empty": np.full(rows, np.nan),
        }
    )


def plain_table() -> pd.DataFrame:
    """Levels and numbers alone, for private fits."""
    return table(1_000)[["number", "few", "level", "flag", "day"]]


@cache
def images(count: int = 48, side: int = 8, *, depth: bool = False) -> ImageRecords:
    """Dark images with a bright half, with a label and an age; or volumes, with what voxels mean."""
    rng = np.random.default_rng(0)
    ill = np.arange(count) % 3 == 0
    pixels = rng.integers(0, 60, (count, *[side] * (2 + depth), 1))
    pixels[ill, :, : side // 2] += 180
    pixels[~ill, :, side // 2 :] += 180
    columns = {"label": np.where(ill, "ill", "well"), "age": rng.integers(20, 90, count)}
    physical = (
        Physical(spacing=(2.0, 1.0, 1.0), intercept=-1024.0, window=(40.0, 400.0), modality="CT") if depth else None
    )
    return ImageRecords(pixels.astype(np.uint16 if depth else np.uint8), columns, physical)


@cache
def earlier_table() -> pd.DataFrame:
    """The table that files of format 1 were made of."""
    return pd.read_csv(EARLIER / "table.csv")


def _chains(**options: Any) -> Synthesizer:
    return Synthesizer(generator=Chains(chains=2, rounds=1), max_modes=12, device="cpu", **options)


def _network(**options: Any) -> Synthesizer:
    return Synthesizer(generator=Network(classes=3, blocks=1, **SMALL), max_modes=12, device="cpu", **options)


def _earlier_chains() -> Synthesizer:
    generator = Chains(chains=2, leaf_rows=200, rounds=1)
    return Synthesizer(generator=generator, max_modes=8, seed=3, device="cpu")


def _earlier_network() -> Synthesizer:
    sizes = {"generator_width": 4, "critic_width": 4, "noise_width": 2, "blocks": 1, "classes": 2}
    generator = Network(steps=4, check_every=2, batch_rows=32, holdout_share=0.0, **sizes)
    return Synthesizer(generator=generator, max_modes=6, seed=3, device="cpu")


def _images(**options: Any) -> ImageSynthesizer:
    return ImageSynthesizer(**SMALL_IMAGES, device="cpu", **options)


def _private(**options: Any) -> Synthesizer:
    return Synthesizer(epsilon=4.0, device="cpu", i_know=True, **options)


def _private_images(**options: Any) -> ImageSynthesizer:
    return ImageSynthesizer(epsilon=8.0, delta=1e-4, width=4, noise_width=3, device="cpu", i_know=True, **options)


def _linked(**options: Any) -> DatabaseSynthesizer:
    generator = None if "epsilon" in options else Chains(chains=2, rounds=1)
    return DatabaseSynthesizer(generator=generator, max_modes=12, device="cpu", i_know="epsilon" in options, **options)


def many_images() -> ImageRecords:
    """Enough for a private fit."""
    return images(900)


MODELS = (
    ModelFile("chains", _chains, table),
    ModelFile("network", _network, table),
    ModelFile("network-gmm", lambda: _network(modes="gmm"), table),
    ModelFile("private-marginals", _private, plain_table),
    ModelFile("private-dpsgd", lambda: _private(mechanism="dpsgd"), plain_table),
    ModelFile("images", _images, images),
    ModelFile("images-rows", lambda: _images(condition=["label", "age"]), images),
    ModelFile("images-styled", lambda: _images(style=True, grow=True, condition=None), images),
    ModelFile("images-sources", lambda: _images(condition_image=2), images),
    ModelFile("images-volumes", _images, lambda: images(depth=True)),
    ModelFile("images-private", _private_images, many_images),
    ModelFile("images-dpsgd", lambda: _private_images(mechanism="dpsgd"), many_images),
    ModelFile("groups", _chains, visits, named=GROUPED),
    ModelFile("groups-private", lambda: _private(max_rows_per_unit=3), visits, named=GROUPED),
    ModelFile("linked", _linked, linked_tables),
    ModelFile("linked-private", lambda: _linked(epsilon=4.0), linked_tables),
    ModelFile("format1-chains", _chains, earlier_table, path=EARLIER / "chains.synthgan"),
    ModelFile("format1-network", _network, earlier_table, path=EARLIER / "network.synthgan"),
    ModelFile("format1-private", _private, earlier_table, path=EARLIER / "private.synthgan"),
    ModelFile("format1-images", _images, images, path=EARLIER / "images.synthgan"),
)
CHECKPOINTS = (
    ModelFile("checkpoint-chains", _chains, table, ("growing", 1)),
    ModelFile("checkpoint-network", _network, table, ("training", 2)),
    ModelFile("checkpoint-images", _images, images, ("training", 2)),
    ModelFile(
        "format1-checkpoint-chains", _earlier_chains, earlier_table, ("growing", 1), EARLIER / "chains.checkpoint"
    ),
    ModelFile(
        "format1-checkpoint-network", _earlier_network, earlier_table, ("training", 2), EARLIER / "network.checkpoint"
    ),
)
