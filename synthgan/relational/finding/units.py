"""Guesses whose data a database holds: patients, customers, drivers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

# Words for those whom rows are about, the likeliest first: where a hospital has patients and employees, it is the patients.
_PEOPLE: Final = (
    "patient", "subject", "person", "participant", "people", "individual", "member", "client", "customer", "user", "account",
    "player", "driver", "student", "citizen", "resident", "household", "employee", "dm",
)  # fmt: skip
_PART: Final = re.compile(r"[^a-z]+")


def guess_unit(tables: Iterable[str]) -> str | None:
    """Gives the table that is called after people; None where there is none.

    Example:
        >>> guess_unit(["Employee", "dim_Customers", "orders"]), guess_unit(["orders", "items"])
        ('dim_Customers', None)
    """
    named = [(name, _PART.split(name.lower())) for name in tables]
    for word in _PEOPLE:
        for name, parts in named:
            if {word, f"{word}s"} & set(parts) and len([part for part in parts if part not in {"dim", "tbl", ""}]) == 1:
                return name
    return None
