"""Turns runs into the lines of a table: one row per model, mean and range over seeds, the test rows as the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

Run = dict[str, Any]
FLOOR = "test rows"
# Distances between tables shrink as the tables grow, and there are fewer test rows than training rows.
FLOOR_NOTE = (
    "Test rows are fewer than synthetic ones, so a generator may come below their Shape, Trend and pair TVD: a perfect one "
    "would reach a pair TVD of about 1.4 times the bootstrap's."
)


@dataclass(frozen=True)
class Measure:
    """One column of the table.

    Attributes:
        heading: what stands above it.
        source: where the run has it: a score, ``published_protocol``, or a field of the run itself.
        name: its name there.
        form: how it is written.
        scale: what it is multiplied by.
    """

    heading: str
    source: str
    name: str
    form: str
    scale: float = 1.0


EXTREMES = Measure("Trend (extremes kept) %", "extremes_kept", "trend_error", ".2f", 100)
UTILITY_REAL = Measure("utility of real rows", "scores", "utility_real", ".3f")
MEASURES = (
    Measure("Shape %", "published_protocol", "shape_error", ".2f", 100),
    Measure("Trend %", "published_protocol", "trend_error", ".2f", 100),
    Measure("pair TVD %", "scores", "pair_tvd", ".2f", 100),
    Measure("C2ST train", "scores", "c2st_train", ".3f"),
    Measure("C2ST test", "scores", "c2st_holdout", ".3f"),
    Measure("utility", "scores", "utility_synthetic", ".3f"),
    Measure("exact copies %", "scores", "exact_copies", ".2f", 100),
    Measure("nearer to train", "scores", "nearer_to_train", ".3f"),
    Measure("fit s", "run", "fit_seconds", ".1f"),
    Measure("rows/s", "run", "sampled_rows_per_second", ",.0f"),
    Measure("peak GB", "run", "peak_memory_gb", ".2f"),
)


def value(run: Run, measure: Measure, key: str = "value") -> float | None:
    """One figure of a run, scaled; ``key="reference"`` gives what the test rows score in its place."""
    if measure.source == "run":
        found = run.get(measure.name) if key == "value" else None
    elif measure.source == "scores":
        found = next((score[key] for score in run["scores"] if score["name"] == measure.name), None)
    else:
        found = run.get(measure.source, {}).get(measure.name, {}).get(key)
    return None if found is None else found * measure.scale


def spread(values: Sequence[float | None], form: str, *, dash: str = "–") -> str:
    """Mean and, of several, range: ``1.49 (1.39–1.59)``."""
    known = [number for number in values if number is not None]
    if not known:
        return dash
    mean = format(sum(known) / len(known), form)
    return mean if len(known) == 1 else f"{mean} ({min(known):{form}}–{max(known):{form}})"


def cells(runs: Sequence[Run], measures: Sequence[Measure]) -> list[str]:
    """The figures of one model's runs."""
    return [spread([value(run, measure) for run in runs], measure.form) for measure in measures]


def floor(run: Run, measures: Sequence[Measure]) -> list[str]:
    """The figures of the test rows in the place of the synthetic ones, as any run of the table has them."""
    return [spread([value(run, measure, "reference")], measure.form) for measure in measures]


def models(runs: Sequence[Run]) -> list[str]:
    """The models there are: ours, peers, floors; inside each in the order of their first run."""
    order = ("ours", "argn", "ctgan", "tvae", "mixture", "independent", "bootstrap")
    return sorted(dict.fromkeys(run["model"] for run in runs), key=lambda name: order.index(name.split("[")[0]))


def table(name: str, runs: Sequence[Run]) -> str:
    """The plain-text table of one data table."""
    runs = [run for run in runs if run["table"] == name]
    if not runs:
        return f"\n{name}: no runs"
    extremes = any("extremes_kept" in run for run in runs)
    measures = [*MEASURES[:2], EXTREMES, *MEASURES[2:]] if extremes else list(MEASURES)
    rows = [["", "seeds", *(measure.heading for measure in measures)]]
    for model in models(runs):
        its = [run for run in runs if run["model"] == model]
        rows.append([model, str(len(its)), *cells(its, measures)])
    rows.append([FLOOR, "", *floor(runs[0], measures)])
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
    real = spread([value(runs[0], UTILITY_REAL)], UTILITY_REAL.form)
    title = f"{name}: {runs[0]['rows']:,} rows; utility of real rows {real}"
    lost = {run["model"]: run["lost_levels"] for run in runs if run.get("lost_levels")}
    notes = [f"common levels lost by {model}: {', '.join(levels)}" for model, levels in lost.items()]
    return "\n".join(["", title, *lines, *notes])
