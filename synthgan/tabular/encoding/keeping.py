"""Keeps declared rules in rows that were drawn: what breaks one is moved, drawn again from rows that keep it, or refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.rule_text import FLIPPED
from synthgan.data.ruled import View, text_of
from synthgan.data.scale import number_of, scale_of
from synthgan.data.schema import Kind, Schema
from synthgan.data.values import Levels
from synthgan.errors import DataError
from synthgan.tabular.encoding.differing import differ

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from synthgan.data.rule_text import Comparison
    from synthgan.data.rules import Name, Rule

    Rows = NDArray[np.bool_]
    Values = dict[Name, Any]
    Repair = Callable[[Values, Values], Values]

PASSES = 6


class Keeper:
    """Keeps the rules of a schema in batch after batch of one draw: what must differ differs between batches, too."""

    def __init__(self, schema: Schema, levels: Mapping[Name, Sequence[Any]] | None = None) -> None:
        """Take the rules in.

        Args:
            schema: what the columns are, and the rules.
            levels: by column, the levels that are released; None where nothing is known of them.
        """
        self._schema = schema
        self._levels = levels or {}
        self._seen: dict[tuple[Name, ...], set[tuple[str | None, ...]]] = {}

    def keep(
        self,
        values: Mapping[Name, Any],
        rows: int,
        fixed: Mapping[Name, Rows],
        rng: np.random.Generator,
        repair: Repair | None = None,
        *,
        strict: bool = True,
    ) -> dict[Name, Any]:
        """The values, none of which breaks a rule.

        Args:
            values: by column: float64 ``[rows]``, ``Levels`` or identifiers; others that belong to the rows may be among them.
            rows: how many there are.
            fixed: by column, bool ``[rows]``: where a value must stay.
            rng: randomness.
            repair: puts right what else holds between columns, once rules have moved some; the rules have the last word.
            strict: what is fixed keeps the rules itself, or is refused; else rows that cannot keep them are left as they are.

        Raises:
            DataError: if conditions and rules exclude each other, or rules do.
        """
        moved = dict(values)
        rules = [rule for rule in self._schema.rules if rule.kind != "unique"]
        for _ in range(PASSES):
            before = dict(moved)
            mended = [self._mended(rule, moved, rows, fixed, rng) for rule in rules]
            if not any(mended):
                break
            if repair is not None:
                moved = repair(before, moved)
        else:
            if strict:
                self._copy(rules, moved, rows, fixed, rng)
        for rule in self._schema.rules:
            if rule.kind == "unique":
                seen = self._seen.setdefault(rule.unique, set())
                differ(rule, View(self._schema, moved, rows), moved, fixed, seen, rng, strict=strict)
        return moved

    def _mended(
        self, rule: Rule, moved: dict[Name, Any], rows: int, fixed: Mapping[Name, Rows], rng: np.random.Generator
    ) -> bool:
        """Put the rows right that break a rule; whether any did."""
        view = View(self._schema, moved, rows)
        broken = view.broken(rule)
        if not broken.any():
            return False
        if rule.kind == "allowed":
            _combine(rule, view, moved, broken, fixed, rng)
            return True
        for one in rule.consequence:
            view = View(self._schema, moved, rows)
            wrong = view.breaks(one) & view.premised(rule)
            for name, way in ((one.name, one), (one.other, _turned(one))):
                free = wrong & ~fixed.get(name, np.zeros(rows, dtype=bool)) if name is not None else wrong & False
                if free.any():
                    donors = view.premised(rule) & view.meets(one)
                    self._make(way, view, moved, free, donors, rng)
                    wrong &= ~free
            for way in rule.premise:
                free = wrong & ~fixed.get(way.name, np.zeros(rows, dtype=bool))
                if free.any():
                    self._make(way.negated, view, moved, free, view.meets(way.negated), rng)
                    wrong &= ~free
        return True

    def _make(
        self, one: Comparison, view: View, moved: dict[Name, Any], wrong: Rows, donors: Rows, rng: np.random.Generator
    ) -> None:
        """Make rows meet a comparison by its first column."""
        held, column = view.of(one.name), self._schema.column(one.name)
        if isinstance(held, Levels):
            self._relevel(one, view, moved, wrong, donors, rng)
            return
        if one.name not in moved:
            return
        scale, numbers = scale_of(column), np.array(held, dtype=np.float64)
        if one.other is not None:
            goal = scale.counted(view.of(one.other), scale_of(self._schema.column(one.other)))
        elif one.sign in {"=", "!="} and donors.any():
            numbers[wrong] = numbers[rng.choice(np.flatnonzero(donors), int(wrong.sum()))]
            moved[one.name] = numbers
            return
        else:
            number = number_of(column, one.values[0])
            goal = np.full(len(numbers), np.nan if number is None else float(number))
        if one.sign in {"<", "<="}:
            there = scale.below(goal)
            step = scale.apart(there)
            less = scale.below(np.where(step > 0, there - step, np.nextafter(there, -np.inf)))
            there = np.where(there >= goal, less, there) if one.sign == "<" else there
        elif one.sign in {">", ">="}:
            there = scale.above(goal)
            step = scale.apart(there)
            more = scale.above(np.where(step > 0, there + step, np.nextafter(there, np.inf)))
            there = np.where(there <= goal, more, there) if one.sign == ">" else there
        else:
            step = scale.apart(goal)
            there = goal if one.sign == "=" else goal + np.where(step > 0, step, 1.0)
        numbers[wrong] = there[wrong]
        moved[one.name] = numbers

    def _relevel(
        self, one: Comparison, view: View, moved: dict[Name, Any], wrong: Rows, donors: Rows, rng: np.random.Generator
    ) -> None:
        """Make rows meet a comparison by another level."""
        held: Levels = view.of(one.name)
        codes, known = held.codes.copy(), [*held.levels]
        if one.other is not None and one.sign == "=":
            other: Levels = view.of(one.other)
            known += [level for level in other.levels if text_of(level) not in map(text_of, known)]
            at = {text_of(level): code for code, level in enumerate(known)}
            matched = np.array([*(at[text_of(level)] for level in other.levels), -1], dtype=np.int32)
            codes[wrong] = matched[other.codes][wrong]
        elif donors.any():
            codes[wrong] = codes[rng.choice(np.flatnonzero(donors), int(wrong.sum()))]
        else:
            known += [level for level in self._levels.get(one.name, ()) if level not in known]
            column = self._schema.column(one.name)
            every = Levels(np.arange(-1, len(known), dtype=np.int32), tuple(known))
            fits = View(Schema(self._schema.container, (column,)), {one.name: every}, len(known) + 1).meets(one)
            fits[0] &= None in one.values
            if fits.any():
                codes[wrong] = rng.choice(np.flatnonzero(fits), int(wrong.sum())) - 1
        moved[one.name] = Levels(codes, tuple(known))

    def _copy(
        self,
        rules: Sequence[Rule],
        moved: dict[Name, Any],
        rows: int,
        fixed: Mapping[Name, Rows],
        rng: np.random.Generator,
    ) -> None:
        """Put whole rows that keep all rules into the place of those that still break one."""
        view = View(self._schema, moved, rows)
        broken = np.zeros(rows, dtype=bool)
        for rule in rules:
            broken |= view.broken(rule)
        donors = np.flatnonzero(~broken)
        held = [name for name, mask in fixed.items() if (mask & broken).any()]
        if broken.any() and (not len(donors) or held):
            worst = next(rule for rule in rules if view.broken(rule).any())
            what = f"conditions on {', '.join(map(str, held))}" if held else "the other rules"
            raise DataError(
                f"a rule must be one that rows can keep, however: {str(worst)!r} and {what} exclude each other"
            )
        if broken.any():
            source = np.arange(rows)
            source[broken] = rng.choice(donors, int(broken.sum()))
            keys = {column.name for column in self._schema if column.kind is Kind.IDENTIFIER}
            moved |= {name: one.take(source) for name, one in moved.items() if name not in keys}


def _combine(
    rule: Rule,
    view: View,
    moved: dict[Name, Any],
    broken: Rows,
    fixed: Mapping[Name, Rows],
    rng: np.random.Generator,
) -> None:
    """Give rows a combination that is allowed: that of a row which has as much in common with them as may be, else a listed one."""
    texts = [view.texts(name) for name in rule.columns]
    common = Counter(tuple(column[row] for column in texts) for row in np.flatnonzero(~broken))
    listed = Counter(tuple(None if one is None else text_of(one) for one in allowed) for allowed in rule.allowed)
    chosen = [list(column) for column in texts]
    pools: dict[Any, tuple[list[Any], NDArray[np.float64]]] = {}
    for row in np.flatnonzero(broken):
        own = tuple(column[row] for column in texts)
        held = tuple(at for at, name in enumerate(rule.columns) if fixed.get(name, broken & False)[row])
        if (own, held) not in pools:
            pools[own, held] = _pool(own, held, (common, listed))
        pool, shares = pools[own, held]
        if pool:
            for at, value in enumerate(pool[int(rng.choice(len(pool), p=shares))]):
                chosen[at][row] = value
    for name, column in zip(rule.columns, chosen, strict=True):
        _write(name, column, view, moved, rule)


def _pool(
    own: tuple[Any, ...], held: tuple[int, ...], sources: tuple[Counter[Any], ...]
) -> tuple[list[Any], NDArray[np.float64]]:
    """The combinations that have what is held in common with one, and the first column if any has; and their shares."""
    for kept in ((*held, 0), held):
        for source in sources:
            pool = [one for one in source if all(one[at] == own[at] for at in kept)]
            if pool:
                counts = np.array([source[one] for one in pool], dtype=np.float64)
                return pool, counts / counts.sum()
    return [], np.empty(0)


def _write(name: Name, texts: list[str | None], view: View, moved: dict[Name, Any], rule: Rule) -> None:
    """Put values, as texts, into a column."""
    held = view.of(name)
    if isinstance(held, Levels):
        named = [allowed[rule.columns.index(name)] for allowed in rule.allowed]
        known = list(held.levels)
        known += [one for one in named if one is not None and text_of(one) not in map(text_of, known)]
        at = {text_of(level): code for code, level in enumerate(known)}
        moved[name] = Levels(np.array([-1 if one is None else at[one] for one in texts], np.int32), tuple(known))
    elif name in moved:
        moved[name] = np.array([np.nan if one is None else float(one) for one in texts])


def _turned(one: Comparison) -> Comparison:
    """The same comparison, by its other column."""
    return one if one.other is None else replace(one, name=one.other, other=one.name, sign=FLIPPED[one.sign])
