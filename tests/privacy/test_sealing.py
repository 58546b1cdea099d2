"""Errors and warnings of private fits: what they quote of a row never comes out."""

from __future__ import annotations

import errno
import traceback
import warnings

import numpy as np
import pandas as pd
import pytest

from synthgan import DataError, ImageSynthesizer, PrivacyError, SchemaError, Synthesizer, WithheldError
from synthgan.errors import Remedy
from synthgan.privacy.sealing import WITHHELD, sealed, sealed_call

VALUE = "X (HIV clinic)"


def chained(outer, inner=None):
    """An error with another in each place where one can be."""
    outer.__cause__ = outer.__context__ = inner or ValueError(VALUE)
    outer.add_note(f"while reading {VALUE}")
    return outer


def everything(error):
    """All that can be read of an error: its traceback, those before it, its notes and arguments."""
    told = []
    while error is not None:
        told += [
            *traceback.format_exception(error, chain=False),
            repr(error.args),
            repr(getattr(error, "__notes__", ())),
        ]
        error = error.__cause__ or error.__context__
    return "\n".join(told)


FOREIGN = {
    "a value error": ValueError(VALUE),
    "a key error": KeyError(VALUE),
    "a chained one": chained(RuntimeError("a column"), KeyError(VALUE)),
    "a group": ExceptionGroup(VALUE, [ValueError(VALUE)]),
    "out of memory": MemoryError(VALUE),
    "out of memory in torch": RuntimeError(f"can't allocate memory for {VALUE}"),
    "of the system": OSError(errno.EIO, VALUE, VALUE),
    "of arrow": OSError(VALUE),
    "a reader's": chained(DataError(f"a.csv must be a readable file, however: {VALUE}")),
    "a reader's without a finding": chained(DataError(f"a.csv: {VALUE}")),
    "a schema's": chained(SchemaError("a.csv must fit, however: it does not"), chained(DataError(VALUE))),
}


@pytest.mark.parametrize("error", FOREIGN.values(), ids=FOREIGN.keys())
def test_no_error_quotes_a_value(error):
    def read():
        raise error

    with pytest.raises(BaseException) as raised:  # noqa: PT011 (each by another)
        sealed_call(read)
    assert "HIV" not in everything(raised.value)
    assert raised.value.__cause__ is raised.value.__context__ is None


def test_an_unexpected_error_tells_its_kind_and_place():
    def read():
        raise KeyError(VALUE)

    with pytest.raises(
        WithheldError, match=r"^a private fit must not fail, however: KeyError in test_sealing\.py, line \d+; "
    ):
        sealed_call(read)


def test_the_traceback_shows_where_a_fault_lies():
    def read_the_rows():
        raise KeyError(VALUE)

    with pytest.raises(WithheldError) as raised:
        sealed_call(read_the_rows)
    assert "in read_the_rows" in everything(raised.value)


def test_what_depends_on_declared_things_alone_is_said():
    remedy = Remedy.option("drop", ["notes"])
    declared = PrivacyError("epsilon must be large enough, however: it is not", remedy=remedy, parameter="epsilon")
    assert sealed(declared) is declared
    absent = chained(
        DataError("a.csv must be a file to read, however: there is no such file"), FileNotFoundError(2, "gone")
    )
    assert str(sealed(absent)) == "a.csv must be a file to read, however: there is no such file"
    torn = sealed(chained(DataError(f"a.csv must be readable, however: {VALUE}", remedy=remedy, parameter="data")))
    assert (torn.message, torn.remedy, torn.parameter) == (
        f"a.csv must be readable, however: {WITHHELD}",
        remedy,
        "data",
    )


def test_an_error_about_data_is_a_fault_once_a_curator_has_the_rows():
    error = SchemaError(f"column 'clinic' must hold only its declared levels, however: found {VALUE!r}")
    assert isinstance(sealed(error, asked=True), WithheldError)
    assert "HIV" not in everything(sealed(error, asked=True))


# ---------------------------------------------------------------- planted into whole fits


def raising(error):
    def planted(*_words, **_options):
        warnings.warn(VALUE, stacklevel=1)
        raise error

    return planted


def fit_table():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"ill": rng.random(100) < 0.3, "age": rng.integers(18, 90, 100)})
    Synthesizer(epsilon=1, delta=1e-4).fit(rows)


def fit_images():
    from synthgan import ImageRecords

    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    ImageSynthesizer(epsilon=1, delta=1e-4, condition=None).fit(
        ImageRecords(pixels, {"label": np.repeat(["ill", "well"], 20)})
    )


PLACES = {
    "a table's reader": (fit_table, "synthgan.tabular.synthesizer.private_rows"),
    "a table's intake": (fit_table, "synthgan.tabular.synthesizer.take_in"),
    "a table's curator": (fit_table, "synthgan.privacy.curator.count_cells"),
    "a table's learning": (fit_table, "synthgan.tabular.private.rounds.PrivateFit.rounds"),
    "images' reader": (fit_images, "synthgan.image.privately.open_unread"),
    "images' intake": (fit_images, "synthgan.image.privately.take_in"),
    "images' curator": (fit_images, "synthgan.privacy.curator.count_cells"),
    "images' learning": (fit_images, "synthgan.image.private.prior.PriorMeasurer.measure"),
}


@pytest.mark.parametrize(("fit", "place"), PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("outer", [RuntimeError(VALUE), DataError(f"a file must be sound, however: {VALUE}")], ids=repr)
def test_no_depth_of_a_private_fit_lets_a_value_out(monkeypatch, recwarn, capsys, fit, place, outer):
    monkeypatch.setattr(place, raising(chained(outer)))
    with pytest.raises((WithheldError, DataError)) as raised:
        fit()
    said = (
        everything(raised.value) + "".join(str(warning.message) for warning in recwarn) + "".join(capsys.readouterr())
    )
    assert "HIV" not in said
