"""Draws the rows of a group one after the other from what noisy counts told of them; it never sees a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.table import Table
from synthgan.relational.noisy.steps import POSITION, above_name, same_name, step_name
from synthgan.relational.sequences import COUNT
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import read_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.groups import Groups
    from synthgan.data.schema import Schema
    from synthgan.relational.noisy.states import States
    from synthgan.relational.noisy.steps import Steps
    from synthgan.runtime import Streams

    Name = str | int
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_TINY = 1e-30


@dataclass(frozen=True, eq=False)
class NoisyBranch:
    """A mixture of steps, and which state follows which.

    A row's class is drawn given what stands above it, its place, the state of the row before, and the levels of that row: a class that
    keeps a level with chance s gives the level before the chance ``s p + (1 - s) m``, of its own chance p and the table's m.

    Attributes:
        steps: what the columns of the flat table are for.
        states: of rows, with the mixture.
        lifts: float64 ``[states + 1, states]``: by how much likelier a state is after another; the last row is for first rows.
        rows: about how many rows there were.
    """

    steps: Steps
    states: States
    lifts: Floats
    rows: int

    def draw(self, groups: Groups, above: Table, streams: Streams) -> Table:
        """The rows of so many groups, by the columns of the rows themselves.

        Args:
            groups: how many rows each has.
            above: a row a group.
            streams: randomness.
        """
        drawn = _Drawing(self, groups, above, streams)
        for position in range(int(groups.counts.max(initial=0))):
            drawn.step(position)
        return drawn.table(streams)

    @property
    def schema(self) -> Schema:
        """Of the rows, as they are drawn."""
        whole = self.states.transform.schema
        return whole.of_columns(whole.column(column.name) for column in self.steps.own)

    def probs(self, column: int) -> Floats:
        """The chances of the modes of a column, float64 ``[classes, modes]``."""
        span = self.states.transform.layout.spans[column]
        return np.exp(self.states.log_probs[:, span.start : span.stop])


class _Drawing:
    """Rows as far as they have been drawn."""

    def __init__(self, branch: NoisyBranch, groups: Groups, above: Table, streams: Streams) -> None:
        self.branch, self.groups = branch, groups
        self.steps, self.states, self.transform = branch.steps, branch.states, branch.states.transform
        layout = self.transform.layout
        self.at = self.transform.owners
        self.own = list(dict.fromkeys(self.at[column.name] for column in self.steps.own))
        self.rng = streams.numpy("steps")
        self.codes = np.zeros((groups.rows, len(self.transform.codecs)), dtype=np.int32)
        self.residuals = self.rng.standard_normal((groups.rows, layout.residuals)).astype(np.float32)
        self.chances = {index: branch.probs(index) for index in range(len(layout.spans))}
        self.emitted = [layout.emitted[span.start : span.stop] for span in layout.spans]
        self.missing = [layout.missing[span.start : span.stop] for span in layout.spans]
        self.weights = np.exp(self.states.log_weights)
        self.state = np.full(len(groups), self.states.count)
        self.order = None if self.steps.order is None else self.at.get(self.steps.order)
        self.ordered = np.full(groups.rows, np.nan)
        self.context = self._context(above)

    def _context(self, above: Table) -> Floats:
        """Log odds of the classes given what stands above each group and how many rows it has, ``[groups, classes]``."""
        logs = np.tile(self.states.log_weights, (len(self.groups), 1))
        for column in self.steps.above:
            index = self.at[above_name(column.name)]
            codec = self.transform.codecs[index]
            if codec.columns[0].name != above_name(column.name):
                continue  # coordinates are encoded once for both
            names = [str(one.name).removeprefix(above_name("")) for one in codec.columns]
            values = tuple(read_values(above, above.schema.column(name)) for name in names)
            codes, _ = codec.encode(values, self.rng)
            logs += self._log(index, codes)
        counts = np.where(self.groups.counts > 0, self.groups.counts, 1).astype(np.float64)
        return logs + self._log(self.at[COUNT], self._encoded(self.at[COUNT], counts))

    def step(self, position: int) -> None:
        """Draw the rows of that position."""
        active = np.flatnonzero(self.groups.counts > position)
        rows = self.groups.starts[active] + position
        logs = self.context[active].copy()
        place = self._encoded(self.at[POSITION], np.array([float(position)]))
        logs += self._log(self.at[POSITION], place)
        logs += np.log(self.branch.lifts[self.state[active]][:, self.states.of_class] + _TINY)
        kept: dict[int, NDArray[np.bool_]] = {}
        if position:
            for name in self.steps.followed:
                logs += np.log(self._before(name, rows) + _TINY)
            if self.order is not None:
                logs = self._go_on(logs, rows)
        classes = self._classes(logs)
        for index in self.own:
            if position and index == self.order:
                continue
            name = self.transform.codecs[index].columns[0].name
            if position and name in self.steps.followed:
                kept[index] = self._keeps(name, rows, classes)
            self._draw_column(index, rows, classes, kept.get(index))
        if self.order is not None and not position:
            codec = self.transform.codecs[self.order]
            slots = self.transform.layout.spans[self.order].slots
            (values,) = codec.decode(self.codes[rows, self.order], self.residuals[rows][:, slots])
            self.ordered[rows] = values
        self.state[active] = self.states.of(self.codes[np.ix_(rows, np.array(self.states.columns))])

    def table(self, streams: Streams) -> Table:
        """The rows, each column as it came in."""
        given = {} if self.order is None else {self.steps.order: self.ordered}
        whole = self.transform.inverse(Encoded(self.codes, self.residuals), streams, given=given)  # type: ignore[arg-type]
        schema = self.branch.schema
        return Table(schema, {name: whole.columns[name] for name in schema.names})

    def _classes(self, logs: Floats) -> Ints:
        """A class for each row, by its log odds."""
        share = np.exp(logs - logs.max(1, keepdims=True)).cumsum(1)
        return (share < self.rng.random((len(logs), 1)) * share[:, -1:]).sum(1).clip(max=logs.shape[1] - 1)

    def _encoded(self, index: int, numbers: Floats) -> NDArray[np.int32]:
        return self.transform.codecs[index].encode((numbers,), self.rng)[0]

    def _log(self, index: int, codes: NDArray[np.integer]) -> Floats:
        """Log chances of codes of a column, ``[rows, classes]``."""
        return self.states.log_probs[:, self.transform.layout.starts[index] + codes].T

    def _held(self, name: Name) -> tuple[Floats, Floats]:
        """The chance of each class to keep the level of the row before, ``[classes]``, and the table's chance of each level."""
        no, yes = self.chances[self.at[same_name(name)]][:, :2].T
        own = self.chances[self.at[name]]
        return yes / (no + yes + _TINY), self.weights @ own / self.weights.sum()

    def _before(self, name: Name, rows: Ints) -> Floats:
        """How well each class bears out the level of the row before, ``[rows, classes]``."""
        keeps, anywhere = self._held(name)
        level = self.codes[rows - 1, self.at[name]]
        own = self.chances[self.at[name]][:, level].T
        return keeps * own + (1 - keeps) * anywhere[level][:, None]

    def _keeps(self, name: Name, rows: Ints, classes: Ints) -> NDArray[np.bool_]:
        """Whether each row keeps the level of the row before."""
        keeps, anywhere = self._held(name)
        level = self.codes[rows - 1, self.at[name]]
        same = keeps[classes] * self.chances[self.at[name]][classes, level]
        other = (1 - keeps[classes]) * anywhere[level]
        return self.rng.random(len(rows)) * (same + other + _TINY) < same

    def _draw_column(self, index: int, rows: Ints, classes: Ints, kept: NDArray[np.bool_] | None) -> None:
        """Draw one column: what is kept stays, what is not becomes another level."""
        chance = self.chances[index] * self.emitted[index]
        if index == self.order and (~self.missing[index] & self.emitted[index]).any():
            chance = chance * ~self.missing[index]
        if kept is None:
            self.codes[rows, index] = self._picked(chance, classes)
            return
        before = self.codes[rows - 1, index]
        drawn = before.copy()
        moved = np.flatnonzero(~kept)
        if len(moved):
            left = chance[classes[moved]]
            left[np.arange(len(moved)), before[moved]] = 0.0
            left[~(left.sum(1) > 0)] = self.emitted[index]
            running = left.cumsum(1)
            picked = (running < self.rng.random((len(moved), 1)) * running[:, -1:]).sum(1)
            drawn[moved] = picked.clip(max=left.shape[1] - 1)
        self.codes[rows, index] = drawn

    def _picked(self, chance: Floats, classes: Ints) -> Ints:
        running = np.where(chance.sum(1, keepdims=True) > 0, chance, (chance.sum(0) > 0) + 0.0).cumsum(1)
        pick = self.rng.random(len(classes)) * running[classes, -1]
        return (running[classes] < pick[:, None]).sum(1).clip(max=chance.shape[1] - 1)

    def _go_on(self, logs: Floats, rows: Ints) -> Floats:
        """Draw how far the order goes on, and give the odds of the classes given that and where it is now."""
        assert self.order is not None  # noqa: S101
        assert self.steps.order is not None  # noqa: S101
        at = self.at[step_name(self.steps.order)]
        chance = self.chances[at] * (self.emitted[at] & ~self.missing[at])
        codes = self._picked(chance, self._classes(logs))
        self.codes[rows, at] = codes
        slots = self.transform.layout.spans[at].slots
        (away,) = self.transform.codecs[at].decode(self.codes[rows, at], self.residuals[rows][:, slots])
        now = self.ordered[rows - 1] + np.maximum(np.nan_to_num(np.asarray(away, dtype=np.float64)), 0.0)
        now = np.minimum(now, self.transform.codecs[self.order].encoder.released[1])  # type: ignore[attr-defined]
        self.ordered[rows] = now
        encoded, residuals = self.transform.codecs[self.order].encode((now,), self.rng)
        self.codes[rows, self.order] = encoded
        self.residuals[rows, self.transform.layout.spans[self.order].slots] = residuals
        return logs + self._log(at, codes) + self._log(self.order, encoded)
