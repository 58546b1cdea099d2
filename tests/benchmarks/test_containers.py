"""A table costs what it costs in each container, measured in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import REPOSITORY, make_people

from benchmarks.models import container_worker as worker
from benchmarks.runs import containers


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.parquet"
    pq.write_table(pa.Table.from_pandas(make_people(300), preserve_index=False), path)
    return path


@pytest.mark.parametrize(("name", "kind"), [("pandas", pd.DataFrame), ("pyarrow", pa.Table), ("polars", pl.DataFrame)])
def test_a_table_is_parted_at_random_in_its_container(name, kind):
    table = pa.table({"a": [f"level {index % 3}" for index in range(200)], "b": list(range(200))})
    parts = worker.parts_of(table, name, 100)
    assert [type(part) for part in parts] == [kind] * 3
    assert [len(part) for part in parts] == [60, 20, 20]
    numbers = [int(number) for part in parts for number in part["b"].to_numpy()]
    assert len(set(numbers)) == 100
    assert max(numbers) > 100
    if name == "pandas":
        assert parts[0]["a"].dtype == object


def test_a_clock_ends_where_it_was_told_to():
    clock = worker.Clock("growing")
    clock.stage("reading")
    clock.stage("encoding")
    with pytest.raises(worker.EnoughError):
        clock.stage("growing")
    figures = clock.figures()
    assert list(figures["stages"]) == ["reading", "encoding"]
    assert figures["wall_seconds"] == sum(stage["wall_seconds"] for stage in figures["stages"].values())


@pytest.mark.parametrize(
    ("task", "stages"),
    [("prepare", ["reading", "encoding"]), ("align", ["aligning"]), ("fit", ["reading", "encoding", "growing"])],
)
def test_a_task_tells_the_stages_of_the_library(task, stages):
    frame = worker.held(pa.Table.from_pandas(make_people(100), preserve_index=False), "pandas")
    clock = worker.Clock(worker.TASKS[task])
    try:
        worker.work(task, [frame, frame, frame], None, clock)
    except worker.EnoughError:
        assert task != "fit"
    assert list(clock.stages) == stages


def test_trees_take_turns_and_their_figures_stand_side_by_side(people, tmp_path, monkeypatch, capsys):
    asked = []

    def figures(task, container, tree, words):
        asked.append((task, container, tree, tuple(words)))
        stages = {name: {"processor_seconds": len(asked)} for name in ("reading", "encoding", "aligning")}
        return {"processor_seconds": 9.0, "peak_memory_gb": 0.5, "rows": 180, "stages": stages}

    monkeypatch.setattr(containers, "in_a_process", figures)
    tree = tmp_path / "old"
    (tree / "synthgan").mkdir(parents=True)
    words = ["--table", str(people), "--containers", "polars", "--tasks", "prepare,align,evaluate", "--runs", "2"]
    output = tmp_path / "containers.json"
    words += ["--rows", "90", "--tree", f"old={tree}", "--tree", f"new={REPOSITORY}", "--output", str(output)]
    containers.main(words)
    assert [(task, found.name) for task, _, found, _ in asked[:2]] == [("prepare", "old"), ("prepare", REPOSITORY.name)]
    assert [found for _, _, found, _ in asked[6:8]] == [REPOSITORY, tree]
    assert {told for *_, told in asked} == {(str(people), "90", "", "")}
    lines = capsys.readouterr().out.splitlines()
    heads = "|  | container | prepare: reading s | encoding s | prepare: peak GB | align: aligning s | align: peak GB |"
    assert lines[0] == f"{heads} evaluate s | evaluate: peak GB |"
    assert lines[2] == "| old | polars | 4.50 | 4.50 | 0.50 | 6.50 | 0.50 | 9.00 | 0.50 |"
    assert str(tmp_path) not in output.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_measure_in_a_process_of_its_own(people):
    found = containers.in_a_process("prepare", "pyarrow", REPOSITORY, [str(people), "200", "", ""])
    assert found["rows"] == 120
    assert list(found["stages"]) == ["reading", "encoding"]
    assert 0.05 < found["peak_before_gb"] <= found["peak_memory_gb"] < 10


def test_a_measure_that_breaks_down_is_one_line(tmp_path):
    with pytest.raises(SystemExit, match=r"error: fit of polars must end, however: .*absent"):
        containers.in_a_process("fit", "polars", REPOSITORY, [str(tmp_path / "absent.parquet"), "9", "", ""])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--containers", "polars,excel"], "a container must be one of pandas, pyarrow, polars, however: 'excel'"),
        (["--tasks", "guess"], "a task must be one of prepare, align, fit, evaluate, however: 'guess'"),
        (["--tree", "old"], "--tree must be NAME=FOLDER of a folder that holds synthgan/, however: 'old'"),
    ],
)
def test_wrong_usage_is_one_line_and_code_2(words, found, capsys):
    with pytest.raises(SystemExit) as ended:
        containers.main(words)
    assert ended.value.code == 2
    assert found in capsys.readouterr().err


def test_a_table_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(SystemExit, match=r"error: the benchmark needs .*diabetes130\.parquet; name the folder"):
        containers.main(["--data", str(tmp_path)])


def test_the_program_imports_no_benchmark_so_that_older_revisions_run_it():
    code = f"import runpy, sys; runpy.run_path({str(containers.WORKER)!r}); print('benchmarks' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
