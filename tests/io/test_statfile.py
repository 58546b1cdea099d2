"""Files of SPSS, Stata and SAS keep labels, formats and missing codes on their way through a fit."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyreadstat
import pytest

from synthgan import DataError, PrivacyError, ResourceError, Synthesizer
from synthgan.data.containers.source import source_of
from synthgan.io import readers
from synthgan.io.readers import read_plainly, read_table
from synthgan.io.writers import write_table

N = 120
KEPT = (
    "column_names", "column_names_to_labels", "variable_value_labels", "original_variable_types", "variable_measure",
    "variable_display_width", "missing_ranges", "missing_user_values", "file_label",
)  # fmt: skip


def people():
    rng = np.random.default_rng(0)
    day = [dt.date(2020, 1, 1) + dt.timedelta(int(n)) for n in rng.integers(0, 300, N)]
    return pd.DataFrame({
        "sex": rng.choice([1.0, 2.0, 9.0], N), "age": np.where(rng.random(N) < 0.2, 99.0, rng.integers(20, 80, N)),
        "score": rng.normal(50, 9, N).round(1), "ward": rng.choice(["north", "south", ""], N),
        "day": day, "seen": pd.to_datetime(day) + pd.to_timedelta(rng.integers(0, 24, N), unit="h"),
    })  # fmt: skip


def spss(path, frame=None):
    pyreadstat.write_sav(
        people() if frame is None else frame,
        str(path),
        file_label="a survey",
        column_labels={"sex": "Sex of the person", "age": "Age in years"},
        variable_value_labels={
            "sex": {1: "man", 2: "woman", 9: "no answer"},
            "age": {99: "no answer"},
            "ward": {"north": "N"},
        },
        missing_ranges={"age": [99], "sex": [{"lo": 9, "hi": 9}]},
        variable_measure={"sex": "nominal", "age": "scale"},
        variable_format={"age": "F3.0", "score": "F8.1", "day": "EDATE10"},
        variable_display_width={"age": 5},
    )
    return path


def stata(path):
    frame = people().assign(age=[["a", "b", 30.5, 41.0][n % 4] for n in range(N)])
    labels = {"sex": {1: "man", 2: "woman", 9: "none"}, "age": {"a": "refused"}}
    pyreadstat.write_dta(
        frame,
        str(path),
        column_labels={"sex": "Sex"},
        variable_value_labels=labels,
        missing_user_values={"age": ["a", "b"]},
    )
    return path


def sas(path):
    pyreadstat.write_xport(people(), str(path), column_labels={"sex": "Sex"}, variable_format={"score": "8.1"})
    return path


FILES = {"t.sav": spss, "t.zsav": spss, "t.dta": stata, "t.xpt": sas}


def said(path):
    name = {".sav": "read_sav", ".zsav": "read_sav", ".dta": "read_dta", ".xpt": "read_xport"}[path.suffix]
    reader = getattr(pyreadstat, name)
    options = {} if name == "read_xport" else {"user_missing": True}
    found = reader(str(path), **options)[1]
    return {key: getattr(found, key) for key in KEPT}


@pytest.mark.parametrize("name", ["t.sav", "t.dta", "t.xpt"])
def test_what_is_read_is_written_again(tmp_path, name):
    path = FILES[name](tmp_path / name)
    table = read_table(path)
    again = tmp_path / f"again{path.suffix}"
    assert write_table([table[:50], table[50:]], again) == N
    assert read_table(again).equals(table)
    assert source_of(read_table(again)) == source_of(table)
    assert said(again) == said(path)


@pytest.mark.parametrize("name", ["t.sav", "t.xpt"])
def test_a_sample_has_the_labels_formats_and_codes_of_its_source(tmp_path, name, tiny_options):
    path = FILES[name](tmp_path / name)
    synthesizer = Synthesizer(**tiny_options).fit(path)
    synthesizer.save(tmp_path / "m.synthgan")
    sample = Synthesizer.load(tmp_path / "m.synthgan").sample(80)
    write_table(sample, tmp_path / f"sample{path.suffix}")
    assert said(tmp_path / f"sample{path.suffix}") == said(path)
    assert read_table(tmp_path / f"sample{path.suffix}").to_pydict() == sample.to_pydict()


def test_labelled_codes_are_levels_and_measurements_numbers(tmp_path):
    table = read_table(spss(tmp_path / "t.sav"))
    assert str(table["sex"].type).startswith("dictionary<values=int64")
    assert table["age"].type == pa.float64()
    assert table["day"].type == pa.date32()
    assert table["seen"].type == pa.timestamp("us")
    assert 99 in table["age"].to_pylist()
    assert None in table["ward"].to_pylist()


def test_missing_codes_of_stata_are_text_among_numbers(tmp_path):
    table = read_table(stata(tmp_path / "t.dta"))
    assert table["age"].to_pylist()[:4] == [".a", ".b", "30.5", "41"]


def test_labels_go_from_one_program_to_another(tmp_path):
    write_table(read_table(spss(tmp_path / "t.sav")), tmp_path / "t.dta")
    assert said(tmp_path / "t.dta")["variable_value_labels"]["sex"] == {1: "man", 2: "woman", 9: "no answer"}
    assert said(tmp_path / "t.dta")["column_names_to_labels"]["age"] == "Age in years"


def test_any_table_is_written(tmp_path):
    table = pa.table({
        "yes": [True, None], "n": [1, None], "w": [1, 2], "wait": pa.array([90, None], pa.duration("s")), "t": [dt.time(8), None],
        "code": pa.array(["a", None]).dictionary_encode(), "nothing": pa.nulls(2),
    })  # fmt: skip
    write_table(table, tmp_path / "t.sav")
    again = read_table(tmp_path / "t.sav").to_pydict()
    assert (again["yes"], again["n"], again["wait"], again["code"]) == ([1, None], [1, None], [90, None], ["a", None])
    assert again["t"] == [dt.time(8), None]


def test_keys_have_no_labels_in_a_model(tmp_path):
    frame = people().assign(sex=np.arange(1e6, 1e6 + N))
    labels = {"sex": {1e6 + n: f"person {n}" for n in range(N)}}
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels=labels)
    from synthgan import Schema

    schema = Schema.infer(read_table(tmp_path / "t.sav"), identifiers=["sex"])
    assert not {"labels", "codes"} & schema.source["columns"]["sex"].keys()


def test_more_labels_than_a_codebook_has_are_left_out(tmp_path):
    frame = pd.DataFrame({"x": np.arange(1100.0)})
    labels = {"x": {float(n): str(n) for n in range(1100)}}
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels=labels)
    assert "labels" not in source_of(read_table(tmp_path / "t.sav"))["columns"]["x"]


@pytest.mark.parametrize("name", ["t.sav", "t.dta", "t.xpt"])
def test_damaged_files_are_refused_in_one_line(tmp_path, name):
    content = FILES[name](tmp_path / name).read_bytes()
    for at in (100, *([len(content) // 2] if name != "t.xpt" else [])):  # that says nowhere how long it is
        (tmp_path / name).write_bytes(content[:at])
        with pytest.raises(DataError, match=rf"must be a readable {name[1:]} file, however: ") as caught:
            read_table(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_files_of_sas_are_read_only(tmp_path):
    with pytest.raises(DataError, match="must be of a format that can be written, however: found SAS; name another"):
        write_table(pa.table({"x": [1]}), tmp_path / "t.sas7bdat")
    with pytest.raises(DataError, match="must be of a format that can be written, however: found SAS; name another"):
        write_table(pa.table({"x": [1]}), tmp_path / "t.sas7bdat.gz")
    (tmp_path / "t.sas7bdat").write_bytes(b"x,y\n1,2\n")
    with pytest.raises(DataError, match="must be SAS as its ending says, however: found text"):
        read_table(tmp_path / "t.sas7bdat")


def test_what_cannot_be_written_or_read_is_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match=r"to write as \.sav must be such as SPSS can hold, however: "):
        write_table(pa.table({"1 name": [1]}), tmp_path / "t.sav")
    path = spss(tmp_path / "t.sav")
    with pytest.raises(ResourceError, match=r"t\.sav must fit into 10 kB"):
        read_table(path, memory="10kB")
    with pytest.raises(PrivacyError, match=r"of \.sav files that is not known; convert it to Parquet"):
        read_plainly(path, declared=True)
    monkeypatch.setitem(__import__("sys").modules, "pyreadstat", None)
    with pytest.raises(
        DataError, match=r"need the package pyreadstat, however: it is not installed; pip install 'synthgan\[stat\]'"
    ):
        readers.read_table(path)
