"""`synthgan card`: what a model file says of itself, as Markdown."""

from __future__ import annotations

import shutil
from pathlib import Path

PRIVATE = Path(__file__).parents[1] / "tabular" / "format1" / "private.synthgan"


def test_a_card_names_columns_privacy_and_origin(run, model):
    done = run("card", model)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("---\nlibrary_name: synthgan\ntags:\n- synthetic-data\n- tabular\n---\n")
    for words in ("# people", "| age | integer |", "Nothing is proved", "**The file is confidential**", "SHA-256 `"):
        assert words in done.out
    assert done.out == run("card", model).out
    assert "may be released" not in done.out


def test_a_card_of_a_private_model_has_its_promise(run, folder):
    shutil.copy(PRIVATE, folder / "p.synthgan")
    done = run("card", "p.synthgan", "-o", "README.md")
    assert done.code == 0, done.err
    text = (folder / "README.md").read_text("utf-8")
    assert "- differential-privacy" in text
    assert "The fit is differentially private: ε = " in text
    assert run("card", "p.synthgan", "-o", "README.md").code == 2  # nothing is overwritten


def test_names_of_columns_are_no_markdown():
    from synthgan.report.card import _text

    assert _text("a|b <script>") == "a\\|b \\<script\\>"
