"""CSV of any dialect is read as what it is; what was found is carried by the table, shown by the schema, and can be chosen."""

from __future__ import annotations

import pytest
from helpers.files import written

from synthgan import ConfigError, DataError, Schema
from synthgan.data.containers.source import source_of
from synthgan.io.choices import reading_as
from synthgan.io.readers import head_of, read_plainly, read_table

A = {"g": [1, 4], "x": [2, 5], "y": [3, 6]}


@pytest.mark.parametrize(
    ("text", "above"),
    [
        ("g,x,y\n1,2,3\n4,5,6\n", 0),
        ("\n\ng,x,y\n1,2,3\n4,5,6\n", 0),
        ("g, x, y\n1, 2, 3\n4,  5, 6 \n", 0),
        ("sep=;\r\ng;x;y\r\n1;2;3\r\n4;5;6\r\n", 1),
        ('"sep=|"\ng|x|y\n1|2|3\n4|5|6\n', 1),
        ("# made today\n#\ng,x,y\n1,2,3\n4,5,6\n", 2),
        ("# a\ng;x;y\n1;2;3\n# b; c\n4;5;6\n", 1),
        ("Report, of today\n\ng;x;y\n1;2;3\n4;5;6\n", 2),
        ("Report;;\n;;\ng;x;y\n1;2;3\n4;5;6\n", 2),
        ("g;x;y;\n1;2;3;\n4;5;6;\n", 0),
        ("g\tx\ty\n1\t2\t3\t\n4\t5\t6\t\n", 0),
        ("'g';'x';'y'\n1;2;3\n4;5;6\n", 0),
        ("\ufeffg,x,y\r\n1,2,3\r\n4,5,6\r\n", 0),
    ],
)
def test_one_table_in_many_dialects(tmp_path, text, above):
    table = read_table(written(tmp_path / "t.csv", text))
    assert table.to_pydict() == A
    assert source_of(table).get("lines_above", 0) == above


def test_a_header_may_begin_as_a_comment_does(tmp_path):
    assert read_table(written(tmp_path / "t.csv", "##version 4\n#CHROM\tPOS\n1\t2\n")).to_pydict() == {
        "#CHROM": [1],
        "POS": [2],
    }
    assert read_table(written(tmp_path / "t.csv", "#id,x\n1,2\n")).to_pydict() == {"#id": [1], "x": [2]}


def test_the_names_that_r_gives_rows_are_a_column_without_a_name(tmp_path):
    table = read_table(written(tmp_path / "t.csv", '"g","x"\n"a",1,2\n"b",3,4\n'))
    assert table.to_pydict() == {"": ["a", "b"], "g": [1, 3], "x": [2, 4]}


def test_blanks_behind_delimiters_are_no_part_of_names_and_cells(tmp_path):
    table = read_table(written(tmp_path / "t.csv", "age, job\n39, State-gov\n50,\n41, Never married\n"))
    assert table.to_pydict() == {"age": [39, 50, 41], "job": ["State-gov", None, "Never married"]}
    quoted = 'a, "b, c"\n"x, y", "z, 1"\nq, r\n'
    assert read_table(written(tmp_path / "t.csv", quoted)).to_pydict() == {"a": ["x, y", "q"], "b, c": ["z, 1", "r"]}
    bad = 'a, "b"\n"x, y", "z"\n"q", "r", "s"\n'
    with pytest.raises(DataError, match=r"readable \.csv file, however: CSV parse error: Expected 2 columns, got 3"):
        read_table(written(tmp_path / "t.csv", bad))


def test_a_blank_in_one_name_or_cell_alone_stays(tmp_path):
    table = read_table(written(tmp_path / "t.csv", "a, b,c\n x,1,2\ny, 2,3\n"))
    assert table.to_pydict() == {"a": [" x", "y"], " b": [1, 2], "c": [2, 3]}


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_decimal_comma_is_found_and_its_cells_stay_as_they_are(tmp_path, quote):
    text = f"g;amount;people\na;{quote}1.048,91{quote};1.234\nb;{quote}-7,50{quote};12.500\n"
    table = read_table(written(tmp_path / "t.csv", text))
    assert table.to_pydict() == {"g": ["a", "b"], "amount": ["1.048,91", "-7,50"], "people": ["1.234", "12.500"]}
    assert source_of(table)["decimal"] == ","
    assert read_table(tmp_path / "t.csv", decimal=".")["people"].to_pylist() == [1.234, 12.5]


@pytest.mark.parametrize("cells", [["1,234", "12,500"], ["a,b", "1,5"], ["POINT(1,5)", "x"], ["2,5", "250.83"]])
def test_other_commas_are_no_decimal_ones(tmp_path, cells):
    table = read_table(written(tmp_path / "t.csv", "x;y\n" + "".join(f"{cell};1.234\n" for cell in cells)))
    assert "decimal" not in source_of(table)
    assert table["y"].to_pylist() == [1.234] * 2


def test_one_column_of_decimal_commas_is_one_column(tmp_path):
    assert read_table(written(tmp_path / "t.csv", "amount\n1,50\n22,10\n")).to_pydict() == {"amount": ["1,50", "22,10"]}


@pytest.mark.parametrize("cells", [["  1", " 10", "100"], ["1 ", "10", "100 "], [" NA", "7", "   "]])
def test_padded_numbers_are_numbers(tmp_path, cells):
    table = read_table(written(tmp_path / "t.csv", "x,y\n" + "".join(f"{cell},z\n" for cell in cells)))
    assert str(table["x"].type) == "int64"


def test_marks_chosen_mean_missing_in_every_column(tmp_path):
    path = written(tmp_path / "t.csv", "x,job,z\n1,unknown,-\n-,clerk,a\n3, unknown ,b\n")
    table = read_table(path, na=["-", "unknown"])
    assert table.to_pydict() == {"x": [1, None, 3], "job": [None, "clerk", None], "z": [None, "a", "b"]}
    assert source_of(table)["missing"] == ["-", "unknown"]
    with reading_as(na=["-"]):
        assert read_plainly(path, declared=True)["x"].to_pylist() == ["1", None, "3"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"decimal": ";"}, 'decimal must be "." or ",", however: \';\''),
        ({"encoding": "klingon"}, "encoding must be one that Python knows, .*, however: 'klingon'"),
        ({"encoding": "zlib"}, "encoding must be one that Python knows, .*, however: 'zlib'"),
    ],
)
def test_wrong_choices_are_refused(tmp_path, given, message):
    with pytest.raises(ConfigError, match=message):
        read_table(tmp_path / "t.csv", **given)
    with (
        pytest.raises(ConfigError, match="delimiter must be one sign, however: ';;'"),
        reading_as(source={"delimiter": ";;"}),
    ):
        pass


def test_what_a_schema_says_of_its_file_is_how_it_is_read(tmp_path):
    path = written(tmp_path / "t.csv", "x;é|y\n1;2|5\n3;4|6\n".encode("cp1250"))
    table = read_table(path)
    schema = Schema.from_json(Schema.infer(table).to_json())
    assert schema.source == {"format": "CSV", "encoding": "cp1252", "delimiter": ";"}
    with reading_as(encoding="cp1250"), reading_as(source=schema.source | {"delimiter": "|", "lines_above": 0}):
        again = read_table(path)
    assert again.column_names == ["x;é", "y"]
    assert source_of(again)["encoding"] == "cp1250"


def test_no_row_has_a_say_in_how_a_private_fit_reads(tmp_path):
    header, rows = "g;x, z;y\n", ["1;2;3\n", "a, b;c;d\n", "1,5;7,5;8\n"]
    for row in rows:
        path = written(tmp_path / "t.csv", header + row)
        assert head_of(path)[0].names == ["g", "x, z", "y"]
        assert read_plainly(path, declared=True).num_columns == 3
    damaged = written(tmp_path / "t.csv", (header + "ä;1;2\n").encode("cp1252"))
    with pytest.raises(DataError, match="UTF8"):
        read_plainly(damaged, declared=True)
    with reading_as(encoding="cp1252"):
        assert read_plainly(damaged, declared=True)["g"].to_pylist() == ["ä"]
