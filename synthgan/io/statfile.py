"""Reads and writes the files of SPSS, Stata and SAS, with their labels, formats and missing codes; needs the extra ``stat``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.containers.dtypes import is_text
from synthgan.data.containers.source import source_of, with_source
from synthgan.errors import DataError
from synthgan.io.choices import chosen
from synthgan.io.extras import required
from synthgan.io.memory import check_memory
from synthgan.io.mixed import column_of, number_in, spelt_out
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_READERS: Final = {
    ".sav": ("SPSS", "read_sav"),
    ".zsav": ("SPSS", "read_sav"),
    ".dta": ("Stata", "read_dta"),
    ".sas7bdat": ("SAS", "read_sas7bdat"),
    ".xpt": ("SAS", "read_xport"),
}
_WRITERS: Final = {".sav": "write_sav", ".zsav": "write_sav", ".dta": "write_dta", ".xpt": "write_xport"}
_CELL_BYTES: Final = 64  # of a Python object and its place
_MAX_LABELS: Final = 1_000
_TAGGED: Final = "."  # before the letter of a missing code of Stata and SAS, as Stata writes them


def read_stat(path: Path) -> pa.Table:
    """Reads a file of SPSS, Stata or SAS.

    Numbers that all have labels, and are no measurements, are levels. Missing codes of SPSS stay the numbers that they are; those
    of Stata and SAS (.a to .z) make their column text. Empty text is missing. The table carries labels, formats and codes.

    Raises:
        DataError: pyreadstat is not installed.
        ResourceError: it would unpack to more than fits into memory.
        OSError, UnicodeError: the file is damaged.
    """
    package = required("pyreadstat", "stat")
    kind, name = _READERS[path.suffix.lower()]
    reader = getattr(package, name)
    options: dict[str, Any] = {"encoding": chosen().encoding} if chosen().encoding else {}
    _check_size(path, _reading(reader, path, metadataonly=True, **options)[1])
    options |= {} if name == "read_xport" else {"user_missing": True}
    cells, said = _reading(reader, path, output_format="dict", **options)
    about = _said(kind, said)
    columns, source = {}, {"format": kind, "columns": about}
    for column, values in cells.items():
        columns[column] = _column(list(values), about.setdefault(column, {}))
    source["columns"] = {column: entry for column, entry in about.items() if entry}
    if said.file_label:
        source["label"] = said.file_label
    return with_source(pa.table(columns), source)


def _reading(reader: Callable[..., Any], path: Path, **options: Any) -> tuple[Any, Any]:
    try:
        return reader(str(path), **options)
    except (UnicodeError, MemoryError):
        raise
    except Exception as error:  # pyreadstat's own errors have no common class but this
        raise OSError(one_line(error)) from error


def _check_size(path: Path, said: Any) -> None:
    """Refuses what would not fit into memory, by what the header says of rows and columns."""
    widths = sum(_CELL_BYTES + (width or 0) for width in said.variable_storage_width.values())
    check_memory(path, max((said.number_rows or 0) * widths, path.stat().st_size))


def _said(kind: str, said: Any) -> dict[str, dict[str, Any]]:
    """What the file says of each of its columns."""
    about: dict[str, dict[str, Any]] = {}
    for name in said.column_names:
        labels = said.variable_value_labels.get(name, {})
        entry = {
            "label": said.column_names_to_labels.get(name),
            "format": said.original_variable_types.get(name),
            "labels": [[value, label] for value, label in labels.items()] if len(labels) <= _MAX_LABELS else None,
            "codes": said.missing_ranges.get(name) or said.missing_user_values.get(name),
        }
        if kind == "SPSS":
            entry["measure"] = said.variable_measure.get(name)
            entry["width"] = said.variable_display_width.get(name)
        about[name] = {key: value for key, value in entry.items() if value and value != "unknown"}
    return about


def _column(cells: list[Any], said: dict[str, Any]) -> pa.Array:
    tags = said.get("codes", [])
    if tags and isinstance(tags[0], str):
        cells = [f"{_TAGGED}{cell}" if cell in tags else cell for cell in cells]
    values, is_mixed = column_of([None if cell == "" else cell for cell in cells])
    if is_mixed:
        said["mixed"] = True
    labelled = {value for value, _ in said.get("labels", []) if isinstance(value, (int, float))}
    if labelled and said.get("measure") != "scale" and pa.types.is_floating(values.type):
        present = values.unique().drop_null().to_pylist()
        if present and set(present) <= labelled and all(float(value).is_integer() for value in present):
            return values.cast(pa.int64()).dictionary_encode()
    return values


def write_stat(tables: Iterator[pa.Table], path: Path, ending: str) -> int:
    """Writes batches, and gives the number of rows; labels, formats and codes are those of the file that was learned.

    Raises:
        DataError: pyreadstat is not installed, there is no batch, or the format cannot hold a name or a value.
    """
    package = required("pyreadstat", "stat")
    table = pa.concat_tables(list(tables), promote_options="permissive")
    source = source_of(table) or {}
    kind = _READERS[ending][0]
    about = source.get("columns", {}) if source.get("format") in {"SPSS", "Stata", "SAS"} else {}
    same = source.get("format") == kind
    options: dict[str, Any] = {
        "file_label": source.get("label", ""),
        "column_labels": {name: said["label"] for name, said in about.items() if "label" in said},
    }
    if same:
        options["variable_format"] = {name: said["format"] for name, said in about.items() if "format" in said}
    if not same:  # no other program labels text, or missing codes that have letters
        about = {name: said | {"labels": _of_numbers(said)} for name, said in about.items()}
    if kind != "SAS":
        options["variable_value_labels"] = {
            name: dict(said["labels"]) for name, said in about.items() if said.get("labels")
        }
    if kind == "SPSS" and same:
        for option, key in (
            ("missing_ranges", "codes"),
            ("variable_measure", "measure"),
            ("variable_display_width", "width"),
        ):
            options[option] = {name: said[key] for name, said in about.items() if key in said}
        options["compress"] = ending == ".zsav"
    if kind == "Stata" and same:
        options["missing_user_values"] = {name: said["codes"] for name, said in about.items() if "codes" in said}
    frame = _frame(table, about)
    try:
        getattr(package, _WRITERS[ending])(frame, str(path), **options)
    except Exception as error:
        raise DataError(
            f"a table to write as {ending} must be such as {kind} can hold, however: {one_line(error)}"
        ) from error
    return table.num_rows


def _of_numbers(said: Mapping[str, Any]) -> list[Any]:
    return [pair for pair in said.get("labels", []) if isinstance(pair[0], (int, float))]


def _frame(table: pa.Table, about: Mapping[str, Mapping[str, Any]]) -> Any:
    """The table as a pandas frame of what pyreadstat writes: numbers, text, dates and times."""
    import pandas as pd

    columns = {name: _cells(table.column(name), about.get(name, {})) for name in table.column_names}
    return pd.DataFrame(columns)


def _cells(column: pa.ChunkedArray, said: Mapping[str, Any]) -> Any:
    import pandas as pd

    column = spelt_out(column)
    if is_text(column.type):
        tagged = _tagged(column, said) if said.get("mixed") else None
        return pd.Series(
            ["" if cell is None else cell for cell in column.to_pylist()] if tagged is None else tagged, dtype=object
        )
    kind, types = column.type, pa.types
    if types.is_timestamp(kind):
        return column.cast(pa.timestamp("us"), safe=False).to_pandas()
    if types.is_date(kind) or types.is_time(kind):
        return pd.Series(column.to_pylist(), dtype=object)
    if types.is_boolean(kind):
        column = column.cast(pa.int8())
    if types.is_duration(kind):  # in seconds
        column = pc.divide(column.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64()), 1e6)
    is_whole = types.is_integer(column.type) and not column.null_count
    return (column if is_whole else column.cast(pa.float64())).to_numpy()


def _tagged(column: pa.ChunkedArray, said: Mapping[str, Any]) -> list[Any] | None:
    """Numbers and the letters of missing codes, of a column of text that holds nothing else."""
    codes = {f"{_TAGGED}{code}" for code in said.get("codes", ()) if isinstance(code, str)}
    found = [number_in(cell) for cell in column.to_pylist()]
    if not all(cell is None or isinstance(cell, (int, float)) or cell in codes for cell in found):
        return None
    return [cell[1:] if isinstance(cell, str) else np.nan if cell is None else float(cell) for cell in found]
