"""What a private fit of images refuses, because it would let images through past the ledger or change what was planned."""

from __future__ import annotations

from synthgan.errors import PrivacyError, Remedy
from synthgan.image.config import ImageConfig

# All else that shapes a fit has a private plan of its own, or none: what is new is refused until somebody thinks of it.
HONOURED = frozenset(
    {"resolution", "condition", "ema_halflife_images", "width", "noise_width", "minutes", "structures"}
)


def check_rules(config: ImageConfig, *, resume: bool, sources: bool = False) -> None:
    """See that nothing was asked for that epsilon forbids.

    Raises:
        PrivacyError: if something was.
    """
    if resume:
        raise PrivacyError(
            "a private fit must be made in one go, however: it was to be resumed, and an interrupted one keeps nothing",
            remedy=Remedy.option("resume", value=False, why="start anew"),
        )
    if len(config.columns) > 1:
        raise PrivacyError(
            f"condition must be one column under epsilon, however: {len(config.columns)}; learn their rows with a private "
            f"model of tables, and draw an image for each of its rows"
        )
    usual = ImageConfig().as_json()
    for name, value in config.as_json().items():
        if name not in HONOURED and value != usual[name]:
            raise PrivacyError(
                f"{name} must be left alone under epsilon, however: {name}={value!r}; a private fit has a plan of its own",
                parameter=name,
            )
    if sources:
        raise PrivacyError("sources must not be given under epsilon, however: they were; leave them out")
