"""Looks at the held-out slice during training: how well a tree ensemble tells generated rows from it, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthgan.gan.generate import generate
from synthgan.gan.monitor import Verdict
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from synthgan.gan.protocols import Generator
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Layout

TREES = 60
FOLDS = 3
GENERATED_PER_HELD_OUT = 4  # generated rows are free, and more of them make the look less noisy
LEVEL_SHARE = 0.005  # levels that hold at least this share of the rows must be generated


def features(encoded: Encoded, layout: Layout) -> np.ndarray:
    """Encoded rows as trees like them, float32 ``[rows, columns]``: normal scores of numbers, codes of the others."""
    columns = []
    for index, span in enumerate(layout.spans):
        codes = encoded.codes[:, index]
        centers = layout.centers[span.start : span.stop]
        column = centers[codes] if centers.any() else codes.astype(np.float32)
        if span.first_residual is not None:
            column = column + layout.widths[span.start : span.stop][codes] * encoded.residuals[:, span.first_residual]
        columns.append(column)
    return np.stack(columns, 1)


@dataclass
class HoldoutEvaluator:
    """Judges a generator by the classifier two-sample test against rows it was not trained on.

    The detector is a histogram gradient boosting of ``TREES`` trees, scored out of fold; it never plays as a critic.

    Attributes:
        held_out: the held-out slice.
        layout: what its codes mean.
        common: bool ``[modes]``: modes that hold at least ``LEVEL_SHARE`` of the training rows.
        streams: randomness for the generated rows, the same at every check, so that checks can be compared.
    """

    held_out: Encoded
    layout: Layout
    common: np.ndarray
    streams: Streams

    def __call__(self, generator: Generator) -> Verdict:
        """Generate rows and try to tell them from those held out."""
        parts = generate(
            generator,
            GENERATED_PER_HELD_OUT * len(self.held_out),
            streams=self.streams,
            batch_samples=generator.batch_rows,
        )
        codes, residuals = (
            np.concatenate(part) for part in zip(*[(c.cpu().numpy(), p.cpu().numpy()) for c, p in parts], strict=True)
        )
        if not np.isfinite(residuals).all():
            return Verdict(float("nan"))
        return Verdict(self._c2st(Encoded(codes.astype(np.int32), residuals)), self._lost_level(codes))

    def _c2st(self, generated: Encoded) -> float:
        """``1 - (2 max(AUC, 1/2) - 1)``: 1 is indistinguishable, 0 is told apart without fail."""
        from sklearn.ensemble import HistGradientBoostingClassifier  # slow to import
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold, cross_val_predict

        table = np.concatenate([features(self.held_out, self.layout), features(generated, self.layout)])
        label = np.repeat([0, 1], [len(self.held_out), len(generated)])
        detector = HistGradientBoostingClassifier(
            max_iter=TREES, early_stopping=False, class_weight="balanced", random_state=0
        )
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
        chance = cross_val_predict(detector, table, label, cv=folds, method="predict_proba")[:, 1]
        return float(2 - 2 * max(roc_auc_score(label, chance), 0.5))

    def _lost_level(self, codes: np.ndarray) -> str | None:
        """In plain words, the first common level that is no longer generated."""
        expected = LEVEL_SHARE * len(codes)
        if expected < 10:  # noqa: PLR2004 (too few rows to expect every common level among them)
            return None
        seen = np.bincount((codes + self.layout.starts).ravel(), minlength=self.layout.modes) > 0
        lost = np.flatnonzero(self.common & self.layout.emitted & ~seen)
        if not len(lost):
            return None
        span = self.layout.spans[self.layout.column_of_mode[lost[0]]]
        return f"{len(lost)} common levels are no longer generated, one of them in column {span.name!r}"
