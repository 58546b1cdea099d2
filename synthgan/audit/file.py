"""What a model file gives away: whether its own density tells the rows that it was learned from, from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from synthgan.data.rows import number_of_rows, take
from synthgan.errors import DataError
from synthgan.io.sources import as_frame
from synthgan.metrics.privacy.membership.rates import true_positives
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.metrics.statistics.intervals import Estimate
    from synthgan.tabular.synthesizer import Synthesizer

MIN_HOLDOUT = 200  # half of it is the yardstick: with fewer, one in a hundred is nobody
FALSE_POSITIVES = 0.01


@dataclass(frozen=True, slots=True)
class FileAttack:
    """What an attacker who has the file finds, at 1 % false positives: shares of the learned rows, with 95 % intervals.

    Attributes:
        learned: how many learned rows were tried,
        others: and how many other ones.
        plain: found by the density of the file alone.
        calibrated: found by that density over the one of the same pipeline, learned on ``reference`` other rows.
        reference: how many these were.
    """

    learned: int
    others: int
    plain: Estimate
    calibrated: Estimate
    reference: int

    def to_dict(self) -> dict[str, Any]:
        """The figures, as JSON."""
        rates = {"plain": self.plain, "calibrated": self.calibrated}
        shares = {name: {"value": rate.value, "low": rate.low, "high": rate.high} for name, rate in rates.items()}
        counts = {"learned": self.learned, "others": self.others, "reference": self.reference}
        return counts | {"false_positive_rate": FALSE_POSITIVES} | shares


def attack_file(
    synthesizer: Synthesizer,
    learned: Frame | str | Path,
    holdout: Frame | str | Path,
    *,
    progress: Callable[[str], None] | None = None,
) -> FileAttack:
    """Measure what a model file gives away of the rows that it was learned from.

    A learned row is found where its density under the model is higher than that of all but one in a hundred others (Yeom et al., "Privacy
    risk in machine learning", 2018). The calibrated attack compares it with the density under a second model: the same
    pipeline, learned on one half of the holdout; the other half are the others (Watson et al., "On the importance of
    difficulty calibration in membership inference attacks", 2022). Nothing found means that these attacks find nothing.

    Args:
        synthesizer: the fitted model, as ``Synthesizer.load`` opens it.
        learned: rows that it was learned from, or some of them.
        holdout: as many real rows or more that it never saw.
        progress: called with the name of each stage as it begins.

    Raises:
        NotFittedError: before ``fit``.
        DataError: if the holdout has fewer than ``MIN_HOLDOUT`` rows, or a table cannot be read or lacks a column.
        SchemaError: if a column is of another kind than the one learned.
    """
    tell = progress or (lambda _: None)
    tell("reading")
    members, unseen = as_frame(learned), as_frame(holdout)
    rows = number_of_rows(unseen)
    if rows < MIN_HOLDOUT:
        raise DataError(f"holdout must have at least {MIN_HOLDOUT} rows, however: {rows}")
    order = Streams(synthesizer.seed).numpy("attack").permutation(rows)
    reference, others = take(unseen, np.sort(order[: rows // 2])), take(unseen, np.sort(order[rows // 2 :]))
    tell("asking the model")
    plain = [synthesizer.score_samples(frame) for frame in (members, others)]
    tell("learning the reference")
    again = clone(synthesizer).set_params(seed=synthesizer.seed + 1)
    again.fit(reference, schema=synthesizer.schema_)
    tell("asking the reference")
    calibrated = [own - again.score_samples(frame) for own, frame in zip(plain, (members, others), strict=True)]
    return FileAttack(
        len(plain[0]),
        len(plain[1]),
        true_positives(plain[0], plain[1], FALSE_POSITIVES),
        true_positives(calibrated[0], calibrated[1], FALSE_POSITIVES),
        rows // 2,
    )
