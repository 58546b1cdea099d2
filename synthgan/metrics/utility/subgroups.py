"""Subgroups: whether every group of people is there in its share, and served as well by a model of synthetic rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.data.cells import MIN_UNITS
from synthgan.metrics.data.groups import groupings
from synthgan.metrics.details import Subgroup
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import around, standard_error
from synthgan.metrics.utility.utility import NO_TARGET, SIDES, influences

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.metrics.data.groups import Grouping
    from synthgan.metrics.utility.utility import Trial

    Array = NDArray[np.float64]

MIN_TESTED = 50  # test rows of a group whose utility counts
_DOUBT = 0.05  # that chance alone raises an alarm over any of the groups


@dataclass(frozen=True, slots=True, eq=False)
class _Gap:
    """A difference in one group, its standard error, and the group in words."""

    value: float
    error: float
    group: str


def subgroup_scores(
    tables: Tables, trial: Trial | None, predicted: dict[str, Array | None]
) -> tuple[list[Score], tuple[Subgroup, ...]]:
    """Return subgroup_share_gap and subgroup_utility_gap, each the worst over all groups, and the groups.

    The first is the largest difference of a group's shares of the real and the synthetic rows; its reference is the same of the
    holdout. The second is the largest loss of the boosted model trained on synthetic rows against that trained on real ones,
    over groups of at least MIN_TESTED test rows: of the AUC within the group or, of numbers, of the squared error in shares
    of all test rows' variance (R² where the group is everybody). Each reading says how large a gap chance alone might leave in
    the worst of so many groups (Bonferroni, 95 %). Intervals hold for the worst group as if it had been named beforehand.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        trial: What the models were trained and tested on; None where no target was named.
        predicted: Per side the predictions of the boosted models.
    """
    chosen = groupings(tables, None if trial is None else trial.task.target)
    listed: list[Subgroup] = []
    losses: list[_Gap] = []
    for grouping in chosen:
        shares = [_shares(grouping, table) for table in (tables.real, tables.synthetic)]
        units = _units(grouping, tables.real)
        served = _served(grouping, trial, predicted)
        for index, level in enumerate(grouping.labels):
            if not shares[0][index] and not shares[1][index]:
                continue
            utilities, loss = served.get(index, ((None, None), None))
            real, synthetic = (float(share[index]) for share in shares)
            listed.append(Subgroup(grouping.column, level, int(units[index]), real, synthetic, *utilities))
            if loss is not None:
                losses.append(_Gap(*loss, _called(grouping, index, int(units[index]))))
    return [_share_score(tables, chosen), _utility_score(trial, losses)], tuple(listed)


def _shares(grouping: Grouping, table: Columns) -> Array:
    """Return [groups] float64."""
    groups = grouping.of(table)
    return np.bincount(groups[groups >= 0], minlength=len(grouping.labels)) / table.rows


def _units(grouping: Grouping, table: Columns) -> NDArray[np.int64]:
    """Return [groups] int64: how many people are in each group, those in none left out."""
    # The first cell is of the rows that belong to no group.
    return table.units_per_cell(grouping.of(table) + 1, len(grouping.labels) + 1)[1:]


def _called(grouping: Grouping, index: int, units: int) -> str:
    if units < MIN_UNITS:
        return f"a group of fewer than {MIN_UNITS} people"
    return f"{grouping.column}: {grouping.labels[index]}"


def _share_gaps(real: Columns, other: Columns, chosen: list[Grouping]) -> list[_Gap]:
    gaps = []
    for grouping in chosen:
        first, second = _shares(grouping, real), _shares(grouping, other)
        units = _units(grouping, real)
        for index, (left, right) in enumerate(zip(first, second, strict=True)):
            if left == right == 0:
                continue
            error = math.sqrt(left * (1 - left) / real.rows + right * (1 - right) / other.rows)
            gaps.append(_Gap(abs(left - right), error, _called(grouping, index, int(units[index]))))
    return gaps


def _share_score(tables: Tables, chosen: list[Grouping]) -> Score:
    name = "subgroup_share_gap"
    if not chosen:
        reading = "not computed: no column has levels, or numbers, that deal the rows into groups"
        return scored(name, None, reference=None, goal="minimize", reading=reading)
    gaps = _share_gaps(tables.real, tables.synthetic, chosen)
    worst = max(gaps, key=lambda gap: gap.value)
    reference = None
    if tables.holdout is not None:
        reference = max(gap.value for gap in _share_gaps(tables.real, tables.holdout, chosen))
    reading = f"shares of groups differ most for {worst.group}, by {worst.value:.2%}{_by_chance(worst, gaps, '.2%')}"
    return scored(name, around(worst.value, worst.error), reference=reference, goal="minimize", reading=reading)


def _by_chance(worst: _Gap, gaps: list[_Gap], form: str) -> str:
    """Say whether chance might leave a gap as large in the worst of as many groups."""
    from scipy.stats import norm

    quantile = float(norm.isf(_DOUBT / (2 * len(gaps))))
    beyond = [gap for gap in gaps if gap.value > max(0.0, quantile * gap.error)]
    if worst in beyond:
        return f"; more than chance explains (up to {quantile * worst.error:{form}})"
    if beyond:
        surest = max(beyond, key=lambda gap: gap.value)
        most = quantile * surest.error
        return f"; that may be chance, but of {surest.group} {surest.value:{form}} is more than it explains (up to {most:{form}})"
    most = quantile * max(gap.error for gap in gaps)
    return f"; not detected beyond chance, which might leave {most:{form}} in the worst of {len(gaps)} groups"


def _served(
    grouping: Grouping, trial: Trial | None, predicted: dict[str, Array | None]
) -> dict[int, tuple[tuple[float, float], tuple[float, float]]]:
    """Return, of each group with enough test rows, how well both models serve it, and the loss with its standard error."""
    real, synthetic = (predicted.get(side) for side in SIDES)
    if trial is None or real is None or synthetic is None:
        return {}
    groups, found = grouping.of(trial.test), {}
    spread = float(trial.truth.var())
    for index in range(len(grouping.labels)):
        inside = np.flatnonzero(groups == index)
        truth = trial.truth[inside]
        if len(inside) < MIN_TESTED or truth.min() == truth.max():
            continue
        if trial.task.classes is None:
            errors = [(truth - side[inside]) ** 2 / spread for side in (real, synthetic)]
            values = [1 - float(error.mean()) for error in errors]
            influence = errors[1] - errors[0] - (values[0] - values[1])
        else:
            (first, left), (second, right) = (influences(trial.task, truth, side[inside]) for side in (real, synthetic))
            values, influence = [first, second], left - right
        loss = values[0] - values[1]
        if math.isfinite(loss):
            found[index] = ((values[0], values[1]), (loss, standard_error(influence)))
    return found


def _utility_score(trial: Trial | None, losses: list[_Gap]) -> Score:
    name = "subgroup_utility_gap"
    if not losses:
        why = f"not computed: no group has {MIN_TESTED} test rows with two values of the target"
        why = NO_TARGET if trial is None else why
        return scored(name, None, reference=None, goal="minimize", reading=why)
    worst = max(losses, key=lambda gap: gap.value)
    estimate = around(worst.value, worst.error, least=-math.inf, most=math.inf)
    chance = _by_chance(worst, losses, ".3f")
    reading = f"a model of synthetic rows loses most for {worst.group}, {worst.value:.3f}{chance}"
    return scored(name, estimate, reference=None, goal="minimize", reading=reading)
