"""Numbers as text are read by their form, and written again sign for sign."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgan.data.forms.numbers import NumberForm

FORMS = {
    "0.00": ["5.25", "-0.50", "1234.00"],
    "#.##0,00 €": ["8.712,39 €", "-5,00 €", "1.234.567,00 €"],
    "$#,##0.00": ["$1,234.50", "-$3.00"],
    "$#,##0.00;($#,##0.00)": ["$1,234.50", "($3.00)"],
    "# ##0,0#": ["8 712,39", "12,5"],
    "#.##0": ["8.712", "5", "12.345.678"],
    "#'##0": ["8'712", "5", "12'345'678"],
    "#\u202f##0,00\u00a0€": ["8\u202f712,39\u00a0€"],
    "0.0##": ["1.5", "2.125", "3.0"],
    "0.##": ["1.5", "2", "-0.25"],
    "????0.000000": ["   65.746617", "  -65.746617"],
    "0.00??": ["1.50  ", "-1.25 "],
    "+0.0;-0.0": ["+3.1", "-2.0"],
    "0.00;0.00-": ["5.00", "3.25-"],
    "0.00;−0.00": ["5.00", "−3.25"],
    "#.00": [".25", "-.50", "12.00"],
    "0000.00": ["0012.50", "-0003.00"],
    "0 %": ["12 %", "-3 %"],
    "0.0 kg": ["70.3 kg"],
    "0.00e+00": ["1.50e-05", "-3.25e+10"],
    "0,0#E0": ["1,5E-5", "2,0E3"],
    "General": ["1e-05", "65.7466171234567", "-3.0"],
    "0": ["12345678901234567", "0"],
    "0.00000": ["896022905313623762.00001"],
}
NUMBERS = st.decimals(-(10**9), 10**9, places=6, allow_nan=False).map(float)


@pytest.mark.parametrize(("text", "numbers"), FORMS.items(), ids=FORMS)
def test_what_is_read_is_written_again(text, numbers):
    form = NumberForm.read(text)
    values = form.parsed(pa.array([*numbers, None]))
    assert str(form) == text
    assert form.written(values).to_pylist() == [*numbers, None]


@given(numbers=st.lists(NUMBERS, min_size=1, max_size=8), text=st.sampled_from(sorted(FORMS)))
def test_numbers_of_any_form_survive_the_trip(numbers, text):
    form = NumberForm.read(text)
    written = form.written(pa.array(numbers, pa.float64()))
    again = form.written(form.parsed(written))
    assert again.to_pylist() == written.to_pylist()
    places = 6 if form.general else form.most
    if not form.exponent:
        read = np.asarray(form.parsed(written).cast(pa.float64()))
        np.testing.assert_allclose(read, np.round(numbers, places), atol=10.0**-places, rtol=1e-12)


@pytest.mark.parametrize("text", ["x", "-", "", "1.2.3", "12:30", "5 kg", "1e", "NaN", "inf"])
def test_what_is_no_number_is_null(text):
    assert NumberForm.read("0.00").parsed(pa.array([text])).to_pylist() == [None]


@pytest.mark.parametrize(
    "text", ["", "x", "0.0.0", "0,0,0", "#,##0,0", "0.0000000000000000", "0.0;0.0", "?0.0?", "0;-1", "5.0"]
)
def test_what_is_no_form_is_refused(text):
    with pytest.raises(ValueError, match=r"must|is no form"):
        NumberForm.read(text)
