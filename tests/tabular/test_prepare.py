"""Reading the rows to learn: what strict refuses."""

from __future__ import annotations

import pandas as pd
import pytest

from synthgan.config import EncodingConfig
from synthgan.errors import DataError
from synthgan.tabular.prepare import read_rows

FRAME = pd.DataFrame({"city": [f"city {n % 9}" for n in range(45)], "sex": ["F", "M", "M"] * 15})


def test_strict_refuses_a_column_of_rare_levels_only_with_the_remedies() -> None:
    with pytest.raises(
        DataError, match=r"column 'city'.*at least 10 rows, however.*held by 5; drop=\['city'\].*identifiers=\['city'\]"
    ):
        read_rows(FRAME, None, EncodingConfig(), strict=True)
    assert len(read_rows(FRAME, None, EncodingConfig(rare_below=5), strict=True)) == 45
    assert len(read_rows(FRAME, None, EncodingConfig())) == 45
