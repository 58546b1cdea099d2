"""Marks among numbers and moments ("-", "n/a", "<0.1"): how text that may hold them is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.form import read_form
from synthgan.data.forms.moments import MomentForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Column
    from synthgan.data.values import Levels


def read_text(values: pa.Array, column: Column) -> tuple[pa.Array, NDArray[np.int32], tuple[str, ...]]:
    """Reads text by the form of its column.

    Args:
        values: text, Arrow array [rows].
        column: what it is, with a form.

    Returns:
        What the cells mean, Arrow array [rows], null where nothing stands or a mark; which mark each is, int32 [rows], -1 for none;
        and the marks: those of the column first, others sorted.
    """
    coded = values.dictionary_encode()
    texts = coded.dictionary.cast(pa.large_string())
    parsed = read_form(str(column.form)).parsed(texts)
    known = column.marks or ()
    is_mark = pc.or_(parsed.is_null(), pc.is_in(texts, pa.array(known, pa.large_string())))
    others = sorted(set(texts.filter(is_mark).to_pylist()) - set(known))
    marks = (*known, *others)
    number = np.asarray(pc.index_in(texts, pa.array(marks, pa.large_string())).fill_null(-1))
    parsed = pc.if_else(is_mark, pa.scalar(None, parsed.type), parsed)
    indices = np.asarray(coded.indices.cast(pa.int32()).fill_null(-1))
    return parsed.take(coded.indices), np.append(number, -1)[indices].astype(np.int32), marks


def write_text(values: pa.Array, column: Column, marks: Levels | None) -> pa.Array:
    """Writes values [rows] as text by the form of their column, the inverse of `read_text`: large strings, null is missing."""
    form = read_form(str(column.form))
    texts = form.written(values, column.timezone) if isinstance(form, MomentForm) else form.written(values)
    if marks is None or not len(marks.levels):
        return texts
    labels = pa.array(marks.levels, pa.large_string()).take(pa.array(marks.codes, mask=marks.codes < 0))
    return pc.coalesce(labels, texts)


def is_clock(column: Column) -> bool:
    """Whether a column writes times of day as text, none of which is beyond its day."""
    form = None if column.text_form is None else read_form(column.text_form)
    return isinstance(form, MomentForm) and form.is_clock


def type_of(column: Column) -> pa.DataType:
    """What Arrow holds the values of a column with a form as: int64, float64, a date, a stamp or a duration."""
    form = read_form(str(column.form))
    if isinstance(form, MomentForm):
        return form.type
    return pa.int64() if column.kind == "integer" else pa.float64()
