"""Decides which levels of a column are released, and what stands for those that too few rows hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from synthgan.data.containers.dtypes import element_type, holds_text, may_be_missing, missing_form
from synthgan.data.rare import (
    DROP,
    NEAREST,
    OTHER,
    PREFIX,
    WITHHELD,
    chosen,
    label_of,
    placeholder,
    prefix_in,
    prefixes_of,
)
from synthgan.data.schema import Kind
from synthgan.data.stamps import is_temporal, to_text
from synthgan.data.withheld import COLUMN, LEVELS, MISSING, NOTHING, RARE, Withheld, coarse
from synthgan.errors import Remedy
from synthgan.tabular.encoding.categorical import LevelEncoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.schema import Column
    from synthgan.data.values import Levels

MAX_NAMED = 3
MAX_LETTERS = 40


@dataclass(frozen=True)
class Released:
    """What is released of a column of levels.

    Attributes:
        column: what it is, with what becomes of rare levels where that is more than to drop them.
        encoder: its modes.
        withheld: what is not released; None where all is.
    """

    column: Column
    encoder: LevelEncoder
    withheld: Withheld | None = None


@dataclass(frozen=True)
class _Found:
    """The levels of a column, and how many rows hold each.

    Attributes:
        column: what it is.
        levels: in the order they are to be kept in.
        rows: int64 ``[levels]``.
        common: bool ``[levels]``: which are released.
        rare_below: how many rows a level must have.
        has_missing: whether some rows hold none.
    """

    column: Column
    levels: tuple[Any, ...]
    rows: NDArray[np.int64]
    common: NDArray[np.bool_]
    rare_below: int
    has_missing: bool

    @property
    def rare_rows(self) -> int:
        """How many rows hold levels that are not released."""
        return int(self.rows[~self.common].sum())

    @property
    def rare(self) -> dict[Any, int]:
        """The levels that are not released, and how many rows hold each."""
        return {self.levels[at]: int(self.rows[at]) for at in np.flatnonzero(~self.common & (self.rows > 0))}

    @property
    def released(self) -> tuple[Any, ...]:
        """The levels that are."""
        return tuple(level for level, keep in zip(self.levels, self.common, strict=True) if keep)

    @property
    def share(self) -> float:
        """The share of the values that are not released."""
        return self.rare_rows / max(int(self.rows.sum()), 1)


def release(column: Column, found: Levels, rare_below: int) -> Released:
    """Decide what is released of a column of levels.

    Args:
        column: what it is; declared levels are released, however few rows hold them.
        found: what it holds.
        rare_below: how many rows a level must have to be released, and so must whatever stands for others.
    """
    gaps = found.codes < 0
    ordered, has_missing = column.kind is Kind.ORDERED, bool(gaps.any())
    declared = (WITHHELD,) if column.kind is Kind.TEXT else column.levels
    if declared is not None:
        others = any(found.levels[code] not in declared for code in np.unique(found.codes[~gaps]))
        return Released(column, LevelEncoder(declared, has_rare=others, has_missing=has_missing, ordered=ordered))
    rows = np.bincount(found.codes[~gaps], minlength=len(found.levels))
    seen = _Found(column, found.levels, rows, rows >= rare_below, rare_below, has_missing)
    plain = LevelEncoder(seen.released, has_rare=seen.rare_rows > 0, has_missing=has_missing, ordered=ordered)
    if not seen.rare_rows:
        return Released(column, plain)
    is_text = holds_text(column.dtype)
    choice = column.rare or chosen(
        share=seen.share,
        common=bool(seen.common.any()),
        ordered=ordered,
        boolean=column.kind is Kind.BOOLEAN,
        rare=list(seen.rare) if is_text else None,
    )
    encoder = _replaced(seen, plain, choice, is_text=is_text)
    if encoder is plain:
        return Released(column, plain, _told(seen, plain))
    kept = column if column.rare or not seen.common.any() else replace(column, rare=choice)
    if encoder.has_missing and column.missing is None:
        kept = replace(kept, missing=missing_form(column.dtype))
    return Released(kept, encoder, _told(seen, encoder))


def _replaced(seen: _Found, plain: LevelEncoder, choice: str, *, is_text: bool) -> LevelEncoder:
    """The modes, with something that stands for rare levels; as they are where nothing can or should."""
    if is_text and choice in {OTHER, PREFIX}:
        return _named(seen, plain, choice)
    if choice == NEAREST and seen.common.any() and (seen.column.kind is Kind.ORDERED or _are_numbers(plain.levels)):
        return replace(plain, has_rare=False, others=NEAREST)
    if choice == DROP and seen.common.any():
        return plain
    if may_be_missing(seen.column.dtype) and (seen.rare_rows >= seen.rare_below or not seen.common.any()):
        return replace(plain, has_rare=False, has_missing=True, others=MISSING)
    if _are_numbers(plain.levels) and seen.common.any():
        return replace(plain, has_rare=False, others=NEAREST)
    return plain if seen.common.any() else _blank(seen, plain)


def _named(seen: _Found, plain: LevelEncoder, choice: str) -> LevelEncoder:
    """The modes, with names for what rare levels have in common, and a word for the rest where enough rows hold that."""
    rare = seen.rare
    prefixes = prefixes_of(rare, seen.rare_below, plain.levels) if choice == PREFIX else ()
    rest = sum(count for level, count in rare.items() if prefix_in(level, prefixes) is None)
    labels = tuple(map(label_of, prefixes))
    nothing = not plain.levels and not prefixes
    word = None
    if rest >= seen.rare_below or (nothing and not plain.has_missing):
        word = WITHHELD if nothing else placeholder((*plain.levels, *labels))
    if not labels and word is None:
        return plain
    levels = (*plain.levels, *labels, *([] if word is None else [word]))
    return replace(plain, levels=levels, has_rare=word is None and rest > 0, prefixes=prefixes, placeholder=word)


def _blank(seen: _Found, plain: LevelEncoder) -> LevelEncoder:
    """A single mode for a column without a common level, of a type that can be neither missing nor any word."""
    kind = element_type(seen.column.dtype)
    blank: Any = to_text(0, kind) if is_temporal(kind) else "0" if pa.types.is_decimal(kind) else type(seen.levels[0])()
    return replace(plain, levels=(blank,), has_rare=False)


def _are_numbers(levels: tuple[Any, ...]) -> bool:
    return all(isinstance(level, (int, float)) and not isinstance(level, bool) for level in levels)


def _told(seen: _Found, encoder: LevelEncoder) -> Withheld:
    """What is not released, for the owner of the data and for the model file."""
    name, levels = seen.column.name, len(seen.rare)
    whole = not seen.common.any() and not encoder.prefixes
    drawn, verb = _instead(seen, encoder)
    words = f"{'it' if levels == 1 else 'they'} {verb if levels != 1 else verb.replace('are', 'is', 1).replace('come', 'comes', 1)}"
    if whole:
        said = f"its commonest of {levels:,} levels is held by {seen.rows.max():,}"
        line = (
            f"column {name!r} must have a level held by at least {seen.rare_below} rows, however: {said}; it is withheld, and "
            f"its values {verb}"
        )
        remedy = Remedy.option("drop", [name], "leave it out") | Remedy.option("identifiers", [name], "regenerate it")
        return Withheld(name, COLUMN, RARE, 1.0, levels, drawn, line, remedy | "declare its levels in the schema")
    named = ", ".join(f"{_shown(level)} has {rows}" for level, rows in seen.rare.items())
    said = f"{named if levels <= MAX_NAMED else f'{levels:,} levels have fewer'} ({seen.share:.1%} of its values)"
    line = (
        f"column {name!r} must have at least {seen.rare_below} rows of a level to release it, however: {said}; {words}"
    )
    remedy = Remedy(("declare its levels in the schema if they may be known",))
    return Withheld(name, LEVELS, RARE, coarse(seen.share), levels, drawn, line, remedy)


def _instead(seen: _Found, encoder: LevelEncoder) -> tuple[str, str]:
    """What is drawn in place of rare levels, as a word and in words."""
    rest = f" and {encoder.placeholder!r}" if encoder.placeholder is not None else ""
    if encoder.prefixes:
        shown = ", ".join(repr(label_of(prefix)) for prefix in encoder.prefixes[:MAX_NAMED])
        more = ", …" if len(encoder.prefixes) > MAX_NAMED else ""
        return PREFIX, f"come back as {shown}{more}{rest}"
    if encoder.placeholder is not None:
        return encoder.placeholder, f"come back as {encoder.placeholder!r}"
    if encoder.others == MISSING:
        return MISSING, "come back as missing"
    if encoder.others == NEAREST and seen.common.any():
        return NEAREST, "come back as the nearest level that is"
    return NOTHING, "are never drawn"


def _shown(level: Any) -> str:
    text = repr(level)
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}…"
