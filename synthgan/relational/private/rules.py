"""What a private fit of linked rows refuses beside what one of a flat table does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.config import EncodingConfig, PrivacyConfig, from_parameters
from synthgan.errors import PrivacyError, Remedy
from synthgan.tabular.config import Configs
from synthgan.tabular.private.rules import check_rules
from synthgan.tabular.registry import make_generator

if TYPE_CHECKING:
    from collections.abc import Mapping


def private_configs(parameters: Mapping[str, Any], unit: str | None) -> Configs:
    """All parameters of a private fit of linked tables.

    Args:
        parameters: of its synthesizer, by name.
        unit: the table whose rows are protected, where it is known.

    Raises:
        ConfigError, PrivacyError: if one must not be what it is.
    """
    parameters = {**parameters, "unit": unit or "unit"}
    configs = Configs(
        encoding=from_parameters(EncodingConfig, parameters),
        privacy=from_parameters(PrivacyConfig, parameters),
        generator=make_generator(parameters["generator"], private=True),
        minutes=parameters["minutes"],
    )
    check_linked_rules(configs)
    return configs


def check_linked_rules(configs: Configs, unit: str | int | None = None, whose: str | int | None = None) -> None:
    """See that nothing was asked for that a private fit of linked rows cannot keep.

    Args:
        configs: all parameters, whose unit is that of the rows.
        unit: what the user named as the unit, if anything.
        whose: what it must be then.

    Raises:
        PrivacyError: if something was.
    """
    check_rules(configs, resume=False)
    if unit is not None and str(unit) != str(whose):
        raise PrivacyError(
            f"unit must be the group where rows are learned in groups, however: it is {unit!r}, and the group is {whose!r}",
            remedy=Remedy.option("unit", str(whose)) | "leave it out",
            parameter="unit",
        )
    if configs.privacy.mechanism != "marginals":
        raise PrivacyError(
            f"mechanism must be 'marginals' where rows are linked, however: it is {configs.privacy.mechanism!r}",
            remedy=Remedy.option("mechanism", "marginals"),
            parameter="mechanism",
        )
