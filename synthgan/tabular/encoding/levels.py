"""The codec of categories, ordered levels and booleans: a mode for every released level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthgan.data.schema import CODED, Column, Kind
from synthgan.data.values import Levels
from synthgan.errors import DataError
from synthgan.io.contract import Anything, Either, Flag, Listed, Number, Record, Text, check, require
from synthgan.tabular.encoding.categorical import LevelEncoder
from synthgan.tabular.encoding.codec import Allowance, OneColumn, contradiction, never_seen
from synthgan.tabular.encoding.matching import find_level

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.continuous import Cut


_LEVELS = tuple(Listed(part, distinct=True) for part in (Text(), Flag(), Number()))
_STATE = Record(
    {
        "codec": Text(),
        "columns": Anything(),
        "levels": Either(_LEVELS),
        "has_rare": Flag(),
        "has_missing": Flag(),
        "ordered": Flag(),
    }
)


@dataclass(frozen=True)
class LevelCodec(OneColumn):
    """A column of levels.

    Attributes:
        column: what it is.
        encoder: its modes.
    """

    name: ClassVar[str] = "levels"
    private_twin: ClassVar[str | None] = "levels"
    scale: ClassVar[None] = None

    column: Column
    encoder: LevelEncoder

    @property
    def known(self) -> tuple[Any, ...]:
        """The released levels."""
        return self.encoder.levels

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Every column of levels."""
        return [(column,) for column in columns if column.kind in CODED]

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,  # noqa: ARG003 (levels are not cut)
        rng: np.random.Generator,  # noqa: ARG003
    ) -> Self:
        """Decide which levels are released; raises DataError where none is."""
        (column,), (found,) = columns, values
        assert isinstance(found, Levels)  # noqa: S101 (kinds in CODED are read so)
        ordered = column.kind is Kind.ORDERED
        encoder = LevelEncoder.fit(column.name, found.codes, found.levels, column.levels, config, ordered=ordered)
        return cls(column, encoder)

    def encode(
        self,
        values: tuple[Values, ...],
        rng: np.random.Generator,  # noqa: ARG002
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes of levels; there are no residuals."""
        (found,) = values
        assert isinstance(found, Levels)  # noqa: S101
        codes = self.encoder.encode(found.codes, found.levels)
        return codes, np.empty((len(codes), 0), dtype=np.float32)

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:  # noqa: ARG002
        """The levels of codes."""
        return (Levels(self.encoder.decode(codes), self.encoder.levels),)

    def alternatives(self, clause: Clause) -> list[Clause]:
        """The clause itself: a list of levels allows several modes at once."""
        return [clause]

    def allow(self, clause: Clause) -> Allowance:
        """The levels that a clause allows."""
        encoder = self.encoder
        allowed = np.zeros(encoder.modes, dtype=bool)
        if clause.values is None:
            allowed[: len(encoder.levels)] = self._in_range(clause)
        else:
            for value in clause.values:
                code = self._code(value)
                if code is not None:
                    allowed[code] = True
                elif value is not None or not clause.negated:
                    raise never_seen(self.column, value, list(map(str, encoder.levels)))
            allowed ^= clause.negated
        if not (allowed & encoder.emitted).any():
            raise contradiction(clause, "the conditions on it exclude each other")
        return Allowance(allowed)

    def _code(self, value: Any) -> int | None:
        """The mode that a value stands for; None where it was never learned."""
        if value is None:
            return self.encoder.modes - 1 if self.encoder.has_missing else None
        return find_level(value, self.encoder.levels, is_truth=self.column.kind is Kind.BOOLEAN)

    def _in_range(self, clause: Clause) -> NDArray[np.bool_]:
        """Bool ``[levels]``: the levels of an ordered column between two of its levels."""
        if clause.low is None and clause.high is None:
            return np.ones(len(self.encoder.levels), dtype=bool)
        if self.column.kind is not Kind.ORDERED:
            raise DataError(
                f"a range must be on a number, a date or an ordered column, however: {self.column.name!r} is of kind "
                f"{self.column.kind}; use ="
            )
        levels = self.encoder.levels
        ends = []
        for bound, open_end in ((clause.low, -1), (clause.high, len(levels))):
            code = open_end if bound is None else find_level(bound, levels)
            if code is None:
                raise never_seen(self.column, bound, list(map(str, levels)))
            ends.append(code)
        low = ends[0] - (clause.low is not None and not clause.strict)
        high = ends[1] + (clause.high is not None and not clause.strict)
        index = np.arange(len(levels))
        return (index > low) & (index < high)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The levels, as JSON."""
        encoder = self.encoder
        fields = {
            "levels": list(encoder.levels),
            "has_rare": encoder.has_rare,
            "has_missing": encoder.has_missing,
            "ordered": encoder.ordered,
        }
        return fields, {}

    @classmethod
    def from_state(
        cls,
        columns: tuple[Column, ...],
        fields: Mapping[str, Any],
        arrays: Mapping[str, NDArray[Any]],
    ) -> Self:
        """The codec that ``state`` described."""
        (column,) = columns
        check({**fields, **arrays}, _STATE)
        levels = tuple(fields["levels"])
        require(levels or fields["has_missing"], f"levels of column {column.name!r}", "there to be drawn")
        return cls(column, LevelEncoder(levels, fields["has_rare"], fields["has_missing"], fields["ordered"]))
