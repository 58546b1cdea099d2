"""Bad input: the agreed exit code, one line, no traceback, nothing left behind."""

from __future__ import annotations

import os
import pickle
import subprocess

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

USAGE, DATA, RESOURCES = 2, 3, 5


def _empty(folder):
    (folder / "bad.parquet").write_bytes(b"")


def _csv_in_disguise(folder):
    (folder / "bad.parquet").write_text("a,b\n1,2\n" * 50)


def _truncated(folder):
    whole = (folder / "people.parquet").read_bytes()
    (folder / "bad.parquet").write_bytes(whole[: len(whole) // 2])


def _no_rows(folder):
    pd.read_parquet(folder / "people.parquet").head(0).to_parquet(folder / "bad.parquet")


def _no_columns(folder):
    pd.DataFrame(index=range(50)).to_parquet(folder / "bad.parquet")


def _one_row(folder):
    pd.read_parquet(folder / "people.parquet").head(1).to_parquet(folder / "bad.parquet")


def _folder(folder):
    (folder / "bad.parquet").mkdir()


def _nested(folder):
    pd.DataFrame({"age": range(50), "visits": [[1, 2]] * 50}).to_parquet(folder / "bad.parquet")


def _twice(folder):
    numbers = pa.array(range(50))
    pq.write_table(pa.Table.from_arrays([numbers, numbers], names=["age", "age"]), folder / "bad.parquet")


def _prose(folder):
    text = [f"patient number {n} came in with a cough, was seen by a doctor and went home again" for n in range(200)]
    pd.DataFrame({"notes": text, "age": range(200)}).to_parquet(folder / "bad.parquet")


BAD_TABLES = {
    "a missing file": (lambda _: None, "none"),
    "an empty file": (_empty, "empty"),
    "a CSV in disguise": (_csv_in_disguise, "bad.parquet"),
    "a truncated Parquet file": (_truncated, "bad.parquet"),
    "no rows": (_no_rows, "rows"),
    "no columns": (_no_columns, "columns"),
    "one row": (_one_row, "rows"),
    "a folder": (_folder, "folder"),
    "two columns of one name": (_twice, "age"),
}


WITHHELD = {"nested lists": (_nested, "visits"), "free text": (_prose, "--drop notes")}


def _refused(done, code, *words):
    assert done.code == code, done.err
    assert done.out == ""
    assert len(done.lines) == 1, done.err
    assert done.err.startswith("error: ")
    assert [word for word in words if str(word) not in done.err] == []


def _names(folder):
    return sorted(path.name for path in folder.iterdir())


def _unchanged(folder, before):
    assert _names(folder) == before


@pytest.mark.parametrize(("spoil", "word"), BAD_TABLES.values(), ids=BAD_TABLES.keys())
def test_bad_tables_are_refused_by_fit(run, table, folder, spoil, word):
    spoil(folder)
    before = _names(folder)
    _refused(run("fit", "bad.parquet"), DATA, word)
    _unchanged(folder, before)


@pytest.mark.parametrize(("spoil", "word"), WITHHELD.values(), ids=WITHHELD.keys())
@pytest.mark.parametrize("command", ["fit bad.parquet", "fit bad.parquet --dry-run", "schema bad.parquet"])
def test_columns_that_would_be_withheld_are_refused_by_strict(run, folder, spoil, word, command):
    spoil(folder)
    _refused(run(*command.split(), "--strict"), DATA, word)
    assert _names(folder) == ["bad.parquet"]


@pytest.mark.parametrize(
    "command", ["schema bad.parquet", "evaluate people.parquet bad.parquet", "fit bad.parquet --dry-run"]
)
@pytest.mark.parametrize(
    "spoil", [_empty, _truncated, _folder, _no_rows], ids=["empty", "truncated", "folder", "no rows"]
)
def test_bad_tables_are_refused_by_every_command(run, table, folder, command, spoil):
    spoil(folder)
    before = _names(folder)
    _refused(run(*command.split()), DATA)
    _unchanged(folder, before)


BAD_WORDS = {
    "-n 0": ("sample people.synthgan -n 0", USAGE, "at least 1"),
    "-n -5": ("sample people.synthgan -n -5", USAGE, "at least 1"),
    "-n many": ("sample people.synthgan -n many", USAGE, "integer"),
    "a format of images": ("sample people.synthgan -n 5 --format dicom", USAGE, "--format must be for images"),
    "rows of images": ("sample people.synthgan --rows people.parquet", USAGE, "--rows must be for images"),
    "columns of images": ("fit people.parquet --condition age", USAGE, "--condition must be for images"),
    "no -n": ("sample people.synthgan", USAGE, "-n"),
    "an unknown option": ("fit people.parquet --epochs 3", USAGE, "--epochs"),
    "an unknown command": ("train", USAGE, "train"),
    "no table": ("fit", USAGE, "TABLE"),
    "a negative seed": ("fit people.parquet --seed -1", USAGE, "seed"),
    "no such device": ("fit people.parquet --device toaster", USAGE, "toaster"),
    "negative minutes": ("fit people.parquet --minutes -2", USAGE, "minutes"),
    "an unknown column in --drop": ("fit people.parquet --drop wards", DATA, "'ward'"),
    "an unknown column in --id": ("fit people.parquet --id patient", DATA, "'patient'"),
    "a schema that is missing": ("fit people.parquet --schema none.json", DATA, "none.json"),
    "a schema that is none": ("fit people.parquet --schema people.parquet", DATA, "people.parquet"),
    "nothing to resume": ("fit people.parquet --resume", DATA, "checkpoint"),
    "an unknown column in --where": ("sample people.synthgan -n 5 --where wards=north", DATA, "wards"),
    "an unknown level in --where": ("sample people.synthgan -n 5 --where ward=moon", DATA, "moon"),
    "an impossible condition": ("sample people.synthgan -n 5 --where age>=60 --where age<=40", DATA, "age"),
    "a condition without operator": ("sample people.synthgan -n 5 --where age", USAGE, "quote"),
    "a range without operator": ("sample people.synthgan -n 5 --where age", USAGE, '--where "age>=15" --where "age<=18"'),
    "a range in one condition": (
        "sample people.synthgan -n 5 --where 20<=age<=30",
        DATA,
        "; --where 'age>=20' --where 'age<=30' (a range is two conditions)",
    ),
    "an output of unknown kind": ("sample people.synthgan -n 5 -o out.docx", DATA, "out.docx"),
    "an output folder that is missing": ("sample people.synthgan -n 5 -o nowhere/out.csv", DATA, "nowhere"),
    "an output that is a folder": ("sample people.synthgan -n 5 -o .", DATA, "folder"),
    "an output that is a device": ("sample people.synthgan -n 5 -o /dev/null", DATA, "-o -"),
    "a report without a name": ("evaluate people.parquet people.parquet --report .", DATA, "found a folder"),
    "a table that is a device": ("fit /dev/null", DATA, "it is a device"),
    "memory that is no size": ("schema people.parquet --memory much", USAGE, "4GB"),
    "a table that needs more memory": ("fit people.parquet --memory 1kB", RESOURCES, "; --memory "),
    "a schema of a table that needs more memory": ("schema people.parquet --memory 1kB", RESOURCES, "; --memory "),
    "a model that needs more memory": ("sample people.synthgan -n 5 --memory 1kB", RESOURCES, "1 kB of memory"),
    "a manifest that needs more memory": ("inspect people.synthgan --memory 1kB", RESOURCES, "1 kB of memory"),
    "real rows that need more memory": ("evaluate people.parquet people.parquet --memory 1kB", RESOURCES, "1 kB of memory"),
    "a model folder that is missing": ("fit people.parquet -o nowhere/m.synthgan", DATA, "nowhere"),
    "a schema folder that is missing": ("schema people.parquet -o nowhere/s.json", DATA, "nowhere"),
    "an output that is the input": ("fit people.parquet -o people.parquet", USAGE, "overwritten"),
    "a sample onto its model": ("sample people.synthgan -n 5 -o people.synthgan", USAGE, "overwritten"),
    "a model that is missing": ("sample none.synthgan -n 5", DATA, "none.synthgan"),
    "one column for survival": ("evaluate people.parquet people.parquet --survival age", USAGE, "two columns"),
    "events that are none": ("evaluate people.parquet people.parquet --survival age,ward", DATA, "'ward'"),
    "a target that is missing": ("evaluate people.parquet people.parquet --target wards", DATA, "wards"),
}  # fmt: skip


@pytest.mark.parametrize(("words", "code", "word"), BAD_WORDS.values(), ids=BAD_WORDS.keys())
def test_bad_words_are_refused(run, table, model, folder, words, code, word):
    before = _names(folder)
    forced = ["--force"] if words.startswith("fit ") else []  # the model is there
    _refused(run(*words.split(), *forced), code, word)
    _unchanged(folder, before)


def _half(content):
    return content[: len(content) // 2]


def _one_byte_changed(content):
    index = len(content) - 100
    return content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :]


class _Bomb:
    def __reduce__(self):
        return (os.mkdir, ("exploded",))


BAD_MODELS = {
    "cut in half": _half,
    "one byte changed": _one_byte_changed,
    "empty": lambda _: b"",
    "text": lambda _: b"not a model\n",
    "a pickle": lambda _: pickle.dumps(_Bomb()),
}


@pytest.mark.parametrize("command", [("sample", "-n", "5"), ("inspect",), ("inspect", "--json")], ids=" ".join)
@pytest.mark.parametrize("spoil", BAD_MODELS.values(), ids=BAD_MODELS.keys())
def test_bad_models_are_refused(run, model, folder, command, spoil):
    bad = folder / "bad.synthgan"
    bad.write_bytes(spoil(model.read_bytes()))
    _refused(run(command[0], bad, *command[1:]), DATA, "bad.synthgan")
    _unchanged(folder, ["bad.synthgan", "people.synthgan"])


def test_the_model_must_be_named_where_there_is_not_exactly_one(run, people_model, folder):
    _refused(run("sample", "-n", 5), USAGE, "MODEL", "synthgan fit")
    for name in ("a", "b"):
        (folder / f"{name}.synthgan").write_bytes(people_model.read_bytes())
    _refused(run("sample", "-n", 5), USAGE, "2 models", "a.synthgan, b.synthgan")


def test_the_output_is_checked_before_the_work(run, model, folder, monkeypatch):
    def never(*_args, **_options):
        raise AssertionError("the model was opened although the output cannot be written")

    monkeypatch.setattr("synthgan.Synthesizer.load", never)
    _refused(run("sample", model, "-n", 5, "-o", "nowhere/out.csv"), DATA)


@pytest.fixture
def tiny_disk(folder):
    """A disk of 16 kB."""
    index = folder / "disk"
    index.mkdir()
    mounted = (
        os.geteuid() == 0
        and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(index)], capture_output=True, check=False
        ).returncode
        == 0
    )
    if not mounted:
        pytest.skip("mounting a small disk takes root")
    yield index
    subprocess.run(["umount", str(index)], check=True)


@pytest.mark.usefixtures("small")
def test_a_full_disk_stops_a_fit_and_leaves_nothing(run, table, tiny_disk):
    done = run("fit", table, "-o", tiny_disk / "m.synthgan")
    _refused(done, RESOURCES, "disk", "full")
    assert _names(tiny_disk) == []


def test_a_full_disk_stops_a_sample_and_leaves_nothing(run, model, tiny_disk):
    for name in ("out.parquet", "out.csv", "out.arrow"):
        _refused(run("sample", model, "-n", 100_000, "-o", tiny_disk / name), RESOURCES, "disk", "full")
        assert _names(tiny_disk) == []


def test_a_full_disk_is_noticed_before_the_work(run, table, model, tiny_disk):
    (tiny_disk / "rest").write_bytes(bytes(16_384))
    for words in (("fit", table, "-o", tiny_disk / "m.synthgan"), ("schema", table, "-o", tiny_disk / "s.json")):
        _refused(run(*words), RESOURCES, "full")
        assert _names(tiny_disk) == ["rest"]


def test_out_of_memory_is_said_in_one_line(run, table, monkeypatch):
    def too_much(*_args, **_options):
        raise MemoryError

    monkeypatch.setattr("synthgan.io.sources.read_indexed", too_much)
    _refused(run("fit", table), RESOURCES, "memory")


@pytest.mark.usefixtures("small")
def test_a_fit_that_fails_midway_says_where_its_state_was_kept(run, table, folder, monkeypatch):
    from synthgan import ResourceError
    from synthgan.synthesizer import Synthesizer

    def full(_self, path):
        (folder / "people.synthgan.checkpoint").write_bytes(b"kept earlier")
        raise ResourceError(f"{path}: the disk is full")

    monkeypatch.setattr(Synthesizer, "save", full)
    done = run("fit", "people.parquet")
    assert done.code == RESOURCES
    assert done.lines[0].startswith("note: the state was kept in people.synthgan.checkpoint")
    assert done.lines[0].endswith("synthgan fit people.parquet --resume")
    assert done.lines[1].startswith("error: people.synthgan: the disk is full")


def test_a_fault_of_ours_is_one_line_that_asks_for_a_report(run, table, monkeypatch):
    def broken(*_args, **_options):
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("synthgan.io.sources.read_indexed", broken)
    done = run("schema", table)
    _refused(done, 1, "unexpected ZeroDivisionError: division by zero", "report", "synthgan --debug schema")
    debugged = run("schema", table, "--debug")
    assert debugged.code == 1
    assert "Traceback" in debugged.err
    assert "in broken" in debugged.err


def test_a_refusal_has_a_traceback_with_debug_only(run, folder):
    assert "Traceback" not in run("fit", "none.parquet").err
    done = run("--debug", "fit", "none.parquet")
    assert done.code == DATA
    assert "Traceback" in done.err


def test_what_a_command_was_allowed_ends_with_it(run, table):
    assert run("schema", table, "--memory", "1kB").code == RESOURCES
    assert run("schema", table).code == 0


def test_a_pipe_is_refused_at_once(run, folder):
    os.mkfifo(folder / "t.parquet")
    (folder / "scans" / "ill").mkdir(parents=True)
    os.mkfifo(folder / "scans" / "ill" / "1.png")
    for words in (
        ("fit", "t.parquet"),
        ("fit", "scans"),
        ("inspect", "t.parquet"),
        ("evaluate", "t.parquet", "t.parquet"),
    ):
        _refused(run(*words), DATA, "a pipe")
