"""Check digits of identifiers: found in all of them, or put into new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Digits = NDArray[np.int64]

MIN_CHARACTERS: Final = 6  # fewer digits agree by chance too often to mean anything
_TEN: Final = 10


def _luhn(digits: Digits) -> Digits:
    """Luhn's sum (ISO/IEC 7812): every other digit, from the right, counts twice; of 16 digits of a card, say."""
    doubled = digits.copy()
    doubled[:, ::-1][:, ::2] *= 2
    return -(doubled // 10 + doubled % 10).sum(1) % 10


def _ean(digits: Digits) -> Digits:
    """GS1's sum (EAN, GTIN, UPC, ISBN-13): weights 3 and 1 in turn from the right."""
    weights = np.where(np.arange(digits.shape[1])[::-1] % 2 == 0, 3, 1)
    return -(digits * weights).sum(1) % 10


def _mod11(digits: Digits) -> Digits:
    """Weights 2, 3, 4, … from the right, modulo 11 (NHS numbers, ISBN-10): 10 is written as X, or never given."""
    return -(digits * np.arange(digits.shape[1] + 1, 1, -1)).sum(1) % 11


def _iso_11_2(digits: Digits) -> Digits:
    """ISO 7064 mod 11-2 (ORCID, ISNI, Chinese resident numbers): 10 is written as X."""
    total = np.zeros(len(digits), dtype=np.int64)
    for column in digits.T:
        total = (total + column) * 2 % 11
    return (12 - total) % 11


def _iso_97_10(digits: Digits) -> Digits:
    """ISO 7064 mod 97-10: two digits; letters count as 10 to 35 (IBAN, LEI)."""
    total = np.zeros(len(digits), dtype=np.int64)
    for column in digits.T:
        total = (total * np.where(column >= _TEN, 100, 10) + column) % 97
    return 98 - total * 100 % 97


_SUMS: Final[dict[str, Callable[[Digits], Digits]]] = {
    "luhn": _luhn,
    "ean": _ean,
    "mod11": _mod11,
    "isbn10": _mod11,
    "mod11-2": _iso_11_2,
    "mod97": _iso_97_10,
    "iban": _iso_97_10,
}
CHECKS: Final = tuple(_SUMS)
"""``luhn``, ``ean``, ``mod11`` (NHS), ``isbn10`` (mod 11 with X), ``mod11-2`` (with X), ``mod97`` and ``iban``."""

_WITH_LETTERS: Final = {"mod97", "iban"}
_WITH_X: Final = {"isbn10", "mod11-2"}


def check_places(check: str, text: str) -> list[int] | None:
    """Where in texts like this the check stands, from 0; None where such texts cannot have it.

    Example:
        >>> check_places("luhn", "4539-1488"), check_places("iban", "DE89 3704"), check_places("luhn", "AB1234567")
        ([8], [2, 3], None)
    """
    places = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    found = places[2:4] if check == "iban" else places[-2:] if check == "mod97" else places[-1:]
    fits = check in _WITH_LETTERS or all(text[at].isdigit() for at in places if at not in found)
    return found if fits and len(places) >= MIN_CHARACTERS else None


def free_place(check: str, text: str) -> int | None:
    """The place whose digit may be changed where no check digit fits; None where one always does."""
    places = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalnum()]
    return places[-2] if check == "mod11" else None


def checked(check: str, letters: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Texts with their check put in its place.

    Args:
        check: one of `CHECKS`.
        letters: code points [rows, characters]; what stands in the place of the check is overwritten.

    Returns:
        Code points of the same shape. Of ``mod11`` the digit before the check is changed where the check would be 10.
    """
    made = letters.copy()
    if not len(made):
        return made
    text = "".join(map(chr, made[0]))
    places = check_places(check, text) or []
    before = free_place(check, text)
    for _ in range(_TEN):
        values = _SUMS[check](_digits(check, made, text, places))
        wrong = values > 9 if before is not None else np.zeros(len(made), dtype=bool)  # noqa: PLR2004 (a digit)
        if before is None or not wrong.any():
            break
        made[wrong, before] = (made[wrong, before] - ord("0") + 1) % 10 + ord("0")
    _put(check, made, places, values)
    return made


def has_check(check: str, letters: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Says of each text whether its check is right: bool [rows]; arguments as for `checked`, texts of one build."""
    text = "".join(map(chr, letters[0]))
    places = check_places(check, text)
    if places is None:
        return np.zeros(len(letters), dtype=bool)
    right = letters.copy()
    _put(check, right, places, _SUMS[check](_digits(check, letters, text, places)))
    return np.asarray((right == letters).all(1))


def _digits(check: str, letters: NDArray[np.uint32], text: str, places: list[int]) -> Digits:
    others = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalnum() and at not in places]
    if check == "iban":  # the country goes to the end, where the check is counted in
        others = others[2:] + others[:2]
    points = letters[:, others].astype(np.int64)
    lower = points - 32 * (points >= ord("a"))
    return np.where(points <= ord("9"), points - ord("0"), lower - ord("A") + 10)


def _put(check: str, letters: NDArray[np.uint32], places: list[int], values: Digits) -> None:
    if len(places) == 2:  # noqa: PLR2004 (tens and ones)
        letters[:, places[0]] = values // 10 + ord("0")
        letters[:, places[1]] = values % 10 + ord("0")
    else:
        ten = ord("X") if check in _WITH_X else ord("?")
        letters[:, places[0]] = np.where(values == _TEN, ten, values + ord("0"))
