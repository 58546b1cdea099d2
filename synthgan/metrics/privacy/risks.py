"""Risks: the attacks that single out, link and infer, together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.privacy.inference import inference_scores
from synthgan.metrics.privacy.linkability import linkability_scores
from synthgan.metrics.privacy.singling_out import singling_out_scores

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Tables
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams


def risk_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return the scores of the three attacks that a release must withstand.

    They are those that the Article 29 Working Party's opinion 05/2014 on anonymisation techniques names, measured after Giomi et al.
    2023, "A unified framework for quantifying privacy risk in synthetic data", doi:10.56553/popets-2023-0055. Without enough holdout
    rows the values are None.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    found = [attack(tables, streams) for attack in (singling_out_scores, linkability_scores, inference_scores)]
    return [score for scores, _ in found for score in scores]
