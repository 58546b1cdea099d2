"""Did you mean: what somebody may have wanted to write, found among what is known."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_LISTED = 12


def nearest(found: object, known: Iterable[object]) -> str | None:
    """The known name most like the one found, whatever its capitals; None where none is like it.

    Example:
        >>> nearest("Sex", ["age", "sex"]), nearest("AGE", ["age", "sex"]), nearest("ward", ["age", "sex"])
        ('sex', 'age', None)
    """
    names = {str(name).casefold(): str(name) for name in known}
    close = difflib.get_close_matches(str(found).casefold(), names, n=1)
    return names[close[0]] if close else None


def did_you_mean(found: object, known: Iterable[object]) -> str:
    """The question whether the nearest known name was meant; empty where none is near.

    Example:
        >>> did_you_mean("chians", ["chains", "network"])
        "did you mean 'chains'?"
    """
    near = nearest(found, known)
    return "" if near is None else f"did you mean {near!r}?"


def did_you_mean_or_known(found: object, known: Iterable[object]) -> str:
    """The same question or, where no name is near, the first of those that are known.

    Example:
        >>> did_you_mean_or_known("ward", ["age", "sex"])
        'known: age, sex'
    """
    names = [str(name) for name in known]
    more = f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else ""
    return did_you_mean(found, names) or f"known: {', '.join(names[:MAX_LISTED]) or 'none'}{more}"
