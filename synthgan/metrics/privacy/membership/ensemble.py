"""The ensemble: every attack on the same candidates, those who stand alone and groups of them looked at as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.privacy.membership.candidates import draw_candidates
from synthgan.metrics.privacy.membership.classifier import classifier_attack
from synthgan.metrics.privacy.membership.density import density_attack
from synthgan.metrics.privacy.membership.leaktest import leak_test, top_sets
from synthgan.metrics.privacy.membership.matches import match_attacks
from synthgan.metrics.privacy.membership.proximity import Surroundings, isolation, proximity_attacks

if TYPE_CHECKING:
    from collections.abc import Collection

    from synthgan.metrics.data.columns import Columns, Name, Tables
    from synthgan.metrics.privacy.membership.candidates import Candidates, Flags, Scores
    from synthgan.metrics.privacy.membership.leaktest import LeakTest
    from synthgan.runtime import Streams

MAX_SYNTHETIC = 50_000  # rows the attacker looks at
ISOLATED = 0.02  # the candidates that stand most alone
MIN_ISOLATED = 40
MIN_GROUP = 50  # members, and as many others
OUTLIERS, SUBGROUPS = "outliers", "subgroups"
ENSEMBLE, OF_OUTLIERS, BY_DENSITY = "ensemble", "distance ratio, units", "density"
AT_FIRST = "density, at first sight"  # of few of many columns


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Candidates of one level of a column.

    Attributes:
        column: The column.
        code: Its level.
        label: The level in words.
        inside: bool ``[candidates]``.
    """

    column: Name
    code: int
    label: str
    inside: Flags


@dataclass(frozen=True, slots=True, eq=False)
class Attacked:
    """What all attacks say of the candidates.

    Attributes:
        candidates: Members and others.
        scores: Per attack float64 ``[candidates]``; larger says member.
        isolated: bool ``[candidates]``: those furthest from other real rows, whatever the synthetic rows are.
        groups: Levels of columns with enough candidates.
        test: The one decision for all of it.
    """

    candidates: Candidates
    scores: dict[str, Scores]
    isolated: Flags
    groups: tuple[Group, ...]
    test: LeakTest


def attack(tables: Tables, streams: Streams, *, few: Collection[Name] = ()) -> Attacked | None:
    """Let every attack judge members and as many others, and test all of them at once.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
        few: Columns that an attack by density looks at alone as well, where a leak of theirs would drown among all.

    Returns:
        None where there are no candidates (``draw_candidates``).
    """
    candidates = draw_candidates(tables, streams.numpy("attacks"))
    if candidates is None:
        return None
    pool, synthetic = candidates.pool, tables.synthetic.draw(MAX_SYNTHETIC, streams.numpy("attacked rows"))
    scores = match_attacks(pool, synthetic)
    for scale in ("ranks", "units"):
        around = Surroundings.of(pool, synthetic, scale)
        scores |= {f"{name}, {scale}": found for name, found in proximity_attacks(around).items()}
    far = _furthest(isolation(around))
    scores["classifier"] = classifier_attack(pool, synthetic, streams.numpy("attacking classifier"))
    scores[BY_DENSITY] = density_attack(pool, synthetic, streams.numpy("attacking density"))
    if few and len(few) < len(pool.names):
        rng = streams.numpy("attacking density of few columns")
        scores[AT_FIRST] = density_attack(pool.only(few), synthetic.only(few), rng)
    scores[ENSEMBLE] = together(scores)
    groups = tuple(_groups(pool))
    sets = {name: top_sets(found) for name, found in scores.items()}
    sets[OUTLIERS] = top_sets(scores[OF_OUTLIERS], far)
    sets[SUBGROUPS] = [chosen for group in groups for chosen in top_sets(scores[ENSEMBLE], group.inside)]
    test = leak_test(sets, candidates.is_member, streams.numpy("leak test"))
    return Attacked(candidates, scores, far, groups, test)


def together(scores: dict[str, Scores]) -> Scores:
    """Return float64 ``[candidates]``: the mean of how sure the three attacks are that are surest of a candidate.

    An attack is as sure as few candidates do as well: minus the logarithm of their share. No attack is the best on all tables (Ward,
    Lin, Wang and Cheng, "Synth-MIA: a testbed for auditing privacy leakage in tabular data synthesis", 2025, arXiv:2509.18014).
    """
    found = np.stack(list(scores.values()))
    rows = found.shape[1]
    sureness = [np.log(rows) - np.log(rows - np.searchsorted(np.sort(row), row, side="left")) for row in found]
    return np.sort(np.stack(sureness), axis=0)[-3:].mean(axis=0)


def _furthest(alone: Scores) -> Flags:
    """Flag the few candidates that stand most alone; of equals, those that come last in the random order."""
    rows = max(round(ISOLATED * len(alone)), min(MIN_ISOLATED, len(alone) // 4))
    far = np.zeros(len(alone), dtype=bool)
    far[np.argsort(alone, kind="stable")[-rows:]] = True
    return far


def _groups(pool: Columns) -> list[Group]:
    """Return the levels of columns that hold twice MIN_GROUP candidates, but not all.

    Counting members instead would prefer levels with many of them, and so raise alarms by itself.
    """
    found = []
    for index, name in enumerate(pool.code_names):
        codes = pool.codes[:, index]
        counts = np.bincount(codes[codes >= 0], minlength=pool.levels[index])
        for code in np.flatnonzero(counts >= 2 * MIN_GROUP):
            inside = codes == code
            if not inside.all():
                label = pool.labels[index][code] if pool.labels else str(code)
                found.append(Group(name, int(code), label, inside))
    return found
