"""How many keys of five databases are found in their rows alone, against those that their makers state."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.datasets.linked import tables_of, truths
from benchmarks.datasets.tables import data_folder
from synthgan import Database

if TYPE_CHECKING:
    from collections.abc import Iterable

    from benchmarks.datasets.linked import Truth
    from synthgan.data.linked import DatabaseSchema


@dataclass(frozen=True)
class Found:
    """What was found of a database.

    Attributes:
        right: keys that are true.
        wrong: keys that are not, as text.
        missed: true keys that were not found, as text.
        asked: keys that are asked for.
    """

    right: int
    wrong: tuple[str, ...]
    missed: tuple[str, ...]
    asked: int

    def __add__(self, other: Found) -> Found:
        """Both together."""
        return Found(
            self.right + other.right, self.wrong + other.wrong, self.missed + other.missed, self.asked + other.asked
        )

    @property
    def recall(self) -> float:
        """The share of the true keys that were found."""
        return self.right / max(1, self.right + len(self.missed))

    @property
    def precision(self) -> float:
        """The share of the found keys that are true."""
        return self.right / max(1, self.right + len(self.wrong))


def foreign(schema: DatabaseSchema, truth: Truth) -> Found:
    """Compares foreign keys."""
    found = {f"{name}.{key}" for name, keys in schema.tables.items() for key in keys.foreign_keys}
    found = {one for one in found if one.partition(" ")[0] not in truth.undecided} - truth.empty
    return _compared(found, truth.foreign, len(schema.asked))


def primary(schema: DatabaseSchema, truth: Truth) -> Found:
    """Compares primary keys."""
    found = {f"{name}: {', '.join(keys.primary_key)}" for name, keys in schema.tables.items() if keys.primary_key}
    right = {
        next((one for one in ways if one in found), ways[0])
        for name, given in truth.primary.items()
        for ways in [[f"{name}: {', '.join(columns)}" for columns in given]]
    }
    return _compared(found, right, 0)


def _compared(found: Iterable[str], truth: Iterable[str], asked: int) -> Found:
    found, truth = set(found), set(truth)
    return Found(len(found & truth), tuple(sorted(found - truth)), tuple(sorted(truth - found)), asked)


def main() -> None:
    """Print a line for each database, and one for all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks keys", description=__doc__)
    parser.add_argument(
        "--data", help="folder that holds linked/ and tables/ (default: $SYNTHGAN_DATA, else ../shared/data)"
    )
    data = data_folder(parser.parse_args().data)
    print("| database | foreign keys | recall | precision | asked | primary keys | recall | precision | seconds |")
    print("|---|---|---|---|---|---|---|---|---|")
    nothing = Found(0, (), (), 0)
    total, seconds = (nothing, nothing), 0.0
    for name, truth in truths().items():
        tables = tables_of(name, data)
        began = time.perf_counter()
        schema = Database(tables).schema
        took = time.perf_counter() - began
        found = foreign(schema, truth), primary(schema, truth)
        print(_line(name, *found, took))
        total, seconds = (total[0] + found[0], total[1] + found[1]), seconds + took
    print(_line("all", *total, seconds))
    for what in total:
        for one in what.wrong:
            print(f"wrong: {one}")
        for one in what.missed:
            print(f"missed: {one}")


def _line(name: str, keys: Found, rows: Found, seconds: float) -> str:
    figures = [f"{keys.right}", f"{keys.recall:.3f}", f"{keys.precision:.3f}", f"{keys.asked}"]
    figures += [f"{rows.right}", f"{rows.recall:.3f}", f"{rows.precision:.3f}", f"{seconds:.1f}"]
    return f"| {name} | {' | '.join(figures)} |"
