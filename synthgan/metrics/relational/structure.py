"""Scores of structure: keys that lead nowhere, rows outside the stay, broken orders. They hold for any number of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.data.links import NULL, ORPHAN
from synthgan.metrics.linkeddetails import LinkedKey
from synthgan.metrics.relational.rules import rules_of
from synthgan.metrics.score import Score

if TYPE_CHECKING:
    from synthgan.data.keys import ForeignKey
    from synthgan.metrics.linkeddetails import Rule
    from synthgan.metrics.relational.sides import Judged, Side

_KINDS = {
    "stay": ("rows_outside_stay", "times outside those of the row that owns them"),
    "order": ("orders_broken", "times in the wrong order"),
    "constant": ("constants_broken", "changes of what never changes in the rows of one owner"),
    "monotone": ("monotone_broken", "falls of what never falls in the rows of one person"),
}


def structure_scores(judged: Judged) -> tuple[list[Score], tuple[LinkedKey, ...], tuple[Rule, ...]]:
    """Return the scores of structure, every key and every rule.

    The reference is what the real tables score themselves: an orphan of theirs must come back as one, and a stay that they do not
    keep need not be kept.
    """
    keys = tuple(_key(judged, table, key) for table, key in judged.keys)
    rules = rules_of(judged)
    scores = [_orphans(judged), _violations(judged), _twins(judged)]
    return [*scores, *(_broken(kind, rules) for kind in _KINDS)], keys, rules


def _key(judged: Judged, table: str, key: ForeignKey) -> LinkedKey:
    real, synthetic = (_share(*_lost(side, table, key)) for side in (judged.real, judged.synthetic))
    return LinkedKey(table, key.columns, key.table, key.kind, (real, synthetic))


def _lost(side: Side, table: str, key: ForeignKey) -> tuple[int, int]:
    """How many rows have a key that no row has, and how many have one."""
    links = side.links[table, key.columns]
    return int((links == ORPHAN).sum()), int((links != NULL).sum())


def _share(count: int, of: int) -> float:
    return count / max(of, 1)


def _total(judged: Judged, side: Side) -> tuple[int, int]:
    found = [_lost(side, table, key) for table, key in judged.keys]
    return sum(one for one, _ in found), sum(one for _, one in found)


def _orphans(judged: Judged) -> Score:
    real, synthetic = (_share(*_total(judged, side)) for side in (judged.real, judged.synthetic))
    lost = [(_share(*_lost(judged.synthetic, table, key)), f"{table}.{key}") for table, key in judged.keys]
    worst = max(lost, default=(0.0, ""))
    reading = f"of the keys that are there, {synthetic:.2%} lead to no row; of the real ones {real:.2%}"
    reading += f"; most of {worst[1]} ({worst[0]:.1%})" if worst[0] else ""
    return Score("orphans", synthetic, None, None, real, "reference", reading)


def _violations(judged: Judged) -> Score:
    """Keys that every real row keeps: a database would declare them, and refuse what breaks them."""
    kept = [(table, key) for table, key in judged.keys if not _lost(judged.real, table, key)[0]]
    found = [(_lost(judged.synthetic, table, key), f"{table}.{key}") for table, key in kept]
    broken = sum(bad for (bad, _), _ in found)
    value = _share(broken, sum(rows for (_, rows), _ in found))
    reading = f"{broken:,} rows break a foreign key that all real rows keep; there {'is' if len(kept) == 1 else 'are'} {len(kept)}"
    worst = max(found, key=lambda one: one[0][0], default=None)
    reading += f"; most {worst[1]}" if worst is not None and worst[0][0] else ""
    return Score("foreign_key_violations", value, None, None, 0.0, "minimize", reading)


def _twins(judged: Judged) -> Score:
    shares = [
        _share(sum(side.twins.values()), sum(side.rows[name] for name in side.twins))
        for side in (judged.real, judged.synthetic)
    ]
    count = sum(judged.synthetic.twins.values())
    worst = max(judged.synthetic.twins.items(), key=lambda one: one[1], default=("", 0))
    reading = f"{count:,} rows have no primary key, or that of a row before" + (
        f"; most in {worst[0]}" if worst[1] else ""
    )
    return Score("primary_keys_broken", shares[1], None, None, shares[0], "minimize", reading)


def _broken(kind: str, rules: tuple[Rule, ...]) -> Score:
    """The share of all that was asked of the synthetic rows that breaks a rule of this kind."""
    name, what = _KINDS[kind]
    ours = [rule for rule in rules if rule.kind == kind]
    if not ours:
        return Score(
            name, None, None, None, None, "minimize", "not computed: the real tables keep no rule of this kind"
        )
    asked = sum(rule.asked for rule in ours)
    value, reference = (sum(rule.broken[side] * rule.asked for rule in ours) / max(asked, 1) for side in (1, 0))
    worst = max(ours, key=lambda rule: rule.broken[1] - rule.broken[0])
    reading = f"{what}, of all that could be ({len(ours)} rule{'s' * (len(ours) > 1)})"
    if worst.broken[1]:
        reading += f"; most: {worst.table}: {worst.words}, broken in {worst.broken[1]:.2%} (real {worst.broken[0]:.2%})"
    return Score(name, value, None, None, reference, "minimize", reading)
