"""Takes every measure of linked tables: sides in, scores out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from synthgan.distributed.threads import Threads
from synthgan.metrics.details import Details
from synthgan.metrics.linkeddetails import LinkedDetails, LinkedTable
from synthgan.metrics.privacy.attacks import attack_findings
from synthgan.metrics.privacy.privacy import copying
from synthgan.metrics.relational.detecting import SEEN, detection_of
from synthgan.metrics.relational.likeness import cardinalities, joint_counts, time_scores, transition_score
from synthgan.metrics.relational.nearness import copied_histories, nearness
from synthgan.metrics.relational.showing import bands_of, columns_of, counts_of, gaps_shown, survival_of, transitions_of
from synthgan.metrics.relational.sides import MIN_UNITS_JUDGED
from synthgan.metrics.relational.structure import structure_scores
from synthgan.metrics.relational.units import briefly, whole_people
from synthgan.metrics.relational.usefulness import NAMED, choose_target, useful_people
from synthgan.metrics.score import Score
from synthgan.metrics.scores import Scores, joined
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from synthgan.distributed.executor import Executor
    from synthgan.metrics.data.columns import Tables
    from synthgan.metrics.linkeddetails import LinkedKey, Rule
    from synthgan.metrics.relational.sides import Judged
    from synthgan.metrics.relational.usefulness import Target
    from synthgan.metrics.score import Goal
    from synthgan.metrics.statistics.intervals import Estimate

LIKE = ("cardinality", "joint_counts_error", "gap_error", "duration_error", "transition_error")
NEAR = ("nearer_to_train", "membership_p_value", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound")
USE = ("utility_real", "utility_synthetic")
_RISING = {"cardinality", *SEEN} - {"syntherela_accuracy"}


def score_linked(
    judged: Judged,
    *,
    target: str | int | None = None,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    executor: Executor | None = None,
) -> Scores:
    """Take every measure of linked tables.

    Args:
        judged: the sides.
        target: "table.column" that a model should predict of people; None looks for one.
        seed: Fixes every random choice.
        progress: Called with the name of each stage as it begins.
        executor: Where measures are taken, each of them a task; None takes them here. It changes no score.

    Raises:
        DataError: If ``target`` is no column judged.
        ConfigError: If the seed is not a whole number of at least 0.
    """
    stage, streams = progress or (lambda _name: None), Streams(seed)
    aim, how = choose_target(judged, target)
    stage("structure")
    structure, keys, rules = structure_scores(judged)
    against = "real" if judged.holdout is None else "holdout"
    tables = tuple(_table(judged, name) for name in judged.schema.tables)
    details = LinkedDetails(judged.unit, against, _people(judged), _enough(judged), tables, keys, rules)
    copied, people = copied_histories(judged), whole_people(judged)
    warned = copying(people, one="person", many="people") if people.real.names else Scores(())
    said = warned.notes
    if not details.judged:
        few = _too_few(judged)
        scores = [*structure, copied, *(_refused(name, few) for name in (*NEAR, *SEEN, *LIKE, *USE))]
        return Scores(tuple(scores), notes=(few, *said), details=replace(warned.details, linked=details))
    given, found = _Given(judged, people, aim, rules, streams), {}
    results = (executor or Threads()).map(_taken, range(len(_MEASURES)), given)
    for name in _MEASURES:
        stage(name)
        found[name] = next(results)
    (detected, by_table), (likeness, by_key), shown = (found[name] for name in ("detection", "fidelity", "columns"))
    leakage = joined([Scores((copied,)), found["attacks"]])
    details = replace(details, tables=tuple(replace(one, scores=tuple(by_table.get(one.name, ()))) for one in tables))
    details = replace(details, keys=tuple(_with_cardinality(key, by_key) for key in keys))
    if aim is not None:
        details = replace(details, target=(f"{aim[0]}.{aim[1]}", how))
        said += () if how == NAMED else (f"what models predict was {how}: {aim[0]}.{aim[1]}; target names another",)
    linked = replace(details, **shown.of_linked)
    parts = [Scores(tuple(structure), notes=said), leakage, Scores((*detected, *likeness)), found["utility"]]
    page = Scores((), details=Details(columns=shown.columns, linked=linked))
    return joined([*parts, Scores((), details=warned.details), page])


@dataclass(frozen=True, slots=True)
class _Given:
    """What every measure is given.

    Attributes:
        judged: the sides.
        people: what is known of each person, in one row.
        aim: the table and column that a model should predict of people; None where there is none.
        rules: what was found to hold between tables.
        streams: randomness, by name: no measure moves what another draws.
    """

    judged: Judged
    people: Tables
    aim: Target | None
    rules: tuple[Rule, ...]
    streams: Streams


@dataclass(frozen=True, slots=True)
class _Shown:
    """All that a page draws: columns, and parts of ``LinkedDetails`` by name."""

    columns: tuple[Any, ...]
    of_linked: dict[str, Any]


def _attacked(given: _Given) -> Scores:
    people, streams = given.people, given.streams
    attacks = attack_findings(people, streams, few=briefly(given.judged, people.real))
    return joined([Scores((nearness(people, streams),)), attacks])


def _alike(given: _Given) -> tuple[list[Score], dict[Any, Estimate]]:
    """How alike counts, times and transitions are, and the cardinality of each key."""
    judged = given.judged
    counted, by_key = cardinalities(judged)
    return [counted, joint_counts(judged), *time_scores(judged), transition_score(judged)], by_key


def _shown(given: _Given) -> _Shown:
    judged, streams = given.judged, given.streams
    counts, gaps = counts_of(judged, streams), gaps_shown(judged, streams)
    of_linked = {
        "counts": tuple(str(one.name) for one in counts),
        "gaps": tuple(str(one.name) for one in gaps),
        "bands": bands_of(judged),
        "transitions": transitions_of(judged),
        "survival": survival_of(judged, given.rules),
    }
    return _Shown((*counts, *gaps, *columns_of(judged, streams)), of_linked)


_MEASURES: dict[str, Callable[[_Given], Any]] = {
    "attacks": _attacked,
    "detection": lambda given: detection_of(given.judged, given.streams),
    "fidelity": _alike,
    "utility": lambda given: useful_people(given.judged, given.aim, given.streams),
    "columns": _shown,
}


def _taken(given: _Given, index: int) -> Any:
    """What the measure at an index finds: one task of an executor."""
    return list(_MEASURES.values())[index](given)


def _with_cardinality(key: LinkedKey, found: Mapping[tuple[str, tuple[str, ...]], Estimate]) -> LinkedKey:
    estimate = found.get((key.table, key.columns))
    return key if estimate is None else replace(key, cardinality=estimate.value)


def _people(judged: Judged) -> tuple[int, int, int | None]:
    real, synthetic, *rest = judged.units
    return real, synthetic, rest[0] if rest else None


def _table(judged: Judged, name: str) -> LinkedTable:
    keys = judged.schema.tables[name]
    real, synthetic, *rest = (side.rows[name] for side in judged.sides)
    owner = None if keys.owner is None else keys.owner.table
    return LinkedTable(name, owner, keys.order, judged.is_of_people(name), (real, synthetic, rest[0] if rest else None))


def _enough(judged: Judged) -> bool:
    return min(judged.units) >= MIN_UNITS_JUDGED


def _too_few(judged: Judged) -> str:
    """The one line that says why fidelity is not judged, and what is."""
    named = dict(zip(("real", "synthetic", "holdout"), judged.units, strict=False))
    side = min(named, key=lambda one: named[one])
    return (
        f"fidelity is not judged: it needs {MIN_UNITS_JUDGED} people on each side, and the {side} table {judged.unit} has {named[side]:,}; "
        "what holds without it is shown: keys, times, rules, and copied histories"
    )


def _refused(name: str, why: str) -> Score:
    goal: Goal = "maximize" if name in _RISING or name in USE or name == "membership_p_value" else "minimize"
    return Score(name, None, None, None, None, goal, f"not computed: {why.partition('; ')[0]}")
