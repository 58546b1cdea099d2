"""The codec of categories, ordered levels and booleans: a mode for every released level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthgan.data.rare import label_of
from synthgan.data.schema import CODED, Column, Kind
from synthgan.data.values import Levels
from synthgan.errors import DataError
from synthgan.io.contract import Anything, Either, Flag, Listed, Maybe, Number, Record, Text, check, require
from synthgan.tabular.encoding.categorical import LEARNED, MISSING, PLACES, LevelEncoder
from synthgan.tabular.encoding.codec import Allowance, OneColumn, contradiction, never_seen
from synthgan.tabular.encoding.matching import find_level
from synthgan.tabular.encoding.releasing import release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.data.withheld import Withheld
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
        "prefixes": Listed(Text(), optional=True, distinct=True),
        "placeholder": Maybe(Text(), optional=True),
        "others": Text(among=PLACES, optional=True),
    }
)


@dataclass(frozen=True)
class LevelCodec(OneColumn):
    """A column of levels.

    Attributes:
        column: what it is.
        encoder: its modes.
        withheld: what it does not release; None where it releases all, or was read from a file.
    """

    name: ClassVar[str] = "levels"
    private_twin: ClassVar[str | None] = "levels"
    scale: ClassVar[None] = None

    column: Column
    encoder: LevelEncoder
    withheld: Withheld | None = None

    @property
    def known(self) -> tuple[Any, ...]:
        """The released levels."""
        return self.encoder.levels

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Every column of levels, and free text of which it is learned where there is none."""
        is_text = {column.name for column in columns if column.kind is Kind.TEXT and column.missing is not None}
        return [(column,) for column in columns if column.kind in CODED or column.name in is_text]

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,  # noqa: ARG003 (levels are not cut)
        rng: np.random.Generator,  # noqa: ARG003
    ) -> Self:
        """Decide which levels are released, and what stands for the others."""
        (column,), (found,) = columns, values
        assert isinstance(found, Levels)  # noqa: S101 (what it claims is read so)
        released = release(column, found, config.rare_below)
        return cls(released.column, released.encoder, released.withheld)

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
        fields |= {"prefixes": list(encoder.prefixes)} if encoder.prefixes else {}
        fields |= {"placeholder": encoder.placeholder} if encoder.placeholder is not None else {}
        fields |= {"others": encoder.others} if encoder.others != LEARNED else {}
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
        prefixes, word = tuple(fields.get("prefixes", ())), fields.get("placeholder")
        named = (*map(label_of, prefixes), *([] if word is None else [word]))
        require(
            levels[len(levels) - len(named) :] == named, f"levels of column {column.name!r}", "those of its groups last"
        )
        others = fields.get("others", LEARNED)
        require(
            others != MISSING or fields["has_missing"],
            f"others of column {column.name!r}",
            "missing where something is",
        )
        encoder = LevelEncoder(
            levels, fields["has_rare"], fields["has_missing"], fields["ordered"], prefixes, word, others
        )
        return cls(column, encoder)
