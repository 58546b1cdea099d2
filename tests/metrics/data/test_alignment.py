import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from synthgan.data.schema import Column, Schema
from synthgan.errors import DataError, SchemaError
from synthgan.metrics.data.alignment import align


def patients(rows=30):
    """Every kind of column that can be compared, two that cannot."""
    index = np.arange(rows)
    return pd.DataFrame(
        {
            "mrn": [f"P-{7 * number:06d}" for number in index],
            "age": pd.array(np.where(index % 7 == 0, None, 40 + index % 11), dtype="Int64"),
            "dose": np.where(index % 5 == 0, np.nan, (index % 9) / 4),
            "sex": np.where(index % 2, "F", "M"),
            "smokes": index % 3 == 0,
            "stage": pd.Categorical.from_codes(index % 3, ["I", "II", "III"], ordered=True),
            "seen": pd.to_datetime("2020-02-29") + pd.to_timedelta(index * 36, unit="h"),
            "stay": pd.to_timedelta(index % 6, unit="D"),
            "site": "A",
            "empty": pd.Series([None] * rows, dtype=object),
        }
    )


def test_every_kind_becomes_numbers_or_codes():
    tables, notes = align(patients(), patients(20))
    assert tables.real.number_names == ("age", "dose", "seen", "stay")
    assert tables.real.code_names == ("sex", "smokes", "stage", "site", "empty")
    assert tables.real.levels == (2, 2, 3, 1, 0)
    assert (tables.real.rows, tables.synthetic.rows, tables.holdout) == (30, 20, None)
    assert np.isnan(tables.real.numbers[0, :2]).all()
    assert tables.real.numbers[1, 2] - tables.real.numbers[0, 2] == 36 * 1  # hours, the coarsest unit that fits
    assert (tables.real.codes[:, 4] == -1).all()
    assert "mrn" in notes[0]


def test_containers_may_differ(tmp_path):
    frame = patients()
    path, parquet = tmp_path / "synthetic.csv", tmp_path / "real.parquet"
    plain = frame.drop(columns="stay")  # CSV has no durations
    plain.to_csv(path, index=False)
    expected, _ = align(plain, plain)
    found, _ = align(plain, path)
    assert found.synthetic.numbers == pytest.approx(expected.synthetic.numbers, nan_ok=True)
    assert (found.synthetic.codes == expected.synthetic.codes).all()
    table = pa.Table.from_pandas(frame, preserve_index=False)
    pyarrow.parquet.write_table(table, parquet)
    found, _ = align(parquet, table, frame)
    assert (found.real.codes == found.holdout.codes).all()
    assert found.real.numbers == pytest.approx(found.synthetic.numbers, nan_ok=True)


def test_polars_tables_are_read():
    polars = pytest.importorskip("polars")
    frame = patients().drop(columns=["stage", "empty"])
    found, _ = align(frame, polars.from_pandas(frame))
    assert (found.real.codes == found.synthetic.codes).all()
    assert found.real.numbers == pytest.approx(found.synthetic.numbers, nan_ok=True)


def test_a_column_that_is_constant_in_the_real_rows_takes_its_kind_from_the_others():
    real = pd.DataFrame({"x": [1, 2, 3], "dose": [5, 5, 5], "gone": [np.nan] * 3, "day": [dt.date(2020, 1, 1)] * 3})
    other = pd.DataFrame(
        {
            "x": [1, 2, 3],
            "dose": [5.5, 6, 7],
            "gone": ["a", None, "b"],
            "day": [dt.date(2020, 1, 1 + n) for n in range(3)],
        }
    )
    for tables in (align(real, other)[0], align(real, real, other)[0]):
        assert tables.real.number_names == ("x", "dose", "day")
        assert tables.real.numbers[:, 1].tolist() == [5, 5, 5]
        assert tables.real.codes[:, 0].tolist() == [-1, -1, -1]
        assert tables.real.levels == (2,)


def test_a_constant_number_stays_a_number():
    frame = pd.DataFrame({"x": [1, 2, 3], "dose": [5, 5, 5]})
    assert align(frame, frame)[0].real.number_names == ("x", "dose")


def test_columns_must_match():
    frame = patients()
    with pytest.raises(SchemaError, match=r"holdout table.*'age' is missing"):
        align(frame, frame, frame.drop(columns="age"))
    with pytest.raises(SchemaError, match=r"synthetic table must share columns.*its columns are other"):
        align(frame, pd.DataFrame({"other": [1, 2]}))
    with pytest.raises(SchemaError, match=r"holdout table.*found column 'split'"):
        align(frame, frame, frame.assign(split=1))
    with pytest.raises(SchemaError, match=r"synthetic table: column 'age' must hold"):
        align(frame, frame.assign(age="old"))


def test_columns_the_synthetic_table_lacks_are_named_and_left_out():
    frame = patients()
    tables, notes = align(frame, frame.drop(columns="age"), frame)
    assert "age" not in tables.real.names
    assert "the synthetic table has them not: age" in " ".join(notes)


def test_identifiers_and_prose_need_not_be_there():
    frame = patients().assign(note=[f"patient felt {n} times quite unwell today" for n in range(30)])
    tables, notes = align(frame, frame.drop(columns=["mrn", "note"]), frame)
    assert not {"mrn", "note"} & set(tables.real.names)
    assert "mrn, note" in notes[0]


def test_a_schema_says_what_is_judged_and_how():
    frame = pd.DataFrame({"x": [1, 2, 3, 2], "y": [1, 2, 3, 4], "z": ["a", "b", "a", "b"]})
    column = Column("x", "category", "int64", levels=(1, 2))
    tables, _ = align(
        frame, frame.drop(columns="z"), schema=Schema("pandas", (column, Column("y", "integer", "int64")))
    )
    assert tables.real.names == ("y", "x")
    assert tables.real.codes[:, 0].tolist() == [0, 1, 2, 1]  # an undeclared level is a finding, not an error


def test_targets_must_be_judged():
    frame = patients()
    align(frame, frame, target="sex")
    with pytest.raises(DataError, match="'mrn' is an identifier"):
        align(frame, frame, target="mrn")
    with pytest.raises(DataError, match="'weight' is no such column"):
        align(frame, frame, target="weight")


def test_tables_without_rows_and_infinities_are_refused():
    frame = patients()
    with pytest.raises(DataError, match="synthetic table must have rows"):
        align(frame, frame.head(0))
    whole = frame.assign(dose=frame["dose"].fillna(0.5))
    with pytest.raises(SchemaError, match="synthetic table: column 'dose' must hold finite"):
        align(whole, whole.assign(dose=np.inf))
    with pytest.raises(DataError):
        align(frame, [1, 2, 3])


def test_columns_that_the_synthetic_table_withholds_are_left_out_and_named():
    frame = patients()
    tables, notes = align(frame, frame.assign(sex="withheld"))
    assert "sex" not in tables.real.names
    assert "left out, as the synthetic table withholds them: sex" in notes
    with pytest.raises(DataError, match="'sex' is an identifier, free text or withheld"):
        align(frame, frame.assign(sex="withheld"), target="sex")


def test_whole_number_column_names_are_kept():
    frame = pd.DataFrame(np.arange(12.0).reshape(6, 2))
    assert align(frame, frame)[0].real.names == (0, 1)
