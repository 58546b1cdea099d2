"""Patterns of identifiers are read, written and refused."""

from __future__ import annotations

import pytest

from synthgan.data.keyforms import read_form


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("int:6", "like:[1-9][0-9]{5+}"),
        ("text:P-:5", "like:P-[1-9][0-9]{4+}"),
        ("text:a:b:2", "like:a:b[1-9][0-9]{1+}"),
        ("uuid", "like:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        (r"like:\{\[[A-Z]{1,3}\]\}", r"like:\{\[[A-Z]{1,3}\]\}"),
        (r"like:[\]\-\\]{2}", r"like:[\]\-\\]{2}"),
        ("like:(2022|2023)/[0-9]{6+}|B[0-9]", "like:(2022|2023)/[0-9]{6+}|B[0-9]"),
        ("like:[0123456789]", "like:[0-9]"),
        ("luhn:4[0-9]{15}", "luhn:4[0-9]{15}"),
        ("iban:DE[0-9]{20}", "iban:DE[0-9]{20}"),
    ],
)
def test_patterns_are_read_and_written(pattern, written):
    form = read_form(pattern)
    assert str(form) == written
    assert read_form(written) == form


@pytest.mark.parametrize(
    ("pattern", "rule"),
    [
        ("", "uuid, int:DIGITS"),
        ("hex:12", "uuid, int:DIGITS"),
        ("int:20", "uuid, int:DIGITS"),
        ("like:", "of a class such as"),
        ("like:abc", "of a class such as"),
        ("like:[0-9", "a backslash before"),
        ("like:(a|b", "a backslash before"),
        ("like:[9-0]", "a range from low to high"),
        ("like:[a]", "two or more different characters"),
        ("like:[aa]", "two or more different characters"),
        ("like:(a|a)[0-9]", "two or more different texts"),
        ("like:[0-9]{5,3}", "low and high times in order"),
        ("like:[0-9]{2+}-[0-9]{2+}", "one run that grows"),
        ("like:[0-9]{300}", "at most 256 characters"),
        ("like:[0-9]{1,3}[0-9]{1,2}", "a separator between runs"),
        ("like:" + "|".join(f"A{n}[0-9]" for n in range(40)), "at most 32 forms"),
        ("luhn:[0-9]{3,9}", "of one length"),
        ("luhn:[0-9]{4}", "of digits"),
        ("luhn:[0-9]{9}|[0-9]{8}", "of one form"),
        ("luhn:[0-9]{9}1", "of a class such as"),
        ("luhn:[A-Z][0-9]{9}", "of digits"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_rule_it_breaks(pattern, rule):
    with pytest.raises(ValueError, match=rule):
        read_form(pattern)
