"""The encoding of a text is found by its letters, kept when it is written, and never guessed where it does not show."""

from __future__ import annotations

import pytest
from helpers.files import written

from synthgan import DataError, Synthesizer
from synthgan.data.containers.source import source_of
from synthgan.io import csvfile
from synthgan.io.encodings import encoding_of
from synthgan.io.readers import read_table
from synthgan.io.writers import write_table


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe;Straße;Übung", "cp1252"),
        ("Größe;Straße;Übung", "cp850"),
        ("Größe;Straße;Übung", "mac_roman"),
        ("André;Orléans;Français", "cp1252"),
        ("André;Orléans;Français", "mac_roman"),
        ("São Paulo;Coração", "cp1252"),
        ("10 °C;5 µg;€ 7", "cp1252"),
        ("“Zürich–Genève”", "cp1252"),
        ("Łódź;Kraków;Gdańsk", "cp1250"),
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Größe", "utf-8"),
        ("Größe", "utf-8-sig"),
        ("Größe", "utf-16"),
        ("Größe", "utf-32"),
        ("Groesse;x", "utf-16-le"),
        ("Groesse;x", "utf-16-be"),
        ("plain", "utf-8"),
    ],
)
def test_the_encoding_is_found(text, encoding):
    assert encoding_of(text.encode(encoding)) == encoding


@pytest.mark.parametrize(
    "content",
    ["Москва".encode("cp1251"), "北京,上海".encode("gb18030"), "東京".encode("shift_jis"), "äöüß".encode() + b"\xff"],
)
def test_an_encoding_that_does_not_show_is_not_guessed(content):
    assert encoding_of(b"city\n" + content) is None


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1251"])
def test_what_is_read_is_written_again_in_the_same_bytes(tmp_path, encoding):
    city = "Москва" if encoding == "cp1251" else "Köln"
    content = f'"{city}";"n"\n"Zürich";1\n'.replace("Zürich", city).encode(encoding)
    path = written(tmp_path / "t.csv", content)
    table = read_table(path, encoding=encoding if encoding in {"cp1251", "latin-1"} else None)
    assert table.to_pydict() == {city: [city], "n": [1]}
    write_table([table, table.slice(0, 0)], tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == content


def test_letters_far_below_are_found(tmp_path, monkeypatch):
    monkeypatch.setattr(csvfile, "_SAMPLE_BYTES", 1000)
    path = written(tmp_path / "t.csv", b"name,n\n" + b"a,1\n" * 1_000 + "Müller,2\n".encode("cp1252"))
    table = read_table(path)
    assert table["name"][-1].as_py() == "Müller"
    assert source_of(table)["encoding"] == "cp1252"


def test_a_letter_that_the_encoding_lacks_is_refused(tmp_path):
    table = read_table(written(tmp_path / "t.csv", "name\nMüller\n".encode("cp1252")))
    table = table.set_column(0, "name", [["東京"]])
    with pytest.raises(
        DataError, match="of letters that cp1252 has, as its source was, however: found '東'; write Parquet"
    ):
        write_table(table, tmp_path / "again.csv")
    assert write_table(table, tmp_path / "again.parquet") == 1


def test_a_sample_has_the_dialect_of_its_source(tmp_path, tiny_options):
    rows = "".join(f"{'Köln' if n % 3 else 'Ulm'};{n % 7}\r\n" for n in range(90))
    path = written(tmp_path / "t.csv", f"Ort;Größe\r\n{rows}".encode("cp1252"))
    synthesizer = Synthesizer(**tiny_options).fit(path)
    synthesizer.save(tmp_path / "t.synthgan")
    sample = Synthesizer.load(tmp_path / "t.synthgan").sample(20)
    write_table(sample, tmp_path / "sample.csv")
    assert (tmp_path / "sample.csv").read_text(encoding="cp1252").startswith('"Ort";"Größe"\n"')
    write_table(sample, tmp_path / "sample.tsv")
    assert (tmp_path / "sample.tsv").read_text(encoding="cp1252").startswith('"Ort"\t"Größe"\n"')
    assert read_table(tmp_path / "sample.csv").equals(sample)
