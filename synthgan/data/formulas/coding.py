"""Columns as codes of all rows, by which look-ups are found and learned."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

import numpy as np

from synthgan.data.column import CODED, NUMBERS
from synthgan.data.formulas.evaluation import evaluate
from synthgan.data.formulas.functions import LOOKUP
from synthgan.data.formulas.grammar import names_in, parse, quoted
from synthgan.data.formulas.lookups import Lookup
from synthgan.data.formulas.vectors import missing_in, vector_of
from synthgan.data.values import Levels
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan.data.column import Scalar
    from synthgan.data.formulas.bench import Bench, Name
    from synthgan.data.formulas.formula import Formula
    from synthgan.data.formulas.vectors import Vector
    from synthgan.data.table import Table

    Codes = NDArray[np.int64]

REPEATED: Final = 3  # rows that a key must have on average, or it is a name of the row
_DIGITS: Final = 9


class Coded:
    """The columns as codes of all rows; each is coded once for all finders, and stays with the bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.table: Table = bench.table
        self.held = bench.coded

    def of(self, text: str) -> tuple[Codes, tuple[Scalar, ...]]:
        """What a text gives, as codes int64 [rows] (-1 = missing) into values."""
        if text not in self.held:
            tree = parse(text)
            given = {name: vector_of(self.table, self.bench.by_text[name]) for name in names_in(tree)}
            self.held[text] = coded_vector(evaluate(tree, given, len(self.table)))
        return self.held[text]


def coded_vector(vector: Vector) -> tuple[Codes, tuple[Scalar, ...]]:
    """A vector as codes int64 [rows] (-1 = missing) into its values; numbers that agree to nine digits are one."""
    if isinstance(vector, Levels):
        return vector.codes.astype(np.int64), vector.levels
    assert isinstance(vector, np.ndarray)  # noqa: S101 (moments are asked for their parts)
    missing = missing_in(vector)
    present = vector[~missing]
    _, first, codes = np.unique(np.round(present, _DIGITS), return_index=True, return_inverse=True)
    found = np.full(len(vector), -1, dtype=np.int64)
    found[~missing] = codes
    return found, tuple(present[first].tolist())  # as they stand: a look-up hands them out


def repeating(bench: Bench, coded: Coded) -> list[Name]:
    """What may be determined: levels, and numbers that repeat."""
    found = []
    for name, column in bench.columns.items():
        if column.kind in CODED | NUMBERS:
            codes, values = coded.of(quoted(name))
            if 1 < len(values) <= max(2, (codes >= 0).sum() / REPEATED):
                found.append(name)
    return found


def combined(codes: list[Codes], sizes: list[int]) -> Codes:
    """Several codes as one, int64 [rows]; -1 where one of them is missing."""
    whole = np.zeros(len(codes[0]), dtype=np.int64)
    missing = np.zeros(len(whole), dtype=bool)
    for part, size in zip(codes, sizes, strict=True):
        whole = whole * size + part
        missing |= part < 0
    return np.where(missing, -1, whole)


def learned_lookup(formula: Formula, table: Table, rare_below: int) -> Lookup:
    """The look-up of a declared formula as a table has it: the commonest value of each key that enough rows hold.

    Raises:
        SchemaError: the formula is no look-up as a whole, or no key is held by enough rows.
    """
    tree = formula.tree
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id != LOOKUP:
        raise SchemaError(
            f"a look-up inside a formula must have its table, however: {formula} has none; "
            f"add it to the schema as its lookup, or write lookup(...) alone"
        )
    given = {str(name): vector_of(table, name) for name in formula.sources}
    parts = [coded_vector(evaluate(argument, given, len(table))) for argument in tree.args]
    wanted, values = coded_vector(vector_of(table, formula.target))
    whole = combined([codes for codes, _ in parts], [len(scale) for _, scale in parts])
    known = (whole >= 0) & (wanted >= 0)
    pairs, counts = np.unique(np.stack([whole[known], wanted[known]]), axis=1, return_counts=True)
    order = np.lexsort((counts, pairs[0]))
    last = np.append(pairs[0][order][1:] != pairs[0][order][:-1], bool(len(order)))
    best = order[last] if len(order) else order
    keys, held = np.unique(whole[known], return_counts=True)
    common = held >= rare_below
    if not common.any():
        raise SchemaError(
            f"a look-up must have a key that at least {rare_below} rows hold, however: {formula} has none; "
            f"declare its table in the schema"
        )
    return lookup_of(keys[common], pairs[1][best][common], parts, values)


def lookup_of(
    keys: Codes, given: Codes, parts: list[tuple[Codes, tuple[Scalar, ...]]], values: tuple[Scalar, ...]
) -> Lookup:
    """A look-up of keys in one whole number each."""
    rest, scales = keys, []
    for _, scale in reversed(parts):
        scales.append([scale[code] for code in rest % len(scale)])
        rest = rest // len(scale)
    return Lookup(tuple(zip(*reversed(scales), strict=True)), tuple(values[code] for code in given))
