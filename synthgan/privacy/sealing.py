"""Errors and warnings of private fits without what they quote: text made of a row must not leave by them."""

from __future__ import annotations

import errno as codes
import os
import traceback
import warnings
from typing import TYPE_CHECKING, TypeVar, cast

from synthgan.errors import DataError, ModelFileError, SchemaError, SynthganError, WithheldError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from synthgan.privacy.spent import Account

T = TypeVar("T")
P = TypeVar("P")
WANTED = "what a private fit reads must be sound"
WITHHELD = "what is wrong with it may be a value of a row, and is withheld under epsilon"
_OF_ROWS = (DataError, SchemaError, ModelFileError)  # what they say is of rows as soon as a curator has them
_NO_MEMORY = "can't allocate memory"  # torch, of the main memory
_FINDING = ", however: "


def sealed_call(read: Callable[[], T], account: Account | None = None) -> T:
    """What a function gives that reads rows of a private fit; its warnings are dropped and its errors sealed."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read()
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (whatever it is, it is passed on, without what it quotes)
        safe = _told(error, account)
    raise safe  # outside of the handler, so that it has no context


def sealed_steps(steps: Generator[P, None, T], account: Account) -> Generator[P, None, T]:
    """The steps of a private fit, their warnings dropped and their errors sealed."""
    try:
        while True:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    step = next(steps)
                except StopIteration as end:
                    return cast("T", end.value)
            yield step
    except GeneratorExit:
        steps.close()
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (as above)
        safe = _told(error, account)
    raise safe


def _told(error: BaseException, account: Account | None) -> BaseException:
    """A sealed error that says in ``spent`` what was spent by then."""
    begun = account is not None and account.begun
    safe = sealed(error, asked=begun)
    if account is not None and begun:
        safe.spent = account.spent  # type: ignore[attr-defined]
        safe.add_note(f"This private fit has spent {account.spent[-1]}, and what it answered counts: see error.spent.")
    return safe


def sealed(error: BaseException, *, asked: bool = False) -> BaseException:
    """An error as it may be seen: of its cause nothing, of its words those that no row can have decided.

    Args:
        error: what was raised.
        asked: whether a curator had begun to answer: from then on errors about data are faults.
    """
    if isinstance(error, SynthganError) and not (asked and isinstance(error, _OF_ROWS)):
        if not _is_ours(error.__cause__):
            wanted, finding, _ = error.message.partition(_FINDING)
            message = f"{wanted if finding else WANTED}{_FINDING}{WITHHELD}"
            error = type(error)(message, remedy=error.remedy, parameter=error.parameter)
        return _alone(error)
    if isinstance(error, KeyboardInterrupt):
        return _alone(error)
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or _NO_MEMORY in str(error):
        return MemoryError()
    if isinstance(error, OSError) and error.errno in codes.errorcode:
        return OSError(error.errno, os.strerror(int(error.errno or 0))).with_traceback(error.__traceback__)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" in {os.path.basename(last[0].filename)}, line {last[0].lineno}" if last else ""  # noqa: PTH119 (of any system)
    return WithheldError(
        f"a private fit must not fail, however: {type(error).__name__}{place}; its words may hold a value of a row, and are "
        f"withheld"
    ).with_traceback(error.__traceback__)


def _is_ours(cause: BaseException | None) -> bool:
    """Whether the words of an error with that cause are synthgan's or the system's own: no reader's, that quote a row."""
    if cause is None or (isinstance(cause, OSError) and cause.errno in codes.errorcode):
        return True
    return isinstance(cause, SynthganError) and _is_ours(cause.__cause__)


def _alone(error: BaseException) -> BaseException:
    """The error without those that led to it, and without what was noted on it."""
    error.__cause__ = error.__context__ = None
    error.__notes__ = []
    return error
