"""What every kind of column must be able to do: a codec turns its values into modes and residuals, and back."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import numpy as np

from synthgan.data.schema import Kind
from synthgan.data.values import Levels
from synthgan.data.withheld import declared_text
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.data.scale import Scale
    from synthgan.data.schema import Column, Schema
    from synthgan.data.table import Table
    from synthgan.data.withheld import Withheld
    from synthgan.tabular.encoding.continuous import Cut

Name = str | int
Values = Levels | np.ndarray
"""One column: codes into levels, or float64 ``[rows]`` with NaN for missing."""


class ModeSet(Protocol):
    """The modes of a codec, in the order of their codes."""

    @property
    def modes(self) -> int:
        """How many there are."""

    @property
    def residuals(self) -> int:
        """How many numbers say where inside its mode a value is: 0, 1, or 2 for a pair of coordinates."""

    @property
    def levels_only(self) -> bool:
        """Whether the modes are levels, rather than parts of a number line (or of a line through an area)."""

    @property
    def discrete(self) -> bool:
        """Whether the modes say all there is to say: training-by-sampling then draws conditions on them."""

    @property
    def has_missing(self) -> bool:
        """Whether the last mode is "missing"."""

    @property
    def has_residual(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: which modes have residuals."""

    @property
    def emitted(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: which modes are generated."""

    @property
    def ranks(self) -> NDArray[np.float32]:
        """Float32 ``[modes]``: a level's rank in the order of the levels; 0 for other modes."""

    def scores(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Centers and widths of the modes on the column's normal-score axis, float32 ``[modes]``; 0 for levels."""


class LevelModes:
    """What all modes have in common that are levels, and lie on no number line."""

    levels_only: ClassVar[bool] = True
    discrete: ClassVar[bool] = True
    residuals: ClassVar[int] = 0

    @property
    @abstractmethod
    def modes(self) -> int:
        """How many there are."""

    @property
    def has_residual(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: no mode has residuals."""
        return np.zeros(self.modes, dtype=bool)

    def scores(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Levels have no number line: zeros, float32 ``[modes]``."""
        return np.zeros(self.modes, dtype=np.float32), np.zeros(self.modes, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a condition leaves of a codec's modes.

    Attributes:
        modes: bool ``[modes]``: which modes are allowed at all.
        lowest: float64 ``[modes, residuals]``: lower bounds of the residuals; None where none is cut.
        highest: float64 ``[modes, residuals]``: upper bounds; None where none is cut.
        bounds: the lowest and the highest number allowed; None where no number is spoken of. They hold what residuals, which
            are float32, may miss by a hair.
    """

    modes: NDArray[np.bool_]
    lowest: NDArray[np.float64] | None = None
    highest: NDArray[np.float64] | None = None
    bounds: tuple[float, float] | None = None


class Codec(Protocol):
    """A kind of column, fitted to one column of a table, or to two that belong together.

    A new kind is one file with a class like this and one line in ``synthgan.tabular.encoding.registry``.

    Attributes:
        name: what the manifest calls the kind of codec.
        private_twin: what ``synthgan.tabular.private.columns`` calls the way it is learned under epsilon; None if it is not.
        columns: the columns it encodes: one, or two that belong together.
        encoder: its modes.
    """

    name: ClassVar[str]
    private_twin: ClassVar[str | None]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns it encodes."""

    @property
    def encoder(self) -> ModeSet:
        """Its modes."""

    @property
    def withheld(self) -> Withheld | None:
        """What it did not release when it was fitted; None where it released all that it found."""

    @property
    def scale(self) -> Scale | None:
        """What numbers constraints may move its values to; None where no constraint may speak of them."""

    @property
    def known(self) -> tuple[Any, ...] | None:
        """The levels that it can say; None where it says numbers."""

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """The groups of columns that this kind encodes, among those that no kind before it took."""

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,
        rng: np.random.Generator,
    ) -> Self | None:
        """Learn the modes of a group of columns; None where they must be left to another kind after all.

        Raises:
            DataError: if they cannot be released under ``config.rare_below``.
        """

    def encode(
        self, values: tuple[Values, ...], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes ``[rows]`` and residuals ``[rows, residuals]`` (normal scores; 0 where a mode has none)."""

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:
        """The values of codes and residuals, one array or ``Levels`` a column; numbers may still be to be rounded."""

    def agree(
        self,
        codes: NDArray[np.int32],
        residuals: NDArray[np.float32],
        values: tuple[Values, ...],
        rng: np.random.Generator,
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Drawn codes and residuals, made to agree with the columns of a row that are known where others are missing."""

    def alternatives(self, clause: Clause) -> list[Clause]:
        """The clause, or several that exclude each other and amount to it."""

    def allow(self, clause: Clause) -> Allowance:
        """What a clause on one of the columns leaves.

        Raises:
            DataError: if the clause names a value that was never learned, or nothing can meet it.
        """

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that was learned, as JSON and arrays."""

    @classmethod
    def from_state(
        cls, columns: tuple[Column, ...], fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The codec that ``state`` described."""


class OneColumn:
    """What codecs of a single column have in common."""

    column: Column
    withheld: Withheld | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The one column."""
        return (self.column,)

    def agree(
        self,
        codes: NDArray[np.int32],
        residuals: NDArray[np.float32],
        values: tuple[Values, ...],  # noqa: ARG002
        rng: np.random.Generator,  # noqa: ARG002
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """What was drawn: there is no other column to agree with."""
        return codes, residuals


class UnmeetableError(DataError):
    """A condition that is well said, and that no row can meet."""


def can_meet(ask: Callable[[Clause], object], clause: Clause) -> bool:
    """Whether rows can meet a clause, by asking what it leaves; raises whatever else that raises."""
    try:
        ask(clause)
    except UnmeetableError:
        return False
    return True


def never_seen(column: Column, value: Any, known: Sequence[str]) -> UnmeetableError:
    """The refusal of a condition on a value that was never learned."""
    shown = "missing" if value is None else repr(str(value))
    return UnmeetableError(
        f"a condition on column {column.name!r} must be one that was learned, however: {shown} never was",
        remedy="known: no missing values" if value is None else did_you_mean_or_known(value, known),
    )


def contradiction(clause: Clause, why: str) -> UnmeetableError:
    """The refusal of a condition that no row can meet."""
    return UnmeetableError(f"a condition must be one that rows can meet, however: {clause} cannot be met; {why}")


def decided(schema: Schema, codecs: Iterable[Codec]) -> Schema:
    """The schema with what codecs decided of their columns: what becomes of rare levels."""
    decided = {column.name: column for codec in codecs for column in codec.columns}
    return replace(schema, columns=tuple(decided.get(column.name, column) for column in schema))


def all_withheld(table: Table, codecs: Iterable[Codec]) -> tuple[Withheld, ...]:
    """What is not learned of a table, in the order of its columns."""
    found = [*table.withheld, *(codec.withheld for codec in codecs if codec.withheld is not None)]
    stated = {one.name for one in found}
    texts = [column.name for column in table.schema if column.kind is Kind.TEXT]
    found += [declared_text(name) for name in texts if name not in stated]
    return tuple(sorted(found, key=lambda one: table.schema.names.index(one.name)))
