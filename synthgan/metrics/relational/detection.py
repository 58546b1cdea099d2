"""Whether a boosted-tree detector can tell real groups of rows from synthetic ones: as wholes, step by step, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.detection import FOLDS, MIN_ROWS, c2st, features_of, indistinguishable, out_of_fold
from synthgan.metrics.statistics.intervals import Estimate, around, auc, standard_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.relational.linked import Linked
    from synthgan.runtime import Streams

MAX_GROUPS = 20_000  # a side
SYNTHERELA_FOLDS = 5
MAX_ROWS_EACH = 100_000  # a side, of single rows


@dataclass(frozen=True, slots=True)
class Detected:
    """What detectors found; C2ST: 1 is indistinguishable, accuracy: one half is. None where there is too little to tell.

    Attributes:
        accuracy: of SyntheRela's detector of aggregates.
        aggregates: C2ST of the same features.
        trajectory: C2ST of whole groups.
        transition: C2ST of two neighbouring rows of each group.
        rows: C2ST of single rows, folds by group.
    """

    accuracy: float | None
    aggregates: Estimate | None
    trajectory: Estimate | None
    transition: Estimate | None
    rows: Estimate | None


def detect_linked(real: Linked, synthetic: Linked, streams: Streams) -> Detected:
    """Set detectors on as many real as synthetic groups."""
    rng = streams.numpy("groups")
    groups = min(len(real.groups), len(synthetic.groups), MAX_GROUPS)
    real, synthetic = (side.take(np.sort(rng.permutation(len(side.groups))[:groups])) for side in (real, synthetic))
    followed = real.followed()
    aggregates = real.aggregates(), synthetic.aggregates()
    trajectory = real.trajectories(followed), synthetic.trajectories(followed)
    transition = real.transitions(rng), synthetic.transitions(rng)
    return Detected(
        accuracy=accuracy_of(*aggregates, streams.numpy("accuracy")),
        aggregates=c2st(*aggregates, streams.numpy("aggregates")),
        trajectory=c2st(*trajectory, streams.numpy("trajectory")),
        transition=c2st(*transition, streams.numpy("transition")),
        rows=c2st_of_rows(real, synthetic, streams.numpy("rows")),
    )


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
    sides, folds = [], []
    for side in (real, synthetic):
        kept = side.take(rng.permutation(len(side.groups))[: _groups_of(side, MAX_ROWS_EACH)])
        fold = rng.permutation(np.arange(len(kept.groups)) % FOLDS)
        sides.append(kept.rows)
        folds.append(fold[kept.groups.owner])
    if min(side.rows for side in sides) < MIN_ROWS:
        return None
    features = features_of(*sides)
    from_second = np.repeat([False, True], [side.rows for side in sides])
    suspicion, _ = out_of_fold(features, from_second, np.concatenate(folds))
    area, influence = auc(from_second, suspicion)
    ability = around(area, standard_error(influence))
    return Estimate(
        indistinguishable(area),
        indistinguishable(area if ability.high is None else ability.high),
        indistinguishable(area if ability.low is None else ability.low),
    )


def _groups_of(side: Linked, rows: int) -> int:
    """How many groups have about so many rows."""
    return max(1, int(len(side.groups) * min(1.0, rows / max(side.groups.rows, 1))))


def cardinality(real: NDArray[np.int64], synthetic: NDArray[np.int64]) -> float:
    """One minus the Kolmogorov-Smirnov distance of how many children parents have, 0 included."""
    values = np.unique(np.concatenate([real, synthetic]))
    shares = [np.searchsorted(np.sort(side), values, side="right") / len(side) for side in (real, synthetic)]
    return float(1 - np.abs(shares[0] - shares[1]).max())
