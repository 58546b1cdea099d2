"""Compressed files are read and written, whatever is in them, in bounded memory."""

from __future__ import annotations

import zipfile

import pytest
from helpers.files import TABLE, written

from synthgan import ResourceError
from synthgan.io.readers import head_of, read_table
from synthgan.io.writers import write_table

PACKINGS = ["gz", "bz2", "xz", "zip"]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet", "arrow"])
def test_each_packing_of_each_format(tmp_path, ending, packing):
    path = tmp_path / f"t.{ending}.{packing}"
    assert write_table([TABLE, TABLE.slice(0, 1)], path) == 4
    again = read_table(path)
    assert again.slice(0, 3).equals(TABLE)
    assert head_of(path)[0].names == TABLE.column_names
    content = path.read_bytes()
    write_table([TABLE, TABLE.slice(0, 1)], path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("ending", ["csv", "parquet", "arrow"])
def test_a_zip_file_is_read_by_what_is_in_it(tmp_path, ending):
    write_table(TABLE, tmp_path / f"t.{ending}")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.write(tmp_path / f"t.{ending}", f"folder/t.{ending}")
        archive.writestr("__MACOSX/._t.csv", "x")
        archive.writestr("folder/.DS_Store", "x")
    assert read_table(tmp_path / "t.zip").equals(TABLE)


def test_a_new_zip_file_holds_csv(tmp_path):
    write_table(TABLE, tmp_path / "t.zip")
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert archive.namelist() == ["table.csv"]
    assert read_table(tmp_path / "t.zip").equals(TABLE)


@pytest.mark.parametrize("ending", ["csv", "arrow"])
@pytest.mark.parametrize("packing", PACKINGS)
def test_bombs_are_refused(tmp_path, ending, packing):
    path = tmp_path / f"t.{ending}.{packing}"
    write_table(TABLE.take([0] * 30_000), path)
    with pytest.raises(ResourceError, match=rf"t\.{ending}\.{packing} must fit into 100 kB of memory"):
        read_table(path, memory="100kB")


def test_a_lying_size_of_a_member_is_a_damaged_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", "a,b\n" + "1,2\n" * 1000)
    content = (tmp_path / "t.zip").read_bytes().replace((4004).to_bytes(4, "little"), (40).to_bytes(4, "little"))
    with pytest.raises(Exception, match=r"must be a readable \.zip file, however: .*CRC"):
        read_table(written(tmp_path / "t.zip", content))
