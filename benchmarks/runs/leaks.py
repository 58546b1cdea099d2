"""What generators give away, beside how faithful they are: by their samples, and by their files.

``python -m benchmarks leaks --tables adult,magic --rows 1000,3000 --generators chains,pooled,distilled`` parts a table at random
into members, a holdout as large, and a reference as large (half the holdout where there are no more rows). Of Diabetes-130 one visit of
each patient is taken. Each generator learns the members. Beside it stands the null: other real people in the place of samples.

* C2ST of samples against up to 5,000 rows that were not learned (as many of each), beside the encoder's ceiling: other such rows, encoded
  and decoded, where levels that are never drawn give way to those of members alike. A detector sees less in fewer rows.
* By ten times as many samples: the share nearer to members than to others, and the share of members that the best attack of
  ``evaluate`` finds at 1 % false alarms (TPR); the same of its attack by density, by itself, with the area under its curve (AUC).
* By the file: its own log density, plain, and minus that of the same pipeline learned on the reference (calibrated); rows that the
  search reads out of it, and as many unseen ones that it would (of the first split: it takes a minute).
* Linkability and attribute inference, by ``--risks``.

Below 3,000 rows as many splits are averaged as make up 3,000 members: a TPR of .01 has a standard error of .006 at 300 rows.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from benchmarks.attacks.attacks import own
from benchmarks.attacks.leaves import LeafSearch
from benchmarks.attacks.reconstruct import told_apart
from benchmarks.datasets.tables import TASKS, data_folder, load
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe
from synthgan import Autoregressive, Chains, Distilled, Network, Pooled, Schema, Synthesizer
from synthgan.data.rows import concat
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.detection import c2st
from synthgan.metrics.privacy.attacks import attack_findings
from synthgan.metrics.privacy.privacy import privacy_scores
from synthgan.metrics.privacy.risks import risk_scores
from synthgan.runtime import Streams
from synthgan.tabular.distilled.likeness import by_likeness

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

NULL = "nobody"  # other real people in the place of samples
GENERATORS: dict[str, Callable[[], Any]] = {
    "chains": Chains,
    "pooled": Pooled,
    "autoregressive": Autoregressive,
    "distilled": Distilled,
    "network": Network,
}
TIMES = 10
POOLED_ROWS = 3_000  # members that are attacked in all, at least
JUDGED_ROWS = 5_000  # unseen rows that the detector gets, at most
SEARCHED_ROWS = 3_000  # beyond, the file is not searched for rows
SEARCH_SECONDS = 60.0
UNITS = {"diabetes130": "patient_nbr"}
FIGURES = (
    "c2st", "ceiling", "nearer", "tpr_best", "tpr_density", "auc_density", "tpr_file", "tpr_file_calibrated",
    "auc_file_calibrated", "read", "read_unseen", "linkability", "inference",
)  # fmt: skip
HEADINGS = (
    "C2ST", "ceiling", "nearer", "best TPR", "dens TPR", "dens AUC", "file TPR", "file cal.", "cal. AUC", "read", "unseen",
    "link", "infer",
)  # fmt: skip


@dataclass(frozen=True)
class Split:
    """A table in three parts, and what it is."""

    members: pd.DataFrame
    others: pd.DataFrame
    reference: pd.DataFrame
    schema: Schema
    unseen: pd.DataFrame


def whole(name: str, folder: Path) -> pd.DataFrame:
    """All rows of a table of the benchmark, one of each unit; or of a file."""
    if name not in TASKS:
        return own(Path(name))
    if name in UNITS:
        table = pd.read_parquet(folder / "tables" / f"{name}.parquet")
        return table.drop_duplicates(UNITS[name]).drop(columns=list(TASKS[name].drop))
    return pd.concat(load(name, folder))


def parted(table: pd.DataFrame, rows: int, seed: int) -> Split:
    """Members, as many others, and a reference as large where there are rows enough, else half of the others."""
    order = np.random.default_rng([seed, 20]).permutation(len(table))
    parts = [table.iloc[order[at * rows : (at + 1) * rows]].reset_index(drop=True) for at in range(3)]
    members, others, reference = parts
    if len(reference) < rows:
        half = len(others) // 2
        others, reference = others[:half], others[half:].reset_index(drop=True)
    unseen = table.iloc[order[rows : rows + 2 * JUDGED_ROWS]].reset_index(drop=True)
    return Split(members, others, reference, Schema.infer(table), unseen)


def halves(unseen: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows to compare with, and as many others."""
    half = min(JUDGED_ROWS, len(unseen) // 2)
    return unseen[:half], unseen[half : 2 * half].reset_index(drop=True)


def found(members: NDArray[np.float64], others: NDArray[np.float64]) -> tuple[float, float]:
    """The share of members above all but a hundredth of the others (TPR), and the area under the curve (AUC)."""
    is_member = np.repeat([1, 0], [len(members), len(others)])
    return told_apart(members, others), float(roc_auc_score(is_member, np.concatenate([members, others])))


def by_file(synthesizer: Synthesizer, split: Split, *, search: bool) -> dict[str, float]:
    """The attacks on the file, the search for rows among them if it is asked for."""
    asked = synthesizer.model_.settings["generator"]
    other = Synthesizer(generator=asked, check=False, seed=synthesizer.seed + 1).fit(
        split.reference, schema=split.schema
    )
    plain = [synthesizer.score_samples(frame) for frame in (split.members, split.others)]
    less = [other.score_samples(frame) for frame in (split.members, split.others)]
    tpr, area = found(plain[0] - less[0], plain[1] - less[1])
    figures = {"tpr_file": found(*plain)[0], "tpr_file_calibrated": tpr, "auc_file_calibrated": area}
    drawing = getattr(synthesizer.model_.generator, "student_", synthesizer.model_.generator)
    if (
        not search or len(split.members) > SEARCHED_ROWS or type(drawing) is not Chains
    ):  # pooled leaves allow nearly anything
        return figures
    rows = np.ascontiguousarray(LeafSearch(drawing.sampler_).rows(SEARCH_SECONDS), dtype=np.int32)
    read = {row.tobytes() for row in rows}
    for name, frame in (("read", split.members), ("read_unseen", split.others)):
        codes = synthesizer.model_.encode(frame, Streams(synthesizer.seed)).codes
        figures[name] = float(np.mean([row.tobytes() in read for row in np.ascontiguousarray(codes)]))
    return figures


def detected(first: Any, second: Any, seed: int) -> float:
    """How far a detector is from telling two tables apart: 1 is indistinguishable."""
    tables, _ = align(first, second)
    estimate = c2st(tables.real, tables.synthetic, Streams(seed).numpy("c2st"))
    return math.nan if estimate is None else estimate.value


def by_samples(samples: Any, split: Split, seed: int, *, risks: bool) -> dict[str, float]:
    """The attacks on samples."""
    tables, _ = align(split.members, samples, split.others)
    scores = {score.name: score.value for score in privacy_scores(tables, Streams(seed))}
    scores |= {score.name: score.value for score in attack_findings(tables, Streams(seed)).scores}
    if risks:
        scores |= {score.name: score.value for score in risk_scores(tables, Streams(seed))}
    figures = {
        "nearer": scores["nearer_to_train"],
        "tpr_best": scores["membership_tpr_at_1pct_fpr"],
        "tpr_density": scores["density_tpr_at_1pct_fpr"],
        "auc_density": scores["density_auc"],
        "linkability": scores.get("linkability_risk"),
        "inference": scores.get("attribute_inference_risk"),
    }
    return {name: math.nan if value is None else float(value) for name, value in figures.items()}


def attacked(name: str, split: Split, seed: int, *, risks: bool) -> dict[str, float]:
    """All figures of one generator on one split."""
    if name == NULL:
        half = len(split.reference) // 2
        apart = replace(split, reference=split.reference[half:].reset_index(drop=True))
        seen_alike = detected(*halves(split.unseen), seed)
        return {"c2st": seen_alike} | by_samples(split.reference[:half], apart, seed, risks=risks)
    started = time.process_time()
    synthesizer = Synthesizer(generator=GENERATORS[name](), seed=seed).fit(split.members, schema=split.schema)
    seconds = time.process_time() - started
    rows = len(split.members)
    transform = synthesizer.model_.transform
    judged, apart = halves(split.unseen)
    known, sent = (synthesizer.model_.encode(frame, Streams(seed)) for frame in (split.members, apart))
    sent = by_likeness(sent, known, transform.layout, Streams(seed))
    compared = split.unseen[: min(JUDGED_ROWS, len(split.unseen))]
    figures = {
        "c2st": detected(compared, synthesizer.sample(len(compared), seed=seed + 1), seed),
        "ceiling": detected(judged, transform.inverse(sent, Streams(seed)).frame(), seed),
        "seconds": seconds,
    }
    samples = concat(list(synthesizer.sample_batches(TIMES * rows)))
    return figures | by_samples(samples, split, seed, risks=risks) | by_file(synthesizer, split, search=not seed)


def line(table: str, rows: int, name: str, figures: dict[str, float]) -> str:
    """A line of the printed table."""
    cells = [f"{figures.get(figure, math.nan):>9.3f}".replace("nan", "  -") for figure in FIGURES]
    return f"{table[-18:]:<18} {rows:>6,} {name:<10}{''.join(cells)} {figures.get('seconds', 0):>8.1f}"


def splits_of(rows: int, seeds: int) -> int:
    """How many splits are averaged."""
    return max(seeds, math.ceil(POOLED_ROWS / rows))


def on_split(people: pd.DataFrame, rows: int, name: str, seed: int, risks: bool) -> dict[str, float]:
    """What was found of one split of a table."""
    return attacked(name, parted(people, rows, seed), seed, risks=risks)


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA)")
    parser.add_argument("--tables", default="adult", help=f"comma-separated: files, or some of {', '.join(TASKS)}")
    parser.add_argument("--rows", default="1000,3000", help="comma-separated: how many to learn")
    parser.add_argument(
        "--generators", default="chains,distilled", help=f"comma-separated, of {', '.join(GENERATORS)}, {NULL}"
    )
    parser.add_argument("--seeds", type=int, default=1, help="splits at least (default: 1)")
    parser.add_argument(
        "--risks", action="store_true", help="linkability and attribute inference, too: they take longest"
    )
    add_workers(parser)
    parser.add_argument("--output", type=Path, help="a JSON file for the results; splits that it has are not repeated")
    given = parser.parse_args(words)
    names = given.generators.split(",")
    for name in names:
        if name not in GENERATORS and name != NULL:
            parser.error(f"--generators must be some of {', '.join(GENERATORS)}, {NULL}, however: {name!r}")
    store = Store(given.output, describe({}))
    print(f"{'table':<18} {'rows':>6} {'generator':<10}{''.join(f'{word:>9}' for word in HEADINGS)} {'seconds':>8}")
    for table in given.tables.split(","):
        people = whole(table, data_folder(given.data))
        for rows in map(int, given.rows.split(",")):
            if len(people) < 2 * rows:
                continue
            for name in names:
                seeds, key = range(splits_of(rows, given.seeds)), f"{table}, {rows:,} rows"
                lacking = [seed for seed in seeds if store.get(key, name, seed) is None]
                calls = [(people, rows, name, seed, given.risks) for seed in lacking]
                for seed, scores in zip(lacking, spread(on_split, calls, given.workers), strict=True):
                    known = {figure: value for figure, value in scores.items() if not math.isnan(value)}
                    store.put({"table": key, "model": name, "seed": seed, "scores": known})
                runs = [store.get(key, name, seed)["scores"] for seed in seeds]
                print(line(table, rows, name, dict(pd.DataFrame(runs).mean())), flush=True)
