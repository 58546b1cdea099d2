"""Planted leaks: how well the membership attacks of ``evaluate`` see what is known to be there, on any table.

``python -m benchmarks.attacks --tables adult,magic --rows 5000 --seeds 20``, or ``--table FILE`` for one of your own. Its rows are parted
into members, others and a third part in the place of synthetic rows, which leaks nothing as it stands; then a leak is planted into
it. Prints the share of seeds in which the attacks prove an epsilon above 0, and the means of all alarms. Without a leak at most one
seed in twenty may be accused.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from benchmarks.tables import chosen, command_line, data_folder, load
from synthgan.metrics.alignment import align
from synthgan.metrics.attacks import attack_scores
from synthgan.metrics.privacy import privacy_scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

OUTLIERS, JITTER = 0.02, 0.05
FIGURES = ("exact_copies", "nearer_to_train", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound")


def copies(share: float) -> Callable[[pd.DataFrame, pd.DataFrame, np.random.Generator], pd.DataFrame]:
    """A leak of that share of the members, as they are."""

    def planted(members: pd.DataFrame, free: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
        count = int(share * len(members))
        return pd.concat([members.head(count), free.iloc[count:]], ignore_index=True)

    return planted


def outliers(members: pd.DataFrame, free: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The members that lie furthest out, their numbers jittered by a twentieth of a standard deviation."""
    numbers = members.select_dtypes("number").astype(float)
    far = ((numbers - numbers.mean()) / (numbers.std() + 1e-12)).abs().sum(axis=1)
    leaked = members.loc[far.nlargest(int(OUTLIERS * len(members))).index]
    return pd.concat([jittered(JITTER)(leaked, leaked, rng), free.iloc[len(leaked) :]], ignore_index=True)


def jittered(deviations: float) -> Callable[[pd.DataFrame, pd.DataFrame, np.random.Generator], pd.DataFrame]:
    """All members, each number moved by so many standard deviations."""

    def planted(members: pd.DataFrame, _: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        moved = members.copy()
        for name in members.select_dtypes("number"):
            column = members[name].astype(float)
            moved[name] = column + deviations * column.std() * rng.normal(size=len(column))
        return moved

    return planted


LEAKS: dict[str, Callable[[pd.DataFrame, pd.DataFrame, np.random.Generator], pd.DataFrame]] = {
    "none": copies(0.0),
    "1 % exact copies": copies(0.01),
    "5 % exact copies": copies(0.05),
    "2 % outliers, jittered": outliers,
    "all members, jittered by .6 sd": jittered(0.6),
}


def judged(table: pd.DataFrame, leak: str, rows: int, seed: int) -> dict[str, float]:
    """All alarms for one planted leak; every third of the table is of ``rows`` rows, or as many as there are."""
    rng = np.random.default_rng([seed, 5])
    rows = min(rows, len(table) // 3)
    order = rng.permutation(len(table))
    members, others, free = (table.iloc[order[at * rows : (at + 1) * rows]].reset_index(drop=True) for at in range(3))
    tables, _ = align(members, LEAKS[leak](members, free, rng), others)
    found = {
        score.name: score.value
        for score in (*privacy_scores(tables, Streams(seed)), *attack_scores(tables, Streams(seed)))
    }
    return {name: float(found[name] or 0.0) for name in FIGURES}


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = command_line(__doc__)
    parser.add_argument("--table", type=Path, help="a Parquet file of your own, in the place of --tables")
    parser.add_argument("--rows", type=int, default=5_000, help="members, and as many others")
    parser.add_argument("--seeds", type=int, default=20, help="how many seeds, from 0")
    given = parser.parse_args(words)
    tables = {str(given.table): pd.read_parquet(given.table)} if given.table else {}
    if not tables:
        tables = {name: pd.concat(load(name, data_folder(given.data))) for name in chosen(given.tables)}
    print(f"{'table':<20} {'leak':<31} {'detected':>8} {'copies %':>9} {'nearer':>7} {'TPR at 1 %':>10} {'epsilon':>8}")
    for name, table in tables.items():
        for leak in LEAKS:
            found = pd.DataFrame([judged(table, leak, given.rows, seed) for seed in range(given.seeds)])
            mean = found.mean()
            detected = (found["epsilon_lower_bound"] > 0).mean()
            print(
                f"{name[-20:]:<20} {leak:<31} {detected:>8.0%} {100 * mean['exact_copies']:>9.2f} {mean['nearer_to_train']:>7.3f} "
                f"{mean['membership_tpr_at_1pct_fpr']:>10.3f} {mean['epsilon_lower_bound']:>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
