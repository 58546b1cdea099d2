"""What a page shows of the columns: how each is distributed, and how every two go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.metrics.details import Details
from synthgan.metrics.fidelity.association import association
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.metrics.scores import Scores

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Tables
    from synthgan.runtime import Streams


def column_findings(tables: Tables, streams: Streams) -> Scores:
    """Return no score, but the details that stand behind the scores of fidelity.

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    columns = distributions(tables, streams)
    return Scores((), details=Details(columns=columns, association=association(tables, columns, streams)))
