"""Check digits are found, and put into new identifiers."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.data.checkdigits import CHECKS, check_places, checked, has_check

KNOWN = {  # published examples
    "luhn": "4539148803436467",
    "ean": "4006381333931",
    "mod11": "943 476 5919",
    "isbn10": "0-8044-2957-X",
    "mod11-2": "0000-0002-1694-233X",
    "iban": "DE89 3704 0044 0532 0130 00",
    "mod97": "123456789012345691",
}


def letters(*texts):
    return np.array(texts).view(np.uint32).reshape(len(texts), -1)


@pytest.mark.parametrize("check", CHECKS)
def test_published_examples_have_their_check_and_changed_ones_have_not(check):
    text = KNOWN[check] if check != "mod97" else mod97("1234567890123456")
    assert has_check(check, letters(text)).all()
    at = next(at for at, letter in enumerate(text) if letter.isdigit() and at > 3)
    other = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
    assert not has_check(check, letters(other)).any()


def mod97(digits):
    return digits + f"{98 - int(digits) * 100 % 97:02d}"


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_is_put_where_it_belongs(check):
    rng = np.random.default_rng(0)
    texts = ["DE00" * (check == "iban") + "".join(map(str, rng.integers(0, 10, 12))) for _ in range(500)]
    made = checked(check, letters(*texts))
    assert has_check(check, made).all()
    assert not (made == ord("?")).any()
    if check not in {"isbn10", "mod11-2", "iban"}:
        assert ((made >= ord("0")) & (made <= ord("9"))).all()


def test_where_no_check_can_be_there_is_none():
    assert check_places("luhn", "12345") is None
    assert check_places("luhn", "A23456789") is None
    assert not has_check("luhn", letters("A23456789")).any()
    assert checked("luhn", np.empty((0, 8), dtype=np.uint32)).shape == (0, 8)
