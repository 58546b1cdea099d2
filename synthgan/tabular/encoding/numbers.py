"""The codec of numbers, dates, stamps and durations: spikes, smooth modes with residuals, and missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from synthgan.data.calendars import written
from synthgan.data.grids import Grid
from synthgan.data.rare import MAX_DROPPED, NEAREST
from synthgan.data.scale import offset_of, resolution_of, scale_of, step_of
from synthgan.data.schema import NUMBERS, TEMPORAL, Column, Kind
from synthgan.data.significance import to_significant
from synthgan.data.withheld import RARE, VALUES, Withheld, coarse
from synthgan.errors import Remedy
from synthgan.io.contract import Anything, Array, Flag, Number, Record, Text, check, require
from synthgan.tabular.encoding.codec import Allowance, OneColumn, UnmeetableError, can_meet, contradiction, never_seen
from synthgan.tabular.encoding.continuous import ModeSpecificNormalizer
from synthgan.tabular.encoding.quantiles import QuantileFunction
from synthgan.tabular.encoding.tails import limits_of
from synthgan.tabular.encoding.values import bounds_of, each_value, grid_bounds, is_missing, rounded_into

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.config import EncodingConfig
    from synthgan.data.clauses import Clause
    from synthgan.data.scale import Scale
    from synthgan.tabular.encoding.codec import Values
    from synthgan.tabular.encoding.continuous import Cut

NUMERIC = NUMBERS | TEMPORAL
_STATE = Record(
    {
        "codec": Text(),
        "columns": Anything(),
        "step": Number(low=0),
        "smooth": Flag(),
        "has_missing": Flag(),
        "spikes": Array("f8", ("spikes",), rising="strictly", optional=True),
        "edges": Array("f8", ("edges",), low=0, high=1, rising="strictly", optional=True),
        "means": Array("f8", ("components",), optional=True),
        "deviations": Array("f8", ("components",), above=0, optional=True),
        "masses": Array("f8", ("modes",), low=0),
        "knot_levels": Array("f8", ("knots",), low=0, high=1, rising=True, optional=True),
        "knot_values": Array("f8", ("knots",), rising=True, optional=True),
    }
)
_ARRAYS = ("spikes", "edges", "means", "deviations", "masses")


@dataclass(frozen=True)
class NumberCodec(OneColumn):
    """A column of numbers.

    Attributes:
        column: what it is.
        encoder: its modes.
        withheld: values too rare to be told; None where there are none, or the codec was read from a file.
    """

    name: ClassVar[str] = "numbers"
    private_twin: ClassVar[str | None] = "numbers"
    known: ClassVar[None] = None

    column: Column
    encoder: ModeSpecificNormalizer
    withheld: Withheld | None = None

    @property
    def scale(self) -> Scale:
        """The step, range and kind of the column."""
        lowest, highest = self.released
        return replace(scale_of(self.column), lowest=lowest, highest=highest)

    @classmethod
    def claim(cls, columns: Sequence[Column]) -> list[tuple[Column, ...]]:
        """Every column of numbers or moments."""
        return [(column,) for column in columns if column.kind in NUMERIC]

    @classmethod
    def fit(
        cls,
        columns: tuple[Column, ...],
        values: tuple[Values, ...],
        config: EncodingConfig,
        cut: Cut,
        rng: np.random.Generator,
    ) -> Self:
        """Find the modes of the numbers."""
        (column,), (numbers,) = columns, values
        assert isinstance(numbers, np.ndarray)  # noqa: S101 (kinds in NUMERIC are read so)
        low, high = limits_of(column)
        encoder = ModeSpecificNormalizer.fit(
            numbers, config, step=step_of(column), minimum=low, maximum=high, cut=cut, rng=rng
        )
        return cls(column, encoder, withheld_of(column, encoder, int((~np.isnan(numbers)).sum())))

    def encode(
        self, values: tuple[Values, ...], rng: np.random.Generator
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Codes and residuals of numbers."""
        (numbers,) = values
        assert isinstance(numbers, np.ndarray)  # noqa: S101
        encoded = self.encoder.encode(numbers, rng)
        return encoded.codes, encoded.residuals[:, None][:, : self.encoder.residuals]

    def decode(self, codes: NDArray[np.int32], residuals: NDArray[np.float32]) -> tuple[Values, ...]:
        """Numbers on the grid that the column states; still to be rounded to its digits or its unit."""
        inside = residuals[:, 0] if residuals.shape[1] else np.zeros(len(codes), np.float32)
        values = self.encoder.decode(codes, inside)
        if self.column.step or self.column.significant:
            drawn = self.encoder.has_residual[codes]  # values that many rows share may lie off the grid
            values[drawn] = self._on_grid(values[drawn])
        return (values,)

    def _on_grid(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The nearest numbers of the stated grid, or of so many digits, that lie within the declared bounds."""
        grid = Grid(step_of(self.column), offset_of(self.column))
        if self.column.significant:
            return self._of_digits(grid.snap(values) if self.column.step else values, self.column.significant)
        low, high = self.column.bounds
        moved = grid.snap(values)
        moved = moved if high is None else np.where(moved > high, grid.snap(moved - grid.step), moved)
        return moved if low is None else np.where(moved < low, grid.snap(moved + grid.step), moved)

    def _of_digits(self, values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
        low, high = self.column.bounds
        moved = to_significant(values, digits)
        moved = moved if high is None else np.where(moved > high, to_significant(values, digits, np.floor), moved)
        return moved if low is None else np.where(moved < low, to_significant(values, digits, np.ceil), moved)

    def alternatives(self, clause: Clause) -> list[Clause]:
        """A clause for each number of a list, or for each range that a negated one leaves; itself where modes are values."""
        if self.encoder.smooth is None and clause.values is not None:
            return [clause]
        found = each_value(clause, self.column, has_missing=self.encoder.has_missing)
        return [one for one in found if can_meet(self._find, one)] if clause.negated else found

    def allow(self, clause: Clause) -> Allowance:
        """The modes, and the parts of them, that hold what a clause allows."""
        if clause.values is None or (len(clause.values) == 1 and not clause.negated):
            return self._find(clause)
        named = np.zeros(self.encoder.modes, dtype=bool)
        for value in clause.values:
            try:
                named |= self._find(replace(clause, values=(value,), negated=False)).modes
            except UnmeetableError:
                if not clause.negated:
                    raise
        allowed = named ^ clause.negated
        if not allowed.any():
            raise contradiction(clause, "it leaves no value")
        return Allowance(allowed)

    def _find(self, clause: Clause) -> Allowance:
        """The same of a clause of one value or of a range."""
        encoder = self.encoder
        if is_missing(clause, self.column):
            if not encoder.has_missing:
                raise never_seen(self.column, None, [])
            return Allowance(np.arange(encoder.modes) == encoder.modes - 1)
        bounds = bounds_of(clause, self.column)
        on_grid = grid_bounds(bounds, self.column)
        allowed, lowest, highest = self.within(bounds, rounded_into(on_grid, self.column))
        if not allowed.any() and clause.values is not None:
            raise never_seen(self.column, clause.values[0], [self._range()])
        if not allowed.any():
            raise contradiction(clause, f"learned values lie between {self._range()}")
        return Allowance(allowed, lowest[:, None], highest[:, None], on_grid)

    def within(
        self, bounds: tuple[float, float], on_grid: tuple[float, float] | None
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """See ``ModeSpecificNormalizer.within``."""
        return self.encoder.within(bounds, on_grid)

    @property
    def released(self) -> tuple[float, float]:
        """The lowest and highest value that is ever decoded; infinite where there is none."""
        return self.encoder.released

    def _range(self) -> str:
        """The range of the values that can be drawn, in words."""
        low, high = self.released
        if low > high or not np.isfinite(low):
            return "nothing but missing"
        since = "" if self.column.kind is Kind.DURATION else " since 1970"
        unit = f" ({self.column.unit}s{since})" if self.column.unit else ""
        if self.column.moment:
            first, last = written(np.array([low, high]), self.column.moment).tolist()
            return f"{first:.0f} and {last:.0f}"
        if self.column.base:
            return f"{int(low) + self.column.base} and {int(high) + self.column.base}"
        return f"{low:g} and {high:g}{unit}"

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that was learned, as JSON and arrays."""
        encoder = self.encoder
        fields = {"step": encoder.step, "smooth": encoder.smooth is not None, "has_missing": encoder.has_missing}
        arrays = {name: getattr(encoder, name) for name in _ARRAYS}
        if encoder.smooth is not None:
            arrays |= {"knot_levels": encoder.smooth.levels, "knot_values": encoder.smooth.values}
        return fields, {name: array for name, array in arrays.items() if len(array)}

    @classmethod
    def from_state(
        cls, columns: tuple[Column, ...], fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """The codec that ``state`` described."""
        (column,) = columns
        sizes = check({**fields, **arrays}, _STATE)
        smooth = QuantileFunction(arrays["knot_levels"], arrays["knot_values"]) if fields["smooth"] else None
        parts: dict[str, Any] = {name: arrays.get(name, np.empty(0)) for name in _ARRAYS}
        encoder = ModeSpecificNormalizer(
            step=fields["step"],
            smooth=smooth,
            has_missing=fields["has_missing"],
            **parts,
        )
        cut = {"edges", "components"} & sizes.keys()
        require(len(cut) == (smooth is not None), "modes", "cut at edges or components where there is a smooth part")
        if smooth is not None:
            ends = [*smooth.levels[[0, -1]], *(encoder.edges[[0, -1]] if len(encoder.edges) else (0.0, 1.0))]
            require(ends == [0.0, 1.0] * 2, "levels of a smooth part", "from 0 to 1")
            require(encoder.smooth_modes, "modes", "one or more in a smooth part")
        require(encoder.modes == sizes["modes"], "masses", "one for each mode")
        known = {step_of(column), resolution_of(column)}  # a private fit counts in cells of the latter
        require(encoder.step in known, "step", f"that of column {column.name!r}")
        return cls(column, encoder)


def withheld_of(column: Column, encoder: ModeSpecificNormalizer, rows: int) -> Withheld | None:
    """What is not told of a column; said aloud where it is much, or lies far from all else, as codes for "unknown" do."""
    some, far = encoder.withheld
    if not some:
        return None
    share, line, remedy = coarse(some / rows), "", "write them as missing if they stand for it"
    if far:
        line = (
            f"values of column {column.name!r} must be shared by more rows, or lie near others, to be told, however: {far} lie "
            f"far from all others; they are withheld, and others are drawn in their place"
        )
    elif share > MAX_DROPPED:
        line = (
            f"values of column {column.name!r} must be shared by more rows to be told, however: those of {share:.0%} of its rows "
            f"are not; the nearest of the others are drawn in their place"
        )
        remedy = 'declare it in the schema as "kind": "category", with its levels, if they may be known'
    return Withheld(column.name, VALUES, RARE, share, 0, NEAREST, line, Remedy((remedy,)))
