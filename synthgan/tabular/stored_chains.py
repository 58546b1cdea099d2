"""Chains as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.tabular.boosted import BoostedCritic
from synthgan.tabular.chains import ChainGenerator
from synthgan.tabular.growing import Chain
from synthgan.tabular.trees import Trees
from synthgan.tabular.views import Views

if TYPE_CHECKING:
    from synthgan.tabular.layout import Layout

Arrays = dict[str, np.ndarray]


def chains_state(generator: ChainGenerator) -> tuple[dict[str, Any], Arrays]:
    """All of a generator but its layout, as JSON and tensors."""
    arrays: Arrays = {f"views/{part.name}": getattr(generator.views, part.name) for part in fields(Views)}
    for place, chain in enumerate(generator.chains):
        for owner in (chain, chain.trees):
            parts = {part.name: getattr(owner, part.name) for part in fields(owner) if part.name != "trees"}
            arrays |= {f"chain/{place}/{name}": array for name, array in parts.items()}
    state: dict[str, Any] = {"chains": len(generator.chains), "critic": None}
    if generator.critic is not None:
        state["critic"], critic = generator.critic.state()
        arrays |= critic
    return state, arrays


def chains_from_state(layout: Layout, state: dict[str, Any], arrays: Arrays) -> ChainGenerator:
    """The generator that ``chains_state`` described.

    Raises:
        ValueError: if the parts do not fit each other or the layout.
        KeyError: if one is missing.
    """
    views = Views(*(arrays[f"views/{part.name}"] for part in fields(Views)))
    if len(views.table) != layout.modes or len(views.widths) != len(layout.spans):
        raise ValueError("views must be of the table's modes and columns")
    chains = [_chain(arrays, place, layout, views) for place in range(state["chains"])]
    critic = None if state["critic"] is None else BoostedCritic.from_state(state["critic"], arrays)
    if critic is not None and len(critic.balance) != layout.modes:
        raise ValueError("a critic must weigh the table's modes")
    return ChainGenerator(layout, views, chains, critic)


def _chain(arrays: Arrays, place: int, layout: Layout, views: Views) -> Chain:
    trees = Trees(*(arrays[f"chain/{place}/{part.name}"] for part in fields(Trees)))
    own = {part.name: arrays[f"chain/{place}/{part.name}"] for part in fields(Chain) if part.name != "trees"}
    chain = Chain(trees=trees, **own)
    columns, nodes = len(layout.spans), len(trees.left)
    leaves = trees.left < 0
    sound = (
        np.array_equal(np.sort(chain.order), np.arange(columns))
        and len(trees.roots) == columns
        and len(chain.start) == len(chain.count) == len(trees.feature) == len(trees.threshold) == nodes
        and trees.left.max(initial=-1) + 1 < nodes
        and (trees.left[~leaves] > np.flatnonzero(~leaves)).all()  # downwards only: no walk goes on for ever
        and (chain.count[leaves] > 0).all()
        and (chain.start >= 0).all()
        and int((chain.start.astype(np.int64) + chain.count).max(initial=0)) <= len(chain.codes)
        and 0 <= trees.feature.min() <= trees.feature.max() < views.widths.sum()
        and int(chain.codes.max(initial=0)) < max(layout.sizes)
    )
    if not sound:
        raise ValueError(f"chain {place} must hold trees over the table's columns")
    return chain
