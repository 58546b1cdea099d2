"""How likely a model is to draw what belongs to given people: the log density of each, all rows of theirs together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from synthgan.data.groups import Groups, arranged
from synthgan.relational.above import Above
from synthgan.relational.completing import ways_of
from synthgan.relational.continuing import Given, parents_of
from synthgan.relational.critic import Drawn
from synthgan.relational.drawing import anchors_above, take_in
from synthgan.relational.kin import drawn_beside
from synthgan.relational.made import Made
from synthgan.relational.onward import as_learned, place
from synthgan.relational.parts import Grown, Kept, Root
from synthgan.relational.siblings import Beside
from synthgan.relational.walk import CANDIDATES
from synthgan.relational.walk import Given as GivenCells

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.table import Table
    from synthgan.relational.branch import Branch
    from synthgan.relational.completing import AsDrawn
    from synthgan.relational.histories import Histories
    from synthgan.relational.model import SequenceModel
    from synthgan.relational.parts import Part
    from synthgan.relational.rows import Rows
    from synthgan.runtime import Streams
    from synthgan.tabular.model import TabularModel

    Floats = NDArray[np.float32]
    Numbers = NDArray[np.float64]

BLOCK_ROWS = 16_384


def of_groups(model: SequenceModel, frame: Frame, streams: Streams) -> Numbers:
    """The log density of each group, ``[groups]`` as they come: of what belongs to it as a whole, and of its rows.

    Raises:
        DataError, SchemaError: if the rows do not fit the model.
    """
    taken = Given.read(model, frame, any_cell=True).taken
    parents = parents_of(model.parents, taken)
    read = model.branch.read_first(taken.part(taken.following), streams.below("rows"))
    context = model.context.of(parents, streams.below("context"))
    of_rows = of_branch(model.branch, read, taken.groups, context, Beside(len(taken.groups)), streams.below("walk"))
    return _of_table(model.parents, parents, streams.below("parents")) + of_rows


def of_units(parts: Mapping[str, Part], unit: str, given: Histories, streams: Streams) -> Numbers:
    """The log density of each unit, ``[units]``: of its own row, and of all rows that belong to it, whatever they refer to.

    Args:
        parts: of the model, owners first.
        unit: the table that counts.
        given: all rows of the units.
        streams: randomness.
    """
    made, result = Made(), np.zeros(given.rows(unit))
    for index, (name, part) in enumerate(parts.items()):
        own = streams.below("table", index)
        if isinstance(part, Kept):
            made.frames[name], made.lineage.rows[name] = part.frame, len(part.frame)
            continue
        table, at = given.tables[name], given.owned_by.get(name, np.zeros(0, dtype=np.int64))
        place(made, part, at, len(table))
        anchors = anchors_above(made, part.shape)
        learned = as_learned(given, part, table, anchors)
        if name == unit and isinstance(part, Root):
            result += _of_table(part.model, learned, own)
        elif isinstance(part, Grown) and unit in made.lineage.above(name) and len(table):
            of_owners = _of_owned(made, part, learned, own)
            owner = made.lineage.owners[name]
            of = np.arange(len(result)) if owner == unit else made.lineage.above(owner)[unit]
            np.add.at(result, of[of >= 0], of_owners[of >= 0])
        made.orders[name] = part.shape.order
        take_in(made, part, learned, table, anchors, own)
    return result


def _of_owned(made: Made, part: Grown, learned: Table, streams: Streams) -> Numbers:
    """The log density of the rows of each owner, ``[owners]``."""
    shape, owner, at = part.shape, made.lineage.owners[part.shape.name], made.lineage.owned_by[part.shape.name]
    owners = made.lineage.rows[owner]
    near = drawn_beside(part, made.learned, Above(made.tables, made.lineage, made.anchors[owner]), owners, streams)
    placed, _ = arranged(at, None if shape.order is None else learned.float64(learned.schema.column(shape.order)))
    groups = Groups(np.bincount(at[at >= 0], minlength=owners))
    read = part.branch.read_first(learned.take(placed), streams.below("read"))
    return of_branch(part.branch, read, groups, made.contexts[owner], near, streams)


def _of_table(model: TabularModel, table: Table, streams: Streams) -> Numbers:
    return model.generator.log_likelihood(model.transform.transform(table, streams))


def of_branch(branch: Branch, read: Rows, groups: Groups, context: Floats, beside: Beside, streams: Streams) -> Numbers:
    """The log density of the rows of each group, ``[groups]``, given what is known of it: of their codes under all chains.

    A critic of steps makes a row likelier by its odds over the mean odds of rows drawn in its place. Odds of whole groups count as they
    are, up to a constant; what raking changes is left out.

    Args:
        branch: draws such rows.
        read: the rows, those of a group side by side and in order.
        groups: whose they are.
        context: float32 ``[groups, width]``: what is known of each.
        beside: the rows of siblings.
        streams: randomness.
    """
    whole = Drawn(np.hstack([beside.above(context), beside.apart(read, groups)]), read, groups)
    result = branch.critic.log_ratios(whole)
    for index, way in enumerate(ways_of(branch, read, groups, groups.counts, context, beside, streams)):
        result += _of_way(way, groups.owner[way.at], len(groups), streams.numpy("way", index))
    return result


def _of_way(way: AsDrawn, owner: NDArray[np.int64], groups: int, rng: np.random.Generator) -> Numbers:
    """The log density of the rows that one walk draws, ``[groups]``: one chain draws all rows of a group."""
    chains, odds = np.zeros((len(way.walk.chains), groups)), np.zeros(groups)
    for start in range(0, len(way.at), BLOCK_ROWS):
        some = np.arange(start, min(start + BLOCK_ROWS, len(way.at)))
        for index in range(len(way.walk.chains)):
            logs, seen = _of_rows(way, some, index, rng)
            np.add.at(chains[index], owner[some], logs)
        np.add.at(odds, owner[some], _of_odds(way, some, seen, rng))
    return logsumexp(chains, axis=0) - np.log(len(chains)) + odds


def _of_rows(way: AsDrawn, some: NDArray[np.int64], index: int, rng: np.random.Generator) -> tuple[Numbers, Floats]:
    """The log probability of some rows' codes under one chain, ``[some]``, and what a critic sees of these rows."""
    walk = way.walk
    same = [(np.arange(size), np.arange(size)) for size in walk.memory.rows.layout.sizes]
    cells = np.ones(len(walk.columns), dtype=bool)
    given = GivenCells(way.rows.take(some), way.told[some], cells, same, np.zeros(len(some)))
    _, seen = walk.row(walk.chains[index], way.past.take(some), rng, given)
    return given.logs, seen


def _of_odds(way: AsDrawn, some: NDArray[np.int64], seen: Floats, rng: np.random.Generator) -> Numbers:
    """By how much critics make rows likelier that are chosen among several, ``[some]``."""
    walk = way.walk
    if walk.critic is None and not walk.supports:
        return np.zeros(len(some))
    own = walk.odds(way.rows.take(some), seen)
    others = [own]
    for chain in rng.integers(len(walk.chains), size=CANDIDATES - 1):
        drawn = walk.row(walk.chains[chain], way.past.take(some), rng)
        others.append(walk.odds(*drawn))
    return own - logsumexp(others, axis=0) + np.log(CANDIDATES)
