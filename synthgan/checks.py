"""What a hyper-parameter must be, in one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from synthgan.errors import ConfigError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection


def is_whole(given: object) -> TypeGuard[int]:
    """Whether this is a whole number."""
    return isinstance(given, int) and not isinstance(given, bool)


def require(condition: bool, name: str, rule: str, found: object, remedy: str = "") -> None:
    """Raise ConfigError unless ``condition`` holds."""
    if not condition:
        raise ConfigError(f"{name} must be {rule}, however: {name}={found!r}", remedy=remedy, parameter=name)


def require_known(config: object, **known: Collection[str]) -> None:
    """Check that each named field is one of those known."""
    for name, names in known.items():
        found = getattr(config, name)
        require(found in names, name, f"one of {', '.join(names)}", found, did_you_mean(found, names))


def require_whole(config: object, **lowest: int) -> None:
    """Check that each named field is a whole number not below its bound."""
    for name, bound in lowest.items():
        value = getattr(config, name)
        require(is_whole(value) and value >= bound, name, f"a whole number of at least {bound}", value)


def require_number(config: object, **lowest: float) -> None:
    """Check that each named field is a finite number not below its bound."""
    for name, bound in lowest.items():
        value = getattr(config, name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        require(number and bound <= value < float("inf"), name, f"a number of at least {bound:g}", value)
