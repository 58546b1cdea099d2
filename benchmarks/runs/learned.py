"""What the checks of quiet wrongs look at: columns that were learned, and their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

MIN_ROWS = 20
MAX_SHARING = 50  # rows that a key tells apart, on average


def _made_anew(real: pd.Series, made: pd.Series) -> bool:
    """Whether a column is one of numbers or texts that tell rows, or groups of few rows, apart, and no real one came back."""
    known, drawn = real.dropna(), made.dropna()
    if pd.api.types.is_float_dtype(known) and (known != known.round()).any():
        return False
    if known.nunique() < MIN_ROWS or len(known) > MAX_SHARING * known.nunique() or not len(drawn):
        return False
    return not drawn.isin(set(known)).any()


def columns_learned(real: pd.DataFrame, made: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both without the columns that were made anew."""
    kept = [name for name in real if not _made_anew(real[name], made[name])]
    return real[kept], made[kept]


def numbers_of(table: pd.DataFrame) -> dict[Any, np.ndarray]:
    """The columns of numbers, as float64."""
    kept = table.select_dtypes("number")
    return {name: kept[name].to_numpy(dtype=float, na_value=np.nan) for name in kept}
