"""What is known of each image as a row of a table: given to the networks as tables encode it, drawn by a model of tables."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd
import torch
from torch.nn.functional import one_hot

from synthgan.config import EncodingConfig
from synthgan.data.containers.raw import raw_column
from synthgan.data.describe import describe_column
from synthgan.data.schema import Column, Kind, Schema
from synthgan.data.table import Table
from synthgan.errors import DataError, remedies_in_words
from synthgan.gan.train import Progress
from synthgan.io.contract import require
from synthgan.runtime import below
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.model import TabularModel
from synthgan.tabular.prepare import refuse_rare
from synthgan.tabular.synthesizer import Synthesizer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.data.clauses import Where
    from synthgan.runtime import Streams

    Columns = Mapping[str, NDArray[Any]]

_SILENT = {Kind.IDENTIFIER: "a key", Kind.TEXT: "free text", Kind.MISSING: "missing in every row"}
_DTYPE = re.compile(r"[<|=]([iuf][1248]|b1|[mM]8(\[\w+\])?|U\d{1,5})|\|O")
_FARTHEST = 2.5  # normal scores that networks get: what lies further out is too rare to have been learned


@dataclass(frozen=True)
class Rows:
    """The columns of a condition, the first of which holds the classes, as a table.

    The networks get the other columns as attributes. W modes, P residuals and N numeric columns of theirs make ``W + P + N``
    numbers: which mode a value is in, its normal score inside it, and the normal score that both amount to, along which
    neighbouring values are neighbours.

    Attributes:
        schema: what the table is.
        dtypes: NumPy's name for the type of each column.
        transform: mode-specific encoders of all columns but the first, as coarse as networks like them.
        model: what draws rows of all columns; None before it was learned.
    """

    schema: Schema
    dtypes: dict[str, str]
    transform: TableTransform
    model: TabularModel | None = None

    @classmethod
    def fit(cls, columns: Columns, rare_below: int, streams: Streams) -> Self:
        """Fit the encoders.

        Args:
            columns: each ``[n]``; the classes first, as plain text, whole numbers or booleans.
            rare_below: as tables have it: no level, value or bound held by fewer rows enters a model.
            streams: randomness of the residuals of ties.

        Raises:
            DataError: if a column says nothing of images, or cannot be released under ``rare_below``.
        """
        frame = _frame(columns)
        schema = Schema("pandas", tuple(_describe(frame, name) for name in columns))
        dtypes = {name: column.dtype.str for name, column in columns.items()}
        # These are given, never drawn: nothing is computed.
        others, config = Schema("pandas", schema.columns[1:], formulas=()), EncodingConfig(rare_below=rare_below)
        try:
            table = Table.read(frame, others, validate=False)
            refuse_rare(
                table, rare_below
            )  # a table withholds such a column; a condition that says nothing is a mistake
            return cls(schema, dtypes, TableTransform.fit(table, config, streams))
        except DataError as error:  # whose remedies are those of tables
            raise DataError(error.message, remedy="leave it out of the condition") from error

    def learn(self, columns: Columns, rare_below: int, streams: Streams) -> Generator[Progress, None, Self]:
        """Fit the model of tables that draws rows, at its defaults; gives the rows with it.

        It is not checked for what it gives away: a file of images is confidential anyway.
        """
        synthesizer = Synthesizer(rare_below=rare_below, check=False, device="cpu", seed=streams.key("rows"))
        for attributes in synthesizer.fit_steps(_frame(columns), schema=self.schema):
            yield Progress("learning rows", attributes.step, attributes.steps, message=attributes.message)
        return replace(self, model=synthesizer.model_)

    @property
    def width(self) -> int:
        """How many numbers a row has for them."""
        layout = self.transform.layout
        return layout.modes + layout.residuals + sum(not span.levels for span in layout.spans)

    def encode(self, columns: Columns, streams: Streams) -> torch.Tensor:
        """What the networks get of rows, float32 ``[n, width]``."""
        layout = self.transform.layout
        attributes = Table.read(_frame(columns), self.transform.schema, validate=False)
        encoded = self.transform.transform(attributes, streams)
        codes = encoded.codes + layout.starts
        modes = one_hot(torch.as_tensor(codes), layout.modes).sum(1).float()
        scores = layout.centers[codes]
        for index, span in enumerate(layout.spans):
            if span.first_residual is not None:
                scores[:, index] += layout.widths[codes[:, index]] * encoded.residuals[:, span.first_residual]
        numeric = [index for index, span in enumerate(layout.spans) if not span.levels]
        numbers = np.concatenate([encoded.residuals, scores[:, numeric]], axis=1).clip(-_FARTHEST, _FARTHEST)
        return torch.cat([modes, torch.as_tensor(numbers)], 1)

    def draw(self, n: int, where: Where | None, streams: Streams) -> Iterator[dict[str, NDArray[Any]]]:
        """Columns of ``n`` rows that meet ``where``, batch by batch; conditions are checked before the first is drawn.

        Raises:
            DataError: if the condition names what was never learned, or cannot be met.
        """
        assert self.model is not None  # noqa: S101 (nothing is drawn before all is learned)
        return map(self._columns, self.model.sample_batches(n, where, streams.below("rows")))

    @remedies_in_words()
    def read(self, frame: Frame) -> dict[str, NDArray[Any]]:
        """The columns that the networks get, taken from a table of any kind; numbers may lie beyond those learned.

        Raises:
            DataError: if one lacks, has a level that was never learned, or is missing where nothing was.
        """
        for column in self.transform.schema:
            if raw_column(frame, column.name).missing and column.missing is None:
                raise DataError(
                    f"column {column.name!r} must have nothing missing, as where images were learned, however: some is; "
                    f"fill it first"
                )
        attributes = Table.conform(frame, self.transform.schema)
        for column in self.transform.schema:
            learned = column.name in self.transform.owners
            known = self.transform.codec(column.name).known if learned else column.levels
            if known is not None:
                found = attributes.levels(column)
                check_known(column.name, [found.levels[code] for code in np.unique(found.codes[~found.missing])], known)
        return self._columns(attributes.frame())

    def _columns(self, frame: Frame) -> dict[str, NDArray[Any]]:
        """The columns of a pandas frame in the types they had."""
        return {
            name: _as(frame[name].to_numpy(), np.dtype(dtype))
            for name, dtype in self.dtypes.items()
            if name in frame.columns
        }

    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All of it, as JSON and tensors."""
        assert self.model is not None  # noqa: S101
        encoding, arrays = self.transform.state()
        tensors = {f"attributes/{name}": array for name, array in arrays.items()}
        tensors |= {f"table/{name}": array for name, array in self.model.tensors().items()}
        return {"dtypes": self.dtypes, "encoding": encoding, "table": self.model.manifest()}, tensors

    @classmethod
    def from_state(cls, state: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """What ``state`` described."""
        model = TabularModel.from_file("rows", state["table"], below(tensors, "table"), torch.device("cpu"))
        schema = model.transform.schema
        others = Schema("pandas", schema.columns[1:])
        require(state["dtypes"].keys() == set(schema.names), "dtypes", "one for each column")
        require(all(map(_DTYPE.fullmatch, state["dtypes"].values())), "dtypes", "of numbers, text or objects")
        transform = TableTransform.from_state(others, state["encoding"], below(tensors, "attributes"))
        # As the columns stand in the table: a manifest sorts what it holds.
        return cls(schema, {str(name): state["dtypes"][name] for name in schema.names}, transform, model)


def check_known(name: str | int, levels: Sequence[Any], known: Sequence[Any]) -> None:
    """Refuse levels of a column of given rows that are not among those learned.

    Raises:
        DataError: if there is one.
    """
    names = [str(level) for level in known]
    for level in map(str, levels):
        if level not in names:
            raise DataError(
                f"column {name!r} must hold what was learned with images, however: {level!r} never was",
                remedy=did_you_mean_or_known(level, names),
            )


def _frame(columns: Columns) -> pd.DataFrame:
    """The columns as a table; the classes as a category, whatever they are called by."""
    first, *others = columns
    kept = {name: pd.Series(columns[name], dtype=object if columns[name].dtype == object else None) for name in others}
    return pd.DataFrame({first: pd.Categorical(columns[first])} | kept)


def _describe(frame: pd.DataFrame, name: str) -> Column:
    column = describe_column(raw_column(frame, name), name)
    if column.kind in _SILENT:
        raise DataError(
            f"column {name!r} must say something of images to be a condition, however: it is {_SILENT[column.kind]}; "
            f"leave it out of the condition"
        )
    return column


def _as(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Values in a type of NumPy's; text as long as need be."""
    return values.astype(str if dtype.kind == "U" else dtype)
