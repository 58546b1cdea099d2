"""Tables for tests of files, and files with a content of one's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

FRAME = pd.DataFrame({
    "age": pd.array([30, None, 50], "Int64"), "sex": pd.Categorical(["m", "f", None]), "score": [0.5, 1.5, np.nan],
    "seen": pd.to_datetime(["2020-01-01 10:00", None, "2021-01-01 11:00"]).as_unit("us").tz_localize("UTC"),
})  # fmt: skip
TABLE = pa.table({"age": [30, None, 50], "code": ["00123", "7", None]})


def written(path, text):
    """The path, which now holds that text (or bytes)."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
