"""Knows the domains of CDISC's Study Data Tabulation Model by their columns: their keys, and what orders them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from synthgan.data.keys import ForeignKey, TableKeys
from synthgan.data.links import tells_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

FOUND_BY: Final = "CDISC SDTM"
_SUBJECT, _SUBJECTS = "USUBJID", "dm"
_DOMAIN: Final = ("DOMAIN", "RDOMAIN")  # of a domain, and of what stands beside one
_ORDERS: Final = (
    "STDTC",
    "DTC",
    "STDY",
    "DY",
    "SEQ",
)  # when it began, when it was, the same as days, the running number


def subjects_of(tables: Mapping[str, pd.DataFrame]) -> str | None:
    """The table of the subjects, DM, where tables are domains of the model: each subject once, and another table with them."""
    named = {name.lower(): name for name in tables}
    dm = named.get(_SUBJECTS)
    if dm is None or not _is_domain(tables[dm]) or not tells_apart(tables[dm], (_column(tables[dm], _SUBJECT),)):
        return None
    return dm if any(name != dm and _is_domain(frame) for name, frame in tables.items()) else None


def sdtm_keys(tables: Mapping[str, pd.DataFrame], dm: str) -> dict[str, TableKeys]:
    """Gives the keys of the domains; other tables are not there.

    Args:
        tables: pandas frames by name.
        dm: the table of the subjects.
    """
    return {name: _keys(name, frame, dm, tables) for name, frame in tables.items() if _is_domain(frame)}


def _keys(name: str, frame: pd.DataFrame, dm: str, tables: Mapping[str, pd.DataFrame]) -> TableKeys:
    subject, referred = _column(frame, _SUBJECT), _column(tables[dm], _SUBJECT)
    if name == dm:
        return TableKeys((subject,), FOUND_BY)
    begin = name.upper()[:2]
    key = ForeignKey((subject,), dm, (referred,), "owner", nullable=True, found_by=FOUND_BY)
    order = next((one for end in _ORDERS if (one := _column(frame, begin + end))), None)
    primary = (subject, _column(frame, f"{begin}SEQ"))
    known = primary if all(primary) and tells_apart(frame, primary) else None
    return TableKeys(known, FOUND_BY, (key,), order, FOUND_BY)


def _is_domain(frame: pd.DataFrame) -> bool:
    return bool(_column(frame, _SUBJECT)) and any(_column(frame, name) for name in _DOMAIN)


def _column(frame: pd.DataFrame, name: str) -> str:
    """The column of a name, in whatever letters; "" where there is none."""
    return next((column for column in frame.columns if column.upper() == name), "")
