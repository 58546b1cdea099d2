"""Chains as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.io.contract import Array, Maybe, Number, Record, Whole, check
from synthgan.tabular.chains.booster import BoostedCritic
from synthgan.tabular.chains.features import WIDTH, ModeFeatures
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.chains.grower import Chain
from synthgan.tabular.chains.predictor import TreePredictor

if TYPE_CHECKING:
    from synthgan.tabular.chains.criticised import CriticisedGenerator
    from synthgan.tabular.encoding.layout import Layout

Arrays = dict[str, np.ndarray]
_TREES = {"feature": "i4", "threshold": "f4", "left": "i4", "values": "f4"}
_NODES = {"feature": "i4", "threshold": "f4", "left": "i4", "start": "i4", "count": "i4"}
_COLUMNS = ("order", "first_feature", "roots")


def chains_state(generator: ChainGenerator) -> tuple[dict[str, Any], Arrays]:
    """All of a generator but its layout, as JSON and tensors."""
    critic, arrays = critic_state(generator)
    for index, chain in enumerate(generator.chains):
        for owner in (chain, chain.trees):
            parts = {part.name: getattr(owner, part.name) for part in fields(owner) if part.name != "trees"}
            arrays |= {f"chain/{index}/{name}": array for name, array in parts.items()}
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
    check(arrays, Record(_declared(state)), "generator", **sizes)
    mode_features, critic = critic_from_state(layout, state["critic"], arrays)
    chains = [_chain(arrays, index, layout, mode_features) for index in range(state["chains"])]
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


def _declared(state: dict[str, Any]) -> dict[str, Array]:
    """What every tensor must be; how trees hang together is seen to by ``TreePredictor.check`` and ``_is_sound``."""
    found = critic_arrays(state["critic"])
    for index in range(state["chains"]):
        nodes = f"nodes of chain {index}"
        found |= {f"chain/{index}/{name}": Array(dtype, (nodes,)) for name, dtype in _NODES.items()}
        found |= {f"chain/{index}/{name}": Array("i8", ("columns",), low=0) for name in _COLUMNS}
        found[f"chain/{index}/codes"] = Array("u", (f"codes of chain {index}",))
    return found


def _chain(arrays: Arrays, index: int, layout: Layout, mode_features: ModeFeatures) -> Chain:
    names = {part.name: f"chain/{index}/{part.name}" for part in (*fields(TreePredictor), *fields(Chain))}
    trees = TreePredictor(*(arrays[names[part.name]] for part in fields(TreePredictor)))
    chain = Chain(
        **{part.name: arrays[names[part.name]] for part in fields(Chain) if part.name != "trees"}, trees=trees
    )
    try:
        sound = chain.is_sound(mode_features.widths, np.array(layout.sizes))
    except (ValueError, IndexError) as error:
        raise ValueError(f"chain {index} must hold trees over the table's columns, however: {error}") from error
    if not sound:
        raise ValueError(f"chain {index} must hold trees over the table's columns")
    return chain
