"""Data sets of Hugging Face go in and out; the real package is tried where it is installed."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

from synthgan import Chains, Synthesizer
from synthgan.errors import DataError
from synthgan.io.sources import as_frame

VISITS = pd.DataFrame({"age": [30, 41, 52] * 20, "sex": ["F", "M", None] * 20, "ill": ["no", "yes", "no"] * 20})


class Dataset:
    """What a data set of Hugging Face offers, as far as it is asked."""

    __module__ = "datasets.arrow_dataset"

    def __init__(self, table, features=()):
        self.table, self.features = table, dict(features)

    def with_format(self, kind):
        """The same, which gives Arrow tables."""
        assert kind == "arrow"
        return self.table


class ClassLabel:
    """Names of numbered classes."""

    names = ("no", "yes")


class IterableDataset(Dataset):
    """Rows that are not all there."""

    __module__ = "datasets.iterable_dataset"


class DatasetDict(dict):
    """Several data sets by name."""

    __module__ = "datasets.dataset_dict"


def test_numbers_of_classes_become_their_names():
    coded = pa.table({"ill": pa.array([1, 0, None, -1, 7]), "age": [1, 2, 3, 4, 5]})
    found = as_frame(Dataset(coded, {"ill": ClassLabel(), "age": object()}))
    assert found["ill"].to_pylist() == ["yes", "no", None, None, None]
    assert found["age"].to_pylist() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (DatasetDict(train=1, test=2), "found DatasetDict; name a split, data\\['train'\\]; known: 'train', 'test'"),
        (IterableDataset(None), "found IterableDataset; fetch its rows first"),
    ],
)
def test_what_is_no_whole_table_is_refused_in_one_line(data, words):
    with pytest.raises(DataError, match=words):
        as_frame(data)


@pytest.mark.service
def test_the_real_package_gives_its_tables_and_takes_ours():
    datasets = pytest.importorskip(
        "datasets", reason="the package of Hugging Face (Apache-2.0) is no requirement of ours"
    )
    given = datasets.Dataset.from_pandas(VISITS).class_encode_column("ill").shuffle(seed=0).select(range(50))
    synthesizer = Synthesizer(generator=Chains(chains=2, rounds=0), check=False).fit(given)
    assert synthesizer.manifest()["rows"] == 50
    made = datasets.Dataset(synthesizer.sample(20, where={"ill": "yes"}))
    assert made.column_names == ["age", "sex", "ill"]
    assert set(made["ill"]) == {"yes"}
    for odd in (datasets.DatasetDict({"train": given}), given.to_iterable_dataset()):
        with pytest.raises(DataError, match="must be a Dataset of Hugging Face"):
            as_frame(odd)
