"""Hyper-parameters without a flag of their own: what ``--set`` gives, read and handed to a synthesizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan.errors import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GeneratorOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="What learns and draws the rows of a table: distilled, the default; chains (trees: fast, and keeps the rows), pooled, or "
        "network (a conditional GAN).",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="A hyper-parameter that has no flag: chains=4, rounds=0 (of chains); steps=5000, objective=hinge (of network). "
        "A wrong name gets a list of all; the reference describes them. Repeatable.",
    ),
]
# Given by flags of other names.
RENAMED_FLAGS = {
    "condition_image": "--sources IMAGES, --from-masks or --enlarge N",
    "check": "--no-check",
    "executor": "--workers N or --ray ADDRESS",
}
_WORDS = {"none": None, "null": None, "true": True, "false": False}


def read_settings(texts: Sequence[str], flags: Iterable[str]) -> dict[str, Any]:
    """What ``--set`` was given, by name.

    Args:
        texts: such as ``steps=5000``.
        flags: the parameters that have a flag of their own.

    Raises:
        ConfigError: if one is no such text, or has a flag of its own.
    """
    settings, taken = {}, set(flags)
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not name or not equals:
            raise ConfigError(f"--set must be like steps=5000, however: {text!r}")
        name = name.removeprefix("generator__").replace("-", "_")
        if name in taken or name in RENAMED_FLAGS:
            remedy = Remedy.option(name, value_of(value)) if name in taken else RENAMED_FLAGS[name]
            raise ConfigError(
                f"{name} must be given by its own flag, however: --set gave it", remedy=remedy, parameter=name
            )
        settings[name] = value_of(value)
    return settings


def value_of(text: str) -> Any:
    """The value that a text stands for: a number, true, false, none, or the text itself.

    Example:
        >>> [value_of(text) for text in ("5000", "1e-3", "true", "none", "hinge")]
        [5000, 0.001, True, None, 'hinge']
    """
    if text.casefold() in _WORDS:
        return _WORDS[text.casefold()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def with_settings(synthesizer: Any, settings: dict[str, Any]) -> Any:
    """The synthesizer with these settings: its own, or those of its generator.

    Raises:
        ConfigError: if neither has a parameter of such a name.
    """
    own = synthesizer.get_params(deep=False)
    nested = "generator" in own
    return synthesizer.set_params(
        **{f"generator__{name}" if nested and name not in own else name: value for name, value in settings.items()}
    )
