"""The names of the months in some languages, as people write them."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
_SHORT: Final = {
    "de": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "fr": "janv févr mars avr mai juin juil août sept oct nov déc",
    "nl": "jan feb mrt apr mei jun jul aug sep okt nov dec",
}
LANGUAGES: Final = tuple(_NAMES)


def months(language: str, *, short: bool) -> list[str]:
    """Lists twelve names, or what they are shortened to.

    >>> months("de", short=True)[:3], months("en", short=True)[-1], months("fr", short=False)[7]
    (['Jan', 'Feb', 'Mär'], 'Dec', 'août')
    """
    names = _NAMES[language].split()
    if not short:
        return names
    return _SHORT[language].split() if language in _SHORT else [name[:3] for name in names]
