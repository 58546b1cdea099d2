"""Files, several that belong together, and folders appear whole or not at all."""

from __future__ import annotations

import errno
import os

import pytest

from synthgan.errors import DataError, ModelFileError, ResourceError
from synthgan.io import atomic
from synthgan.io.atomic import check_writable, new_folder, refused, replacing, write_files


def one(path):
    with replacing(path) as temporary:
        temporary.write_text("new")


def folder(path):
    with new_folder(path) as temporary:
        (temporary / "file").write_text("new")


WRITERS = {
    "one": one,
    "several": lambda path: write_files({path: "new", path.with_name("beside"): b"new"}),
    "folder": folder,
}
everywhere = pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)


def names(path):
    return sorted(str(entry.relative_to(path)) for entry in path.rglob("*"))


@everywhere
def test_what_was_written_stands_there_alone(tmp_path, write):
    write(tmp_path / "out")
    assert names(tmp_path) in (["out"], ["beside", "out"], ["out", "out/file"])
    assert all(path.read_text() == "new" for path in tmp_path.rglob("*") if path.is_file())


@everywhere
def test_all_is_on_the_disk_before_any_takes_its_place(tmp_path, write, monkeypatch):
    seen = []

    def flushed(descriptor):
        seen.append(os.fstat(descriptor).st_size)
        assert not (tmp_path / "out").exists()

    monkeypatch.setattr(atomic.os, "fsync", flushed)
    write(tmp_path / "out")
    assert seen
    assert set(seen) == {3}


@everywhere
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_one_wording_and_nothing_is_left(tmp_path, write, code, monkeypatch):
    def full(_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(atomic.os, "fsync", full)
    wording = "must fit on the disk, however: the disk is full; free space, or write elsewhere"
    with pytest.raises(ResourceError, match=wording):
        write(tmp_path / "out")
    assert names(tmp_path) == []


@everywhere
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_whatever_happens_nothing_half_written_is_left(tmp_path, write, error, monkeypatch):
    def broken(_):
        raise error

    monkeypatch.setattr(atomic.os, "fsync", broken)
    with pytest.raises(error):
        write(tmp_path / "out")
    assert names(tmp_path) == []


@everywhere
@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("nowhere/out", r"nowhere/out must be a place to write, however: there is no folder .*nowhere; make it first"),
        ("x" * 300, "must be a place to write, however: file name too long; name another"),
    ],
)
def test_places_that_cannot_be_written_are_refused_in_one_wording(tmp_path, write, index, message):
    with pytest.raises(DataError, match=message):
        write(tmp_path / index)
    assert names(tmp_path) == []


@pytest.mark.parametrize("write", [one, WRITERS["several"], check_writable])
def test_a_folder_is_no_file_to_write(tmp_path, write):
    (tmp_path / "out").mkdir()
    with pytest.raises(DataError, match="out must be a file to write, however: found a folder; name a file in it"):
        write(tmp_path / "out")
    assert names(tmp_path) == ["out"]


def test_a_folder_takes_the_place_of_an_empty_one_only(tmp_path):
    (tmp_path / "out").mkdir()
    folder(tmp_path / "out")
    with pytest.raises(DataError, match="out must be a place to write, however: directory not empty"):
        folder(tmp_path / "out")
    assert names(tmp_path) == ["out", "out/file"]


def test_where_one_of_several_cannot_be_written_all_stay_as_they_were(tmp_path):
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").mkdir()
    with pytest.raises(DataError, match="b must be a file to write"):
        write_files({tmp_path / "a": "new", tmp_path / "b": "new"})
    with pytest.raises(DataError, match="c must be a place to write"):
        write_files({tmp_path / "a": "new", tmp_path / "nowhere" / "c": "new"})
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a", "b"]


def test_the_error_is_of_the_kind_asked_for(tmp_path):
    with pytest.raises(ModelFileError, match="must be a place to write"):
        write_files({tmp_path / "nowhere" / "m": b""}, kind=ModelFileError)
    assert isinstance(refused("m", OSError(errno.ENOSPC, "full"), ModelFileError), ResourceError)


@everywhere
def test_rights_are_those_of_any_new_file(tmp_path, write):
    write(tmp_path / "out")
    (tmp_path / "ordinary").mkdir() if write is folder else (tmp_path / "ordinary").touch()
    assert (tmp_path / "out").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_trial_leaves_nothing_and_spares_what_is_there(tmp_path):
    (tmp_path / "out").write_text("old")
    check_writable(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "old"
    assert names(tmp_path) == ["out"]
    with pytest.raises(DataError, match="there is no folder"):
        check_writable(tmp_path / "nowhere" / "out")


def test_nobody_else_writes_files_of_their_own():
    """Renaming into place, flushing and naming temporary files are done in one module."""
    from conftest import REPOSITORY

    words = ("os.replace(", "os.rename(", "os.fsync(", "mkstemp(", "NamedTemporaryFile(", "token_hex(4)}.")
    sources = [
        *REPOSITORY.glob("synthgan/**/*.py"),
        *REPOSITORY.glob("cli/**/*.py"),
        *REPOSITORY.glob("benchmarks/**/*.py"),
    ]
    found = [str(path) for path in sources for word in words if word in path.read_text(encoding="utf-8")]
    assert set(found) == {str(REPOSITORY / "synthgan/io/atomic.py")}
