"""Recognises tables of hospital standards, whose keys are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.data.keys import TableKeys
from synthgan.data.linked import DatabaseSchema
from synthgan.relational.finding import omop, sdtm
from synthgan.relational.finding.units import guess_unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


def standard_of(tables: Mapping[str, pd.DataFrame]) -> DatabaseSchema:
    """Gives what is known of tables by the standard that they follow; of others, the unit by what they are called."""
    if omop.is_omop(tables):
        return _of(omop.omop_keys(tables), omop.person_of(tables), omop.FOUND_BY, tables)
    dm = sdtm.subjects_of(tables)
    if dm is not None:
        return _of(sdtm.sdtm_keys(tables, dm), dm, sdtm.FOUND_BY, tables)
    return _of({}, guess_unit(tables), "its name", tables)


def _of(
    keys: Mapping[str, TableKeys], unit: str | None, found_by: str, tables: Mapping[str, pd.DataFrame]
) -> DatabaseSchema:
    return DatabaseSchema({name: keys.get(name, TableKeys()) for name in tables}, unit, found_by)
