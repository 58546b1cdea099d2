"""Conditions on how much of an image a structure takes: ``area:nucleus>.2``, in the grammar of all conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from synthgan.data.clauses import Clause, read_where, rows_of_conditions
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.clauses import Where
    from synthgan.image.masks import Masks, Structures

AREA = "area:"  # before the name of a structure, what a condition calls the share of the image that it takes


@dataclass(frozen=True)
class AreaDemands:
    """What is asked of the areas of structures.

    Attributes:
        clauses: each with the place of its structure.
    """

    clauses: tuple[tuple[int, Clause], ...]

    @classmethod
    def split(cls, where: Where | None, structures: Structures | None) -> tuple[Where | None, Self]:
        """Conditions without those on areas, and those.

        Raises:
            DataError: if one names a structure that was never learned, or anything but numbers.
        """
        if where is None or rows_of_conditions(where) is not None:
            return where, cls(())
        names = () if structures is None else structures.names
        known = {f"{AREA}{name}": None for name in names}
        given: Any = where
        if isinstance(given, Mapping):
            own = {name: value for name, value in given.items() if str(name).startswith(AREA)}
            rest: Any = {name: value for name, value in given.items() if name not in own}
            found = read_where(own)
        else:
            texts = [given] if isinstance(given, str) else list(given)
            own_texts = [text for text in texts if isinstance(text, str) and text.lstrip(" \"'").startswith(AREA)]
            rest, found = [text for text in texts if text not in own_texts], read_where(own_texts, known)
        for clause in found:
            if str(clause.name) not in known:
                raise DataError(
                    f"a condition on an area must name a structure of the masks that were learned, however: {str(clause.name)!r}",
                    remedy=did_you_mean_or_known(clause.name, known) if known else "learn images with masks",
                )
        placed = tuple((list(known).index(str(clause.name)), _in_numbers(clause)) for clause in found)
        return rest or None, cls(placed)

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(self.clauses)

    def met(self, masks: Masks) -> NDArray[np.bool_]:
        """Which masks meet all; ``[n]``."""
        areas, met = masks.areas(), np.ones(len(masks), dtype=bool)
        for place, clause in self.clauses:
            own = areas[:, place]
            if clause.values is not None:
                met &= np.isin(own, clause.values) ^ clause.negated
            if clause.low is not None:
                met &= own > clause.low if clause.strict else own >= clause.low
            if clause.high is not None:
                met &= own < clause.high if clause.strict else own <= clause.high
        return met


def _in_numbers(clause: Clause) -> Clause:
    """The same with numbers for what texts said.

    Raises:
        DataError: if they are none.
    """

    def number(value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"an area must be a share of the image, such as .2, however: {'' if value is None else value!r} in {clause}"
            ) from error

    values = None if clause.values is None else tuple(map(number, clause.values))
    low, high = (None if bound is None else number(bound) for bound in (clause.low, clause.high))
    return Clause(clause.name, values, low, high, clause.strict, clause.negated)
