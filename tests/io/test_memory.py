"""No file takes more memory than was declared, whatever it unpacks to: it is refused before the memory is taken."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from synthgan import ConfigError, DataError, ImageRecords, ResourceError
from synthgan.io import memory
from synthgan.io.memory import bound, bytes_of, memory_bound
from synthgan.io.modelfile import read, write
from synthgan.io.readers import read_table
from synthgan.io.unpacked import spelt_out_bytes

ROWS = 1_000_000
SAME = pa.array(np.zeros(ROWS, np.int32))
LONG = pa.array(["a" * 1_000])


def parquet(path, table, **how):
    pq.write_table(table, path, **how)


def arrow(path, table, compression):
    with pa.ipc.new_file(str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)


def stream(path, table):
    with pa.ipc.new_stream(str(path), table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)


def packed_csv(path, _):
    with gzip.open(path, "wb") as file:
        file.write(b"a,b\n" + b"1,2\n" * ROWS)


def late_csv(path, _):
    """A file whose beginning says nothing of its end."""
    with gzip.open(path, "wb", 1) as file:
        noise = np.random.default_rng(0).integers(0, 10**15, 100_000)
        file.write(b"a\n" + b"\n".join(b"%d" % number for number in noise) + b"\n" + b"1\n" * 2 * ROWS)


NUMBERS = pa.table({"x": np.zeros(ROWS)})
TEXT = pa.table({"x": LONG.take(SAME)})
CODED = pa.table({"x": pa.DictionaryArray.from_arrays(SAME, LONG)})
BOMBS = {
    "parquet of numbers": ("t.parquet", parquet, NUMBERS),
    "parquet of one text": ("t.parquet", parquet, TEXT),
    "parquet of lists": ("t.parquet", parquet, pa.table({"x": pa.array([["a" * 1_000]]).take(SAME[:20_000])})),
    "parquet of nothing": ("t.parquet", parquet, pa.table({"x": pa.nulls(ROWS)})),
    "parquet of beginnings": (
        "t.parquet",
        lambda path, table: parquet(path, table, use_dictionary=False, column_encoding="DELTA_BYTE_ARRAY"),
        pa.table({"x": ["a" * length for length in range(4_000)]}),
    ),
    "arrow, zstd": ("t.arrow", lambda path, table: arrow(path, table, "zstd"), NUMBERS),
    "arrow, lz4": ("t.arrow", lambda path, table: arrow(path, table, "lz4"), NUMBERS),
    "arrow stream": ("t.arrow", stream, NUMBERS),
    "arrow of one level": ("t.arrow", lambda path, table: arrow(path, table, None), CODED),
    "arrow of nothing": ("t.arrow", lambda path, table: arrow(path, table, None), pa.table({"x": pa.nulls(ROWS)})),
    "csv.gz": ("t.csv.gz", packed_csv, None),
    "csv.gz with a late end": ("t.csv.gz", late_csv, None),
}


@pytest.mark.parametrize(("name", "make", "table"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_it_takes_memory(tmp_path, name, make, table):
    make(tmp_path / name, table)
    before = pa.total_allocated_bytes()
    with pytest.raises(
        ResourceError, match=r"must fit into 5 MB of memory, however: reading it takes .* or more"
    ) as found:
        read_table(tmp_path / name, memory="5MB")
    assert "memory='" in str(found.value)
    assert pa.total_allocated_bytes() - before < 5_000_000
    if name != "t.csv.gz":
        assert len(read_table(tmp_path / name, memory="8GB"))


def npz(header_shape=None):
    stream_ = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream_, {"descr": "|u1", "fortran_order": False, "shape": header_shape or (10, 8, 8)}
    )
    content = {"images.npy": stream_.getvalue() + bytes(640), "labels.npy": None}
    labels = io.BytesIO()
    np.save(labels, np.arange(10))
    content["labels.npy"] = labels.getvalue()
    return content


def archive(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in content.items():
            file.writestr(name, data)


def test_an_archive_may_not_say_more_than_it_holds(tmp_path):
    archive(tmp_path / "good.npz", npz())
    assert len(ImageRecords.read(tmp_path / "good.npz")) == 10
    archive(tmp_path / "bad.npz", npz((10**6, 1_000, 1_000)))
    tracemalloc.start()
    with pytest.raises(
        DataError, match=r"bad\.npz must be a readable \.npz of plain arrays, however: images\.npy does not"
    ):
        ImageRecords.read(tmp_path / "bad.npz")
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()


def test_a_header_that_is_no_header_is_one_line(tmp_path):
    content = npz()
    content["images.npy"] = content["images.npy"].replace(b"{", b"[", 1)
    archive(tmp_path / "bad.npz", content)
    with pytest.raises(DataError, match=r"bad\.npz must be a readable \.npz of plain arrays, however: "):
        ImageRecords.read(tmp_path / "bad.npz")


def test_images_and_models_are_bounded_too(tmp_path):
    archive(tmp_path / "images.npz", npz())
    write(tmp_path / "m.synthgan", {}, {"x": np.zeros(10_000)})
    with memory_bound(100):
        with pytest.raises(ResourceError, match="must fit into 100 bytes of memory"):
            ImageRecords.read(tmp_path / "images.npz")
        with pytest.raises(ResourceError, match="must fit into 100 bytes of memory"):
            read(tmp_path / "m.synthgan")


def test_the_bound_is_three_quarters_of_the_machine_unless_declared(monkeypatch):
    monkeypatch.setattr(memory, "_of_machine", lambda: 1_000)
    assert bound() == 750
    with memory_bound("2 kB"), memory_bound(None):
        assert bound() == 2_000
    assert bound() == 750


@pytest.mark.parametrize("given", ["much", "-1GB", "0", "4 XB", ""])
def test_what_is_no_size_is_refused(given):
    with pytest.raises(ConfigError, match="memory must be a size such as 4GB, however: "):
        bytes_of(given)


def test_views_that_share_their_text_are_counted_one_by_one():
    views = pa.array(["a" * 100, None, "b"], pa.string_view())
    assert spelt_out_bytes(pa.table({"x": views})) == 3 * 8 + 101
