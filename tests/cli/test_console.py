"""What the user sees, on terminals wide and narrow, and where there is none."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from synthgan_cli import console
from synthgan_cli.console import LiveStages, PlainStages, Screen, duration, time_left


@pytest.fixture
def screen(monkeypatch):
    """A screen that keeps what is drawn, 60 characters wide."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    made = Screen()
    for name in ("messages", "data"):
        kept = Console(
            file=io.StringIO(), force_terminal=True, width=60, highlight=False, markup=False, color_system="standard"
        )
        monkeypatch.setattr(made, name, kept)
    return made


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (41, "41 s"), (60, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]
)
def test_durations_in_words(seconds, words):
    assert duration(seconds) == words


def test_time_left_keeps_to_the_pace_and_to_the_limit():
    assert time_left(10, 40, 30) == "1 min 30 s left"
    assert time_left(10, 40, 30, limit_seconds=50) == "20 s left"
    assert time_left(0, 40, 30) == time_left(40, 40, 30) == time_left(5, None, 30) == ""


def test_a_message_is_one_line_whatever_it_holds(screen):
    screen.say("first [bold]\nsecond " + "x" * 200, label="error")
    text = screen.messages.file.getvalue()
    assert len(text.splitlines()) == 1
    assert "first [bold] second" in text
    assert "\x1b[1;31merror: " in text


def test_no_color_is_respected(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    colourless = Screen()
    colourless.messages.file, colourless.messages._force_terminal = io.StringIO(), True
    colourless.say("no such file", label="error")
    assert "31m" not in colourless.messages.file.getvalue()


ROWS = [
    ("shape_error", "0.0576", "columns differ by 5.76% on average, most of all mean_smoothness"),
    ("c2st", "0.9", "fine"),
]


def test_a_table_in_a_pipe_is_plain_and_whole(capsys):
    Screen().table(("score", "value", "reading"), ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "shape_error  0.0576  columns differ by 5.76% on average, most of all mean_smoothness"
    assert len(lines) == 3


def test_a_table_too_wide_for_the_terminal_moves_its_last_column_below(screen):
    screen.table(("score", "value", "reading"), ROWS)
    lines = screen.data.file.getvalue().splitlines()
    assert max(len(line) for line in lines) <= 60 + len("\x1b[2m\x1b[0m") * 2
    assert lines[1].startswith("shape_error  0.0576")
    assert "mean_smoothness" not in lines[1]


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    hands = [0.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: hands[0])
    return hands


def _drawn(stages):
    """The line that is redrawn, as plain text."""
    kept = Console(file=io.StringIO(), width=stages._screen.messages.width, color_system=None)
    kept.print(stages._draw())
    return kept.file.getvalue().rstrip()


def test_live_stages_show_pace_losses_and_what_is_left(screen, clock):
    stages = LiveStages(screen)
    stages.update("reading")
    assert _drawn(stages).startswith("reading")
    stages.update("training", 0, 100)
    clock[0] = 10
    stages.update("training", 50, 100, "512 rows/s, critic 1.386")
    assert _drawn(stages).startswith("training")
    assert _drawn(stages).endswith(" 50/100  512 rows/s, critic 1.386, 10 s left")
    assert len(_drawn(stages)) <= 60


def test_a_stage_whose_end_nobody_knows_moves_and_tells_its_time(screen, clock):
    stages = LiveStages(screen)
    stages.update("planning")
    first = _drawn(stages)
    clock[0] = 28
    assert _drawn(stages) != first
    assert _drawn(stages).endswith("28 s")
    assert next(cell for cell in stages._draw().columns[1].cells).pulse


def test_live_stages_drop_the_bar_where_there_is_no_room(screen, clock):
    stages = LiveStages(screen)
    clock[0] = 10
    stages.update("training", 50, 100, "x" * 45)
    assert "━" not in _drawn(stages)
    stages.update("training", 50, 100, "x")
    assert "━" in _drawn(stages)


def test_live_stages_leave_a_line_for_what_is_done_and_none_for_what_failed(screen, clock):
    def fail():
        with LiveStages(screen) as stages:
            stages.update("reading")
            clock[0] = 3
            stages.update("training", 7, 100)
            raise ValueError("bad table")

    with pytest.raises(ValueError, match="bad table"):
        fail()
    drawn = screen.messages.file.getvalue()
    assert "reading    3 s\n" in drawn
    assert "training   7/100" not in drawn


def test_plain_stages_speak_late_and_seldom(capsys, clock):
    stages = PlainStages(Screen())
    stages.update("reading")
    assert capsys.readouterr().err == ""
    for clock[0] in range(6, 67):
        stages.update("training", clock[0], 120, "512 rows/s")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training ..."
    assert lines[1] == "training: 36 of 120, 512 rows/s, 1 min 10 s left"
    assert len(lines) == 3


def test_nobody_is_redrawn_at_where_stderr_is_no_terminal():
    assert isinstance(Screen().stages(), PlainStages)
