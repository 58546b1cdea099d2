"""One word for all forms: ``number:#.##0,00 €``, ``date:%d.%m.%Y``, ``datetime:…``, ``duration:%H:%M``, as a schema says them."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from synthgan.data.forms.moments import MomentForm
from synthgan.data.forms.numbers import NumberForm

Form: TypeAlias = NumberForm | MomentForm
NUMBER = "number"


@lru_cache(maxsize=1024)
def read_form(text: str) -> Form:
    """Reads a form as a schema says it.

    Raises:
        ValueError: it is none.

    Example:
        >>> read_form("number:0,00").decimal, read_form("date:%d.%m.%Y").kind
        (',', 'date')
    """
    sort, colon, rest = text.partition(":")
    if colon and sort == NUMBER:
        return NumberForm.read(rest)
    form = MomentForm(rest)
    if sort != form.kind:
        raise ValueError(f"{text!r} must begin with 'number:' or, as it is one, with '{form.kind}:'")
    return form


def form_text(form: Form) -> str:
    """Writes a form as a schema says it."""
    return f"{NUMBER}:{form}" if isinstance(form, NumberForm) else f"{form.kind}:{form.text}"


def flaw_of_form(
    form: object, kind: str, *, is_number: bool, zone: str | None, marks: object
) -> tuple[str, str, str] | None:
    """What is wrong with the form or the marks of a column: the attribute, what it must be, and why; None where nothing is.

    Args:
        form: what the schema says; None for a column that is no such text.
        kind: the column's kind.
        is_number: whether that is one of numbers.
        zone: the column's time zone.
        marks: what the schema says; None where it says nothing.
    """
    if form is not None:
        try:
            read = read_form(str(form))
        except ValueError as error:
            return "form", "such as number:0.00 or date:%d.%m.%Y", str(error)
        if isinstance(read, NumberForm) != is_number or (isinstance(read, MomentForm) and read.kind != kind):
            return "form", f"one of a column of kind {kind}, or absent", ""
        says_offset = isinstance(read, MomentForm) and read.has_zone
        if (zone is not None) != says_offset:
            return "timezone", "given where the form says an offset by %z, and only there", ""
    if marks is None:
        return None
    is_listed = isinstance(marks, tuple) and bool(marks) and all(isinstance(mark, str) for mark in marks)
    if form is None or not isinstance(marks, tuple) or not is_listed or len(set(marks)) != len(marks):
        return "marks", "a list of different texts, for text that is numbers or moments only", ""
    return None
