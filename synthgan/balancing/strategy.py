"""How many rows each class is to have, in the words of imbalanced-learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from synthgan.errors import ConfigError, DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Strategy: TypeAlias = "str | float | Mapping[Any, int] | Callable[[NDArray[Any]], Mapping[Any, int]]"
NAME = "sampling_strategy"
NAMES = ("auto", "minority", "not minority", "not majority", "all")
_TWO = 2  # classes, of which a ratio speaks


def rows_to_add(strategy: Strategy, classes: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many synthetic rows each class gets, ``[classes]``.

    Args:
        strategy: ``"auto"`` (or ``"not majority"``) brings every class to as many rows as the largest has, ``"minority"`` the smallest
            alone, ``"not minority"`` all but that, ``"all"`` all of them. A number, of two classes alone, is the ratio of the smaller
            to the larger. A mapping says how many rows classes are to have in the end; a function gives one for the classes' labels.
        classes: their labels.
        counts: their rows ``[classes]``.

    Raises:
        ConfigError: if the strategy is none of these.
        DataError: if it cannot be met: a class has more rows already, or is not there.

    Example:
        >>> rows_to_add("auto", np.array(["ill", "well"]), np.array([10, 90])).tolist()
        [80, 0]
        >>> rows_to_add(0.5, np.array(["ill", "well"]), np.array([10, 90])).tolist()
        [35, 0]
    """
    if callable(strategy):
        strategy = strategy(np.repeat(classes, counts))
    if isinstance(strategy, str):
        return _of_name(strategy, counts)
    if isinstance(strategy, Mapping):
        return _of_mapping(strategy, classes, counts)
    if isinstance(strategy, (float, int, np.number)) and not isinstance(strategy, bool) and 0 < strategy <= 1:
        return _of_ratio(float(strategy), counts)
    raise _unknown(strategy)


def _unknown(strategy: object) -> ConfigError:
    return ConfigError(
        f"{NAME} must be a ratio above 0 and at most 1, rows by class, or one of {', '.join(NAMES)}, however: {NAME}={strategy!r}",
        parameter=NAME,
    )


def _of_name(name: str, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    if name not in NAMES:
        raise _unknown(name)
    missing = counts.max() - counts
    if name == "minority":
        return np.where(np.arange(len(counts)) == counts.argmin(), missing, 0)
    if name == "not minority":
        return np.where(np.arange(len(counts)) == counts.argmin(), 0, missing)
    return missing


def _of_ratio(ratio: float, counts: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(counts) != _TWO:
        raise ConfigError(
            f"{NAME} must name rows by class where there are {len(counts)} classes, however: {NAME}={ratio!r} is a ratio",
            remedy="leave it out, and all get as many as the largest has",
            parameter=NAME,
        )
    missing = int(ratio * counts.max()) - counts
    if missing[counts.argmin()] < 0:
        raise DataError(
            f"{NAME} must be at least {counts.min() / counts.max():.3g}, as the classes stand, however: {NAME}={ratio!r}",
            parameter=NAME,
        )
    return np.where(np.arange(_TWO) == counts.argmin(), missing, 0)


def _of_mapping(wanted: Mapping[Any, int], classes: NDArray[Any], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    index = {label: at for at, label in enumerate(classes.tolist())}
    added = np.zeros(len(classes), dtype=np.int64)
    for label, rows in wanted.items():
        if label not in index:
            raise DataError(
                f"{NAME} must name classes that are there, however: {label!r}; known: {', '.join(map(repr, index))}"
            )
        if isinstance(rows, bool) or rows != int(rows):
            raise ConfigError(
                f"{NAME} must give whole numbers of rows, however: {rows!r} for {label!r}", parameter=NAME
            )
        at = index[label]
        if rows < counts[at]:
            raise DataError(
                f"{NAME} must give each class at least the rows that it has, however: {int(rows):,} for {label!r}, which has {counts[at]:,}"
            )
        added[at] = int(rows) - counts[at]
    return added
