"""Scores of detection: whether detectors tell synthetic people from unseen ones, by table and by what they see of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.metrics.fidelity.detection import MIN_ROWS, c2st
from synthgan.metrics.relational.detection import MAX_GROUPS, accuracy_of, c2st_by_unit, c2st_of_rows
from synthgan.metrics.relational.linked import Linked, no_columns, side_by_side
from synthgan.metrics.relational.units import whole_people
from synthgan.metrics.score import Score
from synthgan.metrics.statistics.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.relational.sides import Judged, Side
    from synthgan.metrics.score import Goal
    from synthgan.runtime import Streams

    ByTable = dict[str, dict[str, Estimate]]

ACCURACY = "syntherela_accuracy"
SEEN = {
    ACCURACY: "how often SyntheRela's detector of aggregates is right, where .5 is guessing",
    "c2st_aggregates": "a detector of rows with the number, means and levels of the rows that refer to them",
    "c2st_units": "a detector of people as wholes, over all tables",
    "c2st_trajectory": "a detector of people with their rows of one table as a whole",
    "c2st_transition": "a detector of two neighbouring rows of a person",
    "c2st_rows": "a detector of single rows",
}
SAME_SIZE = 0.1  # of the people: beyond, rows that belong to nobody are referred to more or less often


def detection_of(judged: Judged, streams: Streams) -> tuple[list[Score], dict[str, list[Score]]]:
    """Return the scores of detection as means over the tables of people, and those of each table.

    The folds of every detector are by person. The reference is what as many real people score in the place of the synthetic ones.
    """
    people = min(*judged.units, MAX_GROUPS)
    found = _found(judged, judged.against, judged.synthetic, people, streams)
    floors: ByTable = {}
    if judged.holdout is not None:
        floors = _found(judged, judged.holdout, judged.real, people, streams)
    others = _of_nobody(judged, streams)
    by_table: dict[str, list[Score]] = {}
    for name, tables in found.items():
        for table, estimate in (tables | others[name]).items():
            floor = floors.get(name, {}).get(table)
            score = _score(name, estimate, None if floor is None else floor.value, SEEN[name])
            by_table.setdefault(table, []).append(score)
    return [_mean(name, found[name], floors.get(name, {})) for name in SEEN], by_table


def _score(name: str, estimate: Estimate, reference: float | None, reading: str) -> Score:
    return Score(name, estimate.value, estimate.low, estimate.high, reference, _goal(name), reading)


def _goal(name: str) -> Goal:
    return "minimize" if name == ACCURACY else "maximize"


def _mean(name: str, tables: Mapping[str, Estimate], floors: Mapping[str, Estimate]) -> Score:
    """The mean over tables; of its interval, too: people who mislead one detector may mislead all."""
    if not tables:
        return Score(
            name,
            None,
            None,
            None,
            None,
            _goal(name),
            f"not computed: {SEEN[name]} needs {MIN_ROWS} of them on each side",
        )
    ends = [
        (one.value, one.value if one.low is None else one.low, one.value if one.high is None else one.high)
        for one in tables.values()
    ]
    value, low, high = (float(np.mean(side)) for side in zip(*ends, strict=True))
    shared = [floors[table].value for table in tables if table in floors]
    reference = float(np.mean(shared)) if shared else None
    worst = (max if name == ACCURACY else min)(tables, key=lambda table: tables[table].value)
    reading = SEEN[name] + ("" if name == ACCURACY else "; 1 is indistinguishable")
    if len(tables) > 1:
        reading += f"; mean of {len(tables)} tables, worst {worst} ({tables[worst].value:.3f})"
    return _score(name, Estimate(value) if name == ACCURACY else Estimate(value, low, high), reference, reading)


def _found(judged: Judged, first: Side, second: Side, people: int, streams: Streams) -> ByTable:
    found: ByTable = {name: {} for name in SEEN}
    wholes: list[str] = []

    def note(name: str, table: str, estimate: Estimate | None) -> None:
        if estimate is not None:
            found[name][table] = estimate

    for table in judged.below:
        rng = streams.numpy(f"people of {table}")
        one, other = (_drawn(judged.linked(side, table), people, rng) for side in (first, second))
        if min(len(one.rows.names), one.groups.rows, other.groups.rows) == 0:
            continue
        wholes.append(table)
        followed = one.followed()
        note("c2st_trajectory", table, c2st(one.trajectories(followed), other.trajectories(followed), rng))
        note("c2st_transition", table, c2st(one.transitions(rng), other.transitions(rng), rng))
        note("c2st_rows", table, c2st_of_rows(one, other, rng))
    note(
        "c2st_rows",
        judged.unit,
        c2st(first.columns[judged.unit], second.columns[judged.unit], streams.numpy("people"), rows_at_most=people),
    )
    for table in judged.schema.tables:
        if judged.is_of_people(table):
            _note_aggregates(judged, table, first, second, found, streams)
    if len(wholes) == 1:
        found["c2st_units"] = (
            {judged.unit: found["c2st_trajectory"][wholes[0]]} if wholes[0] in found["c2st_trajectory"] else {}
        )
    elif wholes:
        note("c2st_units", judged.unit, _of_wholes(judged, first, second, people, streams))
    return found


def _drawn(linked: Linked, people: int, rng: np.random.Generator) -> Linked:
    return linked.take(np.sort(rng.permutation(len(linked.groups))[:people]))


def _of_wholes(judged: Judged, first: Side, second: Side, people: int, streams: Streams) -> Estimate | None:
    tables = whole_people(replace(judged, real=first, synthetic=second, holdout=None))
    return c2st(tables.real, tables.synthetic, streams.numpy("wholes"), rows_at_most=people)


def _note_aggregates(judged: Judged, table: str, first: Side, second: Side, found: ByTable, streams: Streams) -> None:
    """Compare the rows of a table with what refers to them, where anything does."""
    one, other = (_aggregated(judged, side, table) for side in (first, second))
    if one is None or other is None:
        return
    rng = streams.numpy(f"aggregates of {table}")
    accuracy = accuracy_of(one.draw(MAX_GROUPS, rng), other.draw(MAX_GROUPS, rng), rng)
    owners = [judged.unit_of(side, table) for side in (first, second)]
    estimate = c2st_by_unit((one, owners[0]), (other, owners[1]), rng, rows_at_most=MAX_GROUPS)
    if accuracy is not None:
        found[ACCURACY][table] = Estimate(accuracy)
    if estimate is not None:
        found["c2st_aggregates"][table] = estimate


def _aggregated(judged: Judged, side: Side, table: str) -> Columns | None:
    """The rows of a table with the aggregates of all that refer to them; None where nothing does."""
    parts = [side.columns[table]]
    for name, key in judged.keys:
        if key.table != table or name == table or key.kind == "dimension":
            continue
        links: NDArray[np.int64] = np.maximum(side.links[name, key.columns], -1)
        bare = no_columns(side.rows[table])
        parts.append(Linked.of(bare, side.columns[name], links, None).aggregates())
    return side_by_side(parts) if len(parts) > 1 else None


def _of_nobody(judged: Judged, streams: Streams) -> ByTable:
    """Detect the rows of tables that belong to no person, beside the real ones: each is referred to by people of all sides.

    How often depends on how many people there are, so aggregates are compared only where there are as many.
    """
    found: ByTable = {name: {} for name in SEEN}
    real, synthetic = judged.units[:2]
    listed = {key.table for _, key in judged.keys if key.kind == "dimension"}
    for table in judged.schema.tables:
        if judged.is_of_people(table) or table in listed:
            continue
        estimate = c2st(judged.real.columns[table], judged.synthetic.columns[table], streams.numpy(f"rows of {table}"))
        if estimate is not None:
            found["c2st_rows"][table] = estimate
        if abs(synthetic - real) <= SAME_SIZE * real:
            _note_aggregates(judged, table, judged.real, judged.synthetic, found, streams)
    return found
