"""Private synthesizers on tables of codes: two-way error and utility by epsilon, ours beside AIM and MST.

``python -m benchmarks private --models ours,dpsgd,aim,mst,bootstrap,independent --epsilons 1,3,10 --seeds 3 --output results.json``.
The table is Adult as the private-synthesis literature discretises it (14 columns of codes, the domain is public; 36,000
rows train, the rest test). Wide tables: ``--tables diabetes130`` is one visit of each patient (48 columns; four fifths of
the patients train), ``diabetes130_chapters`` the same with the 700 codes of each diagnosis as the chapters of ICD-9-CM,
where MST ends, ``brfss2015_diabetes`` a survey of health (22 columns), ``kddcup99_10pct`` connections of a network (42
columns; large numbers by octaves, the target is whether a connection is normal). Of the last two 60,000 rows train.
The two-way error is the mean total variation over all pairs of columns, every code counted, between the training rows
and as many synthetic ones; utility that of a boosted model trained on those, tested on the test rows.
``ours`` is the default mechanism, ``dpsgd`` the other one. Peers take an hour together: one seed. ``bootstrap`` and
``independent`` are not private: they are the floor, and what no ties would give.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.datasets.tables import data_folder
from benchmarks.models.floors import Bootstrap, Independent
from benchmarks.runs.spreading import add_workers, spread
from benchmarks.runs.store import Store, describe, peers_versions

REPOSITORY = Path(__file__).resolve().parents[2]
PEERS_PYTHON = REPOSITORY / ".venv-private-peers" / "bin" / "python"
PEERS_SCRIPT = REPOSITORY / "benchmarks" / "models" / "private_peer.py"
PEERS = ("aim", "mst")
FLOORS = {"bootstrap": Bootstrap, "independent": Independent}
MECHANISMS = {"ours": "marginals", "dpsgd": "dpsgd"}
MODELS = (*MECHANISMS, *PEERS, *FLOORS)
TABLES = ("adult_discretised", "diabetes130", "diabetes130_chapters", "brfss2015_diabetes", "kddcup99_10pct")
DELTA, UNIT = 1e-5, "patient_nbr"
TARGETS = {"brfss2015_diabetes": "Diabetes_binary", "kddcup99_10pct": "label"}
MAX_TRAIN_ROWS, MAX_TEST_ROWS = 60_000, 40_000
MAX_WHOLE = 511  # a column of larger numbers is coded by octaves
# Where the chapters of ICD-9-CM begin; codes that begin with a letter make two more.
CHAPTERS = (1, 140, 240, 280, 290, 320, 390, 460, 520, 580, 630, 680, 710, 740, 760, 780, 800, 1000)
DIAGNOSES = ("diag_1", "diag_2", "diag_3")


@dataclass(frozen=True)
class Coded:
    """A table of codes, whose domain is public, in two parts.

    Attributes:
        train: rows to learn from, int64.
        test: rows of others.
        domain: how many codes each column has.
        target: the column that utility predicts.
        named: columns whose codes have no order.
        units: whose the training rows are; None where each is a unit.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    domain: dict[str, int]
    target: str
    named: frozenset[str] = frozenset()
    units: pd.Series | None = None


def load(table: str, folder: Path) -> Coded:
    """Adult as it is coded; Diabetes-130 with one visit of each patient; of others a sample; every value a code, levels public."""
    frame = pd.read_parquet(folder / f"{table.removesuffix('_chapters')}.parquet")
    rng = np.random.default_rng(7)
    if table == "adult_discretised":
        domain = json.loads((folder / f"{table}.domain.json").read_text(encoding="utf-8"))
        train, test = _cut(frame, rng.permutation(len(frame)), 36_000)
        return Coded(train, test, {name: domain[name] for name in frame}, "income>50K")
    if table in TARGETS:
        units, many = None, MAX_TRAIN_ROWS
        frame = frame.iloc[rng.permutation(len(frame))[: MAX_TRAIN_ROWS + MAX_TEST_ROWS]]
        if table.startswith("kddcup"):
            frame = frame.apply(coarse).assign(label=frame["label"].eq("normal").astype(int))
    else:
        if table.endswith("_chapters"):
            frame = frame.assign(**{name: frame[name].map(chapter, na_action="ignore") for name in DIAGNOSES})
        frame = frame.drop(columns="encounter_id").iloc[rng.permutation(len(frame))].drop_duplicates(UNIT)
        units, many = frame.pop(UNIT).reset_index(drop=True), int(0.8 * len(frame))
    named = frozenset(str(name) for name in frame.columns if frame[name].dtype == object)
    values = {str(name): np.unique(frame[name].fillna("").to_numpy()) for name in frame.columns}
    codes = pd.DataFrame({name: np.searchsorted(known, frame[name].fillna("")) for name, known in values.items()})
    train, test = _cut(codes, np.arange(len(codes)), many)
    domain = {name: len(known) for name, known in values.items()}
    return Coded(train, test, domain, TARGETS.get(table, "readmitted"), named, None if units is None else units[:many])


def coarse(column: pd.Series) -> pd.Series:
    """Shares in hundredths, small whole numbers as they are, others by octaves."""
    if column.dtype == object:
        return column
    if column.dtype == float:
        return (column * 100).round().astype(int)
    return column if column.max() <= MAX_WHOLE else np.log2(column + 1).astype(int)


def chapter(code: str) -> str:
    """The chapter that a code of ICD-9-CM belongs to, such as ``250.83`` to the third."""
    return code[0] if code[0].isalpha() else f"{np.searchsorted(CHAPTERS, int(float(code)), side='right'):02d}"


def _cut(frame: pd.DataFrame, order: np.ndarray, first: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    train, test = (frame.iloc[part].reset_index(drop=True) for part in (order[:first], order[first:]))
    return train, test


def two_way_error(real: pd.DataFrame, synthetic: pd.DataFrame, domain: dict[str, int]) -> float:
    """The mean total variation over all pairs of columns, every code counted."""
    errors = []
    for first, second in itertools.combinations(real.columns, 2):
        size = domain[first] * domain[second]
        shares = []
        for frame in (real, synthetic):
            cells = frame[first].to_numpy(np.int64) * domain[second] + frame[second].to_numpy(np.int64)
            shares.append(np.bincount(cells, minlength=size) / len(frame))
        errors.append(np.abs(shares[0] - shares[1]).sum() / 2)
    return float(np.mean(errors))


def utility(train: pd.DataFrame, test: pd.DataFrame, target: str) -> tuple[float, float]:
    """AUC (of more than two classes the mean of one against the rest) and accuracy on the test rows of a boosted model."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import accuracy_score, roc_auc_score

    model = HistGradientBoostingClassifier(random_state=0).fit(train.drop(columns=target), train[target])
    chance = model.predict_proba(test.drop(columns=target))
    accuracy = float(accuracy_score(test[target], model.classes_[chance.argmax(1)]))
    if len(model.classes_) == 2:
        chance = chance[:, 1]
    return float(roc_auc_score(test[target], chance, multi_class="ovr", labels=model.classes_)), accuracy


def ours(mechanism: str, coded: Coded, epsilon: float, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Our synthetic rows, what they cost, and what the ledger says."""
    from synthgan import Schema, Synthesizer
    from synthgan.data.schema import Column, Kind

    train = coded.train.astype(dict.fromkeys(coded.named, "str"))
    columns = [
        Column(name, Kind.CATEGORY, str(train[name].dtype), levels=tuple(map(str, range(size))))
        if name in coded.named
        else Column(name, Kind.INTEGER, str(train[name].dtype), minimum=0, maximum=size - 1)
        for name, size in coded.domain.items()
    ]
    synthesizer = Synthesizer(epsilon=epsilon, delta=DELTA, mechanism=mechanism, seed=seed)
    if coded.units is not None:
        train[UNIT] = coded.units
        synthesizer.set_params(unit=UNIT)
    started, started_cpu = time.perf_counter(), time.process_time()
    synthesizer.fit(train, schema=Schema("pandas", tuple(columns)))
    costs = {
        "fit_seconds": round(time.perf_counter() - started, 2),
        "fit_cpu_seconds": round(time.process_time() - started_cpu, 2),
        "epsilon_spent": synthesizer.manifest()["privacy"]["epsilon"],
    }
    return synthesizer.sample(len(train)).astype("int64"), costs


def peer(model: str, coded: Coded, epsilon: float, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A peer's synthetic rows and what they cost, from its own environment."""
    options, train = json.dumps({"epsilon": epsilon, "delta": DELTA, "domain": coded.domain}), coded.train
    with tempfile.TemporaryDirectory() as folder:
        train.to_csv(f"{folder}/train.csv", index=False)
        words = [model, f"{folder}/train.csv", f"{folder}/synthetic.csv", str(seed), options]
        script = [str(PEERS_PYTHON), str(PEERS_SCRIPT), *words]
        done = subprocess.run(script, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 (our own script)
        return pd.read_csv(f"{folder}/synthetic.csv")[list(train.columns)], json.loads(done.stdout.splitlines()[-1])


def run(table: str, model: str, epsilon: float, seed: int, folder: Path) -> dict[str, Any]:
    """One fit and all its figures."""
    coded = load(table, folder)
    costs: dict[str, Any] = {}
    if model in MECHANISMS:
        synthetic, costs = ours(MECHANISMS[model], coded, epsilon, seed)
    elif model in PEERS:
        synthetic, costs = peer(model, coded, epsilon, seed)
    else:
        floor = FLOORS[model](seed=seed)
        floor.fit(coded.train)
        synthetic = floor.sample(len(coded.train))
    auc, accuracy = utility(synthetic, coded.test, coded.target)
    error = two_way_error(coded.train, synthetic, coded.domain)
    scores = {"two_way_error": error, "auc": auc, "accuracy": accuracy}
    return {"table": f"{table}, epsilon {epsilon:g}", "model": model, "seed": seed} | costs | {"scores": scores}


def line(run: dict[str, Any]) -> str:
    """A result as a row of text."""
    scores = run["scores"]
    return (
        f"{run['table']:<30} {run['model']:<12} {run['seed']:>4} {scores['two_way_error']:>13.4f} {scores['auc']:>7.4f} "
        f"{scores['accuracy']:>9.4f} {run.get('fit_seconds', 0):>12.0f} {run.get('fit_cpu_seconds', 0):>8.0f}"
    )


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the tables; default: SYNTHGAN_DATA")
    parser.add_argument("--tables", default=TABLES[0], help=f"comma-separated, of {', '.join(TABLES)}")
    parser.add_argument("--models", default="ours", help=f"comma-separated, of {', '.join(MODELS)}")
    parser.add_argument("--epsilons", default="1,3,10", help="comma-separated")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from 0; peers run one")
    add_workers(parser)
    parser.add_argument("--output", type=Path, help="JSON file; runs that it has are not repeated")
    given = parser.parse_args(words)
    models = given.models.split(",")
    if unknown := [model for model in models if model not in MODELS]:
        sys.exit(f"error: a model must be one of {', '.join(MODELS)}, however: {unknown[0]!r}")
    peers = [model for model in models if model in PEERS]
    tables = given.tables.split(",")
    if unknown := [table for table in tables if table not in TABLES]:
        sys.exit(f"error: a table must be one of {', '.join(TABLES)}, however: {unknown[0]!r}")
    store = Store(given.output, describe(peers_versions(peers, PEERS_PYTHON, PEERS_SCRIPT, "private-peers")))
    if peers:
        store.note("aim (models of 3 MB, 500 rounds of inference) and mst are slow: 1 seed only")
    print(
        f"{'table':<30} {'model':<12} {'seed':>4} {'two-way error':>13} {'AUC':>7} {'accuracy':>9} {'fit seconds':>12} {'CPU':>8}"
    )
    folder, calls = data_folder(given.data) / "tables", []
    for table, epsilon, model in itertools.product(tables, map(float, given.epsilons.split(",")), models):
        for seed in range(1 if model in PEERS else given.seeds):
            known = store.get(f"{table}, epsilon {epsilon:g}", model, seed)
            if known is None:
                calls.append((table, model, epsilon, seed, folder))
            else:
                print(line(known), flush=True)
    for found in spread(run, calls, given.workers):
        store.put(found)
        print(line(found), flush=True)
