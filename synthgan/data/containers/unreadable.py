"""Hands out what cannot be learned as it stands: a column of which only the gaps are known, numbers without infinities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.containers.raw import RawColumn, container_of, pandas_series
from synthgan.data.rare import WITHHELD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.containers.raw import Frame

_TEXT: Final = {"pandas": "object", "polars": "String", "pyarrow": "string"}


def gaps_of(frame: Frame, name: str | int) -> NDArray[np.bool_]:
    """Where a column has nothing: bool [rows]; no cell is read, so none is refused."""
    found: Any = frame
    container = container_of(frame)
    if container == "pandas":
        return np.asarray(pandas_series(found, name).isna(), bool)
    if container == "polars":
        return np.asarray(found.get_column(str(name)).is_null().to_numpy(), bool)
    return np.asarray(found.column(name).is_null())


def unreadable_column(frame: Frame, name: str | int) -> RawColumn:
    """Gives a column that cannot be read as text of which nothing is known but where it is missing."""
    gaps, container = gaps_of(frame, name), str(container_of(frame))
    values = pa.array(np.full(len(gaps), WITHHELD, object), pa.large_string(), mask=gaps)
    missing = ("none" if container == "pandas" else "null") if gaps.any() else None
    return RawColumn(values, _TEXT[container], missing)


def without_infinity(raw: RawColumn) -> tuple[RawColumn, int]:
    """Makes infinite numbers missing, and counts them; a column without any is given as it is."""
    values = raw.values
    if pa.types.is_dictionary(values.type):
        is_number = pa.types.is_floating(values.type.value_type)
        spikes = np.isinf(np.asarray(values.dictionary)) if is_number else np.zeros(0, bool)
        if not spikes.any():
            return raw, 0
        infinite = pa.array(np.append(spikes, False)[np.asarray(values.indices.fill_null(len(spikes)))])
        kept = pc.if_else(infinite, pa.scalar(None, values.indices.type), values.indices)
        # The entries themselves must go, too: what is described is every entry of a dictionary.
        finite = pc.if_else(pa.array(spikes), pa.scalar(None, values.type.value_type), values.dictionary)
        values = pa.DictionaryArray.from_arrays(kept, finite, ordered=values.type.ordered)
    elif pa.types.is_floating(values.type):
        infinite = pc.fill_null(pc.is_inf(values), fill_value=False)
        if not pc.any(infinite).as_py():
            return raw, 0
        values = pc.if_else(infinite, pa.scalar(None, values.type), values)
    else:
        return raw, 0
    return replace(raw, values=values, missing=raw.missing or _form(raw.dtype)), int(pc.sum(infinite).as_py())


def _form(dtype: str) -> str:
    """How a type of floats writes that nothing is there."""
    return "nan" if dtype in {"float16", "float32", "float64"} or dtype.startswith("object") else "null"
