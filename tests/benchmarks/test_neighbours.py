"""Replay on a neighbouring data set: charged answers may differ, and nothing else; every other way out is seen."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from helpers.questions import Cells, Given, Levels

from benchmarks.attacks import audit
from benchmarks.attacks.audit_steps import Nothing, OneScore
from benchmarks.attacks.neighbours import command, leaks
from benchmarks.attacks.questions import GivenSamples
from synthgan.gan.config import TrainConfig
from synthgan.gan.dpsgd import DPSGDUpdates
from synthgan.gan.state import TrainingState
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.runtime import Streams

NAMES = {"stage": "", "purpose": ""}
FIRST, SECOND = np.zeros(50, dtype=np.int64), np.zeros(51, dtype=np.int64)


def asked(cells):
    """A count and the levels of these records."""
    curator = Curator(Given(cells), PrivacyLedger(1e-6))
    counts = curator.count(Cells(2), noise=3.0, **NAMES)
    return counts.tolist(), curator.find(Levels(2), noise=1.0, delta=1e-9, **NAMES)


def keeps_its_word(cells, folder):
    counts, levels = asked(cells)
    (folder / "file").write_text(f"{counts} {levels}")
    sys.stdout.write(str(counts))
    sys.stderr.write(f"{folder} took {'3.25 s' if len(cells) == 50 else '4 s'}")
    return counts


def test_answers_of_a_curator_are_no_leak():
    assert leaks(keeps_its_word, FIRST, SECOND) == []


def returned(cells, folder):
    return len(cells)


def filed(cells, folder):
    (folder / f"file{len(cells)}").touch()


def written(cells, folder):
    (folder / "file").write_bytes(b"%d" % len(cells))


def printed(cells, folder):
    sys.stdout.write(str(len(cells)))


def told(cells, folder):
    sys.stderr.write(f"read {len(cells)} rows")


def warned(cells, folder):
    warnings.warn(f"{len(cells)} rows", stacklevel=1)


def refused(cells, folder):
    if len(cells) == 51:
        raise ValueError("too many")


def asked_more(cells, folder):
    for _ in range(len(cells) - 49):
        asked(cells)


def asked_less(cells, folder):
    for _ in range(52 - len(cells)):
        asked(cells)


def asked_otherwise(cells, folder):
    Curator(Given(cells), PrivacyLedger(1e-6)).count(Cells(1), noise=len(cells), **NAMES)


def asked_of_more_cells(cells, folder):
    Curator(Given(cells), PrivacyLedger(1e-6)).count(Cells(len(cells)), noise=1.0, **NAMES)


@pytest.mark.parametrize(
    ("run", "part"),
    [
        (returned, "ending"),
        (filed, "file file50"),
        (written, "file file"),
        (printed, "stdout"),
        (told, "stderr"),
        (warned, "warnings"),
        (refused, "ending"),
        (asked_more, "question 2"),
        (asked_less, "question 2"),
        (asked_otherwise, "question 0"),
        (asked_of_more_cells, "question 0"),
    ],
    ids=lambda word: getattr(word, "__name__", ""),
)
def test_every_other_way_out_is_seen(run, part):
    assert leaks(run, FIRST, FIRST) == []
    found = leaks(run, FIRST, SECOND)
    assert found
    assert found[0].startswith(f"{part}: ")


def test_a_private_fit_of_typed_columns_releases_its_answers_alone():
    frame = audit.table(500).drop(columns="unit")

    def run(side, folder):
        audit.quick_fit(side, seed=0).save(folder / "m.synthgan")

    assert leaks(run, frame, frame.iloc[1:]) == []


def test_gradients_are_answers():
    """One more record moves the noised gradient of a critic, and with it the weights; replayed it moves nothing."""

    def run(records, folder):
        curator = Curator(records, PrivacyLedger(1e-6))
        gradient = curator.gradient(GivenSamples(), clip=1.0, noise=1.0, rate=0.5, steps=3, **NAMES)
        state = TrainingState(Nothing(), OneScore(), TrainConfig())
        updates = DPSGDUpdates(gradient, 4, Streams(0), lambda sample, noise: sample.sum())
        return [updates.critic(state, step) for step in range(3)], state.critic.score.weight.item()

    assert leaks(run, torch.ones(20, 1), torch.ones(21, 1)) == []


def table_of(rows):
    return lambda folder: pd.DataFrame({"a": np.arange(rows)}).to_csv(folder / "t.csv", index=False)


def test_the_command_line_works_in_a_folder_of_its_own_and_its_source_is_not_released():
    schema = command("schema", "t.csv", "-o", "s.json")
    assert leaks(schema, table_of(3), table_of(3)) == []
    found = leaks(schema, table_of(1), table_of(3))  # a constant column is told
    assert any(line.startswith("file s.json: ") for line in found)
    assert not any(line.startswith("file t.csv") for line in found)


def test_what_the_command_line_says_and_its_exit_code_are_released():
    found = leaks(command("schema", "t.csv", "-o", "s.json"), table_of(3), lambda folder: None)
    assert [line.partition(":")[0] for line in found] == ["ending", "stderr", "file s.json"]
