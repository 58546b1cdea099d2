"""Which generators of tables there are, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from synthgan.errors import ConfigError
from synthgan.suggest import did_you_mean
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.network.network import Network

if TYPE_CHECKING:
    from synthgan.tabular.base import BaseGenerator
    from synthgan.tabular.protocol import TableGenerator

GENERATORS: dict[str, type[BaseGenerator]] = {
    Chains.name: Chains,
    Network.name: Network,
}
DEFAULT, PRIVATE_DEFAULT = Chains.name, Network.name  # where none is named: without epsilon, and with it


def make_generator(
    given: str | TableGenerator | None, parameters: dict[str, Any] | None = None, *, private: bool = False
) -> TableGenerator:
    """An unfitted generator of its own: that of a name, a copy of an object, or the default.

    Args:
        given: a name, a generator, or None.
        parameters: those of a generator that is named.
        private: whether the fit is a private one, which has another default.

    Raises:
        ConfigError: if it is nothing of that kind, or has no such parameters.
    """
    if given is None:
        given = PRIVATE_DEFAULT if private else DEFAULT
    if isinstance(given, str):
        return _of_name(given)(**(parameters or {}))
    if isinstance(given, type) or not hasattr(given, "get_params") or not hasattr(given, "complete"):
        raise ConfigError(
            f"generator must be one of {', '.join(GENERATORS)} or an object like Chains(), however: generator={given!r}",
            parameter="generator",
        )
    return clone(given)


def _of_name(name: str) -> type[BaseGenerator]:
    if name not in GENERATORS:
        raise ConfigError(
            f"generator must be one of {', '.join(GENERATORS)}, however: generator={name!r}",
            remedy=did_you_mean(name, GENERATORS),
            parameter="generator",
        )
    return GENERATORS[name]


def owner_of(parameter: str) -> type[BaseGenerator] | None:
    """The first generator that has a parameter of that name; None where none has."""
    return next((kind for kind in GENERATORS.values() if parameter in kind.parameters()), None)
