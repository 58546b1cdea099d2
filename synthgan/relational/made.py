"""A database as far as it has been drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthgan.relational.filling import filled_keys
from synthgan.relational.lineage import Lineage
from synthgan.relational.rules.sight import Sight

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from synthgan.data.table import Table
    from synthgan.relational.histories import Begun
    from synthgan.relational.shape import Shape


@dataclass
class Made:
    """A database as far as it has been drawn.

    Attributes:
        lineage: who belongs and refers to whom.
        learned: by table, its rows as they were learned.
        tables: by table, its rows, keys apart.
        anchors: by table, what times of its children are told from, in seconds ``[rows]``.
        contexts: by table, what is seen of its rows.
        frames: by table, its rows with their keys.
        orders: by table, the column that its rows are in order of; None where they are as they stand.
        asked: by table, which of its rows meet conditions: where two rows have one primary key, such a one stays.
        begun: the rows that were given, the first of each table; None where all are drawn.
        usual: whether nothing is asked of units, so that rows are to be distributed as the learned ones are.
    """

    lineage: Lineage = field(default_factory=Lineage)
    learned: dict[str, Table] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    anchors: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    contexts: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    orders: dict[str, str | None] = field(default_factory=dict)
    asked: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    begun: Begun | None = None
    usual: bool = True

    @property
    def sight(self) -> Sight:
        """The tables as rules see them."""
        return Sight(self.tables, self.lineage, self.orders)

    def fill(self, shape: Shape) -> None:
        """Put the keys of a table in, as far as the tables that they refer to are there."""
        name = shape.name
        self.frames[name] = filled_keys(self.tables[name], shape, self.lineage, self.frames, self.asked.get(name))
        if self.begun is not None:
            self.frames[name] = self.begun.put_back(self.frames[name], shape, self.lineage)
