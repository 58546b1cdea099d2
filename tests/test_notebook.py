"""What a notebook sees of a fit: how far it has come, and what was learned."""

from __future__ import annotations

import pandas as pd
import pytest

from synthgan import ConfigError, Synthesizer


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame({"sex": ["F", "M"] * 60, "age": [index * 7 % 80 for index in range(120)]})


def test_a_fit_tells_a_function_how_far_it_has_come(frame, tiny_options):
    seen = []
    Synthesizer(**tiny_options).fit(frame, progress=seen.append)
    assert {"reading", "growing"} <= {step.stage for step in seen}
    assert all(0 <= step.step <= step.steps for step in seen if step.steps > 1)


def test_a_bar_is_drawn_where_it_is_asked_for_and_nothing_is_said_else(frame, tiny_options, capfd):
    Synthesizer(**tiny_options).fit(frame)
    assert capfd.readouterr().out == ""
    Synthesizer(**tiny_options).fit(frame, progress=True)
    out = capfd.readouterr().out
    assert out
    assert len(out.splitlines()) < 10  # it is redrawn, and floods nothing


def test_what_is_no_progress_is_refused(frame, tiny_options):
    with pytest.raises(ConfigError, match="progress must be True, False or a function"):
        Synthesizer(**tiny_options).fit(frame, progress="yes")


def test_a_pipeline_may_hand_on_a_target(frame, tiny_options):
    pd.testing.assert_frame_equal(
        Synthesizer(**tiny_options).fit(frame, frame["age"]).sample(5), Synthesizer(**tiny_options).fit(frame).sample(5)
    )


def test_the_repr_says_what_was_learned(frame, tiny_options):
    synthesizer = Synthesizer(**tiny_options)
    assert "learned" not in repr(synthesizer)
    assert repr(synthesizer.fit(frame)).endswith("  # learned 120 rows of 2 columns")
