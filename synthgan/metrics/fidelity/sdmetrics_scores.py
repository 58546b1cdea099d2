"""The scores of the optional package sdmetrics, for comparison with reports made elsewhere."""

from __future__ import annotations

import logging
import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from synthgan.metrics.score import Score, scored
from synthgan.metrics.statistics.intervals import Estimate

if TYPE_CHECKING:
    import pandas as pd

    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.runtime import Streams

# Beyond 50,000 rows sdmetrics draws rows itself, from NumPy's global state; below, it does not draw at all.
MAX_ROWS = 20_000
MAX_COLUMNS = 60  # it takes some 20 ms for each pair of columns
MAX_LEVELS = 2_000  # of a column: it lays out the two-way table of any two in full
_LACKING = "not computed: needs the package sdmetrics; pip install 'synthgan[sdmetrics]'"
_logger = logging.getLogger(__name__)


def sdmetrics_scores(tables: Tables, streams: Streams) -> list[Score]:
    """Return sdmetrics_quality and its parts, and sdmetrics_diagnostic and its parts.

    Where sdmetrics is missing, the first is None and says how to get it. Nothing where it has moved its API, nor for tables of more
    than MAX_COLUMNS columns or MAX_LEVELS levels in one of them, which would take it minutes or gigabytes.

    Newer versions leave weakly related pairs out of the trends, so figures of different versions do not
    compare; the reading names the version. (``shape_error`` and ``trend_error`` are one minus what versions
    up to 0.26 report.)

    Args:
        tables: Real, synthetic and perhaps holdout rows.
        streams: Source of randomness.
    """
    too_large = len(tables.real.names) > MAX_COLUMNS or max(tables.real.levels, default=0) > MAX_LEVELS
    if too_large:
        return []
    if find_spec("sdmetrics") is None:
        return [scored("sdmetrics_quality", None, reference=None, goal="maximize", reading=_LACKING)]
    try:
        others = [side for side in (tables.synthetic, tables.holdout) if side is not None]
        found = [quality(tables.real, side, streams) | diagnosis(tables.real, side, streams) for side in others]
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
        real: Real rows; at most MAX_ROWS are used.
        other: The rows to compare with them; likewise.
        streams: Source of randomness.

    Returns:
        ``sdmetrics_quality`` and one entry per property of the report, such as ``sdmetrics_column_shapes``,
        in [0, 1].
    """
    return _values("QualityReport", "sdmetrics_quality", real, other, streams)


def diagnosis(real: Columns, other: Columns, streams: Streams) -> dict[str, float]:
    """Return sdmetrics' diagnosis: whether values keep to the real range and levels, and tables to the same columns.

    Arguments and result are those of ``quality``, under ``sdmetrics_diagnostic``, ``sdmetrics_data_validity`` and so on. Identifiers
    are not among the columns judged, so their uniqueness is not looked at.
    """
    return _values("DiagnosticReport", "sdmetrics_diagnostic", real, other, streams)


def _values(kind: str, name: str, real: Columns, other: Columns, streams: Streams) -> dict[str, float]:
    """Return the score of a report of that class and of each of its properties, those that could be computed."""
    kinds = dict.fromkeys(real.number_names, "numerical") | dict.fromkeys(real.code_names, "categorical")
    frames = [_frame(side.draw(MAX_ROWS, streams.numpy("sdmetrics"))) for side in (real, other)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report, properties = _generated(kind, frames, {str(name): {"sdtype": kind} for name, kind in kinds.items()})
    values = {name: float(report.get_score())}
    for part, value in zip(properties["Property"], properties["Score"], strict=True):
        values["sdmetrics_" + str(part).lower().replace(" ", "_")] = float(value)
    return {name: value for name, value in values.items() if 0 <= value <= 1}  # NaN where nothing could be computed


def _generated(kind: str, frames: list[pd.DataFrame], columns: dict[str, dict[str, str]]) -> tuple[Any, pd.DataFrame]:
    """Generate the report with the class for one table, or with the unified one that is to replace it."""
    try:
        report = getattr(import_module("sdmetrics.reports.single_table"), kind)()
        report.generate(*frames, {"columns": columns}, verbose=False)
    except (ImportError, AttributeError):
        report = getattr(import_module("sdmetrics.reports"), kind)()
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
