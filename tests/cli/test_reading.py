"""Files are read as they are found to be, as flags say, and as an edited schema says."""

from __future__ import annotations

import json

import pytest

from synthgan_cli.__main__ import main

ROWS = "".join(f"{'Köln' if n % 3 else 'Ulm'};{n % 5},5;{'-' if n % 4 else n}\r\n" for n in range(80))


@pytest.fixture
def visits(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_bytes(f"Ort;Größe;n\r\n{ROWS}".encode("cp1252"))
    return path


def test_three_commands_without_an_option(visits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "visits.csv", "--generator", "chains", "--set", "chains=2", "--no-check", "--na", "-"]) == 0
    said = " ".join(capsys.readouterr().err.split())
    assert 'visits.csv was read as cp1252 text with ";" between cells and decimal commas; --encoding' in said
    assert main(["sample", "-n", "80", "-o", "drawn.csv"]) == 0
    assert "Größe" in (tmp_path / "drawn.csv").read_text("cp1252")
    assert main(["sample", "-n", "3", "-o", "-"]) == 0
    assert capsys.readouterr().out.startswith('"Ort","Größe","n"')
    assert main(["evaluate", "visits.csv", "drawn.csv", "--na", "-", "--json"]) == 0


def test_what_was_found_is_shown_and_flags_win(visits, capsys):
    assert main(["schema", str(visits)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["source"] == {"format": "CSV", "encoding": "cp1252", "delimiter": ";", "decimal": ","}
    flags = ["--encoding", "latin-1", "--decimal", ".", "--na", "-,x", "--na", "y"]
    assert main(["schema", str(visits), *flags]) == 0
    shown = json.loads(capsys.readouterr().out)
    said = {"encoding": "latin-1", "delimiter": ";", "decimal": ".", "missing": ["-", "x", "y"]}
    assert shown["source"] == {"format": "CSV"} | said
    assert shown["columns"][2]["dtype"] == "int64"


def test_an_edited_schema_says_how_the_file_is_read(visits, tmp_path, capsys):
    assert main(["schema", str(visits), "--na", "-", "-o", str(tmp_path / "s.json")]) == 0
    edited = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(edited))
    assert main(["fit", str(visits), "--schema", str(tmp_path / "s.json"), "--dry-run"]) == 0
    edited["source"]["missing"] = []
    (tmp_path / "s.json").write_text(json.dumps(edited))
    assert main(["fit", str(visits), "--schema", str(tmp_path / "s.json"), "--dry-run"]) == 3
    assert "column 'n' must hold numbers (int64), however: found text" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": 1}, "source must say format, encoding, .* only, however: found 'x'"),
        ({"encoding": 5}, "source: encoding must be text, however: found 5"),
        ({"lines_above": -1}, "source: lines_above must be a whole number of at least 0, however: found -1"),
        ({"missing": "-"}, "source: missing must be a list of texts, however: found '-'"),
        ({"blanks": 1}, "source: blanks must be true or false, however: found 1"),
        ({"columns": {"x": 1}}, "source: columns must be an object of an object for each column"),
        ({"encoding": "klingon"}, "source: encoding must be one that Python knows, however: found 'klingon'"),
        ({"delimiter": ";;"}, "source: delimiter must be one sign, however: found ';;'"),
        ({"columns": {"x": {"labels": [1]}}}, "source: labels of column 'x' must be as a file says it"),
        ({"columns": {"x": {"labels": [[{"lo": 1, "hi": 2}, "a"]]}}}, "source: labels of column 'x' must be as"),
        ({"columns": {"x": {"codes": [{"lo": 1}]}}}, "source: codes of column 'x' must be as a file says it"),
        ({"columns": {"x": {"width": "8"}}}, "source: width of column 'x' must be as a file says it"),
        ({"columns": {"x": {"odd": 1}}}, "source: odd of column 'x' must be as a file says it"),
        (7, "source must be a JSON object, however: found int"),
    ],
)
def test_a_wrong_source_is_refused(visits, tmp_path, capsys, change, message):
    from synthgan import Schema, SchemaError
    from synthgan.io.readers import read_table

    given = Schema.infer(read_table(visits)).to_dict()
    given["source"] = change if isinstance(change, int) else given["source"] | change
    with pytest.raises(SchemaError, match=message):
        Schema.from_dict(given)


def test_wrong_flags_are_refused(visits, capsys):
    assert main(["schema", str(visits), "--encoding", "klingon"]) == 2
    assert "--encoding must be one that Python knows" in " ".join(capsys.readouterr().err.split())
    assert main(["schema", str(visits), "--decimal", ";"]) == 2
    assert '--decimal must be "." or ",", however' in " ".join(capsys.readouterr().err.split())


def test_an_encoding_that_does_not_show_has_a_flag_as_its_remedy(tmp_path, capsys):
    (tmp_path / "t.csv").write_bytes("город;n\nМосква;1\n".encode("cp1251"))
    assert main(["schema", str(tmp_path / "t.csv")]) == 3
    assert "--encoding cp1251 (Cyrillic; or" in " ".join(capsys.readouterr().err.split())
    assert main(["schema", str(tmp_path / "t.csv"), "--encoding", "cp1251"]) == 0
    assert "город" in capsys.readouterr().out
