"""Says of a draw where its rows come from: of which model, by which seed and conditions, under which promise, and when."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from synthgan._version import __version__
from synthgan.errors import ConfigError

EPOCH: Final = "SOURCE_DATE_EPOCH"  # of https://reproducible-builds.org
_EACH_ROW: Final = "other ones for each row"


def model_told(manifest: Mapping[str, Any], sha256: str) -> dict[str, Any]:
    """What samples say of their model: the hash that ``synthgan inspect`` shows, and its promise (None where nothing is proved).

    Args:
        manifest: of the model.
        sha256: of its tensors.

    Example:
        >>> model_told({"privacy": None}, "ab")
        {'model': 'ab', 'privacy': None}
    """
    ledger = manifest.get("privacy")
    names = ("epsilon", "delta", "unit")
    promise = {**{name: ledger[name] for name in names}, "charges": len(ledger["charges"])} if ledger else None
    return {"model": sha256, "privacy": promise}


def origin_of_draw(
    told: Mapping[str, Any], *, seed: int, repeatable: bool, where: Any = None, real: str | None = None
) -> dict[str, Any]:
    """Where the rows of one draw come from, as JSON.

    Args:
        told: what they say of their model.
        seed: of the draw.
        repeatable: whether somebody gave the seed, or it follows from that of the fit: such a draw gives the same bytes again, and so
            does not say when it was made, but for what the variable ``SOURCE_DATE_EPOCH`` says.
        where: the conditions of the draw.
        real: what of them is real: ``"cells"``, or ``"rows"``; None where nothing is.

    Raises:
        ConfigError: if that variable is no number of seconds.
    """
    said: dict[str, Any] = {"synthetic": True, "by": f"synthgan {__version__}", **told, "seed": seed}
    if where is not None:
        said["where"] = _conditions(where)
    if real is not None:
        said["real"] = real
    made = _made(repeatable=repeatable)
    return said if made is None else said | {"made": made}


def _made(*, repeatable: bool) -> str | None:
    epoch = os.environ.get(EPOCH)
    if epoch is None:
        return None if repeatable else dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds")
    try:
        return dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError) as error:
        raise ConfigError(
            f"{EPOCH} must be a whole number of seconds since 1970, however: {epoch!r}; set it so, or unset it"
        ) from error


def _conditions(where: Any) -> Any:
    """Conditions as JSON; of those of each row, which may be those of real people, only that there are some."""
    texts = isinstance(where, Sequence) and not isinstance(where, str) and all(isinstance(one, str) for one in where)
    if not (isinstance(where, (str, Mapping)) or texts):
        return _EACH_ROW
    return json.loads(json.dumps(where if isinstance(where, (str, Mapping)) else list(where), default=str))
