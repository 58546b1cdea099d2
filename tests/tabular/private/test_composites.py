"""Under epsilon text is taken apart into numbers only where a schema says so, in one file and in many."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthgan import Synthesizer
from synthgan.data.schema import Schema
from synthgan.errors import SchemaError

RNG = np.random.default_rng(0)
LOW = RNG.integers(50, 100, 600)
TABLE = pd.DataFrame(
    {
        "bp": [f"{one + more}/{one}" for one, more in zip(LOW, RNG.integers(30, 60, 600), strict=True)],
        "sex": ["F", "M"] * 300,
    }
)


def private():
    return Synthesizer(epsilon=8, delta=1e-3, i_know=True, seed=0)


def declared():
    said = Schema.infer(TABLE).to_dict()
    for column, low, high in zip(said["columns"], (60, 30), (200, 120), strict=False):
        column |= {"minimum": low, "maximum": high}
    return said


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("place", ["frame", "folder"])
def test_numbers_that_a_schema_declares_are_learned(place, tmp_path):
    data = TABLE
    if place == "folder":
        for part in range(2):
            TABLE[part::2].to_parquet(tmp_path / f"{part}.parquet", index=False)
        data = tmp_path
    drawn = private().fit(data, schema=Schema.from_dict(declared())).sample(60)
    assert drawn["bp"].str.fullmatch(r"\d+/\d+").all()


def test_nobody_looks_for_them():
    assert private().plan(TABLE).schema.composites == ()


def test_a_composite_without_one_of_its_parts_is_refused():
    said = declared()
    with pytest.raises(SchemaError, match=r"'bp\.2' is none"):
        private().fit(TABLE, schema=Schema.from_dict(said | {"columns": said["columns"][::2]}))
