"""Workbooks are read and written with the number formats of their columns; text stays text."""

from __future__ import annotations

import datetime as dt
import decimal
import sys
import zipfile

import openpyxl
import pyarrow as pa
import pytest
from helpers.files import written

from synthgan import DataError, PrivacyError, ResourceError, Schema, Synthesizer
from synthgan.data.containers.source import source_of
from synthgan.io.readers import read_plainly, read_table
from synthgan.io.writers import write_table

FORMATS = {"share": "0.0%", "day": "DD.MM.YYYY", "stamp": "DD.MM.YYYY hh:mm", "paid": '#,##0.00 "€"'}


def workbook(path, rows=12, above=(), below=()):
    """A sheet as an office keeps it."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Daten"
    for line in above:
        sheet.append(line)
    sheet.append(["name", "share", "day", "stamp", "paid", "mix", "count", "yes", "time"])
    for n in range(rows):
        day = dt.datetime(2020, 1, 1 + n % 28)
        mix = "n/a" if n % 4 == 2 else n
        clock = dt.time(10, n % 60)
        sheet.append(["ab"[n % 2], n / 8, day, day + dt.timedelta(hours=10), 12.5 * n, mix, n % 5, n % 3 == 0, clock])
        for column, form in zip((2, 3, 4, 5), FORMATS.values(), strict=True):
            sheet.cell(sheet.max_row, column).number_format = form
    for line in below:
        sheet.append(line)
    book.create_sheet("2").append(["other"])
    book["2"].append([1])
    book.save(path)
    return path


def number_formats(path):
    sheet = openpyxl.load_workbook(path).worksheets[0]
    header = next(at for at, row in enumerate(sheet.iter_rows(), 1) if sum(cell.value is not None for cell in row) > 2)
    return {cell.value: sheet.cell(header + 1, cell.column).number_format for cell in sheet[header]}


@pytest.mark.parametrize("above", [[], [["Bericht 2020"], []], [[], [None, "a", "b"], []]])
def test_a_table_is_found_in_a_sheet(tmp_path, above):
    table = read_table(workbook(tmp_path / "t.xlsx", above=above, below=[["a", None, None, None, "#N/A"], []]))
    kinds = ["string", "double", "date32[day]", "timestamp[us]", "double", "string", "int64", "bool", "time64[us]"]
    assert [str(kind) for kind in table.schema.types] == kinds
    assert table["paid"].to_pylist() == [12.5 * n for n in range(12)] + [None]
    assert table["mix"].to_pylist()[:4] == ["0", "1", "n/a", "3"]
    assert source_of(table)["sheet"] == "Daten"
    assert source_of(table)["columns"]["share"] == {"number_format": "0.0%"}


def test_what_is_read_is_written_again_with_its_number_formats(tmp_path):
    path = workbook(tmp_path / "t.xlsx")
    table = read_table(path)
    assert write_table([table, table], tmp_path / "again.xlsx") == 24
    again = read_table(tmp_path / "again.xlsx")
    assert again.slice(12).equals(table)
    assert source_of(again) == source_of(table)
    assert number_formats(tmp_path / "again.xlsx") == number_formats(path)
    content = (tmp_path / "again.xlsx").read_bytes()
    write_table([table, table], tmp_path / "again.xlsx")
    assert (tmp_path / "again.xlsx").read_bytes() == content
    assert openpyxl.load_workbook(tmp_path / "again.xlsx").sheetnames == ["Daten"]


def test_a_sample_of_a_workbook_has_its_number_formats(tmp_path, tiny_options):
    path = workbook(tmp_path / "t.xlsx", rows=60)
    sample = Synthesizer(**tiny_options).fit(path, drop=["mix"]).sample(30)
    write_table(sample, tmp_path / "sample.xlsx")
    wanted = number_formats(path)
    del wanted["mix"]
    assert number_formats(tmp_path / "sample.xlsx") == wanted
    assert read_table(tmp_path / "sample.xlsx").schema.equals(sample.schema)


def test_a_sheet_is_named_behind_the_file(tmp_path):
    path = workbook(tmp_path / "t.xlsx")
    assert read_table(f"{path}#2").to_pydict() == {"other": [1]}
    with pytest.raises(
        DataError, match="must have the sheet that was named, however: found no '3'; its sheets are Daten, 2"
    ):
        read_table(f"{path}#3")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-x", "@a", "#N/A", "'x", "\tx", "007", " "])
def test_text_is_never_a_formula(tmp_path, cell):
    table = pa.table({"x": [cell, "a", None], cell: ["b", cell, cell]})
    write_table(table, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").active
    assert {kind.data_type for row in sheet.iter_rows() for kind in row if kind.value is not None} == {"s"}
    assert read_table(tmp_path / "t.xlsx").to_pydict() == table.to_pydict()


def test_what_excel_cannot_hold_is_text(tmp_path):
    table = pa.table({
        "long": [2**53 + 1], "exact": [decimal.Decimal("1.23456789012345678901")], "short": [decimal.Decimal("2.50")],
        "old": [dt.date(1850, 1, 1)], "zoned": pa.array([dt.datetime(2020, 1, 1)], pa.timestamp("us", "UTC")),
        "nan": [float("nan")], "nil": ["a\x00b"], "length": [dt.timedelta(hours=30)], "code": pa.array(["k"]).dictionary_encode(),
    })  # fmt: skip
    write_table(table, tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx").to_pylist() == [{
        "long": "9007199254740993", "exact": "1.23456789012345678901", "short": 2.5, "old": "1850-01-01",
        "zoned": "2020-01-01T00:00:00.000000Z", "nan": None, "nil": "a\ufffdb", "length": dt.timedelta(hours=30), "code": "k",
    }]  # fmt: skip


def test_a_table_too_large_for_a_sheet_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"must have at most 1,048,575 rows and 16,384 columns, however: found .*; write Parquet"
    ):
        write_table(pa.table({str(n): [1] for n in range(16_385)}), tmp_path / "t.xlsx")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "[Content_Types].xml"])
def test_damaged_workbooks_are_refused_in_one_line(tmp_path, part):
    workbook(tmp_path / "t.xlsx")
    for content in (b"<no", b"", *([] if "sheet" in part else [None])):  # a sheet that is lacking is none
        with zipfile.ZipFile(tmp_path / "t.xlsx") as source, zipfile.ZipFile(tmp_path / "d.xlsx", "w") as target:
            for name in source.namelist():
                if name != part or content is not None:
                    target.writestr(name, content if name == part else source.read(name))
        with pytest.raises(DataError, match=r"d\.xlsx must ") as caught:
            read_table(tmp_path / "d.xlsx")
        assert "\n" not in str(caught.value)
    damaged = written(tmp_path / "d.xlsx", (tmp_path / "t.xlsx").read_bytes()[:500])
    with pytest.raises(DataError, match=r"must be a readable \.xlsx file"):
        read_table(damaged)


def test_bombs_and_empty_sheets_are_refused(tmp_path):
    openpyxl.Workbook().save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="must hold columns, however: found none"):
        read_table(tmp_path / "t.xlsx")
    with pytest.raises(ResourceError, match="must fit into"):
        read_table(workbook(tmp_path / "t.xlsx"), memory="5kB")


def test_a_private_fit_refuses_workbooks(tmp_path):
    path = workbook(tmp_path / "t.xlsx")
    with pytest.raises(PrivacyError, match=r"of \.xlsx files that is not known; convert it to Parquet"):
        read_plainly(path, declared=True)


def test_without_the_package_it_is_said_how_to_install_it(tmp_path, monkeypatch):
    path = workbook(tmp_path / "t.xlsx")
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(
        DataError, match=r"need the package openpyxl, however: it is not installed; pip install 'synthgan\[excel\]'"
    ):
        read_table(path)
    assert Schema.infer(pa.table({"x": ["a", "b"]})).source is None
