"""Takes data sets of Hugging Face as tables; their package is never imported here."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from synthgan.errors import DataError

_WHOLE = "Dataset"


def is_dataset(data: object) -> bool:
    """Whether something is a data set of Hugging Face, or several in one."""
    return any(kind.__module__.partition(".")[0] == "datasets" for kind in type(data).__mro__)


def table_of_dataset(data: Any) -> pa.Table:
    """Gives a data set as Arrow, with the rows that it selects; numbers of classes become the names of these.

    Raises:
        DataError: it is no single table that is there as a whole.
    """
    kind = type(data).__name__
    if isinstance(data, dict):
        splits = ", ".join(map(repr, data))
        raise _no_table(kind, f"name a split, data[{next(iter(data), 'train')!r}]; known: {splits}")
    if kind != _WHOLE:
        raise _no_table(kind, "fetch its rows first: datasets.Dataset.from_list(list(data))")
    table: pa.Table = data.with_format("arrow")[:]
    for name, feature in data.features.items():
        names = getattr(feature, "names", None)
        if names is not None and pa.types.is_integer(table[name].type):
            known = dict(enumerate(names))
            labels = [known.get(code) for code in table[name].to_pylist()]
            table = table.set_column(table.column_names.index(name), name, pa.array(labels, pa.string()))
    return table.replace_schema_metadata(None)


def _no_table(kind: str, remedy: str) -> DataError:
    return DataError(f"a table must be a Dataset of Hugging Face, however: found {kind}", remedy=remedy)
