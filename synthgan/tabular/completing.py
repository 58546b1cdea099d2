"""What a synthesizer of tables does with rows of which some cells are known: fills their gaps, or draws all other columns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgan.data.containers.origin import with_origin
from synthgan.data.rows import concat, in_container
from synthgan.estimator import number_to_draw
from synthgan.io.sources import as_frame
from synthgan.tabular.impute import complete, impute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from synthgan.data import Frame
    from synthgan.data.schema import Schema
    from synthgan.runtime import Streams
    from synthgan.tabular.model import TabularModel


def as_learned(data: Frame | str | Path, schema: Schema) -> Frame:
    """A table to complete: a frame as it is, and a file or what is behind a URL as a frame of the kind that was learned.

    Raises:
        DataError: if it cannot be read.
    """
    frame = as_frame(data, schema)
    return in_container(frame, schema.container) if isinstance(data, (str, Path)) else frame


class Completing:
    """Rows completed by a fitted model of a flat table, which ``_flat`` gives, and a ``seed``."""

    seed: int
    sample_origin_: Mapping[str, Any] | None

    def _flat(self) -> TabularModel:
        """The model."""
        raise NotImplementedError

    def _streams_of_draw(self, seed: int | None, where: Any = None, real: str | None = None) -> Streams:
        """The streams of one draw."""
        raise NotImplementedError

    def impute(
        self, data: Frame | str | Path, *, columns: Sequence[str | int] | None = None, seed: int | None = None
    ) -> Frame:
        """Fill gaps: draw each missing cell from its distribution given the cells of its row that are there.

        Args:
            data: a table with the columns that were learned, in the container that was learned, or the path of a file or the URL of
                one; gaps may stand anywhere.
            columns: whose gaps to fill; None fills those of every learned column.
            seed: the seed of the draw; None takes the synthesizer's own. Another one gives another, equally likely, filling.

        Returns:
            The same table with its gaps filled; what was there stays as it was.

        Raises:
            NotFittedError: before ``fit``.
            DataError: if a column is lacking or was not learned, or the table is of another kind than the one learned.
        """
        model = self._flat()
        streams = self._streams_of_draw(self.seed if seed is None else seed, real="cells")
        frame = as_learned(data, model.transform.schema)
        filled = impute(frame, columns, model.transform, model.generator, streams)
        if filled is frame:  # which had no gaps: all of it is real
            self.sample_origin_ = None
            return filled
        return with_origin(filled, self.sample_origin_)

    def complete(self, data: Frame | str | Path, *, seed: int | None = None) -> Frame:
        """Draw everything else of given columns: rows that keep them, and whose other columns are drawn given these.

        Args:
            data: some of the columns that were learned, in the container that was learned, or the path of a file; one row for each
                to make. Their values need not have been learned; those that were not tell little of the others.
            seed: the seed of the draw; None takes the synthesizer's own.

        Returns:
            As many rows, in the same order and of all columns. What was given stays as it is, real values among them.

        Raises:
            NotFittedError: before ``fit``.
            DataError: if a column was not learned, or the table is of another kind than the one learned.
            SchemaError: if one is of another kind than the one learned.
        """
        model, streams = self._flat(), self._streams_of_draw(self.seed if seed is None else seed, real="cells")
        frame = as_learned(data, model.transform.schema)
        sampled = concat(list(model.sample_batches(number_to_draw(len(frame)), None, streams)))
        completed = complete(frame, sampled, model.transform, model.generator, streams.below("complete"))
        return with_origin(completed, self.sample_origin_)
