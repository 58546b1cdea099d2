"""In how many digits, or in which unit, the values of a column are written: found by a noisy count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from synthgan.data.schema import TEMPORAL, Column, Kind
from synthgan.data.types import unit_of_type
from synthgan.tabular.private.twins import SURE
from synthgan.tabular.queries import MAX_DIGITS, FormCells

if TYPE_CHECKING:
    from synthgan.tabular.private.twins import Asking

ALL_BUT = 0.005  # of the rows may be written more finely than the form that is found


def needs_form(column: Column, container: str) -> bool:
    """Whether only the values say how finely they are written: nobody declared decimals, or more of a unit than the type says."""
    if column.kind not in TEMPORAL:
        return column.kind is Kind.DECIMAL and column.decimals is None
    return column.unit != "day" and column.unit == unit_of_type(container, column.dtype)


def with_form(column: Column, asking: Asking) -> Column:
    """The column with the coarsest form that all but ``ALL_BUT`` of its values surely are written in."""
    forms = FormCells(column)
    counted = asking.count(forms, "form", f"in which form {column.name!r} is written")
    finer = counted[::-1].cumsum()[::-1] - counted  # rows that a form does not fit
    allowed = ALL_BUT * counted.sum() + SURE * asking.deviation("form") * np.sqrt(np.arange(forms.size)[::-1])
    found = int(np.argmax(finer <= allowed))
    if forms.units:
        return replace(column, unit=forms.units[found])
    if found == 0:
        return replace(column, kind=Kind.INTEGER)
    return replace(column, decimals=found if found <= MAX_DIGITS else None)
