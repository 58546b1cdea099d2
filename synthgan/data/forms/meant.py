"""Reads what somebody says of a column whose text is numbers or moments: as the column writes it, or nearly so."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.forms.form import Form, read_form
from synthgan.data.forms.moments import MomentForm
from synthgan.data.forms.numbers import NumberForm

if TYPE_CHECKING:
    from collections.abc import Iterable

_PADDED: Final = re.compile(r"%([dmHI])")
_TIME: Final = re.compile(r"[T ,]*(?:%-?[HI]).*$", re.DOTALL)
_OTHER: Final = {",": ".", ".": ","}


def meant(form: str, text: str) -> Any:
    """Gives the number or the moment that text means for a column with a form; the text itself where it means none.

    Numbers may stand without their unit, their thousands and trailing decimals, dates without leading zeros, stamps without
    their time. Marks are those of the column: of one with decimal commas and points between thousands, 1.000 is a thousand.

    Args:
        form: of the column, as a schema says it.
        text: what is said of it.

    Example:
        >>> meant("number:#.##0,00 €", "1.080,5"), meant("number:#.##0,00 €", "1.000"), meant("number:#.##0,00 €", "10.5")
        (1080.5, 1000, '10.5')
        >>> meant("datetime:%d.%m.%Y %H:%M", "1.6.2021"), meant("date:%d.%m.%Y", "2021-06-01")
        (datetime.datetime(2021, 6, 1, 0, 0), '2021-06-01')
    """
    for known in _nearly(form):
        if isinstance(known, NumberForm) and not known.thousands and known.decimal in text:
            known = replace(known, thousands=_OTHER[known.decimal])  # noqa: PLW2901 (1.080,5 can mean one thing only)
        parsed = known.parsed(pa.array([text], pa.large_string()))
        if parsed.null_count:
            continue
        if pa.types.is_date(parsed.type) or pa.types.is_timestamp(parsed.type):
            parsed = parsed.cast(pa.timestamp("us", getattr(parsed.type, "tz", None)), safe=False)
        return parsed.to_pylist()[0]
    return text


@lru_cache(maxsize=1024)
def _nearly(form: str) -> tuple[Form, ...]:
    """A form, and those in which people say the same more briefly."""
    own = read_form(form)
    if isinstance(own, NumberForm):
        return (own,) if own.general else (own, replace(own, before="", after="", minus=("-", ""), width=0))
    texts = (own.text, _PADDED.sub(r"%-\1", own.text))
    found: list[Form] = [own, MomentForm(texts[1])]
    if own.kind == "datetime":
        found += _read(_TIME.sub("", text) for text in texts)
    return tuple(found)


def _read(texts: Iterable[str]) -> list[Form]:
    found: list[Form] = []
    for text in texts:
        try:
            found.append(MomentForm(text))
        except ValueError:
            continue  # the time stands before the date
    return found
