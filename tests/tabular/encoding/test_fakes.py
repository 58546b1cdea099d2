"""Names, phones and addresses are made up by faker, the same for the same seed."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

from synthgan.data.column import Column, Kind
from synthgan.data.keyforms import MADE_UP
from synthgan.errors import ConfigError
from synthgan.runtime import Streams
from synthgan.tabular.encoding.fakes import made_up
from synthgan.tabular.encoding.identifiers import FreshKeys

NAME = Column("who", Kind.IDENTIFIER, "string", form="name", locale="de_DE")


@pytest.mark.parametrize("form", MADE_UP)
def test_every_form_is_made_up(form):
    made = made_up(replace(NAME, form=form, locale=None), np.arange(5, dtype=np.uint64), 3)
    assert all(isinstance(text, str) and text and "\n" not in text for text in made)
    if form == "email":
        assert all("@example." in text for text in made)


def test_they_are_the_same_whatever_the_batches():
    keys = FreshKeys.blind(NAME, "pyarrow")
    whole = keys.make(0, 1_200, Streams(0))
    assert [*keys.make(0, 700, Streams(0)), *keys.make(700, 500, Streams(0))] == whole.tolist()
    assert len(set(whole)) > 1_000
    keys.check_room(10**9)
    assert keys.says() == "made up (name): one may be real by chance"


def test_an_unknown_locale_and_a_lacking_package_are_refused_in_a_line(monkeypatch):
    with pytest.raises(
        ConfigError, match=r"column 'who': locale must be one that faker knows, however: found 'de_de'; did you"
    ):
        made_up(replace(NAME, locale="de_de"), np.arange(2, dtype=np.uint64), 0)
    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(ConfigError, match=r"faker must be installed .*'who' \(name\).*pip install 'synthgan\[faker\]'"):
        made_up(NAME, np.arange(2, dtype=np.uint64), 0)
