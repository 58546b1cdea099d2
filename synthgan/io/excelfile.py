"""Reads and writes Excel workbooks, one sheet of which is a table; needs the extra ``excel``."""

from __future__ import annotations

import datetime as dt
import decimal
import re
import zipfile
from collections import Counter
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.containers.source import source_of, with_source
from synthgan.errors import DataError
from synthgan.io.choices import chosen
from synthgan.io.extras import required
from synthgan.io.memory import check_memory
from synthgan.io.mixed import column_of, number_in, plain_number, scalars_of, spelt_out, text_of
from synthgan.io.packed import NO_DATE
from synthgan.io.reasons import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_GENERAL: Final = "General"
_CELL_BYTES: Final = 100  # of a cell as Python holds it
_FEW_ROWS, _MANY_ROWS = 30, 10_000
_MOSTLY: Final = 0.8
_MAX_ROWS, _MAX_COLUMNS = 1_048_575, 16_384
_SURE_DIGITS: Final = 10**15  # Excel keeps no more
_FIRST_DAY: Final = dt.date(1900, 3, 1)  # before, Excel and the calendar differ
_NO_TITLE: Final = re.compile(r"[\\*?:/\[\]]")  # what Excel takes in no title, of 31 letters at most
_STAMP: Final = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_FORMATS: Final = {"date": "yyyy-mm-dd", "stamp": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss", "length": "[h]:mm:ss"}


def read_excel(path: Path) -> pa.Table:
    """Reads the first sheet of a workbook, or the one that was chosen; the header is found below titles and empty rows.

    Formulas count as what they last gave, errors as missing. Cells of several types in a column are text. The table carries
    the number format of each column.

    Raises:
        DataError: openpyxl is not installed, there is no such sheet, or two columns have one name.
        ResourceError: it would unpack to more than fits into memory.
        OSError: the file is damaged.
    """
    package = required("openpyxl", "excel")
    with zipfile.ZipFile(path) as archive:
        check_memory(path, sum(member.file_size for member in archive.infolist()))
    try:
        with path.open("rb") as file:
            sheet = _sheet(package.load_workbook(file, read_only=True, data_only=True), path)
            sheet.reset_dimensions()  # which may be anything
            names, columns, formats = _read_sheet(sheet, path)
            title = sheet.title
    except (DataError, MemoryError, zipfile.BadZipFile):
        raise
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OverflowError) as error:
        raise OSError(one_line(error)) from error  # parts that are lacking or no XML
    arrays: list[pa.Array] = []
    about: dict[str, dict[str, Any]] = {}
    for name, cells, styles in zip(names, columns, formats, strict=True):
        values, said = _typed(cells, styles)
        arrays.append(values)
        about |= {name: said} if said else {}
    source = {"format": "Excel", "sheet": title} | ({"columns": about} if about else {})
    return with_source(pa.Table.from_arrays(arrays, names=names), source)


def _sheet(book: Any, path: Path) -> Any:
    wanted = chosen().sheet
    if wanted is None:
        return book.worksheets[0]
    if wanted not in book.sheetnames:
        shown = ", ".join(book.sheetnames[:5])
        raise DataError(
            f"{path} must have the sheet that was named, however: found no {wanted!r}; its sheets are {shown}"
        )
    return book[wanted]


def _read_sheet(sheet: Any, path: Path) -> tuple[list[str], list[list[Any]], list[Counter[str]]]:
    """The names, the cells and the number formats of each column."""
    rows = (row for row in sheet.iter_rows() if any(cell.value not in (None, "") for cell in row))
    few = list(islice(rows, _FEW_ROWS))
    at = _header(few)
    head = few[at] if few else ()
    named = {index: cell.value for index, cell in enumerate(head) if cell.value not in (None, "")}
    cells: dict[int, list[Any]] = {index: [] for index in named}
    formats: dict[int, Counter[str]] = {index: Counter() for index in named}
    count = 0
    for count, row in enumerate(chain(few[at + 1 :], rows), 1):
        for index, cell in enumerate(row):
            value = None if cell.value == "" or cell.data_type == "e" else cell.value
            if value is None:
                continue
            column = cells.setdefault(index, [])
            column.extend([None] * (count - 1 - len(column)))
            column.append(value)
            if count <= _MANY_ROWS:
                formats.setdefault(index, Counter())[cell.number_format] += 1
        if count % _MANY_ROWS == 0:
            check_memory(path, sum(map(len, cells.values())) * _CELL_BYTES)
    for column in cells.values():
        column.extend([None] * (count - len(column)))
    order = sorted(cells)
    names = [str(text_of(named.get(index, ""))) for index in order]
    return names, [cells[index] for index in order], [formats[index] for index in order]


def _header(rows: Sequence[Sequence[Any]]) -> int:
    """The first row that is as full as the fullest, or nearly."""
    filled = [sum(cell.value not in (None, "") for cell in row) for row in rows]
    most = max(filled, default=0)
    return next((at for at, count in enumerate(filled) if count >= _MOSTLY * most), 0)


def _typed(cells: list[Any], formats: Counter[str]) -> tuple[pa.Array, dict[str, Any]]:
    """A column of one type, and what is to be kept of its form."""
    said: dict[str, Any] = {}
    usual = formats.most_common(1)[0][0] if formats else _GENERAL
    if usual != _GENERAL:
        said["number_format"] = usual
    stamps = [cell for cell in cells if isinstance(cell, dt.datetime)]
    if (
        stamps
        and not re.search(r"[hs]", re.sub(r'"[^"]*"|\[[^\]]*\]', "", usual))
        and all(one.time() == dt.time() for one in stamps)
    ):
        cells = [cell.date() if isinstance(cell, dt.datetime) else cell for cell in cells]
    if all(
        cell is None or (isinstance(cell, (int, float)) and not isinstance(cell, bool) and float(cell).is_integer())
        for cell in cells
    ):
        cells = [None if cell is None else int(cell) for cell in cells]
    values, is_mixed = column_of(cells)
    return values, said | ({"mixed": True} if is_mixed else {})


def write_excel(tables: Iterator[pa.Table], path: Path, _: str) -> int:
    """Writes batches into one sheet, and gives the number of rows; number formats are those of the workbook that was learned.

    Text is text, also where it looks like a formula. What Excel cannot hold is text, too: numbers of more than 15 digits, days
    before March 1900, stamps with a zone. The same rows give the same bytes.

    Raises:
        DataError: openpyxl is not installed, or the table has more rows or columns than a sheet.
    """
    package = required("openpyxl", "excel")
    book = package.Workbook(write_only=True)
    try:
        rows = _write_rows(package, book, tables)
        with TemporaryFile() as plain:
            book.save(plain)
            _without_dates(plain, path)
    finally:
        for sheet in book.worksheets:  # what was not saved leaves a file behind
            if not sheet.closed:
                sheet.close()
                sheet._writer.cleanup()  # noqa: SLF001 (openpyxl has no other way)
    return rows


def _write_rows(package: Any, book: Any, tables: Iterator[pa.Table]) -> int:
    rows, sheet, form = 0, None, _Form(package, {})
    for table in tables:
        if sheet is None:
            source = source_of(table) or {}
            given = source if source.get("format") == "Excel" else {}
            sheet = book.create_sheet(_NO_TITLE.sub("_", given.get("sheet", ""))[:31] or "Sheet1")
            form = _Form(package, given.get("columns", {}))
            sheet.append([form.text(sheet, name) for name in table.column_names])
        rows += table.num_rows
        if rows > _MAX_ROWS or table.num_columns > _MAX_COLUMNS:
            raise DataError(
                f"a table to write as .xlsx must have at most {_MAX_ROWS:,} rows and {_MAX_COLUMNS:,} columns, however: found "
                f"{rows:,} rows or more and {table.num_columns:,} columns; write Parquet or CSV"
            )
        columns = [form.cells(sheet, name, table.column(name)) for name in table.column_names]
        for row in zip(*columns, strict=True):
            sheet.append(row)
    return rows


class _Form:
    """Makes the cells of a sheet."""

    def __init__(self, package: Any, about: Mapping[str, Mapping[str, Any]]) -> None:
        self._cell = package.cell.WriteOnlyCell
        self._illegal = package.cell.cell.ILLEGAL_CHARACTERS_RE
        self._about = about

    def text(self, sheet: Any, text: str) -> Any:
        """A cell of text, which is never run."""
        text = self._illegal.sub("\N{REPLACEMENT CHARACTER}", text)
        if not text or (text[0] not in "=+-@#\t\r\n" and not text.isspace()):
            return text
        cell = self._cell(sheet, text)
        cell.data_type = "s"
        cell.quotePrefix = True
        return cell

    def cells(self, sheet: Any, name: str, column: pa.ChunkedArray) -> Iterable[Any]:
        """The cells of a column, with its number format."""
        said = self._about.get(name, {})
        for value in _values(column):
            found = number_in(value) if said.get("mixed") and isinstance(value, str) else value
            kind = _kind(found)
            form = said.get("number_format") or _FORMATS.get(kind)
            if kind == "text":
                yield self.text(sheet, str(found))
            elif found is None or form is None:
                yield found
            else:
                cell = self._cell(sheet, found)
                cell.number_format = form
                yield cell


def _values(column: pa.ChunkedArray) -> Iterator[Any]:
    """Values that Excel can hold; all others as text."""
    column = spelt_out(column)
    if pa.types.is_timestamp(column.type) and column.type.tz is None:
        column = column.cast(pa.timestamp("us"), safe=False)
    if pa.types.is_duration(column.type):
        column = column.cast(pa.duration("us"), safe=False)
    zoned = pa.types.is_timestamp(column.type) and column.type.tz is not None
    for value in scalars_of(column) if zoned else column.to_pylist():
        if isinstance(value, decimal.Decimal):
            value = plain_number(value)  # noqa: PLW2901
        is_long = isinstance(value, int) and abs(value) >= _SURE_DIGITS
        is_old = isinstance(value, dt.date) and (value.date() if isinstance(value, dt.datetime) else value) < _FIRST_DAY
        if isinstance(value, float) and value != value:  # noqa: PLR0124 (NaN alone is not itself)
            yield None
        else:
            yield text_of(value) if is_long or is_old else value


def _kind(value: Any) -> str:
    kinds = ((dt.datetime, "stamp"), (dt.date, "date"), (dt.time, "time"), (dt.timedelta, "length"), (str, "text"))
    return next((kind for known, kind in kinds if isinstance(value, known)), "")


def _without_dates(plain: Any, path: Path) -> None:
    """Copies a workbook without the moment at which it was written."""
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "docProps/core.xml":
                content = _STAMP.sub(b"2000-01-01T00:00:00Z", content)
            target.writestr(zipfile.ZipInfo(member.filename, NO_DATE), content, zipfile.ZIP_DEFLATED)
