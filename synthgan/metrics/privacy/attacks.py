"""Membership attacks: whoever has the synthetic rows tries to tell who was in the table they were learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.details import Details
from synthgan.metrics.privacy.membership.candidates import MIN_CANDIDATES
from synthgan.metrics.privacy.membership.ensemble import BY_DENSITY, MIN_GROUP, OUTLIERS, SUBGROUPS, Attacked, attack
from synthgan.metrics.privacy.membership.exposure import exposed_rows, outliers_exposed, subgroup_exposure
from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.metrics.privacy.membership.matches import found_in
from synthgan.metrics.privacy.membership.rates import (
    RATES,
    clopper_pearson,
    curve,
    epsilon_bound,
    found_by_best,
    true_positives,
)
from synthgan.metrics.score import Score, scored
from synthgan.metrics.scores import Scores
from synthgan.metrics.statistics.intervals import around, auc, share, standard_error

if TYPE_CHECKING:
    from collections.abc import Collection

    import numpy as np
    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Name, Tables
    from synthgan.metrics.details import Subgroup
    from synthgan.runtime import Streams

NAMES = {0.001: "membership_tpr_at_01pct_fpr", 0.01: "membership_tpr_at_1pct_fpr", 0.1: "membership_tpr_at_10pct_fpr"}
_DENSITY = ("density_tpr_at_1pct_fpr", "density_auc")
_OTHERS = ("membership_p_value", *_DENSITY, "epsilon_lower_bound", "outliers_exposed", "worst_subgroup_exposed")
_WITHOUT = (
    f"cannot be known: needs {MIN_CANDIDATES} rows of the real table and {MIN_CANDIDATES} real rows that nothing was "
    "fitted on, as a holdout"
)


def attack_findings(tables: Tables, streams: Streams, *, few: Collection[Name] = ()) -> Scores:
    """Attack the tables' members; without enough holdout rows all scores but ``exact_members`` have the value None.

    The attacker sees the synthetic rows and real rows of the same kind, some of which were learned, and says how sure he is of
    each that it was. ``membership_p_value`` is the one decision of all attacks together, those on outliers and subgroups included
    (``membership.leaktest``): **at most .01 is an alarm, anything else is none**, and a table that tells nothing raises one in
    at most one run of a hundred. Without an alarm, ``epsilon_lower_bound`` is 0 and no row is named.

    Args:
        tables: Real, synthetic and holdout rows.
        streams: Source of randomness.
        few: Columns that an attack by density looks at alone as well.

    Returns:
        The scores and, as details, how each attack did, groups of people with the share of each that is found, and the rows of the
        real table that are most exposed.
    """
    found = attack(tables, streams, few=few)
    if found is None:
        absent = (
            scored(name, None, reference=None, goal="reference", reading=_WITHOUT)
            for name in (*NAMES.values(), *_OTHERS)
        )
        return Scores((_exact_members(tables), *absent))
    is_member = found.candidates.is_member
    halves = streams.numpy("halves of candidates").permutation(len(is_member)) % 2 == 0
    taken = {rate: found_by_best(found.scores, is_member, halves, rate) for rate in RATES}
    groups = subgroup_exposure(found, taken[RATES[1]][0], tables)
    scores = (
        _decision(found),
        *(_rate(found, rate, *taken[rate]) for rate in RATES),
        *_by_density(found),
        _epsilon(found, halves),
        _exact_members(tables),
        _outliers(found),
        _subgroups(found, groups),
    )
    attacks = tuple(curve(name, of, is_member) for name, of in found.scores.items())
    details = Details(
        attacks=attacks, subgroups=groups, exposed=exposed_rows(found), smallest_leak=found.test.smallest_leak
    )
    return Scores(scores, details=details)


def _verdict(found: Attacked, chance: float) -> str:
    """Say whether an alarm is raised, and else how small a leak would have raised it."""
    if chance <= ALARM:
        return f"detected (p = {chance:.3g})"
    least = found.test.smallest_leak
    return f"not detected (p = {chance:.2g}); {least:.2%} of the members looked at, fully exposed, would have been"


def _decision(found: Attacked) -> Score:
    test, rows = found.test, found.candidates.members
    by = f", by the attack {test.leader}" if test.alarm else ""
    reading = (
        f"chance that {len(found.scores)} attacks on {rows:,} members and as many others, where nothing leaks, do as well as "
        f"here: leak {_verdict(found, test.p_value)}{by}; an alarm is p of at most {ALARM:g}"
    )
    return Score("membership_p_value", test.p_value, None, None, None, "maximize", reading)


def _rate(found: Attacked, rate: float, taken: NDArray[np.bool_], names: tuple[str, ...]) -> Score:
    is_member = found.candidates.is_member
    estimate = clopper_pearson(int((taken & is_member).sum()), int(is_member.sum()))
    reading = (
        f"share of {found.candidates.members:,} members that the attack {' or '.join(names)} finds while it takes {rate:.1%} of "
        f"as many others for members; leak {_verdict(found, found.test.p_value)}"
    )
    return scored(NAMES[rate], estimate, reference=rate, goal="reference", reading=reading)


def _by_density(found: Attacked) -> tuple[Score, Score]:
    """Return what the attack by density finds by itself: it was chosen before, so nothing is allowed for."""
    scores, is_member = found.scores[BY_DENSITY], found.candidates.is_member
    rate = true_positives(scores[is_member], scores[~is_member], RATES[1])
    area, influence = auc(is_member, scores)
    verdict = f"leak {_verdict(found, found.test.by_source[BY_DENSITY])}"
    found_by = (
        f"share of {found.candidates.members:,} members whose density among synthetic rows, over that among real ones, is higher "
        f"than of 99 % of others: {verdict}"
    )
    right = f"how often that density puts a member above an unseen person: {verdict}"
    return (
        scored(_DENSITY[0], rate, reference=RATES[1], goal="reference", reading=found_by),
        scored(_DENSITY[1], around(area, standard_error(influence)), reference=0.5, goal="reference", reading=right),
    )


def _epsilon(found: Attacked, halves: NDArray[np.bool_]) -> Score:
    bound, names = epsilon_bound(found.scores, found.candidates.is_member, halves)
    if not found.test.alarm:
        bound, how = 0.0, f"leak {_verdict(found, found.test.p_value)}"
    elif bound:
        how = f"the attack {' or '.join(names)} proves that much"
    else:
        how = "a leak is detected, but too small a one to prove any epsilon"
    return Score(
        "epsilon_lower_bound", bound, None, None, 0.0, "minimize", f"epsilon of these rows, at least (95 %): {how}"
    )


def _exact_members(tables: Tables) -> Score:
    hits = found_in(tables.real, tables.synthetic)
    estimate, reference = share(hits, tables.real.rows), None
    reading = f"{hits:,} of {tables.real.rows:,} training rows occur among the synthetic rows"
    if tables.holdout is None:
        reading += "; without a holdout it cannot be known how many would by chance"
    else:
        unseen = found_in(tables.holdout, tables.synthetic)
        reference = unseen / tables.holdout.rows
        reading += f"; so do {unseen:,} of {tables.holdout.rows:,} unseen ones (one-sided p = {_beyond(tables, hits, unseen):.2g})"
    return scored("exact_members", estimate, reference=reference, goal="reference", reading=reading)


def _beyond(tables: Tables, hits: int, unseen: int) -> float:
    """Return Fisher's exact chance of so many matches on the members' side, were members and unseen rows alike."""
    from scipy.stats import fisher_exact

    holdout = 0 if tables.holdout is None else tables.holdout.rows
    table = [[hits, tables.real.rows - hits], [unseen, holdout - unseen]]
    return float(fisher_exact(table, alternative="greater").pvalue)


def _outliers(found: Attacked) -> Score:
    figures = outliers_exposed(found, RATES[1])
    if figures is None:
        reading = "not computed: too few members or others among the most isolated rows"
        return scored("outliers_exposed", None, reference=None, goal="reference", reading=reading)
    estimate, chance = figures
    rows = int((found.isolated & found.candidates.is_member).sum())
    reading = (
        f"share of the {rows} most isolated members that a synthetic row comes nearer to than to 99 % of other people who are as "
        f"isolated: leak {_verdict(found, found.test.by_source[OUTLIERS])}"
    )
    return scored("outliers_exposed", estimate, reference=chance, goal="reference", reading=reading)


def _subgroups(found: Attacked, groups: tuple[Subgroup, ...]) -> Score:
    worst = max(groups, key=lambda group: group.exposed.value if group.exposed else 0.0, default=None)
    if worst is None:
        reading = f"not computed: no level of a discrete column has {MIN_GROUP} members among those looked at"
        return scored("worst_subgroup_exposed", None, reference=None, goal="reference", reading=reading)
    reading = (
        f"share of members found at 1 % false positives where it is highest of {len(groups)} groups: {worst.column} = "
        f"{worst.level}; interval for all groups together; leak {_verdict(found, found.test.by_source[SUBGROUPS])}"
    )
    return scored("worst_subgroup_exposed", worst.exposed, reference=RATES[1], goal="reference", reading=reading)
