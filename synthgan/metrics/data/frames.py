"""The tables of an evaluation as they came: exact, and with the columns that are never learned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synthgan.data.containers.raw import names_of
from synthgan.data.parting import parts_of
from synthgan.data.table import Table
from synthgan.errors import SynthganError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from synthgan.data.rules import Rule
    from synthgan.data.schema import Schema
    from synthgan.metrics.data.columns import Name


@dataclass(frozen=True)
class Frames:
    """The tables as they came.

    Attributes:
        real: The rows the synthesizer was fitted on, a frame.
        synthetic: The rows it made.
        holdout: Real rows nothing was fitted on, or None.
        schema: What their columns are, where somebody said so.
        rules: What was declared to hold in every row.
    """

    real: Any
    synthetic: Any
    holdout: Any = None
    schema: Schema | None = None
    rules: tuple[Rule, ...] = ()

    @cached_property
    def table(self) -> Table | None:
        """The real rows, exactly; None where a schema does not fit them."""
        try:
            if self.schema is not None:
                return Table.read(self.real, self.schema, validate=False)
            return Table.read(self.real, split=True)
        except SynthganError:
            return None

    @cached_property
    def made(self) -> frozenset[Name]:
        """The columns that the synthetic table has."""
        whole = names_of(self.synthetic)
        return frozenset([*whole, *(parts_of(whole, self.table.schema.composites) if self.table else ())])

    def like_real(self, frame: Any, names: Iterable[Name]) -> Table | None:
        """Some columns of another table, read as those of the real one are; None where they cannot be."""
        wanted = set(names)
        assert self.table is not None  # noqa: S101 (it was asked for first)
        schema = self.table.schema
        try:
            return Table.read(frame, schema.of_columns(one for one in schema if one.name in wanted), validate=False)
        except SynthganError:
            return None
