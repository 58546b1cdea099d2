"""The scores of the optional package sdmetrics, for comparison with reports made elsewhere."""

from __future__ import annotations

import logging
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from synthgan.metrics.intervals import Estimate
from synthgan.metrics.score import Score, scored

if TYPE_CHECKING:
    import pandas as pd

    from synthgan.metrics.columns import Columns, Tables
    from synthgan.runtime import Streams

# Beyond 50,000 rows sdmetrics draws rows itself, from NumPy's global state; below, it does not draw at all.
ROWS_AT_MOST = 20_000
COLUMNS_AT_MOST = 60  # it takes some 20 ms for each pair of columns
LEVELS_AT_MOST = 2_000  # of a column: it lays out the two-way table of any two in full
_logger = logging.getLogger(__name__)


def sdmetrics_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return sdmetrics_quality and its parts; nothing where sdmetrics is missing or has moved its API.

    Nothing either for tables of more than COLUMNS_AT_MOST columns or LEVELS_AT_MOST levels in one of them, which
    would take it minutes or gigabytes.

    Newer versions leave weakly related pairs out of the trends, so figures of different versions do not
    compare; the reading names the version. (``shape_error`` and ``trend_error`` are one minus what versions
    up to 0.26 report.)

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    too_large = len(tables.real.names) > COLUMNS_AT_MOST or max(tables.real.levels, default=0) > LEVELS_AT_MOST
    if find_spec("sdmetrics") is None or too_large:
        return []
    try:
        found = [quality(tables.real, side, streams) for side in (tables.synthetic, tables.holdout) if side is not None]
        version = import_module("sdmetrics").__version__
    except (ImportError, AttributeError, TypeError, ValueError, KeyError, IndexError) as error:
        _logger.warning("sdmetrics was left out: %s: %s", type(error).__name__, error)
        return []
    scores = []
    for name, value in found[0].items():
        reference = found[1].get(name) if len(found) > 1 else None
        reading = f"{name.removeprefix('sdmetrics_').replace('_', ' ')} as sdmetrics {version} counts it"
        scores.append(scored(name, Estimate(value), reference=reference, goal="maximize", reading=reading))
    return scores


def quality(real: Columns, other: Columns, streams: Streams) -> dict[str, float]:
    """Return sdmetrics' quality of one table against another.

    Args:
        real: Real rows; at most ROWS_AT_MOST are used.
        other: The rows to compare with them; likewise.
        streams: Source of randomness.

    Returns:
        ``sdmetrics_quality`` and one entry per property of the report, such as ``sdmetrics_column_shapes``,
        in [0, 1].
    """
    kinds = dict.fromkeys(real.number_names, "numerical") | dict.fromkeys(real.code_names, "categorical")
    frames = [_frame(side.draw(ROWS_AT_MOST, streams.numpy("sdmetrics"))) for side in (real, other)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report, properties = _generated(frames, {str(name): {"sdtype": kind} for name, kind in kinds.items()})
    values = {"sdmetrics_quality": float(report.get_score())}
    for name, value in zip(properties["Property"], properties["Score"], strict=True):
        values["sdmetrics_" + str(name).lower().replace(" ", "_")] = float(value)
    return {name: value for name, value in values.items() if 0 <= value <= 1}  # NaN where nothing could be computed


def _generated(frames: list[pd.DataFrame], columns: dict[str, dict[str, str]]) -> tuple[Any, pd.DataFrame]:
    """Generate the report with the class for one table, or with the unified one that is to replace it."""
    try:
        report = import_module("sdmetrics.reports.single_table").QualityReport()
        report.generate(*frames, {"columns": columns}, verbose=False)
    except (ImportError, AttributeError):
        report = import_module("sdmetrics.reports").QualityReport()
        metadata = {"tables": {"table": {"columns": columns}}}
        report.generate(*({"table": frame} for frame in frames), metadata, verbose=False)
    return report, report.get_properties()


def _frame(table: Columns) -> pd.DataFrame:
    """Return the frame sdmetrics wants: numbers as they are, levels as words, missing as None."""
    import pandas as pd

    numbers = {str(name): column for name, column in zip(table.number_names, table.numbers.T, strict=True)}
    levels = {}
    for name, codes, count in zip(table.code_names, table.codes.T, table.levels, strict=True):
        words = [f"level {code}" for code in range(count)]
        levels[str(name)] = pd.Categorical.from_codes(codes, categories=words).astype(object)
    return pd.DataFrame(numbers | levels)
