"""The modes of levels, made from codes alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.data.schema import Column, Kind
from synthgan.data.values import Levels
from synthgan.tabular.encoding.releasing import release

if TYPE_CHECKING:
    import numpy as np

    from synthgan.tabular.encoding.categorical import LevelEncoder


def fitted(codes: np.ndarray, levels: tuple[Any, ...], rare_below: int = 10, *, ordered: bool = False) -> LevelEncoder:
    """The modes of a column of these codes, int32 ``[rows]``; rare levels are learned and never drawn."""
    kind, dtype = (Kind.ORDERED, "category[object, ordered]") if ordered else (Kind.CATEGORY, "object")
    column = Column("x", kind, dtype, missing="none", rare="drop")
    return release(column, Levels(codes, levels), rare_below).encoder
