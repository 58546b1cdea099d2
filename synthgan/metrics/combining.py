"""Combining: estimates from several synthetic tables become one, with an interval that holds for people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import ConfigError
from synthgan.metrics.statistics.intervals import Z_95

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Combined:
    """What several synthetic tables say of a population.

    Attributes:
        value: The estimate.
        standard_error: Its standard error.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    value: float
    standard_error: float
    low: float
    high: float


def combine(estimates: Sequence[float], variances: Sequence[float], *, rows_real: int, rows_synthetic: int) -> Combined:
    """Combine estimates of one quantity, each from a synthetic table of its own, all of them drawn from one fitted model.

    The interval that any one table gives by itself is too narrow: it knows that the rows are a sample from the model, and not that
    the model was learned from a sample of people. With tables as large as the real one, what should hold 95 times in 100 holds 83
    times, and with larger tables less often still.

    The variance is ``T = mean(variances) * (rows_synthetic / rows_real + 1 / m)``, with m tables (Raab, Nowok and Dibben 2016,
    "Practical data synthesis for large samples", doi:10.29012/jpc.v7i3.407: tables drawn from a model with its
    parameters plugged in). Its first term is the luck of the people in the real table, its second that of the synthetic rows. The
    rules of Raghunathan, Reiter and Rubin 2003 for fully synthetic data, ``(1 + 1/m) b - v``, want the parameters drawn anew from
    their posterior for each table; a fitted synthesizer does not do so, its tables differ by their own sampling alone, and that
    variance would come out near ``v / m``: far too small. Reiter's of 2003 for partially synthetic data, ``v + b / m``, agrees with
    T on average where tables are as large as the real one, but needs many tables for a steady b. T holds for a single table, too.

    It supposes that the model tells of the quantity what the real rows would, and an estimate that is near normal. What the model
    gets wrong, and the noise of a private fit, widens no interval: compare with ``evaluate``.

    Args:
        estimates: [m] one estimate per table.
        variances: [m] the squared standard error that each table gives by itself.
        rows_real: Rows of the table that was learned; ``synthgan inspect`` shows them.
        rows_synthetic: Rows of each synthetic table.

    Raises:
        ConfigError: If the lists are not equally long, hold something that is not finite, or a variance or number of rows is not
            positive (a variance may be 0).

    Example:
        Three tables of 500 patients, learned from 250: their means, and the squares of the standard errors of these.

        >>> found = combine([61.2, 60.4, 61.7], [0.36, 0.35, 0.37], rows_real=250, rows_synthetic=500)
        >>> print(f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})")
        61.1 (59.3 to 62.9)
        >>> naive = 1.96 * 0.36 ** 0.5
        >>> print(f"{61.2:.1f} ({61.2 - naive:.1f} to {61.2 + naive:.1f})")  # what the first table says of itself
        61.2 (60.0 to 62.4)
    """
    values, spreads = (np.asarray(side, dtype=np.float64) for side in (estimates, variances))
    if values.ndim != 1 or values.shape != spreads.shape or not len(values):
        raise ConfigError(
            "estimates and variances must be lists of one number per table, however: "
            f"found shapes {values.shape} and {spreads.shape}"
        )
    if not (np.isfinite(values).all() and np.isfinite(spreads).all() and (spreads >= 0).all()):
        raise ConfigError("estimates must be finite and variances not negative, however: found others; leave them out")
    for name, rows in (("rows_real", rows_real), ("rows_synthetic", rows_synthetic)):
        if not rows > 0:
            raise ConfigError(f"{name} must be a positive number of rows, however: {name}={rows!r}")
    value = float(values.mean())
    error = math.sqrt(float(spreads.mean()) * (rows_synthetic / rows_real + 1 / len(values)))
    return Combined(value, error, value - Z_95 * error, value + Z_95 * error)
