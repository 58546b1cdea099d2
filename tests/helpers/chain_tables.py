"""Small encoded tables for the tests of chains, chains grown on them, and what was drawn counted."""

from __future__ import annotations

import numpy as np
import torch
from helpers.levels import fitted

from synthgan.config import EncodingConfig
from synthgan.gan.generate import generate
from synthgan.runtime import Streams
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.features import ModeFeatures
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.chains.grower import fill_with_codes, grow_chain
from synthgan.tabular.conditioning.conditions import Evidence
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.continuous import FINE, ModeSpecificNormalizer
from synthgan.tabular.encoding.layout import Encoded, Layout, make_layout


def levels_table(*, rare_below: int = 1, **columns: np.ndarray) -> tuple[Encoded, Layout]:
    """A table of levels, given as codes with -1 for missing."""
    encoders, codes = {}, []
    for name, values in columns.items():
        levels = tuple(f"{index:03}" for index in range(values.max() + 1))
        encoders[name] = fitted(values.astype(np.int32), levels, rare_below)
        codes.append(encoders[name].encode(values, levels))
    return Encoded(np.stack(codes, 1).astype(np.int32), np.zeros((len(codes[0]), 0), np.float32)), make_layout(encoders)


def patients(rows: int = 6_000, seed: int = 0) -> tuple[Encoded, Layout]:
    """Sex; ward, which follows it; a transfer, which one in a hundred has, most of them in ward 2; age, which follows sex."""
    rng = np.random.default_rng(seed)
    sex = rng.integers(0, 2, rows)
    ward = np.where(rng.random(rows) < 0.7, sex, rng.integers(0, 3, rows))
    transfer = rng.random(rows) < np.where(ward == 2, 0.08, 0.002)
    levels, layout = levels_table(sex=sex, ward=ward, transfer=transfer.astype(int))
    age = rng.normal(40 + 20 * sex, 8, rows)
    config = EncodingConfig(max_modes=6, rare_below=5)
    encoder = ModeSpecificNormalizer.fit(age, config, step=0, minimum=None, maximum=None, cut=FINE, rng=rng)
    numbers = encoder.encode(age, rng)
    released = {span.name: tuple("012"[: span.size]) for span in layout.spans}
    encoders = {name: LevelEncoder(names, has_rare=False, has_missing=False) for name, names in released.items()}
    codes = np.hstack([levels.codes, numbers.codes[:, None]])
    return Encoded(codes, numbers.residuals[:, None]), make_layout(encoders | {"age": encoder})


def grow(encoded: Encoded, layout: Layout, seed: int = 0, **options: object) -> ChainGenerator:
    """Chains over a table."""
    streams, config = Streams(seed), ChainConfig(**options)  # type: ignore[arg-type]
    mode_features = ModeFeatures.fit(encoded, layout, streams.numpy("views"))
    chains = [
        grow_chain(encoded, layout, mode_features, config, streams, index, fill_with_codes)
        for index in range(config.chains)
    ]
    return ChainGenerator(layout, mode_features, chains)


def draw(generator: ChainGenerator, rows: int, condition: Evidence | None = None, seed: int = 1) -> Encoded:
    """Rows as a model draws them."""
    parts = generate(generator, rows, condition=condition, streams=Streams(seed), batch_samples=generator.batch_rows)
    codes, residuals = zip(*[(codes.numpy(), residuals.numpy()) for codes, residuals in parts], strict=True)
    return Encoded(np.concatenate(codes), np.concatenate(residuals))


def only(layout: Layout, **allowed: list[int]) -> Evidence:
    """Evidence that allows these codes of these columns and everything else of the others."""
    may = np.ones(layout.modes, dtype=bool)
    for name, codes in allowed.items():
        span = layout.span(name)
        may[span.start : span.stop] = np.isin(np.arange(span.size), codes)
    free = torch.full((layout.modes, layout.slots), torch.inf)
    return Evidence(torch.as_tensor(may), -free, free)


def joint(codes: np.ndarray, layout: Layout, *columns: int) -> np.ndarray:
    """The frequency of every combination of the codes of some columns."""
    sizes = [layout.sizes[column] for column in columns]
    return np.bincount(np.ravel_multi_index(codes[:, columns].T, sizes), minlength=np.prod(sizes)) / len(codes)


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Total variation between two distributions."""
    return float(np.abs(one - other).sum() / 2)
