"""Damaged files and what is no file at all: one line, never a traceback, a signal or a wait."""

from __future__ import annotations

import gzip
import json
import os
import socket
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from synthgan import DataError, ImageRecords, ModelFileError, SynthganError
from synthgan.io.arrowmessages import unpacked_bytes_of
from synthgan.io.modelfile import read
from synthgan.io.readers import read_table
from synthgan.io.reasons import one_line
from synthgan.io.writers import write_table

TABLE = pa.table(
    {"age": [31, 47, 60], "sex": pa.array(["F", "M", "F"]).dictionary_encode(), "name": ["a", "bb", "ccc"]}
)


def said(reader, path):
    """What a reader says of a file; nothing where it reads it."""
    try:
        reader(path)
    except SynthganError as error:
        return str(error)
    return ""


def arrow_bytes(table, new=pyarrow.ipc.new_file, compression=None):
    sink = pa.BufferOutputStream()
    with new(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("new", [pyarrow.ipc.new_file, pyarrow.ipc.new_stream])
def test_arrow_files_are_validated_in_full(tmp_path, new):
    broken = [
        pa.DictionaryArray.from_arrays(pa.array([0, 1, 77], pa.int8()), pa.array(["F", "M"]), safe=False),
        pa.StringArray.from_buffers(1, pa.py_buffer(np.array([0, 2], np.int32)), pa.py_buffer(b"\xff\xfe")),
    ]
    for values in broken:
        (tmp_path / "t.arrow").write_bytes(arrow_bytes(pa.table({"x": values}), new))
        with pytest.raises(DataError, match=r"t\.arrow must be a readable \.arrow file, however: ") as found:
            read_table(tmp_path / "t.arrow")
        assert "\n" not in str(found.value)


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
@pytest.mark.parametrize("new", [pyarrow.ipc.new_file, pyarrow.ipc.new_stream])
def test_each_damaged_byte_of_an_arrow_file_gives_a_table_or_one_line(tmp_path, new, compression):
    content = arrow_bytes(TABLE, new, compression)
    for place in range(8, len(content), 7):
        (tmp_path / "t.arrow").write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
        assert "\n" not in said(read_table, tmp_path / "t.arrow")


def test_compressed_lengths_are_added_up_as_they_are_stated():
    table = pa.table({"x": np.zeros(10_000), "y": ["a"] * 10_000})
    for new in (pyarrow.ipc.new_file, pyarrow.ipc.new_stream):
        assert unpacked_bytes_of(pa.py_buffer(arrow_bytes(table, new))) == 0
        stated = unpacked_bytes_of(pa.py_buffer(arrow_bytes(table, new, "zstd")))
        assert abs(stated - table.nbytes) < 100


@pytest.mark.parametrize(
    "metadata", [b"{", b"[]", b"\xff", b'{"columns": 3}', b'{"index_columns": [7], "columns": []}', b"3"]
)
def test_damaged_pandas_metadata_cost_no_row(tmp_path, metadata):
    pq.write_table(TABLE.replace_schema_metadata({b"pandas": metadata}), tmp_path / "t.parquet")
    assert len(read_table(tmp_path / "t.parquet")) == 3


def test_pandas_metadata_are_still_followed(tmp_path):
    TABLE.to_pandas().to_parquet(tmp_path / "t.parquet")
    assert json.loads(pq.read_schema(tmp_path / "t.parquet").metadata[b"pandas"])
    assert read_table(tmp_path / "t.parquet").equals(TABLE.to_pandas())


def test_damaged_gzip_is_one_line(tmp_path):
    rows = "".join(f"{number},{number * 7919 % 1000}\n" for number in range(2_000))
    content = gzip.compress(b"a,b\n" + rows.encode())
    for place in range(2, len(content), len(content) // 60):
        for damaged in (content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :], content[:place]):
            (tmp_path / "t.csv.gz").write_bytes(damaged)
            assert "\n" not in said(read_table, tmp_path / "t.csv.gz")


def test_damaged_archives_are_one_line(tmp_path):
    np.savez_compressed(
        tmp_path / "good.npz", images=np.arange(640, dtype=np.uint8).reshape(10, 8, 8), labels=np.arange(10)
    )
    content = (tmp_path / "good.npz").read_bytes()
    for place in range(0, len(content), 9):
        for damaged in (content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :], content[:place]):
            (tmp_path / "t.npz").write_bytes(damaged)
            assert "\n" not in said(ImageRecords.read, tmp_path / "t.npz")


def pipe(path):
    os.mkfifo(path)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as bound:
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's path must be short
        bound.bind(path.name)
        os.chdir(here)


def loop(path):
    path.symlink_to(path.name)


STRANGERS = {"a pipe": pipe, "a socket": unix_socket, "too many levels of symbolic links": loop, "a folder": os.mkdir}


@pytest.mark.parametrize(("found", "make"), STRANGERS.items(), ids=STRANGERS)
def test_nothing_but_a_plain_file_is_opened(tmp_path, found, make):
    make(tmp_path / "t.csv")
    refusal = (
        "must hold tables, however: found none"
        if found == "a folder"
        else f"must be a file to read, however: .*{found}"
    )
    with pytest.raises(DataError, match=refusal):
        read_table(tmp_path / "t.csv")
    if make is not loop:
        make(tmp_path / "t.synthgan")
        with pytest.raises(ModelFileError, match=f"must be a model file, however: .*{found}"):
            read(tmp_path / "t.synthgan")
    (tmp_path / "class").mkdir()
    make(tmp_path / "class" / "image.png")
    (tmp_path / "t.csv").rmdir() if make is os.mkdir else (tmp_path / "t.csv").unlink()
    for path in tmp_path.glob("t.*"):
        path.rmdir() if path.is_dir() else path.unlink()
    refusal = "must hold images, however" if found == "a folder" else "must be an image, however"
    with pytest.raises(DataError, match=f"{refusal}: .*{found.removeprefix('a ')}"):
        ImageRecords.read(tmp_path)


def test_what_a_library_quotes_of_a_damaged_file_is_written_out():
    assert one_line(ValueError("no type \x0e\nmore")) == "no type \\x0e"
    assert len(one_line(ValueError("a" * 10_000))) < 310
    assert one_line(ValueError()) == "ValueError"


def test_a_time_zone_that_is_no_text_is_one_line(tmp_path):
    path = tmp_path / "t.arrow"
    write_table(pa.table({"at": pa.array([0, 1], pa.timestamp("us", "Europe/Warsaw"))}), path)
    path.write_bytes(path.read_bytes().replace(b"Europe/Warsaw", b"Europe/Warsa\x80"))
    with pytest.raises(DataError, match=r"must be a readable \.arrow file"):
        read_table(path)
