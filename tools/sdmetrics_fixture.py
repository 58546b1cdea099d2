"""Writes what sdmetrics 0.26 scores a small pair of tables, for a test that our Shape and Trend are the published ones.

``make peers``, then ``.venv-peers/bin/python tools/sdmetrics_fixture.py > tests/benchmarks/sdmetrics_026.json``.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

CODED = ("code",)
CATEGORICAL = ("sex", "ward", "ill", *CODED)


def pair() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two tables of numbers, levels, booleans and codes, of different lengths; arithmetic alone, so alike everywhere."""
    return _table(400, 37, 1.0), _table(310, 53, 1.7)


def _table(rows: int, stride: int, spread: float) -> pd.DataFrame:
    index = np.arange(rows)
    first, second, third = ((index * factor * stride % 1009) / 1009 for factor in (1, 7, 31))
    age = np.floor(18 + 70 * first * spread**0.2).astype(np.int64)
    return pd.DataFrame(
        {
            "age": age,
            "pressure": np.round(95 + 0.6 * age + 20 * spread * (second - 0.5), 1),
            "bill": np.round(np.exp(6 * third * spread**0.5), 2),  # a heavy tail, where equal-width bins go wrong
            "sex": np.where(second > 0.5 / spread, "F", "M"),
            "ward": np.array(["north", "south", "west", "attic"])[np.floor(3.01 * third**spread).astype(np.int64)],
            "ill": age + 40 * second > 60 + 20 * spread,
            "code": np.floor(4 * first * third * spread).astype(np.int64),
        }
    )


def main() -> None:
    """Print the scores."""
    import sdmetrics
    from sdmetrics.reports.single_table import QualityReport

    real, synthetic = pair()
    kinds = {name: {"sdtype": "categorical" if name in CATEGORICAL else "numerical"} for name in real}
    report = QualityReport()
    report.generate(real, synthetic, {"columns": kinds}, verbose=False)
    scores = dict(report.get_properties()[["Property", "Score"]].itertuples(index=False, name=None))
    found = {"sdmetrics": sdmetrics.__version__, "scores": scores}
    for name in scores:
        details = report.get_details(name)
        keys = [column for column in details if column.startswith("Column")]
        found[name] = {" with ".join(row[keys]): row["Score"] for _, row in details.iterrows()}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
