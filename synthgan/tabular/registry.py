"""Which generators of tables there are, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import clone

from synthgan.errors import ConfigError, PrivacyError, Remedy
from synthgan.suggest import did_you_mean, nearest
from synthgan.tabular.autoregressive.autoregressive import Autoregressive
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.distilled.distilled import Distilled
from synthgan.tabular.network.network import Network
from synthgan.tabular.pooled.pooled import Pooled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.tabular.base import BaseGenerator
    from synthgan.tabular.protocol import TableGenerator

GENERATORS: dict[str, type[BaseGenerator]] = {
    Chains.name: Chains,
    Network.name: Network,
    Pooled.name: Pooled,
    Distilled.name: Distilled,
    Autoregressive.name: Autoregressive,
}
NESTED = "generator__"  # before a parameter of the generator, as scikit-learn writes it
DEFAULT, PRIVATE_DEFAULT = Distilled.name, Network.name  # where none is named: without epsilon, and with it


def make_generator(
    given: str | TableGenerator | None, parameters: dict[str, Any] | None = None, *, private: bool = False
) -> TableGenerator:
    """An unfitted generator of its own: that of a name, a copy of an object, or the default.

    Args:
        given: a name, a generator, or None.
        parameters: those of a generator that is named, as it stated them.
        private: whether the fit is a private one, which has another default.

    Raises:
        ConfigError: if it is nothing of that kind, or has no such parameters.
    """
    if given is None:
        given = PRIVATE_DEFAULT if private else DEFAULT
    if isinstance(given, str):
        kind = _of_name(given)
        return kind() if parameters is None else kind.of_stated(parameters)
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


def with_nested(
    given: dict[str, Any],
    generator: str | TableGenerator | None,
    shared: Iterable[str],
    *,
    default: str | None = None,
    private: bool = False,
) -> dict[str, Any]:
    """Parameters to set, and the generator that those of it (``generator__chains``) are set on, made of its name.

    Args:
        given: parameters by name.
        generator: the present one.
        shared: the names that belong to every fit.
        default: the generator where none is named; None takes that of a table.
        private: whether the fit is a private one.

    Raises:
        ConfigError: if the generator has no parameter of such a name.
        PrivacyError: if it is one of a generator that cannot be private, under epsilon.
    """
    nested = {name.removeprefix(NESTED): value for name, value in given.items() if name.startswith(NESTED)}
    if not nested:
        return given
    own = given.get("generator", generator)
    if own is None or isinstance(own, str):
        own = make_generator(default if own is None else own, private=private)
        given = {**given, "generator": own}
    for name, value in nested.items():
        check_nested(own, name, value, shared, private=private)
    return given


def check_nested(
    generator: TableGenerator, name: str, value: object, shared: Iterable[str], *, private: bool = False
) -> None:
    """See that a generator has a parameter; the right place, if there is one, is the remedy.

    Args:
        generator: whose parameter it is to be.
        name: of the parameter.
        value: what it was to be.
        shared: the names that belong to every fit, which may be meant.
        private: whether the fit is a private one, which only the network can be.

    Raises:
        ConfigError: if it has none of that name.
        PrivacyError: if it is one of a generator that cannot be private, under epsilon.
    """
    known, owner = generator.get_params(), owner_of(name)
    if name in known or name.partition("__")[0] in known:  # a parameter of a part is for the part to know
        return
    if owner is not None and private:
        raise PrivacyError(
            f"{name} must be left out under epsilon, however: it is of the generator {owner.name}, which a private fit does not read",
            remedy="leave it out",
        )
    if owner is not None:
        raise ConfigError(
            f"{name} must be a parameter of the generator {owner.name}, however: the generator is {generator.name}",
            remedy=Remedy.option("generator", owner.named(**{name: value})),
        )
    raise ConfigError(
        f"{name} must be a parameter of the generator {generator.name}, however: there is none of that name",
        remedy=_meant(name, value, [*known, *shared], private=private),
    )


def _meant(name: str, value: object, near: list[str], *, private: bool) -> Remedy | str:
    """What may have been meant by a name that is none: of these, or of another generator; else all of these."""
    others = [] if private else [other for kind in GENERATORS.values() for other in kind.parameters()]
    found = nearest(name, [*others, *near])
    owner = None if found is None or found in near else owner_of(found)
    if found is not None and owner is not None:
        return Remedy.option("generator", owner.named(**{found: value}), f"did you mean {found!r}?")
    return did_you_mean(name, near) or Remedy.known(near)
