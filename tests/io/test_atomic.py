"""Files, several that belong together, and folders appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pyarrow as pa
import pytest

from synthgan.errors import DataError, ModelFileError, ResourceError
from synthgan.io import atomic, modelfile
from synthgan.io.atomic import check_writable, new_folder, refused, replacing, write_files
from synthgan.io.writers import write_table


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


def private_one(path):
    with replacing(path, private=True) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600  # from its first byte on
        temporary.write_text("new")


PRIVATE = {
    "one": private_one,
    "several": lambda path: write_files({path: "new"}, private=True),
    "model": lambda path: modelfile.write(path, {}, {}),
    "table": lambda path: write_table(pa.table({"x": [1]}), path, private=True),
}


@pytest.mark.parametrize("write", PRIVATE.values(), ids=PRIVATE)
def test_what_is_private_is_its_owners_alone(tmp_path, write):
    write(tmp_path / "out.csv")
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == 0o600


@pytest.mark.parametrize("write", [*PRIVATE.values(), one, WRITERS["several"]])
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400])
def test_a_file_that_is_replaced_hands_on_its_rights_and_group(tmp_path, write, mode, monkeypatch):
    (tmp_path / "out.csv").write_text("old")
    (tmp_path / "out.csv").chmod(mode)
    before = (tmp_path / "out.csv").stat()
    asked = []
    monkeypatch.setattr(atomic.os, "chown", lambda _, user, group: asked.append((user, group)))
    write(tmp_path / "out.csv")
    assert stat.S_IMODE((tmp_path / "out.csv").stat().st_mode) == mode
    assert (before.st_uid, before.st_gid) in asked


def test_where_a_group_cannot_be_handed_on_another_gets_none_of_its_rights(tmp_path, monkeypatch):
    (tmp_path / "out").write_text("old")
    (tmp_path / "out").chmod(0o664)

    def forbidden(*_):
        raise PermissionError

    monkeypatch.setattr(atomic.os, "chown", forbidden)
    one(tmp_path / "out")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o604


def test_a_private_folder_and_its_files_are_their_owners_alone(tmp_path):
    with new_folder(tmp_path / "out", private=True) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o700
        (temporary / "file").write_text("new")
    assert stat.S_IMODE((tmp_path / "out").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "out" / "file").stat().st_mode) == 0o600


def test_a_file_whose_types_widen_stays_its_owners_alone(tmp_path):
    seen = []

    def batches():
        for values in ([1], [0.5]):
            yield pa.table({"x": values})
            seen.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir())

    write_table(batches(), tmp_path / "out.parquet", private=True)
    assert set(seen) == {0o600}


def test_nothing_touches_the_umask_of_the_process():
    sources = Path(atomic.__file__).parents[1].rglob("*.py")
    assert not [path for path in sources if "umask(" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("write", [one, WRITERS["several"], check_writable])
def test_what_a_rename_would_destroy_is_refused(tmp_path, write):
    os.mkfifo(tmp_path / "out")
    with pytest.raises(DataError, match="out must be a file to write, however: found a pipe; name a plain file"):
        write(tmp_path / "out")
    assert stat.S_ISFIFO((tmp_path / "out").stat().st_mode)


def test_a_loop_of_links_and_a_place_without_a_name_are_refused(tmp_path, monkeypatch):
    (tmp_path / "out").symlink_to("out")
    with pytest.raises(DataError, match="must be a place to write, however: too many levels of symbolic links"):
        one(tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"\. must be a place to write, however: it has no name"):
        folder(Path())
    with pytest.raises(DataError, match="must be a place to write, however: embedded null byte"):
        folder(tmp_path / "a\0b")


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


def test_what_a_killed_write_left_is_swept_and_what_another_writes_is_not(tmp_path):
    path, left = tmp_path / "m[1].synthgan", tmp_path / ".m[1].synthgan.0123abcd.part"
    other = tmp_path / ".other.synthgan.0123abcd.part"
    left.write_bytes(b"half")
    other.write_bytes(b"half")
    with replacing(path) as first:
        first.write_bytes(b"one")
        with replacing(path) as second:
            second.write_bytes(b"two")
        assert first.exists()
        assert not left.exists()
    assert path.read_bytes() == b"one"
    assert sorted(tmp_path.iterdir()) == [other, path]
