"""Text that may be shown: nothing in it commands a terminal or deceives the eye, and JSON keeps its meaning."""

from __future__ import annotations

import io
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.escapes import EscapedStream, escaped, escaped_json, without_secrets

COMMANDS = (
    "\x1b[2J",
    "\x9b2J",
    "\x00",
    "\r",
    "\n",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
    "\U000e0041",
    "\udc9b",
)


def deceptive(text, keep=""):
    return [
        one for one in text if one not in keep and unicodedata.category(one) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    ]


@pytest.mark.parametrize("command", COMMANDS, ids=ascii)
def test_what_commands_a_terminal_is_written_out(command):
    shown = escaped(f"ward {command} 7")
    assert deceptive(shown) == []
    assert shown.startswith("ward \\")
    assert shown.encode()


def test_ordinary_text_stays():
    for text in ("ward 7", "Größe", "δ ≤ 10⁻⁶", "名前", "a\u00a0b", "می\u200cخواهم"):
        assert escaped(text) == escaped_json(text) == text
    assert escaped("two\nlines", keep="\n") == "two\nlines"


@given(st.text(st.characters()))
def test_json_means_the_same(text):
    given_text = json.dumps({"name": text}, ensure_ascii=False, indent=2)
    shown = escaped_json(given_text)
    assert json.loads(shown) == {"name": text}
    assert deceptive(shown, "\n\u200c\u200d") == []


def test_a_stream_keeps_lines_and_waits_for_the_rest_of_a_character():
    terminal = io.StringIO()
    stream = EscapedStream(terminal)
    content = "größe\tward\x1b[2J\n\u202e名\n".encode() + b"\x9b"
    assert stream.writable()
    assert sum(stream.write(content[at : at + 1]) for at in range(len(content))) == len(content)
    assert terminal.getvalue() == "größe\tward\\x1b[2J\n\\u202e名\n\\udc9b"


def test_urls_lose_their_secrets_and_other_text_nothing():
    told = "see https://x.org/?a=b, C:/data/a@b.csv, or postgresql+pg8000://u:p%40@h:1/d?sslmode=x; mysql://h/d?k=v"
    assert without_secrets(told) == (
        "see https://x.org/?a=b, C:/data/a@b.csv, or postgresql+pg8000://***@h:1/d?***; mysql://h/d?***"
    )
