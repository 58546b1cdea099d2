"""Survival: whether a Cox regression of times to an event finds in synthetic rows what it finds in real ones."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from synthgan.errors import ConfigError, DataError
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Z_95, Estimate
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.runtime import Streams

    Array = NDArray[np.float64]
    Coefficients = tuple[Array, Array]  # log hazard ratios and their standard errors

MAX_ROWS = 10_000  # of a table
MAX_COVARIATES = 30
MIN_LEVEL = 0.02  # of the real rows; a rarer level is part of the baseline
MIN_LEVEL_ROWS = 10
MIN_EVENTS = 5  # per covariate
_PENALTY = 1e-3  # keeps columns that a table leaves constant from having no answer
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"0", "false", "no"})
_NAME = "hazard_overlap"
_LACKING = "not computed: needs the package lifelines; pip install 'synthgan[survival]'"


def survival_scores(tables: Tables, survival: Sequence[Name] | None, streams: Streams) -> list[Score]:
    """Return hazard_overlap, beside what as many rows of the holdout score; nothing where no columns were named.

    It is the mean over the covariates of how much the 95 % intervals of the log hazard ratios overlap, learned from equally many
    real and synthetic rows: 1 where they are the same, 0 where they do not meet. Two samples of one population score about .7.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        survival: The columns of durations and of events, or None.
        streams: Source of randomness.

    Raises:
        ConfigError: If ``survival`` is not two names.
        DataError: If these are no columns judged, the durations no numbers, or the events neither 0 and 1 nor false and true.
    """
    if survival is None:
        return []
    duration, event = _named(survival, tables.real)
    others = [tables.synthetic] + ([] if tables.holdout is None else [tables.holdout])
    rng = streams.numpy("survival")
    sides = [_usable(side, duration, event) for side in (tables.real, *others)]
    rows = min(MAX_ROWS, *(side.rows for side in sides))
    sides = [side.draw(rows, rng) for side in sides]
    if find_spec("lifelines") is None:
        return [scored(_NAME, None, reference=None, goal="maximize", reading=_LACKING)]
    names, designs = _designs(sides, (duration, event))
    fitted = [_fitted(side, design, duration, event) for side, design in zip(sides, designs, strict=True)]
    real, synthetic = fitted[:2]
    if real is None or synthetic is None:
        reading = f"not computed: needs a covariate and {MIN_EVENTS} events for each, in the synthetic rows as well"
        return [scored(_NAME, None, reference=None, goal="maximize", reading=reading)]
    found = overlaps(real, synthetic)
    unseen = fitted[2] if tables.holdout is not None else None
    reference = None if unseen is None else float(overlaps(real, unseen).mean())
    worst = int(found.argmin())
    ratios = [float(np.exp(side[0][worst])) for side in (real, synthetic)]
    reading = (
        f"intervals of hazard ratios from {rows:,} real and as many synthetic rows overlap so much; "
        f"least for {names[worst]}: {ratios[0]:.3g} of the real rows, {ratios[1]:.3g} of the synthetic ones"
    )
    estimate = Estimate(float(found.mean()))
    return [scored(_NAME, estimate, reference=reference, goal="maximize", reading=reading)]


def _named(survival: Sequence[Name], real: Columns) -> tuple[Name, Name]:
    """Check the columns."""
    if isinstance(survival, str) or len(survival) != 2 or survival[0] == survival[1]:  # noqa: PLR2004
        raise ConfigError(f"survival must name two columns, durations and events, however: survival={survival!r}")
    duration, event = survival
    for name in (duration, event):
        if name not in real.names:
            raise DataError(
                f"survival must name columns judged, however: {name!r} is no such column",
                remedy=did_you_mean_or_known(name, real.names),
                parameter="survival",
            )
    if duration not in real.number_names:
        raise DataError(f"durations must be numbers, however: column {duration!r} holds levels; name another column")
    happened = _events(real, event)
    unknown = np.isnan(happened) & ~np.isnan(real.column(event))
    if unknown.any() or np.isnan(happened).all():
        raise DataError(
            f"events must be 0 and 1, or false and true, however: column {event!r} holds something else; recode it"
        )
    return duration, event


def _events(table: Columns, event: Name) -> Array:
    """Return [rows] float64: 1 where the event came, 0 where the time ran out, NaN where neither is said."""
    values = table.column(event)
    if event in table.number_names:
        return np.where(np.isin(values, (0, 1)), values, np.nan)
    words = [word.lower() for word in table.labels[table.code_names.index(event)]]
    meaning = np.array([1.0 if word in _TRUE else 0.0 if word in _FALSE else np.nan for word in words] + [np.nan])
    return meaning[np.where(np.isnan(values), -1, values).astype(np.int64)]


def _usable(table: Columns, duration: Name, event: Name) -> Columns:
    """Return the rows with a duration that is not negative and a known event."""
    known = (table.column(duration) >= 0) & ~np.isnan(_events(table, event))
    return table.take(np.flatnonzero(known))


def _designs(sides: list[Columns], outcome: tuple[Name, Name]) -> tuple[list[str], list[Array]]:
    """Return the covariates' names, and [rows, covariates] float64 of each table, scaled as the real one says.

    Numbers are in standard deviations, gaps at the mean; levels are compared with the most frequent one. Columns that are sums of
    others, or come after the first MAX_COVARIATES, are left out.
    """
    from scipy.linalg import qr

    real = sides[0]
    built: list[tuple[str, list[Array]]] = []
    for index, name in enumerate(real.number_names):
        known = real.numbers[~np.isnan(real.numbers[:, index]), index]
        size = np.abs(known).max(initial=0) or 1.0
        centre, spread = ((known / size).mean(), (known / size).std()) if len(known) else (0.0, 0.0)
        if name not in outcome and spread > 0:
            scaled = [np.clip((side.numbers[:, index] / size - centre) / spread, -10, 10) for side in sides]
            built.append((str(name), [np.nan_to_num(column) for column in scaled]))
    for index, (name, levels) in enumerate(zip(real.code_names, real.levels, strict=True)):
        counts = np.bincount(real.codes[:, index] % (levels + 1), minlength=levels + 1)  # the last: missing
        least = max(MIN_LEVEL_ROWS, MIN_LEVEL * real.rows)
        words = [*(real.labels[index] if real.labels else map(str, range(levels))), "missing"]
        for level in np.argsort(-counts, kind="stable")[1:]:
            if name not in outcome and counts[level] >= least:
                columns = [(side.codes[:, index] % (levels + 1) == level).astype(np.float64) for side in sides]
                built.append((f"{name}: {words[level]}", columns))
    built = built[:MAX_COVARIATES]
    if not built or not real.rows:
        return [], [np.empty((side.rows, 0)) for side in sides]
    first = np.column_stack([columns[0] for _, columns in built])
    _, triangle, order = qr(first - first.mean(axis=0), mode="economic", pivoting=True)
    depth = np.abs(np.diag(triangle))
    kept = np.sort(order[: len(depth)][depth > 1e-6 * max(depth[0], 1e-300)])
    designs = [np.column_stack([built[index][1][side] for index in kept]) for side in range(len(sides))]
    return [built[index][0] for index in kept], designs


def _fitted(table: Columns, design: Array, duration: Name, event: Name) -> Coefficients | None:
    """Fit Cox's model; None with too few events for so many covariates, or where the fit finds no end."""
    import pandas as pd

    happened = _events(table, event)
    if not design.shape[1] or happened.sum() < MIN_EVENTS * design.shape[1]:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines warns of columns that a table leaves nearly constant
        from lifelines import CoxPHFitter
        from lifelines.exceptions import ConvergenceError

        frame = pd.DataFrame(design, columns=[f"x{index}" for index in range(design.shape[1])])
        frame = frame.assign(duration=table.column(duration), event=happened)
        try:
            model = CoxPHFitter(penalizer=_PENALTY).fit(frame, duration_col="duration", event_col="event")
        except (ConvergenceError, np.linalg.LinAlgError):
            return None
    found = model.params_.to_numpy(dtype=np.float64), model.standard_errors_.to_numpy(dtype=np.float64)
    return found if all(np.isfinite(part).all() for part in found) and (found[1] > 0).all() else None


def overlaps(first: Coefficients, second: Coefficients) -> Array:
    """Return how much the 95 % intervals of two sets of coefficients overlap, [coefficients] float64 in [0, 1].

    Karr, Kohnen, Oganian, Reiter and Sanil 2006, "A framework for evaluating the utility of data altered to protect
    confidentiality", doi:10.1198/000313006X124640, equation 2: the overlap's mean share of the two lengths, here at least 0.
    """
    (left, left_error), (right, right_error) = first, second
    low = np.maximum(left - Z_95 * left_error, right - Z_95 * right_error)
    high = np.minimum(left + Z_95 * left_error, right + Z_95 * right_error)
    common = np.maximum(0, high - low)
    return np.minimum(1, (common / (2 * Z_95 * left_error) + common / (2 * Z_95 * right_error)) / 2)
