"""Whether a boosted-tree detector can tell real groups of rows from synthetic ones: as wholes, step by step, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.detection import FOLDS, MIN_ROWS, features_of, indistinguishable, out_of_fold
from synthgan.metrics.statistics.intervals import Estimate, around, auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.relational.linked import Linked

MAX_GROUPS = 20_000  # a side
SYNTHERELA_FOLDS = 5
MAX_ROWS_EACH = 100_000  # a side, of single rows


def accuracy_of(real: Columns, synthetic: Columns, rng: np.random.Generator) -> float | None:
    """The mean accuracy of XGBoost as it comes, in five folds: one half is indistinguishable.

    SyntheRela's detector of aggregates: categories one by one, gaps filled with the mean.
    """
    import xgboost

    rows = min(real.rows, synthetic.rows)
    if rows < SYNTHERELA_FOLDS * MIN_ROWS:
        return None
    both = [side.draw(rows, rng) for side in (real, synthetic)]
    numbers = np.vstack([side.numbers for side in both])
    with np.errstate(invalid="ignore"):
        means = np.nan_to_num(
            np.where(np.isnan(numbers), 0, numbers).sum(0) / np.maximum((~np.isnan(numbers)).sum(0), 1)
        )
    codes = np.vstack([side.codes for side in both])
    hot = [codes[:, at, None] == np.arange(-1, levels) for at, levels in enumerate(both[0].levels)]
    features = np.hstack([np.where(np.isnan(numbers), means, numbers), *hot]).astype(np.float32)
    label = np.repeat([0, 1], rows)
    folds = np.concatenate([rng.permutation(np.arange(rows) % SYNTHERELA_FOLDS) for _ in range(2)])
    right = []
    for fold in range(SYNTHERELA_FOLDS):
        inside = folds == fold
        detector = xgboost.XGBClassifier(random_state=0).fit(features[~inside], label[~inside])
        right.append(float((detector.predict(features[inside]) == label[inside]).mean()))
    return float(np.mean(right))


def c2st_of_rows(real: Linked, synthetic: Linked, rng: np.random.Generator) -> Estimate | None:
    """C2ST of single rows; those of one group fall into one fold, so that nothing is known again by its group."""
    sides = [side.take(rng.permutation(len(side.groups))) for side in (real, synthetic)]
    first, second = ((side.rows, side.groups.owner) for side in sides)
    return c2st_by_unit(first, second, rng)


def c2st_by_unit(
    real: tuple[Columns, NDArray[np.int64]],
    synthetic: tuple[Columns, NDArray[np.int64]],
    rng: np.random.Generator,
    *,
    rows_at_most: int = MAX_ROWS_EACH,
) -> Estimate | None:
    """C2ST of rows of which several belong to one person: all of a person's fall into one fold, and err together.

    Args:
        real: rows, and int64 ``[rows]`` whose each is; -1 stands for nobody, each such row by itself.
        synthetic: the same of the other side.
        rng: draws people and folds.
        rows_at_most: so many of each side, of whole people.

    Returns:
        the estimate, with an interval by people; None with fewer than MIN_ROWS rows a side or without a column.
    """
    rows = min(rows_at_most, real[0].rows, synthetic[0].rows)
    if rows < MIN_ROWS or not real[0].names:
        return None
    sides: list[Columns] = []
    folds: list[NDArray[np.int64]] = []
    clusters: list[NDArray[np.int64]] = []
    for columns, owner in (real, synthetic):
        kept, whose = _whole_people(owner, rows, rng)
        sides.append(columns.take(kept))
        folds.append((rng.permutation(int(whose.max()) + 1) % FOLDS)[whose])
        clusters.append(whose + (clusters[0].max() + 1 if clusters else 0))
    if min(side.rows for side in sides) < MIN_ROWS:
        return None
    from_second = np.repeat([False, True], [side.rows for side in sides])
    suspicion, _ = out_of_fold(features_of(*sides), from_second, np.concatenate(folds))
    area, influence = auc(from_second, suspicion)
    together = np.bincount(np.concatenate(clusters), weights=influence)
    ability = around(area, float(np.sqrt((together**2).sum())) / len(influence))
    return Estimate(
        indistinguishable(area),
        indistinguishable(area if ability.high is None else ability.high),
        indistinguishable(area if ability.low is None else ability.low),
    )


def _whole_people(
    owner: NDArray[np.int64], rows: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """About so many rows, all of some people, and whose they are, numbered from 0."""
    alone = np.where(owner < 0, owner.max(initial=-1) + 1 + np.arange(len(owner)), owner)
    whose = np.unique(alone, return_inverse=True)[1]
    counts = np.bincount(whose)
    order = rng.permutation(len(counts))
    people = order[: max(1, int(np.searchsorted(np.cumsum(counts[order]), rows, side="right")))]
    number = np.full(len(counts), -1)
    number[people] = np.arange(len(people))
    kept = np.flatnonzero(number[whose] >= 0)
    return kept, number[whose][kept]
