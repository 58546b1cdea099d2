"""Chains as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.io.contract import Array, Maybe, Number, Record, Whole, check
from synthgan.tabular.chains.booster import BoostedCritic
from synthgan.tabular.chains.chainfile import chain_arrays, chain_declared, chain_from_arrays
from synthgan.tabular.chains.features import WIDTH, ModeFeatures
from synthgan.tabular.chains.generator import ChainGenerator

if TYPE_CHECKING:
    from synthgan.tabular.chains.criticised import CriticisedGenerator
    from synthgan.tabular.encoding.layout import Layout

Arrays = dict[str, np.ndarray]
_TREES = {"feature": "i4", "threshold": "f4", "left": "i4", "values": "f4"}


def chains_state(generator: ChainGenerator) -> tuple[dict[str, Any], Arrays]:
    """All of a generator but its layout, as JSON and tensors."""
    critic, arrays = critic_state(generator)
    for index, chain in enumerate(generator.chains):
        arrays |= chain_arrays(chain, f"chain/{index}/")
    return {"chains": len(generator.chains), "critic": critic}, arrays


def critic_state(generator: CriticisedGenerator) -> tuple[dict[str, Any] | None, Arrays]:
    """The critic of a generator as JSON, if any, and its tensors beside those of what it sees."""
    arrays: Arrays = {
        f"views/{part.name}": getattr(generator.mode_features, part.name) for part in fields(ModeFeatures)
    }
    if generator.critic is None:
        return None, arrays
    state, critic = generator.critic.state()
    return state, arrays | critic


def chains_from_state(layout: Layout, state: dict[str, Any], arrays: Arrays) -> ChainGenerator:
    """The generator that ``chains_state`` described.

    Raises:
        ValueError: if the parts do not fit each other or the layout.
        KeyError: if one is missing.
    """
    sizes = {"modes": layout.modes, "columns": len(layout.spans)}
    count = Whole(low=1, high=len(arrays))
    check(state, Record({"chains": count, "critic": critic_declared(arrays)}), "state")
    check(arrays, Record(_declared(state, arrays)), "generator", **sizes)
    mode_features, critic = critic_from_state(layout, state["critic"], arrays)
    of_columns = mode_features.widths, np.array(layout.sizes)
    chains = [chain_from_arrays(arrays, f"chain/{index}/", *of_columns) for index in range(state["chains"])]
    return ChainGenerator(layout, mode_features, chains, critic)


def critic_declared(arrays: Arrays) -> Maybe:
    """What JSON must say of a critic."""
    return Maybe(Record({"cap": Number(), "forests": Whole(high=len(arrays))}))


def critic_from_state(
    layout: Layout, state: dict[str, Any] | None, arrays: Arrays
) -> tuple[ModeFeatures, BoostedCritic | None]:
    """What a critic sees, and the critic, if any; of arrays that are what ``critic_arrays`` declares.

    Raises:
        ValueError: if its trees are none.
    """
    mode_features = ModeFeatures(*(arrays[f"views/{part.name}"] for part in fields(ModeFeatures)))
    if state is None:
        return mode_features, None
    width = int(mode_features.widths.sum())
    return mode_features, BoostedCritic.from_state(state, arrays, width, layout.modes)


def critic_arrays(state: dict[str, Any] | None) -> dict[str, Array]:
    """What the tensors of a critic, and of what it sees, must be."""
    found = {
        "views/table": Array("f4", ("modes", WIDTH)),
        "views/widths": Array("i8", ("columns",), low=1, high=WIDTH),
        "views/shares": Array("f8", ("modes",), low=0, high=1),
    }
    if state is None:
        return found
    found["critic/balance"] = Array("f4", ("modes",))
    for index in range(state["forests"]):
        nodes = f"nodes of critic {index}"
        found |= {f"critic/{index}/{name}": Array(dtype, (nodes,)) for name, dtype in _TREES.items()}
        found[f"critic/{index}/roots"] = Array("i8", (f"trees of critic {index}",), low=0)
    return found


def _declared(state: dict[str, Any], arrays: Arrays) -> dict[str, Array]:
    """What every tensor must be."""
    found = critic_arrays(state["critic"])
    for index in range(state["chains"]):
        found |= chain_declared(arrays, f"chain/{index}/")
    return found
