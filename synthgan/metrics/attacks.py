"""Membership attacks: whoever has the synthetic rows tries to tell who was in the table they were learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.intervals import Estimate, at_least, at_most
from synthgan.metrics.neighbours import Embedding, nearest
from synthgan.metrics.score import Score, scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.metrics.columns import Columns, Tables
    from synthgan.runtime import Streams

    Scores = NDArray[np.float64]

CANDIDATES_AT_MOST = 4_000  # members, and as many others, that the attacker decides on
SYNTHETIC_AT_MOST = 50_000  # rows the attacker looks at
CANDIDATES_AT_LEAST = 40
FALSE_POSITIVES = 0.01
DOUBT = 0.05  # lower bounds hold with a confidence of 95 %
_NAMES = ("membership_tpr_at_1pct_fpr", "epsilon_lower_bound")
_WITHOUT = f"cannot be known: needs {2 * CANDIDATES_AT_LEAST} real rows that nothing was fitted on, as a holdout"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows that an attacker decides on, and how sure each attack is of each: larger says member.

    Attributes:
        members: per attack float64 ``[candidates]``, of rows that were learned.
        others: the same of as many rows that were not.
    """

    members: dict[str, Scores]
    others: dict[str, Scores]

    def half(self, second: bool) -> Candidates:
        """Every other candidate."""
        return Candidates(
            *({name: part[second::2] for name, part in side.items()} for side in (self.members, self.others))
        )


def attack_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return membership_tpr_at_1pct_fpr and epsilon_lower_bound; without enough holdout rows their value is None.

    The attacker sees the synthetic rows and some real rows of the same kind, and decides on members and as many others. The
    attack, and for the bound its threshold, is chosen on half of these and tried on the other half, so that trying several
    raises no alarm by itself. A table that tells nothing gets a bound above 0 in at most one run of twenty.

    Args:
        tables: Real, synthetic and holdout rows.
        streams: Source of randomness.
    """
    candidates = decide(tables, streams.numpy("attacks"))
    if candidates is None:
        return [scored(name, None, reference=None, goal="minimize", reading=_WITHOUT) for name in _NAMES]
    first, second = candidates.half(second=False), candidates.half(second=True)
    best = max(first.members, key=lambda name: true_positives(first.members[name], first.others[name]).value)
    rate = true_positives(second.members[best], second.others[best])
    bound, by = epsilon_bound(first, second)
    rows = len(second.members[best])
    found = (
        f"the {by} attack proves that much"
        if bound
        else f"not detected; {smallest_leak(rows):.1%} of members, exposed, would be"
    )
    return [
        scored(
            _NAMES[0],
            rate,
            reference=FALSE_POSITIVES,
            goal="reference",
            reading=f"share of members that the {best} attack finds while it takes 1 % of {rows} others for members",
        ),
        Score(_NAMES[1], bound, None, None, 0.0, "minimize", f"epsilon of these rows, at least (95 %): {found}"),
    ]


def decide(tables: Tables, rng: np.random.Generator) -> Candidates | None:
    """Attack members and as many rows of the holdout; the rest of that is what the attacker knows besides.

    ``distance``: how near the nearest synthetic row is (Chen et al., "GAN-Leaks", 2020, section 4). ``relative distance``:
    by how much it is nearer than the nearest of as many real rows that the attacker knows, which sets those apart that are
    near to everybody (van Breugel et al., "Membership inference attacks against synthetic data through overfitting
    detection", 2023, equation 2, with the nearest neighbour in the place of the density).

    Returns:
        None without enough holdout rows or without a column.
    """
    if tables.holdout is None or tables.holdout.rows < 2 * CANDIDATES_AT_LEAST or not tables.real.names:
        return None
    rows = min(tables.holdout.rows // 2, tables.real.rows, CANDIDATES_AT_MOST)
    if rows < CANDIDATES_AT_LEAST:
        return None
    order = rng.permutation(tables.holdout.rows)
    others, known = tables.holdout.take(order[:rows]), tables.holdout.take(order[rows : 2 * rows])
    members = tables.real.take(rng.permutation(tables.real.rows)[:rows])
    embedding = Embedding.of(tables.real)
    near_to = embedding.apply(tables.synthetic.draw(SYNTHETIC_AT_MOST, rng)), embedding.apply(known)

    def attacks(side: Columns) -> dict[str, Scores]:
        points = embedding.apply(side)
        synthetic, real = (np.sqrt(nearest(points, among)[0].astype(np.float64)) for among in near_to)
        return {"distance": -synthetic, "relative distance": real - synthetic}

    return Candidates(attacks(members), attacks(others))


def true_positives(members: Scores, others: Scores, false_positives: float = FALSE_POSITIVES) -> Estimate:
    """Return the share of members above the lowest threshold that at most that share of others reaches, by Clopper-Pearson.

    Args:
        members: [rows] float64.
        others: [rows] float64.
        false_positives: The share.
    """
    above = np.sort(others)[::-1][int(false_positives * len(others))]
    hits, rows = np.array((members > above).sum()), len(members)
    bounds = (float(bound(hits, rows, DOUBT / 2)) for bound in (at_least, at_most))
    return Estimate(float(hits) / rows, *bounds)


def epsilon_bound(first: Candidates, second: Candidates) -> tuple[float, str]:
    """Return the epsilon that the second half's errors prove, and by which attack; the attack is chosen on the first half.

    A mechanism of that epsilon keeps ``TPR <= e^epsilon FPR`` and ``1 - FPR <= e^epsilon (1 - TPR)`` (Kairouz, Oh and
    Viswanath, "The composition theorem for differential privacy", 2015, theorem 2.1).
    """
    tried = {name: np.unique(scores) for name, scores in first.members.items()}
    proved = {name: _proved(first.members[name], first.others[name], tried[name]) for name in tried}
    name = max(tried, key=lambda name: proved[name].max())
    threshold = tried[name][proved[name].argmax()]
    return max(0.0, float(_proved(second.members[name], second.others[name], threshold))), name


def _proved(members: Scores, others: Scores, threshold: Scores) -> Scores:
    """What thresholds prove, each where both of its error rates keep to their bounds with a confidence of 95 %; may be negative."""
    hits, alarms = (len(side) - np.searchsorted(np.sort(side), threshold, side="left") for side in (members, others))
    low, high = at_least(hits, len(members), DOUBT / 2), at_most(alarms, len(others), DOUBT / 2)
    with np.errstate(divide="ignore"):
        return np.log(np.maximum(low / high, (1 - high) / np.maximum(1 - low, 1e-300)))


def smallest_leak(rows: int) -> float:
    """Return the smallest share of members that, were no other row like them, would be detected among so many candidates."""
    hits = np.arange(1, rows + 1)
    seen = at_least(hits, rows, DOUBT / 2) > at_most(np.zeros(1), rows, DOUBT / 2)
    return float(hits[seen][0]) / rows if seen.any() else 1.0
