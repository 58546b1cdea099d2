"""Sets rows of a table aside: at random, all rows of a unit on one side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from synthgan.data.containers.raw import names_of, raw_column
from synthgan.data.rows import number_of_rows, take
from synthgan.errors import ConfigError, DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from synthgan.data.containers.raw import Frame


def split_rows(frame: Frame, share: float, *, unit: str | int | None = None, seed: int = 0) -> tuple[Frame, Frame]:
    """Gives the rows to learn from and those set aside, each in the order in which they stood.

    Args:
        frame: a table.
        share: how much is set aside, of the rows or of the units.
        unit: the column that says whose a row is; rows without a value are each by themselves. None: every row is a unit.
        seed: of the choice.

    Raises:
        ConfigError: the share is none between 0 and 1.
        DataError: there is no such column, or there are too few rows or units for two parts.
    """
    if not 0 < share < 1:
        raise ConfigError(f"share must be between 0 and 1, however: share={share!r}", parameter="share")
    rows = number_of_rows(frame)
    owner = np.arange(rows) if unit is None else _owners(frame, unit)
    units = np.unique(owner)
    aside = round(share * len(units))
    if not 0 < aside < len(units):
        of_what = "rows" if unit is None else f"values of {unit!r}"
        raise DataError(
            f"a table to split must have {of_what} for both parts, however: {len(units):,} at a share of {share:g}"
        )
    chosen = np.random.default_rng(seed).permutation(units)[:aside]
    is_aside = np.isin(owner, chosen)
    return take(frame, np.flatnonzero(~is_aside)), take(frame, np.flatnonzero(is_aside))


def _owners(frame: Frame, unit: str | int) -> np.ndarray:
    """A number for each row, the same for all rows of a unit ``[rows]``."""
    if unit not in names_of(frame):
        raise DataError(
            f"unit must be a column of the table, however: {unit!r} is none",
            remedy=did_you_mean_or_known(unit, names_of(frame)),
            parameter="unit",
        )
    values = pc.dictionary_encode(raw_column(frame, unit).values)
    codes = np.asarray(values.indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
    alone = codes < 0
    return np.where(alone, len(values.dictionary) + np.cumsum(alone), codes)
