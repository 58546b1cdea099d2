"""What a notebook sees of a fit: how far it has come, and what was learned."""

from __future__ import annotations

import inspect
import re
import sys
import types
from typing import ClassVar

import pandas as pd
import pytest

from synthgan import Balancer, ConfigError, DatabaseSynthesizer, DataError, ImageSynthesizer, Synthesizer
from synthgan.notebook import _bar, html_table


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


def test_a_notebook_shows_what_was_learned_left_aligned_and_as_text(frame, tiny_options):
    odd = frame.rename(columns={"sex": "<script>alert(1)</script>"})
    synthesizer = Synthesizer(**tiny_options, rare_below=7)
    assert "not fitted" in synthesizer._repr_html_()
    shown = synthesizer.fit(odd)._repr_mimebundle_()
    assert shown["text/plain"] == repr(synthesizer)
    page = shown["text/html"]
    assert "Synthesizer, which learned 120 rows of 2 columns" in page
    assert ">rare_below</td>" in page
    assert ">modes</td>" not in page, "what is as usual is not repeated"
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("<td ") == page.count('<td style="text-align:left')
    assert synthesizer.schema_._repr_html_() in page


def test_a_long_table_is_cut_and_says_so():
    page = html_table(["name", "of"], [(index, "x") for index in range(100)])
    assert page.count("<tr>") == 1 + 60 + 1
    assert ">and 40 more</td>" in page


class Handle:
    """An output of a notebook that is drawn over."""

    drawn: ClassVar[list] = []

    def update(self, shown):
        """Draw over it."""
        self.drawn.append(shown)


def test_in_a_notebook_one_output_is_drawn_over_and_no_widget_is_asked_for(frame, tiny_options, monkeypatch, capfd):
    display = types.ModuleType("IPython.display")
    display.HTML, display.display = str, lambda shown, display_id: Handle.drawn.append(shown) or Handle()
    shell = types.ModuleType("IPython")
    shell.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", shell)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    Synthesizer(**tiny_options).fit(frame, progress=True)
    assert Handle.drawn[0] == "<progress></progress> fitting"
    assert re.fullmatch(r"Fitted in \d+ s\.", Handle.drawn[-1])
    assert capfd.readouterr().out == ""
    assert _bar(types.SimpleNamespace(stage="a<b", step=3, steps=10), 4.2) == (
        '<progress value="3" max="10"></progress> a&lt;b 3 of 10, 4 s'
    )


@pytest.mark.parametrize("kind", [Synthesizer, Balancer, DatabaseSynthesizer, ImageSynthesizer])
def test_every_parameter_is_documented_on_the_class(kind):
    said = inspect.getdoc(kind)
    assert [name for name in inspect.signature(kind).parameters if f"{name}: " not in said.partition("Args:")[2]] == []


def test_a_traceback_says_first_what_is_wrong_then_whose_lines_led_there(frame, tiny_options):
    synthesizer = Synthesizer(**tiny_options).fit(frame)
    with pytest.raises(DataError) as failed:
        synthesizer.sample(3, where={"sx": "F"})
    first, *own, last = failed.value._render_traceback_()
    assert first.startswith("DataError: a condition must name a column of the table, however: 'sx'")
    assert len(own) == 1
    assert own[0].endswith('synthesizer.sample(3, where={"sx": "F"})')
    assert "traceback.print_exception(sys.last_value)" in last
