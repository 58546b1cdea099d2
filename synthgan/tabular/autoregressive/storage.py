"""Any-order networks as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgan.io.contract import Array, Record, Whole, check, require
from synthgan.runtime import below
from synthgan.tabular.autoregressive.generator import NetworkGenerator
from synthgan.tabular.autoregressive.network import AnyOrderNetwork
from synthgan.tabular.autoregressive.views import Views
from synthgan.tabular.chains.storage import critic_arrays, critic_declared, critic_from_state, critic_state

if TYPE_CHECKING:
    from synthgan.tabular.autoregressive.config import AutoregressiveConfig
    from synthgan.tabular.encoding.layout import Layout

Arrays = dict[str, np.ndarray]


def networks_state(generator: NetworkGenerator) -> tuple[dict[str, Any], Arrays]:
    """All of a generator but its layout, as JSON and tensors."""
    critic, arrays = critic_state(generator)
    for index, network in enumerate(generator.networks):
        weights = network.state_dict()
        arrays |= {f"network/{index}/{name}": weight.cpu().numpy() for name, weight in weights.items()}
    return {"networks": len(generator.networks), "critic": critic}, arrays


def networks_from_state(
    layout: Layout, config: AutoregressiveConfig, state: dict[str, Any], arrays: Arrays, device: torch.device
) -> NetworkGenerator:
    """The generator that ``networks_state`` described.

    Raises:
        ValueError: if the parts do not fit each other, the parameters or the layout.
        KeyError: if one is missing.
    """
    sizes = {"modes": layout.modes, "columns": len(layout.spans)}
    count = Whole(low=1, high=len(arrays))
    check(state, Record({"networks": count, "critic": critic_declared(arrays)}), "state")
    declared = critic_arrays(state["critic"])
    views = {name: part for name, part in declared.items() if name.startswith("views/")}
    check({name: arrays[name] for name in views if name in arrays}, Record(views), "generator", **sizes)
    require(config.depth < len(arrays), "depth", "in the file")
    own = Views.of(layout, arrays["views/shares"])
    wanted = _weights(own, config)
    for index in range(state["networks"]):
        declared |= {f"network/{index}/{name}": part for name, part in wanted.items()}
    check(arrays, Record(declared), "generator", **sizes)
    mode_features, critic = critic_from_state(layout, state["critic"], arrays)
    networks = []
    for index in range(state["networks"]):
        network = AnyOrderNetwork(own, config)
        weights = below(arrays, f"network/{index}")
        network.load_state_dict({name: torch.as_tensor(weight) for name, weight in weights.items()})
        networks.append(network.to(device).requires_grad_(False))  # noqa: FBT003
    return NetworkGenerator(layout, mode_features, networks, device, critic)


def _weights(views: Views, config: AutoregressiveConfig) -> dict[str, Array]:
    """What a file holds of one network."""
    width = config.width
    layers = {
        "enter": (width, views.inputs),
        **{f"blocks.{index}.{layer}": (width, width) for index in range(config.depth) for layer in ("enter", "leave")},
        "leave": (views.outputs, width),
    }
    found = {"modes": Array("f4", (views.slots, width))}
    for name, shape in layers.items():
        found |= {f"{name}.weight": Array("f4", shape), f"{name}.bias": Array("f4", shape[:1])}
    return found
