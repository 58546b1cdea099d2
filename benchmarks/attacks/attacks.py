"""Planted leaks: how surely the membership attacks of ``evaluate`` see what is known to be there, on a toy or any table.

``python -m benchmarks attacks`` plants leaks into a toy of 20 normal columns; ``--tables adult,magic --rows 5000 --seeds 200`` into
public tables, ``--table FILE`` into one of your own. A table is parted at random into members, others and a third part in the place of
synthetic rows, which leaks nothing as it stands (of the toy, all three are fresh draws); then a leak is planted into it. Prints, for each
leak, the share of seeds with an alarm and its 95 % interval, which share of the planted members is named among the most
exposed, and the means of figures.

Exit codes: 0 where what is promised may hold (without a leak, alarms in at most 5 % of seeds; 1 % of exact copies and 2 % of jittered
outliers found in at least 95 %), 1 where an interval rules it out, 2 wrong usage, 3 a table that cannot be read or is too small.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pandas as pd

from benchmarks.datasets.tables import chosen, command_line, data_folder, load
from synthgan.errors import SynthganError
from synthgan.io.readers import read_table
from synthgan.metrics.data.alignment import align
from synthgan.metrics.privacy.attacks import attack_findings
from synthgan.metrics.privacy.membership.candidates import MIN_CANDIDATES
from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.metrics.privacy.membership.rates import clopper_pearson
from synthgan.metrics.privacy.privacy import privacy_scores
from synthgan.metrics.statistics.neighbours import Embedding, k_nearest
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Leak = Callable[[pd.DataFrame, pd.DataFrame, np.random.Generator], "Planted"]

TOY, TOY_COLUMNS = "toy", 20
OUTLIERS, JITTER, NEIGHBOUR = 0.02, 0.05, 5
FALSE_ALARMS, DETECTED = 0.05, 0.95
FIGURES = ("nearer_to_train", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound", "exact_members", "outliers_exposed")
BAD_DATA = 3


@dataclass(frozen=True)
class Planted:
    """Rows in the place of synthetic ones, and which members (counted from 0) they give away."""

    rows: pd.DataFrame
    leaked: NDArray[np.int64]


def copies(share: float) -> Leak:
    """A leak of that share of the members, as they are."""

    def planted(members: pd.DataFrame, free: pd.DataFrame, rng: np.random.Generator) -> Planted:
        leaked = rng.choice(len(members), int(share * len(members)), replace=False)
        return Planted(pd.concat([members.iloc[leaked], free.iloc[len(leaked) :]], ignore_index=True), leaked)

    return planted


def outliers(members: pd.DataFrame, free: pd.DataFrame, rng: np.random.Generator) -> Planted:
    """The members most isolated from other members, their numbers jittered by a twentieth of a standard deviation."""
    tables, _ = align(members, members)
    points = Embedding.of(tables.real, "units").apply(tables.real)
    alone = k_nearest(points, points, NEIGHBOUR, themselves=True)[0][:, -1]
    leaked = np.argsort(-alone, kind="stable")[: int(OUTLIERS * len(members))]
    moved = moved_by(JITTER, members, rng).iloc[leaked]
    return Planted(pd.concat([moved, free.iloc[len(leaked) :]], ignore_index=True), leaked)


def jittered(deviations: float) -> Leak:
    """All members, each number moved by so many standard deviations."""

    def planted(members: pd.DataFrame, _: pd.DataFrame, rng: np.random.Generator) -> Planted:
        return Planted(moved_by(deviations, members, rng), np.arange(len(members)))

    return planted


def moved_by(deviations: float, rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The rows, each number moved at random by so many standard deviations of its column."""
    moved = rows.copy()
    for name in moved.select_dtypes("number"):
        column = rows[name].astype(float)
        moved[name] = column + deviations * column.std() * rng.normal(size=len(column))
    return moved


LEAKS: dict[str, tuple[str, Leak]] = {
    "none": ("none", copies(0.0)),
    "copies1": ("1 % exact copies", copies(0.01)),
    "copies5": ("5 % exact copies", copies(0.05)),
    "outliers": ("2 % outliers, jittered", outliers),
    "jitter": ("all members, jittered by .6 sd", jittered(0.6)),
}
PROMISED = ("copies1", "outliers")


def toy(rows: int, rng: np.random.Generator) -> pd.DataFrame:
    """People of twenty independent standard normal columns."""
    return pd.DataFrame(rng.normal(size=(rows, TOY_COLUMNS)), columns=[f"x{index}" for index in range(TOY_COLUMNS)])


def parts(table: pd.DataFrame | None, rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, ...]:
    """Members, others and free rows, ``rows`` of each or as many as there are; of the toy (None) fresh draws."""
    if table is None:
        table = toy(3 * rows, rng)
    rows, order = min(rows, len(table) // 3), rng.permutation(len(table))
    return tuple(table.iloc[order[at * rows : (at + 1) * rows]].reset_index(drop=True) for at in range(3))


def held_out(table: pd.DataFrame | None, leak: str, rows: int, seed: int) -> dict[str, float]:
    """Whether there is an alarm for one planted leak, who of the leaked members is named, and the figures."""
    rng = np.random.default_rng([seed, 5])
    members, others, free = parts(table, rows, rng)
    planted = LEAKS[leak][1](members, free, rng)
    tables, _ = align(members, planted.rows, others)
    found = attack_findings(tables, Streams(seed))
    values = {score.name: score.value for score in (*privacy_scores(tables, Streams(seed)), *found.scores)}
    named = len(set(found.details.exposed) & set(planted.leaked.tolist())) / max(len(planted.leaked), 1)
    figures = {name: np.nan if values[name] is None else values[name] for name in FIGURES}
    return {"alarm": values["membership_p_value"] <= ALARM, "named": named, **figures}


def tried(table: pd.DataFrame | None, name: str, leaks: list[str], rows: int, seeds: int) -> Iterator[bool]:
    """Print a line for each leak; yield whether what is promised of it may hold."""
    for leak in leaks:
        started = time.monotonic()
        found = pd.DataFrame([held_out(table, leak, rows, seed) for seed in range(seeds)])
        seconds, mean = (time.monotonic() - started) / seeds, found.mean()
        alarms = clopper_pearson(int(found["alarm"].sum()), seeds)
        print(
            f"{name[-20:]:<20} {LEAKS[leak][0]:<31} {alarms.value:>7.1%} [{alarms.low:.2f}, {alarms.high:.2f}] "
            f"{mean['named']:>5.0%} {mean['nearer_to_train']:>7.3f} {mean['membership_tpr_at_1pct_fpr']:>9.3f} "
            f"{mean['epsilon_lower_bound']:>8.2f} {mean['exact_members']:>8.2%} {mean['outliers_exposed']:>9.2f} {seconds:>7.1f}",
            flush=True,
        )
        yield not (leak == "none" and alarms.low > FALSE_ALARMS) and not (leak in PROMISED and alarms.high < DETECTED)


def own(path: Path) -> pd.DataFrame:
    """The user's table; leaves with one line where it cannot be read or is too small."""
    try:
        table = read_table(path)
    except SynthganError as error:
        refuse(str(error))
    table = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    if len(table) < 3 * MIN_CANDIDATES:
        refuse(f"{path}: a table must have {3 * MIN_CANDIDATES} rows to be parted, however: found {len(table)}")
    return table


def refuse(why: str) -> NoReturn:
    """Leave with one line."""
    print(f"error: {why}", file=sys.stderr)
    sys.exit(BAD_DATA)


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = command_line(__doc__)
    parser.set_defaults(tables=TOY)
    parser.add_argument(
        "--table", type=Path, help="a file of your own (of any format that is read), in the place of --tables"
    )
    parser.add_argument("--rows", type=int, default=2_000, help="members, and as many others (default: 2000)")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds, from 0 (default: 20)")
    parser.add_argument("--leaks", default=",".join(LEAKS), help=f"comma-separated, of {', '.join(LEAKS)}")
    given = parser.parse_args(words)
    leaks = given.leaks.split(",")
    for leak in leaks:
        if leak not in LEAKS:
            parser.error(f"--leaks must be some of {', '.join(LEAKS)}, however: {leak!r}")
    if given.rows < MIN_CANDIDATES or given.seeds < 1:
        parser.error(f"--rows must be at least {MIN_CANDIDATES} and --seeds 1, however: {given.rows} and {given.seeds}")
    tables: dict[str, pd.DataFrame | None]
    if given.table:
        tables = {str(given.table): own(given.table)}
    elif given.tables == TOY:
        tables = {TOY: None}
    else:
        tables = {name: pd.concat(load(name, data_folder(given.data))) for name in chosen(given.tables)}
    print(
        f"{'table':<20} {'leak':<31} {'alarms':>7} {'interval':<12} {'named':>5} {'nearer':>7} {'TPR at 1%':>9} ",
        end="",
    )
    print(f"{'epsilon':>8} {'matches':>8} {'outliers':>9} {'seconds':>7}", flush=True)
    # All leaks of all tables are tried before any verdict.
    try:
        held = [fine for name, table in tables.items() for fine in tried(table, name, leaks, given.rows, given.seeds)]
    except SynthganError as error:
        refuse(str(error))
    sys.exit(0 if all(held) else 1)
