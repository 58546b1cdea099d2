"""Configurations refuse what cannot be used, each field by name."""

from __future__ import annotations

from typing import Any

import pytest

from synthgan import Chains, Network
from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.errors import ConfigError
from synthgan.gan.config import TrainConfig
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.config import Configs
from synthgan.tabular.network.config import NetworkConfig


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (EncodingConfig, "modes", "kde"),
        (EncodingConfig, "max_modes", 0),
        (EncodingConfig, "rare_below", 0),
        (EncodingConfig, "keep_extremes", "yes"),
        (EncodingConfig, "max_modes", 2.5),
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
        (NetworkConfig, "conditional_share", 1.5),
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


def configs(generator: Any, *, minutes: float | None = None, **encoding: Any) -> Configs:
    return Configs(encoding=EncodingConfig(**encoding), privacy=PrivacyConfig(), generator=generator, minutes=minutes)


def test_chains_refuse_gaussian_modes_that_a_network_takes() -> None:
    with pytest.raises(ConfigError, match="modes must be quantile where generator='chains', however: modes='gmm'"):
        configs(Chains(), modes="gmm")
    assert configs(Network(), modes="gmm").encoding.modes == "gmm"


def test_a_bad_limit_of_time_and_a_bad_parameter_of_the_generator_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"minutes must be .*however: minutes=-1"):
        configs(Chains(), minutes=-1)
    with pytest.raises(ConfigError, match=r"rounds must be .*however: rounds=-1"):
        configs(Chains(rounds=-1))


def test_what_shapes_a_fit_is_what_it_reads() -> None:
    """A resumed fit is refused over these alone: nothing private, and nothing of another generator."""
    shaping = configs(Chains(chains=3), rare_below=7).shaping()
    assert shaping == {
        "generator": "chains",
        "check": True,
        "minutes": None,
        "modes": "quantile",
        "max_modes": None,
        "rare_below": 7,
        "keep_extremes": False,
        "chains": 3,
        "chain_share": 0.8,
        "leaf_rows": None,
        "rounds": 2,
    }
