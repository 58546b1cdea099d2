"""The fuzz campaign finds what it is for, comes out the same again, goes on where it stopped, and finds nothing in synthgan."""

from __future__ import annotations

import os
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.attacks import fuzz
from benchmarks.attacks.fuzz_children import Result, outcome_of, run_all
from benchmarks.attacks.fuzz_models import EARLIER, MODELS
from benchmarks.attacks.fuzz_mutants import array_mutant, byte_mutant, dumped, json_mutant, opened, seal, sealed_mutant
from synthgan import DataError, ImageRecords, Synthesizer
from synthgan.io.readers import read_table


def dies(number):
    os.kill(os.getpid(), number)


def eats():
    np.ones(1 << 31)


def spins():
    signal.setitimer(signal.ITIMER_PROF, 0.05)
    while True:
        pass


TRIALS = {
    "fine": lambda: None,
    "refused": lambda: (_ for _ in ()).throw(DataError("a must be b, however: c")),
    "traceback": lambda: {}["x"],
    "signal": lambda: dies(signal.SIGKILL),
    "hang": spins,
    "memory": eats,
}


def judged(seed):
    return outcome_of(list(TRIALS.values())[seed])


def test_every_outcome_is_told_and_a_child_that_dies_takes_no_other_trial_with_it():
    seeds = [0, 3, 1, 4, 2, 5, 0]
    results = list(run_all(seeds, judged))
    assert [result.seed for result in results] == seeds
    assert [result.outcome for result in results] == [list(TRIALS)[seed] for seed in seeds]
    assert [result.is_finding for result in results] == [False, True, False, True, True, True, False]


@pytest.mark.parametrize("message", ["two\nlines", "an \x1b[31m escape", "long " * 1_000])
def test_a_refusal_that_is_no_line_is_a_finding(message):
    def refuse(_):
        return outcome_of(lambda: (_ for _ in ()).throw(DataError(message)))

    assert [result.outcome for result in run_all([0], refuse)] == ["traceback"]


def test_a_sealed_mutant_differs_and_its_hashes_are_right(tmp_path):
    content = (EARLIER / "network.synthgan").read_bytes()
    manifest, tensors = opened(content)
    (tmp_path / "same").write_bytes(seal(manifest, tensors))
    Synthesizer.load(tmp_path / "same")

    def made() -> list[bytes]:
        return [sealed_mutant(content, random.Random(seed)) for seed in range(60)]  # noqa: S311

    mutants = made()
    assert mutants == made()
    assert mutants.count(content) < len(mutants) / 10
    words = []
    for mutant in mutants:
        (tmp_path / "m").write_bytes(mutant)
        try:
            Synthesizer.load(tmp_path / "m")
        except Exception as error:  # noqa: BLE001 (which ones are allowed is asked elsewhere)
            words.append(str(error))
    assert sum("SHA-256" in word for word in words) < len(mutants) / 10


def test_every_seed_makes_a_mutant_and_json_stays_a_tree():
    tree = {"a": [1, {"b": "x", "c": [True, None]}], "d": {"e": [2.5, "y"]}}
    for seed in range(2_000):
        dumped(json_mutant(tree, random.Random(seed)))  # noqa: S311
        for dtype in ("f4", "i8", "u1", "?"):
            array_mutant(np.ones((2, 3), dtype), random.Random(seed))  # noqa: S311


def test_a_length_in_a_picture_takes_no_memory(tmp_path):
    """Found by the campaign: a chunk of a PNG that says that it is 2 GB long."""
    (tmp_path / "a").mkdir()
    path = tmp_path / "a" / "1.png"
    Image.fromarray(np.ones((8, 8), np.uint8)).save(path)
    content = path.read_bytes()
    at = content.index(b"IDAT") - 4
    path.write_bytes(content[:at] + b"\x80" + content[at + 1 :])
    (result,) = run_all([0], lambda _: outcome_of(lambda: ImageRecords.read(tmp_path)))
    assert not result.is_finding, result.what


def test_no_damaged_byte_of_a_footer_gets_through(tmp_path):
    """Found by the campaign: pyarrow ends the process over one entry of a column, and names that are none were a KeyError."""
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"level": ["a", "b", None] * 4, "n": [1.5] * 12}), path, compression="none")
    content = path.read_bytes()
    first = len(content) - 8 - int.from_bytes(content[-8:-4], "little")

    def trial(seed):
        at, bit = divmod(seed, 8)
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << bit)]) + content[at + 1 :])
        return outcome_of(lambda: read_table(path))

    flips = [8 * at + at % 8 for at in range(first, len(content) - 8, 3)]
    findings = [result for result in run_all(flips, trial) if result.is_finding]
    assert not findings, findings[:3]


def test_a_campaign_goes_on_where_it_stopped_and_counts_what_it_found(tmp_path, monkeypatch):
    tried = []

    class Toy:
        name = "toy"

        def make(self, folder):
            return b"sound"

        def try_out(self, content, folder):
            tried.append(content)
            return ("fine" if content == b"sound" else "traceback"), "said so"

    monkeypatch.setattr(
        fuzz, "kinds", lambda folder, work: {"toy": fuzz.Kind("toy", (Toy(),), lambda *_: b"m", folder, work)}
    )
    (tmp_path / "sound").mkdir()
    monkeypatch.setattr(fuzz, "run_all", lambda seeds, trial: [Result(seed, *trial(seed)) for seed in seeds])
    for count, expected in ((3, 3), (5, 5), (4, 5)):
        state = fuzz.campaign(tmp_path, {"toy": count}, tell=str)
        assert state.of("toy")["done"] == state.findings == expected
    assert tried.count(b"m") == 5
    assert state.of("toy")["findings"][-1] == "toy:4 traceback: said so"
    assert state.lines()[-1].split() == ["toy", "5", "0", "0", "5", "0", "0", "0"]


def test_time_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(fuzz, "kinds", lambda folder, work: {})
    started = time.monotonic()
    assert fuzz.campaign(tmp_path, {}, seconds=0).lines()[1:] == []
    assert time.monotonic() - started < 5


def test_mutants_of_model_files_are_fine_or_refused_in_one_line(tmp_path):
    (tmp_path / "sound").mkdir()
    subjects = [model for model in MODELS if model.path is not None or model.name in ("network", "images")]
    kind = fuzz.Kind("sealed", subjects, sealed_mutant, tmp_path / "sound", tmp_path / "work")
    assert kind.sound
    results = [*run_all(range(40), kind.try_out), *run_all(range(25), replace(kind, mutate=byte_mutant).try_out)]
    assert [result for result in results if result.is_finding] == []
    assert sum(result.outcome == "refused" for result in results) > len(results) / 2
