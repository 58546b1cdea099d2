"""A third generator of tables, as small as one can be: every column is drawn by itself, by its frequencies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr, ndtri

from synthgan.checks import require
from synthgan.gan.train import Progress
from synthgan.tabular.base import BaseGenerator
from synthgan.tabular.conditioning.particles import Allowed
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.protocol import Cost

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import torch
    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.encoding.layout import Layout
    from synthgan.tabular.protocol import Arrays, Known, Prepared

BATCH_ROWS = 4_096


class Independent(BaseGenerator):
    """Columns that know nothing of each other; ``added`` is counted for every mode, so that none is impossible."""

    name = "independent"

    def __init__(self, *, added: float = 0.5) -> None:
        self.added = added

    def check(self) -> None:
        require(self.added > 0, "added", "a number above 0", self.added)

    def fit(
        self, prepared: Prepared, streams: Streams, saved: TableCheckpoint
    ) -> Generator[Progress, None, dict[str, Any]]:
        self.layout_ = layout = prepared.layout
        yield Progress("counting")
        flat = prepared.train.codes + layout.starts
        self.counts_ = np.bincount(flat.ravel(), minlength=layout.modes) + self.added
        return {"rows": len(prepared.train)}

    def rows_at_once(self) -> int:
        return BATCH_ROWS

    def sample(self, n: int, evidence: Evidence | None, streams: Streams, first: int = 0) -> Iterator[Encoded]:
        for row in range(first * BATCH_ROWS, n, BATCH_ROWS):
            rng = streams.numpy("independent", row)
            yield self._draw(min(BATCH_ROWS, n - row), evidence, rng)

    def log_evidence(self, evidence: Evidence) -> float:
        shares = Allowed.of(evidence, self.layout_).shares
        with np.errstate(divide="ignore"):
            return float(sum(np.log(share @ self._probs(column)) for column, share in shares.items()))

    def complete(self, known: Known, streams: Streams) -> Encoded:
        drawn = self._draw(
            len(known.rows), None, streams.numpy("complete"), fillable=known.gaps | ~self.layout_.missing
        )
        cells = known.cells[:, self.layout_.column_of_residual]
        return Encoded(
            np.where(known.cells, known.rows.codes, drawn.codes), np.where(cells, known.rows.residuals, drawn.residuals)
        )

    def log_likelihood(self, encoded: Encoded) -> NDArray[np.float64]:
        layout = self.layout_
        columns = [np.log(self._probs(column))[encoded.codes[:, column]] for column in range(len(layout.spans))]
        has_residual = layout.has_residual[
            encoded.codes[:, layout.column_of_residual] + layout.starts[layout.column_of_residual]
        ]
        density = -0.5 * (has_residual * (encoded.residuals.astype(np.float64) ** 2 + np.log(2 * np.pi))).sum(1)
        return np.sum(columns, axis=0) + density

    def cost(self, prepared: Prepared, rows: int, streams: Streams) -> Cost:
        return Cost(prepared.layout.modes, 1e-8 * rows, 8 * prepared.layout.modes)

    def state(self) -> tuple[dict[str, Any], Arrays]:
        return {}, {"counts": self.counts_}

    def restore(self, layout: Layout, state: dict[str, Any], arrays: Arrays, device: torch.device) -> None:
        if arrays["counts"].shape != (layout.modes,) or not (arrays["counts"] > 0).all():
            raise ValueError("counts must be those of the table's modes")
        self.layout_, self.counts_ = layout, arrays["counts"]

    def _probs(self, column: int, weight: NDArray[Any] | float = 1.0) -> NDArray[np.float64]:
        span = self.layout_.spans[column]
        odds = self.counts_[span.start : span.stop]
        return weight * odds / odds.sum()

    def _draw(
        self, rows: int, evidence: Evidence | None, rng: np.random.Generator, fillable: NDArray[Any] | float = 1.0
    ) -> Encoded:
        layout = self.layout_
        shares = {} if evidence is None else Allowed.of(evidence, layout).shares
        may = np.where(layout.emitted, fillable, 0.0)
        codes = np.empty((rows, len(layout.spans)), dtype=np.int32)
        for column, span in enumerate(layout.spans):
            odds = self._probs(column, may[span.start : span.stop] * shares.get(column, 1.0))
            codes[:, column] = rng.choice(span.size, rows, p=odds / odds.sum())
        mode = codes[:, layout.column_of_residual] + layout.starts[layout.column_of_residual]
        low, high = np.zeros(mode.shape), np.ones(mode.shape)
        if evidence is not None:
            bounds = (ndtr(bound.numpy().astype(np.float64)) for bound in (evidence.lowest, evidence.highest))
            low, high = (bound[mode, layout.slot_of_residual] for bound in bounds)
        residuals = ndtri(np.clip(low + rng.random(mode.shape) * (high - low), 1e-7, 1 - 1e-7))
        return Encoded(codes, (residuals * layout.has_residual[mode]).astype(np.float32))
