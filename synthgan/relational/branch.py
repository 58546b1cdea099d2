"""A child table as it grows from its parents: the walk that draws its rows, and the critic that chooses among whole groups."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.gan.train import Progress
from synthgan.relational.beginning import begun, has_beginning, learn_beginning
from synthgan.relational.critic import Drawn, GroupCritic, play
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec
from synthgan.relational.sharing import with_clocks, with_links
from synthgan.relational.siblings import Beside
from synthgan.relational.steps import with_odds
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.pooled.filling import Pooling

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.groups import Groups
    from synthgan.data.table import Table
    from synthgan.relational.rows import Rows
    from synthgan.relational.siblings import Sibling
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
    leaf_rows: int = 10
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
class Parents:
    """Parents whose rows are to be drawn.

    Attributes:
        groups: how many rows each has.
        context: float32 ``[groups, width]``: what is known of each.
        first: their first rows; None where these are drawn as all others are.
        like: int64 ``[groups]``: the real parents that they are; None where they are drawn.
    """

    groups: Groups
    context: Floats
    first: Table | None = None
    like: Ints | None = None


@dataclass(frozen=True)
class Branch:
    """Draws the rows of a child table.

    Attributes:
        walk: draws them.
        critic: chooses among whole groups.
        beginning: draws the first rows; None where these are given, or drawn as all others are.
    """

    walk: Walk
    critic: GroupCritic
    beginning: Walk | None = None

    @property
    def siblings(self) -> tuple[Sibling, ...]:
        """The tables whose rows of the same owner are drawn before, and how they are seen."""
        return self.walk.siblings

    @property
    def rows(self) -> RowCodec:
        """How rows are encoded."""
        return self.walk.memory.rows

    def read_first(self, table: Table, streams: Streams) -> Rows:
        """Rows that were drawn elsewhere, as the walk sees them."""
        return self.rows.read(table, streams)

    def draw(
        self,
        given: Rows | None,
        groups: Groups,
        context: Floats,
        streams: Streams,
        beside: Beside | None = None,
        known: Ints | None = None,
    ) -> Drawn:
        """Groups, given the rows of their siblings, whatever the critic says of them; ``given`` and ``known`` as walks take them."""
        beside = Beside(len(groups)) if beside is None else beside
        if self.beginning is not None:
            own = streams.below("beginning")
            given, known = begun(self.beginning, given, known, groups, context, own, beside)
        return _seen_whole(context, self.walk.draw(given, groups, context, streams, known, beside), groups, beside)

    def table(self, rows: Rows, streams: Streams, first_row: int = 0) -> Table:
        """The rows as a table."""
        codes = rows.codes.copy()
        codes[:, list(self.rows.slots)] = 0  # their numbers are given
        transform = self.rows.transform
        residuals = np.zeros((len(codes), transform.layout.residuals), dtype=np.float32)
        given = self.rows.values(rows, np.arange(len(codes)))
        return transform.inverse(Encoded(codes, residuals), streams, first_row, given=given, alone=False)


def _seen_whole(context: Floats, rows: Rows, groups: Groups, beside: Beside) -> Drawn:
    """Groups as critics see them: with all that is known of their siblings."""
    return Drawn(np.hstack([beside.above(context), beside.apart(rows, groups)]), rows, groups)


def grow(
    table: Table,
    groups: Groups,
    units: Ints,
    context: Floats,
    stepped: set[str | int],
    first: int,
    encoding: EncodingConfig,
    config: BranchConfig,
    parents: Callable[[int, Streams], Parents],
    streams: Streams,
    beside: Beside | None = None,
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
        parents: draws so many parents.
        streams: randomness.
        beside: the rows of siblings, those of each group; None where there are none.
    """
    transform = TableTransform.fit(table, encoding, streams, FINE)
    bare = RowCodec.bare(transform)
    read = bare.read(table, streams)
    beside = _seen_beside(Beside(len(groups)) if beside is None else beside, bare, read, groups, stepped)
    origin, of_chains, beginning = beside.origin(len(bare.names)), config.of_chains, None
    if first == 0 and has_beginning(groups):
        told = transform, table, groups, units, context, stepped, encoding, of_chains, streams.below("beginning")
        beginning, first = learn_beginning(*told, beside), 1
    rows = RowCodec.fit(transform, table, groups, stepped, first, encoding, FINE, streams, origin)
    lesson = Lesson.fit(rows, read, groups, context, first, streams, beside)
    chains = []
    for index in range(config.chains):
        yield Progress("walking", index, config.chains)
        chains.append(lesson.grow(of_chains, streams, index, Pooling()))
    walk = replace(lesson.walk, chains=tuple(chains))
    walk, gain = with_odds(lesson, walk, units, encoding.rare_below, streams)
    branch = Branch(walk, GroupCritic(walk.memory, (), ()), beginning)
    del lesson
    if not config.rounds:
        return branch, {"walk_chains": config.chains, "step_critic_gain_nats": round(gain, 5)}
    yield Progress("judging", 0, config.rounds)
    wanted = min(POOL * len(groups), int(MAX_POOLED_ROWS / max(groups.rows / max(len(groups), 1), 1)))
    made = parents(wanted, streams.below("pool"))
    given = None if made.first is None else branch.read_first(made.first, streams.below("first"))
    near = None if made.like is None else beside.take(made.like)
    pool = branch.draw(given, made.groups, made.context, streams.below("pooled"), near)
    critic, found = play(walk.memory, _seen_whole(context, read, groups, beside), pool, config.rounds, streams)
    said = {
        "walk_chains": config.chains,
        "step_critic_gain_nats": round(gain, 5),
        "group_critic_gain_nats": [round(gain, 5) for gain in found[:-1]],
    }
    return replace(branch, critic=critic), said | {"pool_kept_share": round(found[-1], 4)}


def _seen_beside(beside: Beside, bare: RowCodec, read: Rows, groups: Groups, stepped: set[str | int]) -> Beside:
    """The siblings, whose times are told of where rows of the table are in order of some that are like these, and their links."""
    place = next((at for at, name in enumerate(bare.names) if name in stepped), None)
    return with_links(with_clocks(beside, read.numbers, groups, place), bare, read, groups)
