"""Training rows read back out of model files: how many are, beside as many rows that were never seen.

``python -m benchmarks reconstruct --table heart_disease --rows 460 --generator chains,network,marginals`` learns some rows, and
attacks the file with nothing else. ``--images digits --generator prior,gan,moments`` does so with images. By family:

* chains: a search for all rows that stand in a leaf of every tree; a row is read if all its modes are found.
* other tables: rows drawn, and made likelier cell by cell; a row is read if all its modes are among the outcome.
* images: those drawn, and the means in the file; one is read if it is nearer to these than half-way to any other real one.

Prints how many were read, of how many; the same of unseen rows; the p-value of Fisher's exact test, one-sided, that no more were
read of those learned; and the share of rows learned that the model's own density (of images: their nearness) tells from 99 % of
unseen ones.

Exit codes: 0 where every file that says that it keeps no rows keeps its word, 1 where one does not (a false alarm in at most one
file of a hundred), 2 wrong usage, 3 data that cannot be read.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from benchmarks.attacks.attacks import own
from benchmarks.attacks.climbing import NEAR, climbed, neared
from benchmarks.attacks.leaves import LeafSearch
from benchmarks.datasets import image_sets, tables
from synthgan import ImageSynthesizer, Schema, Synthesizer
from synthgan.data.schema import Kind
from synthgan.demo import patients
from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.runtime import Streams
from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan import ImageRecords
    from synthgan.data.column import Column

PATIENTS = "patients"  # those of the demonstration
FAMILIES: dict[str, Callable[[float], Synthesizer]] = {
    "chains": lambda _: Synthesizer(generator="chains"),
    "network": lambda _: Synthesizer(generator="network"),
    "marginals": lambda epsilon: Synthesizer(epsilon=epsilon),
    "dpsgd": lambda epsilon: Synthesizer(epsilon=epsilon, mechanism="dpsgd"),
}
IMAGE_FAMILIES: dict[str, Callable[[float], ImageSynthesizer]] = {
    "prior": lambda _: ImageSynthesizer(steps=0),
    "gan": lambda _: ImageSynthesizer(),
    "moments": lambda epsilon: ImageSynthesizer(epsilon=epsilon),
}
FALSE_POSITIVES = 0.01
HEADINGS = ("data", "generator", "confidential", "read", "of", "unseen read", "of", "p-value", "TPR at 1%", "seconds")
WIDTHS = (18, 10, 13, 7, 7, 12, 7, 9, 10, 8)


@dataclass(frozen=True)
class Outcome:
    """What an attack made of a file.

    Attributes:
        confidential: what the file says of itself.
        members: bool: which of the rows learned were read.
        unseen: bool: which of the others would have been.
        tpr: the share of rows learned that density or nearness tells from 99 % of unseen ones.
        seconds: that the search took.
    """

    confidential: bool
    members: NDArray[np.bool_]
    unseen: NDArray[np.bool_]
    tpr: float
    seconds: float

    @property
    def p_value(self) -> float:
        """How often chance alone would read so many more of the rows learned."""
        read = [[int(part.sum()), int((~part).sum())] for part in (self.members, self.unseen)]
        return float(fisher_exact(read, alternative="greater").pvalue)

    @property
    def keeps_its_word(self) -> bool:
        """Whether the file says that it is confidential, or no more was read of what it learned than of the rest."""
        return self.confidential or self.p_value > ALARM


def attack_table(synthesizer: Synthesizer, members: pd.DataFrame, unseen: pd.DataFrame) -> Outcome:
    """Read rows out of a model of a table."""
    model, seed = synthesizer.model_, synthesizer.seed
    layout, generator, started = model.transform.layout, model.generator, time.monotonic()
    if isinstance(generator, Chains):
        found = LeafSearch(generator.sampler_).rows()
    else:
        found = climbed(generator, len(layout.spans), len(members), Streams(seed).below("reconstruct"))
    seconds = time.monotonic() - started
    names = {row.tobytes() for row in np.ascontiguousarray(found, dtype=np.int32)}
    read, density = [], []
    for frame in (members, unseen):
        encoded = model.encode(frame, Streams(seed))
        read.append(np.array([row.tobytes() in names for row in np.ascontiguousarray(encoded.codes)]))
        # Chains draw numbers inside modes evenly: where one lies there says nothing.
        residuals = encoded.residuals * (not isinstance(generator, Chains))
        density.append(generator.log_likelihood(Encoded(encoded.codes, residuals)))
    return Outcome(synthesizer.manifest()["confidential"], *read, told_apart(*density), seconds)


def attack_images(synthesizer: ImageSynthesizer, members: ImageRecords, unseen: ImageRecords) -> Outcome:
    """Read images out of a model of images."""
    started = time.monotonic()
    ratios = np.split(neared(synthesizer, members, unseen), [len(members)])
    seconds = time.monotonic() - started
    read = [ratio < NEAR for ratio in ratios]
    return Outcome(synthesizer.manifest()["confidential"], *read, told_apart(*(-ratio for ratio in ratios)), seconds)


def told_apart(members: NDArray[np.float64], unseen: NDArray[np.float64]) -> float:
    """The share of members above all but a hundredth of the others."""
    return float((members > np.quantile(unseen, 1 - FALSE_POSITIVES)).mean())


def declared(table: pd.DataFrame) -> Schema:
    """A schema with types, gaps and levels, as whoever fits privately would declare it."""
    schema = Schema.infer(table)

    def with_levels(column: Column) -> Column:
        if column.kind is not Kind.CATEGORY or column.levels is not None:
            return column
        return replace(column, levels=tuple(sorted(table[column.name].dropna().unique())))

    return replace(schema, columns=tuple(map(with_levels, schema.columns)))


def reopened(synthesizer: Any) -> Any:
    """A model as its file holds it, and nothing more."""
    with TemporaryDirectory() as folder:
        synthesizer.save(Path(folder) / "m.synthgan")
        return type(synthesizer).load(Path(folder) / "m.synthgan")


def parted(name: str, rows: int | None, folder: Path, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to learn, and unseen ones: of a table of the benchmark, of the patients of the demonstration, or of a file.

    Without ``rows`` the published split is taken, of patients that of the demonstration, of a file one half.
    """
    if name in tables.TASKS:
        parts = tables.load(name, folder)
        if rows is None:
            return parts
        table = pd.concat(parts)
    else:
        table = patients().drop(columns="patient_id") if name == PATIENTS else own(Path(name))
        rows = rows or (len(table) - len(table) // 5 if name == PATIENTS else len(table) // 2)
    shuffled = table.iloc[np.random.default_rng(seed).permutation(len(table))].reset_index(drop=True)
    return shuffled[:rows], shuffled[rows : 2 * rows].reset_index(drop=True)


def images_of(name: str, rows: int | None, folder: Path, seed: int) -> tuple[ImageRecords, ImageRecords]:
    """Images to learn, and as many unseen ones."""
    members, unseen = image_sets.load(name, folder)
    rows = min(rows or len(members), len(members), len(unseen))
    rng = np.random.default_rng(seed)
    return members.take(rng.permutation(len(members))[:rows]), unseen.take(rng.permutation(len(unseen))[:rows])


def line(*cells: object) -> str:
    """A line of the printed table."""
    return " ".join(f"{cell!s:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ and images/ (default: $SYNTHGAN_DATA)")
    parser.add_argument("--table", default=PATIENTS, help=f"{PATIENTS}, a file, or one of {', '.join(tables.TASKS)}")
    parser.add_argument("--images", choices=image_sets.SETS, help="images, in the place of a table")
    parser.add_argument("--generator", help=f"comma-separated, of {', '.join(FAMILIES)}; {', '.join(IMAGE_FAMILIES)}")
    parser.add_argument("--rows", type=int, help="how many to learn, and as many unseen (default: the usual split)")
    parser.add_argument("--epsilon", type=float, default=1.0, help="of the private families (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the split and the fit (default: 0)")
    given = parser.parse_args(words)
    families: dict[str, Any] = IMAGE_FAMILIES if given.images else FAMILIES
    chosen = (given.generator or next(iter(families))).split(",")
    for name in chosen:
        if name not in families:
            parser.error(f"--generator must be some of {', '.join(families)}, however: {name!r}")
    if given.rows is not None and given.rows < 1:
        parser.error(f"--rows must be at least 1, however: {given.rows}")
    what, split, attack = (
        (given.images, images_of, attack_images) if given.images else (given.table, parted, attack_table)
    )
    members, unseen = split(what, given.rows, tables.data_folder(given.data), given.seed)
    print(line(*HEADINGS), flush=True)
    kept = []
    for name in chosen:
        synthesizer = families[name](given.epsilon).set_params(seed=given.seed)
        schema = {} if given.images else {"schema": declared(pd.concat([members, unseen]))}
        outcome = attack(reopened(synthesizer.fit(members, **schema)), members, unseen)
        counts = outcome.members.sum(), len(outcome.members), outcome.unseen.sum(), len(outcome.unseen)
        figures = f"{outcome.p_value:.2g}", f"{outcome.tpr:.3f}", f"{outcome.seconds:.1f}"
        print(line(Path(what).stem[-18:], name, "yes" if outcome.confidential else "no", *counts, *figures), flush=True)
        kept.append(outcome.keeps_its_word)
    sys.exit(0 if all(kept) else 1)
