"""Exposure: which records give themselves away, those who stand alone, and which groups of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.details import Subgroup
from synthgan.metrics.privacy.membership.ensemble import ENSEMBLE, MIN_GROUP, OF_OUTLIERS, OUTLIERS
from synthgan.metrics.privacy.membership.rates import DOUBT, RATES, clopper_pearson, threshold, true_positives

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Tables
    from synthgan.metrics.privacy.membership.candidates import Flags
    from synthgan.metrics.privacy.membership.ensemble import Attacked
    from synthgan.metrics.statistics.intervals import Estimate

MAX_EXPOSED = 100
MIN_ISOLATED = 5  # members, and others


def exposed_rows(found: Attacked) -> tuple[int, ...]:
    """Return the rows of the real table that are most exposed, from 0, the most exposed first; none where there is no alarm.

    These are the members that the attack which did best puts above all but one in a thousand others, at most MAX_EXPOSED.
    A few of them, one in a thousand of the members looked at, are there by chance; which, nobody can tell.
    """
    if not found.test.alarm:
        return ()
    name = {OUTLIERS: OF_OUTLIERS}.get(found.test.leader, found.test.leader)
    scores, is_member = found.scores.get(name, found.scores[ENSEMBLE]), found.candidates.is_member
    among = found.isolated if found.test.leader == OUTLIERS else np.ones_like(is_member)
    others = scores[among & ~is_member]
    beyond = threshold(others, RATES[0]) if len(others) else -np.inf
    indices = np.flatnonzero(among & is_member & (scores > beyond))
    order = np.lexsort((-found.scores[ENSEMBLE][indices], -scores[indices]))[:MAX_EXPOSED]
    return tuple(found.candidates.row[indices[order]].tolist())


def outliers_exposed(found: Attacked, false_positives: float) -> tuple[Estimate, float] | None:
    """Return the share of the members standing most alone that a synthetic row gives away, and the share expected by chance.

    Averages hide them: an attack that finds all outliers and nobody else finds few. They are chosen by their distance from
    other real rows alone, and compared with others who stand as much alone.

    Args:
        found: What the attacks said.
        false_positives: The share of these others that may be taken for members.

    Returns:
        None with fewer than MIN_ISOLATED isolated members or others.
    """
    scores, is_member = found.scores[OF_OUTLIERS], found.candidates.is_member
    members, others = scores[found.isolated & is_member], scores[found.isolated & ~is_member]
    if min(len(members), len(others)) < MIN_ISOLATED:
        return None
    # Among n others and one more of the same kind, each is as likely to be among the k highest.
    chance = (int(false_positives * len(others)) + 1) / (len(others) + 1)
    return true_positives(members, others, false_positives), chance


def subgroup_exposure(found: Attacked, taken: Flags, tables: Tables) -> tuple[Subgroup, ...]:
    """Return, for every level of a discrete column with enough members among the candidates, the share of them found.

    Intervals are Clopper and Pearson's with the doubt divided by the number of groups (Bonferroni): all hold together at 95 %.

    Args:
        found: What the attacks said.
        taken: bool ``[candidates]``: whom the best attack takes for members at 1 % false positives.
        tables: The tables, for the sizes of the groups.
    """
    is_member = found.candidates.is_member
    groups = [group for group in found.groups if (group.inside & is_member).sum() >= MIN_GROUP]
    built = []
    for group in groups:
        inside = group.inside & is_member
        exposed = clopper_pearson(int((taken & inside).sum()), int(inside.sum()), DOUBT / len(groups))
        index = tables.real.code_names.index(group.column)
        held = [table.codes[:, index] == group.code for table in (tables.real, tables.synthetic)]
        units = int(tables.real.units_per_cell(held[0].astype(np.int64), 2)[1])
        real, synthetic = (float(its.mean()) for its in held)
        built.append(Subgroup(group.column, group.label, units, real, synthetic, exposed=exposed))
    return tuple(built)
