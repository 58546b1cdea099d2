"""Shadow attacks: what refits with and without some rows show of each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.privacy.membership.rates import RATES, best_cut, proved, smallest_leak, true_positives
from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import around, auc, standard_error
from synthgan.metrics.statistics.neighbours import Embedding, k_nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.statistics.neighbours import Points

    Array = NDArray[np.float64]

NEIGHBOURS = 5  # whose mean distance says how isolated a row is
MAX_AMONG = 10_000  # rows to look for these among
AROUND = (1, 10)  # a target's surroundings reach as far as so many of the nearest rows that every refit learns
_MIN_RADIUS = 1e-3  # float32 cannot tell rows apart that are nearer
_NAMES = ("shadow_auc", "shadow_tpr_at_1pct_fpr", "shadow_epsilon_lower_bound")


@dataclass(frozen=True, slots=True, eq=False)
class Half:
    """What half of the refits show, per statistic; larger says member.

    Attributes:
        members: float64 ``[decisions]``, of rows that a refit learned.
        others: float64 ``[decisions]``, of rows that its twin did not.
    """

    members: dict[str, Array]
    others: dict[str, Array]

    def pooled(self) -> tuple[dict[str, Array], NDArray[np.bool_]]:
        """Return all decisions together, float64 ``[2 * decisions]``, and which of them are on members."""
        pooled = {name: np.concatenate([of, self.others[name]]) for name, of in self.members.items()}
        rows = len(next(iter(pooled.values())))
        return pooled, np.arange(rows) < rows // 2


@dataclass(frozen=True, slots=True, eq=False)
class Shadows:
    """What was seen of each target in each refit.

    Attributes:
        members: bool ``[refits, targets]``: which refit learned which target; of refits 0 and 1, 2 and 3, and so on, one did.
        seen: per statistic float64 ``[refits, targets]``; larger says member.
    """

    members: NDArray[np.bool_]
    seen: dict[str, Array]

    def halves(self) -> tuple[Half, Half]:
        """Return the first half of the pairs of refits, which is there to learn from, and the second, to be attacked.

        A target's statistics are centred at their mean over the first half, half of which learned it: rows differ in how near
        synthetic rows come to them in any case (Carlini et al. 2022, "Membership inference attacks from first principles",
        section 4, doi:10.1109/SP46214.2022.9833649). The refits attacked have no part in that mean: what is proved holds for one
        table handed out, not for several.
        """
        pairs = len(self.members) // 2
        first = self.members[::2]
        parts: list[tuple[dict[str, Array], dict[str, Array]]] = [({}, {}), ({}, {})]
        for name, seen in self.seen.items():
            centred = seen - seen[: 2 * (pairs // 2)].mean(axis=0)
            with_it = np.where(first, centred[::2], centred[1::2])
            without = np.where(first, centred[1::2], centred[::2])
            for half, chosen in zip(parts, (slice(pairs // 2), slice(pairs // 2, None)), strict=True):
                half[0][name], half[1][name] = with_it[chosen].ravel(), without[chosen].ravel()
        return Half(*parts[0]), Half(*parts[1])


def assign(pairs: int, targets: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return bool ``[2 * pairs, targets]``: who learns whom; one of each pair of refits half of the targets, its twin the others."""
    halves = rng.permuted(np.tile(np.arange(targets) < targets // 2, (pairs, 1)), axis=1)
    return np.stack([halves, ~halves], axis=1).reshape(2 * pairs, targets)


def isolated(real: Columns, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the int64 places of the rows that stand most alone, the most isolated first.

    By the mean distance to the 5 nearest other rows (Meeus et al. 2023, "Achilles' heels: vulnerable record identification in
    synthetic data publishing", arXiv:2306.10308).

    Args:
        real: The table; at least 7 rows.
        count: How many rows to return.
        rng: Draws the rows to look among.
    """
    points = Embedding.of(real).apply(real)
    chosen = np.sort(rng.permutation(real.rows)[:MAX_AMONG])
    nearest = _nearest(points, points[chosen], NEIGHBOURS + 1)
    own = np.isin(np.arange(real.rows), chosen)  # the nearest of these is the row itself
    distance = np.where(own, nearest[:, 1:].mean(axis=1), nearest[:, :-1].mean(axis=1))
    return np.argsort(-distance, kind="stable")[:count]


def surroundings(real: Columns, targets: NDArray[np.int64]) -> Array:
    """Return float64 ``[targets, len(AROUND)]``: how far a target is from its so many nearest rows that are no targets."""
    points = Embedding.of(real).apply(real)
    others = np.delete(points, targets, axis=0)
    reach = np.minimum(np.array(AROUND), len(others)) - 1
    return np.maximum(_nearest(points[targets], others, int(reach.max()) + 1)[:, reach], _MIN_RADIUS)


def checks(real: Columns, synthetic: Columns, targets: NDArray[np.int64], radii: Array) -> dict[str, Array]:
    """Return what a synthetic table shows of the targets: per statistic float64 ``[targets]``.

    ``distance``: how near the nearest synthetic row is, in radii; the others count synthetic rows within a radius, as square roots,
    whose spread does not depend on how many there are.

    Args:
        real: The real table, which holds the targets.
        synthetic: The synthetic one.
        targets: Places of the targets.
        radii: float64 ``[targets, len(AROUND)]``.
    """
    embedding = Embedding.of(real)
    points, among = embedding.apply(real.take(targets)), embedding.apply(synthetic)
    squared = _squared(points, among)
    nearest = ((points - among[squared.argmin(axis=1)]).astype(np.float64) ** 2).sum(axis=1)
    seen = {"distance": -np.sqrt(nearest) / radii[:, -1]}
    for index, count in enumerate(AROUND):
        within = (squared <= radii[:, index, None] ** 2).sum(axis=1)
        seen[f"count ({count})"] = np.sqrt(within)
    return seen


def shadow_scores(shadows: Shadows) -> list[Score]:
    """Return shadow_auc, shadow_tpr_at_1pct_fpr and shadow_epsilon_lower_bound.

    For synthetic tables see Stadler, Oprisanu and Troncoso 2022, "Synthetic data - anonymisation groundhog day", and Guépin et al.
    2023, "Synthetic is all you need", arXiv:2307.01701. The statistic and the bound's threshold are chosen on the first half of the
    refits and tried on the second. The bound is Clopper and Pearson's: at a level of 95 %, decisions taken as independent.

    Args:
        shadows: What was seen, in refits whose number is a multiple of 4.
    """
    first, second = shadows.halves()
    refits, targets = shadows.members.shape
    best = max(first.members, key=lambda name: _area(first, name)[0])
    area, influence = _area(second, best)
    rate = true_positives(second.members[best], second.others[best], RATES[1])
    tries = len(second.members[best])
    by, cut = best_cut(*first.pooled())
    hits, alarms = (np.array(int((side[by] >= cut).sum())) for side in (second.members, second.others))
    bound = max(0.0, float(proved(hits, tries, alarms, tries)))
    source = f"from {refits} refits, for {targets} of the most exposed rows"
    hidden = f"not detected; {smallest_leak(tries):.1%} of these rows, beyond doubt in {refits // 2} refits, would be"
    found = f"the {by} attack proves that much" if bound else hidden
    return [
        scored(
            _NAMES[0],
            around(area, standard_error(influence)),
            reference=0.5,
            goal="reference",
            reading=f"how often an attacker tells a table that learned a row from one that did not (by {best}), {source}",
        ),
        scored(
            _NAMES[1],
            rate,
            reference=RATES[1],
            goal="reference",
            reading=f"share of {tries:,} rows learned that the attacker finds while taking 1 % of as many others for learned, {source}",
        ),
        Score(
            _NAMES[2], bound, None, None, 0.0, "minimize", f"epsilon of these rows, at least (95 %), {source}: {found}"
        ),
    ]


def _area(half: Half, name: str) -> tuple[float, Array]:
    pooled, is_member = half.pooled()
    return auc(is_member, pooled[name])


def _nearest(points: Points, among: Points, count: int) -> Array:
    """Return float64 ``[rows, count]``: the distances to so many nearest, ascending."""
    return np.sqrt(k_nearest(points, among, count)[0].astype(np.float64))


def _squared(points: Points, among: Points) -> Points:
    """Return float32 ``[rows, others]`` squared distances."""
    squared = -2 * points @ among.T
    squared += (among**2).sum(axis=1)
    squared += (points**2).sum(axis=1)[:, None]
    return np.maximum(squared, 0, out=squared)
