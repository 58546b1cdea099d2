"""Configurations refuse what cannot be used, each field by name."""

from __future__ import annotations

import pytest

from synthgan.config import ChainConfig, Configs, EncodingConfig, NetworkConfig, TrainConfig, from_parameters
from synthgan.errors import ConfigError


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (EncodingConfig, "modes", "kde"),
        (EncodingConfig, "max_modes", 0),
        (EncodingConfig, "rare_below", 0),
        (EncodingConfig, "keep_extremes", "yes"),
        (EncodingConfig, "max_modes", 2.5),
        (ChainConfig, "generator", "forest"),
        (ChainConfig, "chains", 0),
        (ChainConfig, "chains", True),
        (ChainConfig, "chain_share", 0),
        (ChainConfig, "chain_share", 1.01),
        (ChainConfig, "chain_share", -0.5),
        (ChainConfig, "chain_share", float("nan")),
        (ChainConfig, "chain_share", "half"),
        (ChainConfig, "leaf_rows", 0),
        (ChainConfig, "leaf_rows", 2.5),
        (ChainConfig, "rounds", -1),
        (NetworkConfig, "classes", 0),
        (NetworkConfig, "generator_width", -1),
        (NetworkConfig, "blocks", 1.5),
        (NetworkConfig, "packing", True),
        (TrainConfig, "objective", "minimax"),
        (TrainConfig, "steps", -1),
        (TrainConfig, "learning_rate", float("inf")),
        (TrainConfig, "learning_rate", float("nan")),
        (TrainConfig, "conditional_share", 1.5),
        (TrainConfig, "holdout_share", 0.9),
        (TrainConfig, "penalty", -0.1),
        (TrainConfig, "minutes", -1),
    ],
)
def test_each_bad_value_is_refused_by_name(kind: type, field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{field} must be .*however: {field}="):
        kind(**{field: value})


def test_configs_take_their_own_parameters_only() -> None:
    config = from_parameters(TrainConfig, {"steps": 7, "modes": "gmm", "seed": 3})
    assert config.steps == 7


def test_chains_refuse_gaussian_modes_that_a_network_takes() -> None:
    with pytest.raises(ConfigError, match="modes must be quantile where generator='chains', however: modes='gmm'"):
        Configs.of({"modes": "gmm"})
    assert Configs.of({"modes": "gmm", "generator": "network"}).encoding.modes == "gmm"


def test_all_configs_together_give_their_parameters_back() -> None:
    parameters = {"generator": "network", "chains": 3, "modes": "gmm", "classes": 5, "steps": 7}
    flat = Configs.of({**parameters, "seed": 3}).as_json()
    assert {name: flat[name] for name in parameters} == parameters
    assert "seed" not in flat
    assert Configs.of(flat).as_json() == flat
