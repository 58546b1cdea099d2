"""Configurations refuse what cannot be used, each field by name."""

from __future__ import annotations

import pytest

from synthgan.config import EncodingConfig, NetworkConfig, TrainConfig, from_parameters
from synthgan.errors import ConfigError


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (EncodingConfig, "modes", "kde"),
        (EncodingConfig, "max_modes", 0),
        (EncodingConfig, "rare_below", 0),
        (EncodingConfig, "keep_extremes", "yes"),
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
