"""A fit of sequences: taken apart, their parents learned as a flat table, and the rows that follow by a walk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.withheld import announce
from synthgan.gan.train import Progress
from synthgan.relational.branch import BranchConfig, Parents, grow
from synthgan.relational.context import Context
from synthgan.relational.model import Named, SequenceModel, draw_parents, groups_of
from synthgan.relational.rarity import first_as_others, told_by_groups
from synthgan.relational.sequences import COUNT, Sequences, first_rows
from synthgan.tabular.checkpoint import TableCheckpoint
from synthgan.tabular.encoding.identifiers import FreshKeys
from synthgan.tabular.learning import learn

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.data import Frame
    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs


def learn_sequences(
    frame: Frame,
    table: Table,
    group: str | int,
    order: str | int | None,
    configs: Configs,
    streams: Streams,
    device: torch.device,
    how: BranchConfig | None = None,
) -> Generator[Progress, None, SequenceModel]:
    """Learn sequences, yielding progress; gives the model.

    Args:
        frame: as it was given.
        table: the same, read.
        group: the column that says which group a row belongs to.
        order: the column that rows of a group are put in order by; None where they stand in it.
        configs: all parameters.
        streams: randomness.
        device: where tensors are computed on.
        how: how the walk is grown; None takes what is usual.

    Raises:
        DataError: if there is nothing to learn, or too few groups.
        SchemaError: if the schema does not say that the group is an identifier.
    """
    taken = Sequences.take_apart(frame, table, group, order)
    rare = configs.encoding.rare_below
    following = told_by_groups(taken.part(taken.following), taken.groups.owner, rare)
    above = first_as_others(taken.parents(), following, rare)
    parents = yield from learn(above, configs, streams.below("parents"), device, TableCheckpoint())
    learned = [name for name in taken.above if name in parents.transform.owners]
    context = Context.fit(parents.transform, above, learned, streams.below("context"))

    def drawn(n: int, own: Streams) -> Parents:
        made = draw_parents(parents, n, None, own)
        return Parents(groups_of(made), context.of(made, own), first_rows(branch_schema, made))

    branch_schema = following.schema
    branch, told = yield from grow(
        following,
        taken.groups,
        np.arange(len(taken.groups)),
        context.of(above, streams.below("context")),
        set() if order is None else {order},
        1,
        configs.encoding,
        how or BranchConfig(),
        drawn,
        streams.below("walk"),
    )
    key = FreshKeys.fit(replace(table.schema.column(group), repeats=None), taken.keys(), configs.encoding.rare_below)
    counts = len(table), len(taken.groups)
    model = SequenceModel(table.schema, Named(group, order, taken.above), parents, context, branch, key, counts)
    model.settings = {**parents.settings, "seed": streams.seed}
    model.training = {**parents.training, **told}
    model.withheld = tuple(
        one
        for one in (*parents.transform.withheld, *branch.rows.transform.withheld)
        if one.name in table.schema.names and one.name != COUNT
    )
    announce(branch.rows.transform.withheld)
    yield Progress("judging", 1, 1)
    return model
