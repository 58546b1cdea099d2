"""Prints the Markdown tables of the README from files of results.

``python -m benchmarks tables_readme FILE.json ...``.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from benchmarks.datasets.tables import HELD_OUT, TASKS
from benchmarks.runs import report
from benchmarks.runs.store import read

# PUBLISHED FIGURES, not measured here: (Shape error %, Trend error %, tree C2ST against train), None where not published.
# Shape and Trend: the TabSyn (arXiv:2310.09656) and TabDiff (arXiv:2410.20626) papers, and for TabPC its own authors.
# C2ST: the independent re-run by the authors of TabPC (2026), whose XGBoost detector has settings of its own.
Figures = tuple[float, float, float | None]
PUBLISHED: dict[str, dict[str, Figures]] = {
    "adult": {
        "CTGAN": (16.8, 20.2, 0.000),
        "TabSyn": (0.81, 1.93, None),
        "TabDiff": (0.63, 1.49, None),
        "TabPC": (0.58, 1.44, 0.855),
    },
    "default": {
        "CTGAN": (16.8, 27.0, 0.000),
        "TabSyn": (1.01, 2.81, None),
        "TabDiff": (1.24, 2.55, 0.591),
        "TabPC": (0.54, 5.04, None),
    },
    "shoppers": {
        "CTGAN": (21.2, 13.1, 0.000),
        "TabSyn": (1.44, 2.13, None),
        "TabDiff": (1.28, 1.74, None),
        "TabPC": (0.90, 1.78, 0.894),
    },
    "magic": {
        "CTGAN": (9.8, 7.0, 0.103),
        "TabSyn": (1.03, 0.88, 0.760),
        "TabDiff": (0.78, 0.76, 0.773),
        "TabPC": (0.98, 1.70, 0.860),
    },
    "beijing": {
        "CTGAN": (21.4, 23.0, 0.000),
        "TabSyn": (1.26, 3.13, None),
        "TabDiff": (1.03, 2.59, 0.772),
        "TabPC": (0.57, 2.19, None),
    },
    "diabetes130": {
        "CTGAN": (10.4, 19.1, 0.000),
        "TabSyn": (1.78, 3.97, None),
        "TabDiff": (1.45, 3.14, None),
        "TabPC": (0.58, 1.90, 0.792),
    },
}
# Their Diabetes is another preparation of the same source.
PUBLISHED_ON_OTHER_COLUMNS = {"diabetes130": "on 37 prepared columns, where this table has 48: not the same task"}

SEEDS = 3  # that a figure is the mean of, unless it says otherwise
NAMES = {"ours": "synthgan", "argn": "TabularARGN", "ctgan": "CTGAN", "tvae": "TVAE"}
PACKAGES = {"argn": "mostlyai-engine", "ctgan": "ctgan", "tvae": "ctgan"}
LEGEND = (
    "Means over seeds, ranges in brackets. *Test rows*: real rows nothing was fitted on, in the place of the synthetic ones. "
    "*Independent*: every column shuffled on its own. *Bootstrap*: training rows, copied. *Mixture*: a latent-class mixture. "
    "Rows in italics are published figures of others, quoted, not measured here."
)


def merged(paths: list[Path]) -> tuple[list[report.Run], list[dict[str, Any]]]:
    """The runs of several files (of one run twice, the later file's), each with its session's versions and machine."""
    runs: dict[tuple[str, str, int], report.Run] = {}
    machines: list[dict[str, Any]] = []
    for path in paths:
        content = read(path)
        for run in content["runs"]:
            session = content["sessions"][run["session"]]
            runs[run["table"], run["model"], run["seed"]] = run | {"versions": session["versions"]}
            if session["machine"] not in machines:
                machines.append(session["machine"])
    return list(runs.values()), machines


def named(run: report.Run) -> str:
    """A model's name for people, a peer's with the version."""
    model, bracket, rest = run["model"].partition("[")
    name = NAMES.get(model, model) + (f" `{bracket}{rest}`" if bracket else "")
    version = run["versions"].get("peers", {}).get(PACKAGES.get(model, ""))
    return f"{name} {version}" if version else name


def quoted(name: str, figures: Figures, measures: list[report.Measure]) -> str:
    """A published row: only what was published."""
    shape, trend, c2st = figures
    known = {
        "shape_error": f"{shape:.2f}",
        "trend_error": f"{trend:.2f}",
        "c2st_train": "–" if c2st is None else f"{c2st:.3f}",
    }
    written = ["–" if measure is report.EXTREMES else known.get(measure.name, "–") for measure in measures]
    return _row(f"*{name}, published*", [cell if cell == "–" else f"*{cell}*" for cell in written])


def markdown(table: str, runs: list[report.Run]) -> str:
    """The Markdown table of one data table."""
    runs = [run for run in runs if run["table"] == table]
    measures = list(report.MEASURES)
    if any("extremes_kept" in run for run in runs):
        measures.insert(2, report.EXTREMES)
    by_model = {model: [run for run in runs if run["model"] == model] for model in report.models(runs)}
    seeds = [f"{named(its[0])} {len(its)}" for its in by_model.values()]
    held_out = ", held out: never looked at while the defaults were chosen" if table in HELD_OUT else ""
    real = report.spread([report.value(runs[0], report.UTILITY_REAL)], report.UTILITY_REAL.form)
    lines = [
        f"**{table}**, {runs[0]['rows']:,} rows{held_out}. Utility of real rows {real}. Seeds: {', '.join(seeds)}.",
        "",
        _row("", [measure.heading for measure in measures]),
        "|---" * (len(measures) + 1) + "|",
        *(_row(named(its[0]), report.cells(its, measures)) for its in by_model.values()),
        _row(report.FLOOR, report.floor(runs[0], measures)),
        *(quoted(name, figures, measures) for name, figures in PUBLISHED.get(table, {}).items()),
    ]
    if table in PUBLISHED_ON_OTHER_COLUMNS:
        lines += ["", f"Published rows: {PUBLISHED_ON_OTHER_COLUMNS[table]}."]
    return "\n".join(lines)


def summary(runs: list[report.Run], tables: list[str]) -> str:
    """One Markdown table: synthgan on every table, beside the best published tree C2ST."""
    wanted = ("Shape %", "pair TVD %", "C2ST train", "C2ST test", "utility", "nearer to train")
    measures = [measure for measure in report.MEASURES if measure.heading in wanted]
    lines = [
        _row("", [*(measure.heading for measure in measures), "utility, real rows", "best published C2ST"]),
        "|---" * (len(measures) + 3) + "|",
    ]
    for table in tables:
        its = [run for run in runs if run["table"] == table and run["model"] == "ours"]
        if not its:
            continue
        real = report.spread([report.value(its[0], report.UTILITY_REAL)], report.UTILITY_REAL.form)
        known = [(c2st, name) for name, (_, _, c2st) in PUBLISHED.get(table, {}).items() if c2st is not None]
        best = "*{:.3f}, {}*".format(*max(known)) if known else "–"
        held_out = " (held out)" if table in HELD_OUT else ""
        seeds = "" if len(its) == SEEDS else f" ({len(its)} of {SEEDS} seeds)"
        lines.append(_row(f"{table}{held_out}{seeds}", [*report.cells(its, measures), real, best]))
    return "\n".join(lines)


def main(words: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", help="what `python -m benchmarks tabular --output` wrote")
    parser.add_argument(
        "--summary", action="store_true", help="one table, synthgan alone, instead of one for each table"
    )
    given = parser.parse_args(words)
    runs, machines = merged(given.files)
    there = {run["table"] for run in runs}
    tables = sorted((name for name in TASKS if name in there), key=lambda name: name in HELD_OUT)
    if given.summary:
        print(summary(runs, tables))
        return
    print("\n\n".join(markdown(table, runs) for table in tables), "", f"{LEGEND} {report.FLOOR_NOTE}", sep="\n")
    for machine in machines:
        print(f"Measured on {machine['processors']} processors ({machine['machine']}), threads: {machine['threads']}.")


def _row(name: str, cells: list[str]) -> str:
    return f"| {' | '.join([name, *cells])} |"
