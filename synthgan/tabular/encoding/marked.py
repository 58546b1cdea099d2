"""The codec of numbers and moments among which marks stand ("-", "n/a"): a mode for each mark, between the others and missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthgan.data.labels import labelled, labels_of
from synthgan.io.contract import Anything, Array, Record, Text, check, require
from synthgan.tabular.encoding.codec import Allowance, OneColumn
from synthgan.tabular.encoding.numbers import NumberCodec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.data.scale import Scale
    from synthgan.data.schema import Column
    from synthgan.tabular.encoding.codec import ModeSet, Values
    from synthgan.tabular.encoding.continuous import Cut

_SHARES = "mark_shares"
_STATE = Record(
    {
        "codec": Text(),
        "columns": Anything(),
        "numbers": Record(others=Anything()),
        _SHARES: Array("f8", ("marks",), low=0),
    },
    others=Anything(),
)


@dataclass(frozen=True)
class MarkedModes:
    """Modes of numbers, then of marks, then missing.

    Attributes:
        numbers: the modes of what is no mark.
        shares: float64 ``[marks]``: each mark's share of the rows it was fitted on.
    """

    numbers: ModeSet
    shares: NDArray[np.float64]

    levels_only: ClassVar[bool] = False

    @property
    def labels(self) -> int:
        """How many marks there are."""
        return len(self.shares)

    @property
    def first(self) -> int:
        """The mode of the first mark."""
        return self.numbers.modes - self.numbers.has_missing

    @property
    def modes(self) -> int:
        """How many modes there are in all."""
        return self.numbers.modes + self.labels

    @property
    def residuals(self) -> int:
        """Those of numbers."""
        return self.numbers.residuals

    @property
    def discrete(self) -> bool:
        """Whether the modes say all there is to say."""
        return self.numbers.discrete

    @property
    def has_missing(self) -> bool:
        """Whether the last mode is "missing"."""
        return self.numbers.has_missing

    @property
    def has_residual(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: no mark has residuals."""
        return self.widened(self.numbers.has_residual, fill=False)

    @property
    def emitted(self) -> NDArray[np.bool_]:
        """Bool ``[modes]``: all modes are generated."""
        return self.widened(self.numbers.emitted, fill=True)

    @property
    def ranks(self) -> NDArray[np.float32]:
        """Float32 ``[modes]``: numbers have centers instead."""
        return np.zeros(self.modes, dtype=np.float32)

    def scores(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Centers and widths, float32 ``[modes]``; a mark stands where missing does, at 0."""
        centers, widths = self.numbers.scores()
        return self.widened(centers, fill=0), self.widened(widths, fill=0)

    def widened(self, part: NDArray[Any], fill: Any) -> NDArray[Any]:
        """What is said of the modes of numbers, with a value for each mark put in."""
        return np.insert(part, self.first, np.full((self.labels, *part.shape[1:]), fill, part.dtype), axis=0)

    def numbers_of(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """The codes of numbers and missing alone; those of marks are any."""
        beyond = codes >= self.first + self.labels
        return np.where(beyond, codes - self.labels, np.minimum(codes, max(self.first - 1, 0))).astype(np.int32)


@dataclass(frozen=True)
class MarkedCodec(OneColumn):
    """A column of numbers or moments with marks.

    Attributes:
        column: what it is; its marks are those that come back.
        inner: the codec of what is no mark.
        encoder: the modes of both.
    """

    name: ClassVar[str] = "marked"
    private_twin: ClassVar[str | None] = None
    known: ClassVar[None] = None

    column: Column
    inner: NumberCodec
    encoder: MarkedModes

    @property
    def scale(self) -> Scale | None:
        """That of the numbers."""
        return self.inner.scale

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Every column that names marks."""
        return [(column,) for column in columns if column.marks]

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,
        rng: np.random.Generator,
    ) -> Self:
        """Find the modes of the numbers, and count the marks."""
        (column,), (numbers,) = columns, values
        assert isinstance(numbers, np.ndarray)  # noqa: S101 (numbers and moments are read so)
        labels = labels_of(numbers)
        inner = NumberCodec.fit((_bare(column),), (numbers[labels < 0],), config, cut, rng)
        shares = np.bincount(labels[labels >= 0], minlength=len(column.marks or ())) / max(len(labels), 1)
        return cls(column, inner, MarkedModes(inner.encoder, shares))

    def encode(
        self, values: tuple[Values, ...], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes and residuals; a mark that nobody knows is missing."""
        (numbers,) = values
        assert isinstance(numbers, np.ndarray)  # noqa: S101
        encoder, labels = self.encoder, labels_of(numbers)
        codes, residuals = self.inner.encode(values, rng)
        codes = np.where(codes >= encoder.first, codes + encoder.labels, codes)
        is_mark = (labels >= 0) & (labels < encoder.labels)
        return np.where(is_mark, encoder.first + labels, codes).astype(np.int32), residuals * ~is_mark[:, None]

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:
        """Numbers, still to be rounded; a mark is a labelled NaN."""
        encoder = self.encoder
        (numbers,) = self.inner.decode(encoder.numbers_of(codes), residuals)
        assert isinstance(numbers, np.ndarray)  # noqa: S101
        is_mark = (codes >= encoder.first) & (codes < encoder.first + encoder.labels)
        return (labelled(numbers, np.where(is_mark, codes - encoder.first, -1).astype(np.int32)),)

    def alternatives(self, clause: Clause) -> list[Clause]:
        """Those of numbers, and one for the marks that a list names, or that a negated one leaves beside numbers."""
        if clause.values is None:
            return self.inner.alternatives(clause)
        marks, others = self._parted(clause)
        if not others:
            return [clause]
        found = self.inner.alternatives(replace(clause, values=others))
        left = tuple(mark for mark in self.column.marks or () if mark not in marks) if clause.negated else marks
        return [*found, *([replace(clause, values=left, negated=False)] if left else [])]

    def allow(self, clause: Clause) -> Allowance:
        """The modes, and the parts of them, that hold what a clause allows; a mark is allowed by its name."""
        encoder, known = self.encoder, self.column.marks or ()
        marks, others = self._parted(clause)
        if marks and not others:
            named = np.isin(np.arange(encoder.modes), [encoder.first + known.index(mark) for mark in marks])
            return Allowance(~named if clause.negated else named)
        found = self.inner.allow(clause)
        parts: dict[str, Any] = {"modes": encoder.widened(found.modes, fill=False)}
        for name in ("lowest", "highest"):
            bound = getattr(found, name)
            parts |= {} if bound is None else {name: encoder.widened(bound, fill=0)}
        return replace(found, **parts)

    def _parted(self, clause: Clause) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """The marks that a clause names, and all else that it does."""
        values, known = clause.values or (), self.column.marks or ()
        return tuple(one for one in values if one in known), tuple(one for one in values if one not in known)

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that was learned, as JSON and arrays."""
        fields, arrays = self.inner.state()
        return {"numbers": fields}, {**arrays, _SHARES: self.encoder.shares}

    @classmethod
    def from_state(
        cls, columns: tuple[Column, ...], fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The codec that ``state`` described."""
        (column,) = columns
        sizes = check({**fields, **arrays}, _STATE)
        require(sizes["marks"] == len(column.marks or ()), _SHARES, f"one for each mark of column {column.name!r}")
        own = {"codec": NumberCodec.name, "columns": fields["columns"], **fields["numbers"]}
        left = {name: array for name, array in arrays.items() if name != _SHARES}
        inner = NumberCodec.from_state((_bare(column),), own, left)
        return cls(column, inner, MarkedModes(inner.encoder, np.asarray(arrays[_SHARES])))


def _bare(column: Column) -> Column:
    """The column as if it had no marks."""
    return replace(column, marks=None)
