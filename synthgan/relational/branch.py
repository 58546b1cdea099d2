"""A child table as it grows from its parents: the walk that draws its rows, and the critic that chooses among whole groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.gan.train import Progress
from synthgan.relational.critic import Drawn, GroupCritic, play
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec
from synthgan.relational.steps import with_odds
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.grower import fill_with_codes
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.relational.rows import Rows
    from synthgan.relational.walk import Walk
    from synthgan.runtime import Streams

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]

POOL = 3  # groups drawn for each real one that critics learn from
MAX_POOLED_ROWS = 1_500_000


@dataclass(frozen=True, kw_only=True)
class BranchConfig:
    """How a child table is learned.

    Attributes:
        chains: of the walk.
        leaf_rows: no leaf is shaped by fewer rows.
        rounds: critics of whole groups at most; 0 means none.
        grown_rows: rows that a tree is grown on at most.
        feature_share: share of what is known that each split may choose from.
    """

    chains: int = 5
    leaf_rows: int = 6
    rounds: int = 4
    grown_rows: int = 40_000
    feature_share: float = 0.7

    @property
    def of_chains(self) -> ChainConfig:
        """The same as chains are told it."""
        return ChainConfig(
            chains=self.chains,
            leaf_rows=self.leaf_rows,
            grown_rows=self.grown_rows,
            feature_share=self.feature_share,
            chain_share=0.8,
        )


@dataclass(frozen=True)
class Branch:
    """Draws the rows of a child table.

    Attributes:
        walk: draws them.
        critic: chooses among whole groups.
    """

    walk: Walk
    critic: GroupCritic

    @property
    def rows(self) -> RowCodec:
        """How rows are encoded."""
        return self.walk.memory.rows

    def read_first(self, table: Table, streams: Streams) -> Rows:
        """Rows that were drawn elsewhere, as the walk sees them."""
        return self.rows.read(table, streams)

    def draw(self, given: Rows | None, groups: Groups, context: Floats, streams: Streams) -> Drawn:
        """Groups, whatever the critic says of them."""
        return Drawn(context, self.walk.draw(given, groups, context, streams), groups)

    def table(self, rows: Rows, streams: Streams, first_row: int = 0) -> Table:
        """The rows as a table."""
        codes = rows.codes.copy()
        codes[:, list(self.rows.slots)] = 0  # their numbers are given
        transform = self.rows.transform
        residuals = np.zeros((len(codes), transform.layout.residuals), dtype=np.float32)
        given = self.rows.values(rows, np.arange(len(codes)))
        return transform.inverse(Encoded(codes, residuals), streams, first_row, given=given, alone=False)


def grow(
    table: Table,
    groups: Groups,
    units: Ints,
    context: Floats,
    stepped: set[str | int],
    first: int,
    encoding: EncodingConfig,
    config: BranchConfig,
    parents: Callable[[int, Streams], tuple[Groups, Floats, Table | None]],
    streams: Streams,
) -> Generator[Progress, None, tuple[Branch, dict[str, Any]]]:
    """Learn a child table, yielding progress; gives the branch and what is to be told of its training.

    Args:
        table: the rows, side by side.
        groups: whose they are.
        units: int64 ``[groups]``: the person that each is of.
        context: float32 ``[groups, width]``: what is known of each parent.
        stepped: the columns that are told as steps in any case: those that rows are put in order by.
        first: how many rows of each group the parents bring along.
        encoding: how columns are encoded.
        config: how much is grown.
        parents: draws so many parents: how many rows each has, what is known of it, and its first rows.
        streams: randomness.
    """
    transform = TableTransform.fit(table, encoding, streams, FINE)
    rows = RowCodec.fit(transform, table, groups, stepped, first, encoding, FINE, streams)
    read = rows.read(table, streams)
    lesson = Lesson.fit(rows, read, groups, context, first, streams)
    chains = []
    of_chains = config.of_chains
    for index in range(config.chains):
        yield Progress("walking", index, config.chains)
        chains.append(lesson.grow(of_chains, streams, index, fill_with_codes))
    walk = replace(lesson.walk, chains=tuple(chains))
    walk, gain = with_odds(lesson, walk, units, encoding.rare_below, streams)
    branch = Branch(walk, GroupCritic(walk.memory, (), ()))
    del lesson
    if not config.rounds:
        return branch, {"walk_chains": config.chains, "step_critic_gain_nats": round(gain, 5)}
    yield Progress("judging", 0, config.rounds)
    wanted = min(POOL * len(groups), int(MAX_POOLED_ROWS / max(groups.rows / max(len(groups), 1), 1)))
    drawn_groups, drawn_context, drawn_first = parents(wanted, streams.below("pool"))
    given = None if drawn_first is None else branch.read_first(drawn_first, streams.below("first"))
    pool = branch.draw(given, drawn_groups, drawn_context, streams.below("pooled"))
    critic, found = play(walk.memory, Drawn(context, read, groups), pool, config.rounds, streams)
    told = {
        "walk_chains": config.chains,
        "step_critic_gain_nats": round(gain, 5),
        "group_critic_gain_nats": [round(gain, 5) for gain in found[:-1]],
    }
    return replace(branch, critic=critic), told | {"pool_kept_share": round(found[-1], 4)}
