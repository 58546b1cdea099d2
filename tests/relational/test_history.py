"""What is known of groups before their next row is the same where they are learned and where they are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.stays import stays

from synthgan.config import EncodingConfig
from synthgan.data.groups import Groups
from synthgan.relational import steps
from synthgan.relational.history import History, falling, replay
from synthgan.relational.lesson import Lesson
from synthgan.relational.rows import RowCodec
from synthgan.relational.sequences import Sequences
from synthgan.relational.stepping import before_each
from synthgan.relational.walk import Walk
from synthgan.runtime import Streams
from synthgan.tabular.chains.config import ChainConfig
from synthgan.tabular.chains.grower import fill_with_codes
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.prepare import read_rows

STREAMS = Streams(0)


@pytest.fixture(scope="module")
def learned():
    frame = stays()
    table = read_rows(frame, None, EncodingConfig(), ["patient_id"])
    taken = Sequences.take_apart(frame, table, "patient_id", "charttime")
    rows = taken.part(taken.following)
    transform = TableTransform.fit(rows, EncodingConfig(), STREAMS, FINE)
    codec = RowCodec.fit(transform, rows, taken.groups, {"charttime"}, 1, EncodingConfig(), FINE, STREAMS)
    read = codec.read(rows, STREAMS)
    context = np.zeros((len(taken.groups), 0), dtype=np.float32)
    return taken, codec, read, Lesson.fit(codec, read, taken.groups, context, 1, STREAMS)


def test_what_is_constant_goes_to_the_parent(learned):
    assert learned[0].above == ("sex",)
    assert learned[0].following == ("charttime", "pressure", "ward", "dose")


def test_a_real_group_through_the_state_machine_gives_the_features_of_training(learned):
    """Each group by itself, as when one is drawn: nothing of later rows or of other groups is seen."""
    taken, _, read, lesson = learned
    memory = lesson.walk.memory
    known = replay(memory, read, taken.groups, 1)
    for group in range(len(taken.groups)):
        count = taken.groups.counts[group]
        history = History(memory, np.array([count]))
        for position in range(count):
            row = taken.groups.starts[group] + position
            if position:
                assert np.array_equal(history.features()[0], known[row])
            history.observe(read.take(np.array([row])))
        assert history.active == 0


def test_the_past_does_not_see_the_future(learned):
    taken, _, read, lesson = learned
    last = taken.groups.last
    numbers, codes = read.numbers.copy(), read.codes.copy()
    numbers[last], codes[last] = 0, 0
    changed = replay(lesson.walk.memory, replace(read, numbers=numbers, codes=codes), taken.groups)
    assert np.array_equal(changed, replay(lesson.walk.memory, read, taken.groups))


def test_drawing_looks_at_what_training_looked_at(learned, monkeypatch):
    """Rows drawn are replayed: before each of them the history said what it would have said in training."""
    taken, _, read, lesson = learned
    chain = lesson.grow(ChainConfig(chains=1, leaf_rows=10), STREAMS, 0, fill_with_codes)
    walk = replace(lesson.walk, chains=(chain,))
    seen = {}
    step = Walk._step
    monkeypatch.setattr(
        Walk,
        "_step",
        lambda self, past, *rest: seen.setdefault(len(seen), past.known) is None or step(self, past, *rest),
    )
    context = np.zeros((len(taken.groups), 0), dtype=np.float32)
    drawn = walk.draw(read.take(taken.groups.first), taken.groups, context, STREAMS)
    known = replay(walk.memory, drawn, taken.groups, 1)[:, walk.known]
    order = falling(taken.groups.counts)
    for position, features in enumerate(seen.values(), 1):
        assert np.allclose(features, known[taken.groups.starts[order[: len(features)]] + position])


def test_the_last_value_is_the_last_one_observed():
    numbers = np.array([[1.0], [np.nan], [3.0], [np.nan], [5.0]])
    before = before_each(numbers, Groups(np.array([3, 2])))
    assert np.array_equal(before[:, 0], [np.nan, 1.0, 1.0, np.nan, np.nan], equal_nan=True)


def test_times_are_told_as_steps_that_never_fall(learned):
    _, codec, _, _ = learned
    by_name = {codec.transform.codecs[index].columns[0].name: step for index, step in codec.steps.items()}
    assert by_name["charttime"].column.minimum == 0
    assert by_name["dose"].column.minimum == 0
    assert dict(zip(codec.names, codec.rising.tolist(), strict=True)) == {
        "charttime": True,
        "pressure": False,
        "dose": True,
    }


def test_a_critic_of_steps_sees_real_and_drawn_rows_alike(learned, monkeypatch):
    """What it sees of a real row is what it would see if that row had been drawn."""
    monkeypatch.setattr(steps, "MIN_STEPS", 10)
    monkeypatch.setattr(steps, "MIN_GAIN_NATS", -10.0)
    taken, _, read, lesson = learned
    chain = lesson.grow(ChainConfig(chains=1, leaf_rows=10), STREAMS, 0, fill_with_codes)
    units = np.arange(len(taken.groups))
    walk, _ = steps.with_odds(lesson, replace(lesson.walk, chains=(chain,)), units, 10, STREAMS)
    assert walk.critic is not None
    drawn, seen = walk.row(chain, lesson.past, np.random.default_rng(0))
    again = walk.seen_rows(lesson.past, drawn.codes, drawn.numbers)
    assert np.array_equal(seen, again)
    context = np.zeros((len(taken.groups), 0), dtype=np.float32)
    made = walk.draw(read.take(taken.groups.first), taken.groups, context, STREAMS)
    assert len(made) == taken.groups.rows
