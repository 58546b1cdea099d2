"""The parts of the page that are about tables: quality, hard shapes, stages, conditions, speed, and private ones."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from benchmarks.publish import tables_readme
from benchmarks.runs.containers import table as compared
from benchmarks.runs.markdown import Run, first, headed, row

RESULTS = Path(__file__).resolve().parents[1] / "results"
TABULAR = ("tabular", "peers", "floors")
ENOUGH_ROWS, CLOSE = 500, 0.05
EPSILONS = (1, 3, 10)
PRIVATE = {
    "ours": "**synthgan, marginals**",
    "dpsgd": "**synthgan, dpsgd**",
    "aim": "AIM (dpmm)",
    "mst": "MST (dpmm)",
    "bootstrap": "real rows, resampled (not private)",
    "independent": "independent columns (not private)",
}
PATIENTS = {
    "diabetes130": "Diabetes-130, 700 codes a diagnosis",
    "diabetes130_chapters": "Diabetes-130, diagnoses as chapters of ICD-9-CM",
}
WIDE = {
    "diabetes130": "Diabetes-130 by patient (48 columns)",
    "brfss2015_diabetes": "BRFSS (22 columns)",
    "kddcup99_10pct": "kddcup99 (42 columns)",
}
LEAKING = {
    "nobody": "other real people",
    "chains": "**chains**",
    "pooled": "**pooled**",
    "autoregressive": "**autoregressive**",
    "distilled": "**distilled** (default)",
    "network": "**network**",
}


def tabular(_content: Any) -> list[str]:
    """Every table with ours, peers and floors."""
    paths = [f"benchmarks/results/{name}.json" for name in TABULAR]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        tables_readme.main([str(RESULTS / Path(path).name) for path in paths])
    return [
        f"`python -m benchmarks tables_readme {' '.join(paths)}` prints this part; the files hold every score of every run.",
        "The machine had other work to do meanwhile, so fit seconds and rows a second are worse than they would be on a quiet",
        "one; the files also hold processor seconds (`fit_cpu_seconds`). Rows a second are of a revision that walked trees in",
        "NumPy; what it is now stands under Speed. `[generator=chains]` was the default then (`--option generator=chains`); it is",
        "close to real rows because it keeps them, as the table above shows.",
        "",
        printed.getvalue().rstrip(),
    ]


def hard(runs: list[Run]) -> list[str]:
    """Tables that are hard for their shape."""
    return [
        "## Hard tables",
        "",
        "`python -m benchmarks hard --output benchmarks/results/hard.json`, one thread beside another busy process. Memory is the",
        "peak of the process; the table itself takes what stood there before the fit.",
        "",
        *headed("table", "rows", "columns", "fit s", "peak GB (before the fit)", "Shape %", "pair TVD %", "C2ST train"),
        *(
            row(
                run["table"],
                f"{run['rows']:,}",
                f"{run['columns']:,}",
                str(run["fit_seconds"]),
                f"{run['peak_memory_gb']} ({run['table_gb']})",
                f"{100 * run['scores']['shape_error']:.2f}",
                f"{100 * run['scores']['pair_tvd']:.2f}",
                f"{run['scores']['c2st_train']:.3f}",
            )
            for run in runs
        ),
        "",
        "Scores are of 20,000 drawn rows (as many as there are, if fewer) against as many real ones; a column of 10,000 levels",
        "cannot come near in so few.",
    ]


def ablation(content: Run) -> list[str]:
    """The whole generator beside itself without one stage."""
    found = {(run["table"], run["without"]): run["scores"] for run in content["runs"]}
    tables, stages = (first(key[index] for key in found) for index in (0, 1))

    def cell(scores: Run | None) -> str:
        if scores is None:
            return "–"
        lost = scores["utility_real"] - scores["utility_synthetic"]
        return f"{scores['c2st_train']:.3f} / {scores['c2st_test']:.3f}, {100 * scores['pair_tvd']:.2f}, {lost:.3f}"

    return [
        "## What every stage adds",
        "",
        "`python -m benchmarks ablation`, seed 0: C2ST train / test, pair TVD %, utility lost against real rows, without one stage.",
        "From run to run C2ST wanders by .01 (on small test parts .03), utility by .004. The last two tables are made by hand",
        "(benchmarks/datasets/made.py): numbers that go together in their spread alone, and a column of 400 codes in no order. A dash: the",
        "critic found nothing, so there was no game to leave out.",
        "",
        *headed("without", *tables),
        *(row(stage, *(cell(found.get((table, stage))) for table in tables)) for stage in stages),
    ]


def conditional(runs: list[Run]) -> list[str]:
    """Rows drawn under conditions."""
    lines = [
        "## Conditions",
        "",
        "`python -m benchmarks conditional`: C2ST of rows drawn under a condition (single levels, pairs, ranges, a rare level)",
        "against the real training rows that meet it. Beside it stands the C2ST of as many rows, drawn and real, without any",
        "condition. Beside that stand free rows that happen to meet the condition: what those fall short by is due to the model",
        "and not to the conditioning. Every row drawn meets its condition.",
        "",
        *headed(
            "table",
            f"conditions of {ENOUGH_ROWS} rows and more",
            f"within {CLOSE:g} of unconditional".replace("0.", "."),
            "mean shortfall",
            "largest",
            f"within {CLOSE:g} of free rows that meet it".replace("0.", "."),
            "mean shortfall",
            "rare levels: rows, C2ST",
        ),
    ]
    for table in first(run["table"] for run in runs):
        its = [run for run in runs if run["table"] == table and "c2st" in run]
        common = [run for run in its if run["rows"] >= ENOUGH_ROWS]
        rare = [f"{run['rows']}, {run['c2st']:.3f}" for run in its if run["rows"] < ENOUGH_ROWS]
        short = [run["unconditional"] - run["c2st"] for run in common]
        beside = [run["free_that_meet"] - run["c2st"] for run in common]
        cells = [f"{sum(gap <= CLOSE for gap in short)}", f"{sum(short) / len(short):+.3f}", f"{max(short):+.3f}"]
        cells += [f"{sum(gap <= CLOSE for gap in beside)}", f"{sum(beside) / len(beside):+.3f}"]
        lines.append(row(table, str(len(common)), *cells, "; ".join(rare) or "–"))
    return lines


def speed(content: Run) -> list[str]:
    """How long one waits."""
    tables = content["tables"]
    command = f"OMP_NUM_THREADS={content['machine']['threads']} python -m benchmarks speed --tables "
    batches = [f"rows/s, batches of {drawn['batch_rows']:,}" for drawn in tables[0]["sampling"]]
    lines = [
        "## Speed",
        "",
        f"`{command}{','.join(table['table'] for table in tables)}`, on a machine with nothing else to do.",
        f"`synthgan fit --help`: {content['help']['processor_seconds']:.1f} processor seconds.",
        "",
        *headed("table", "fit s", "load s", "MB", *batches),
    ]
    for table in tables:
        waits = (f"{table['fit']['wall_seconds']:.1f}", f"{table['load']['wall_seconds']:.2f}")
        rates = [f"{drawn['rows'] / drawn['wall_seconds']:,.0f}" for drawn in table["sampling"]]
        lines.append(row(table["table"], *waits, f"{table['megabytes']:.1f}", *rates))
    return lines


def containers(content: Run) -> list[str]:
    """What a container costs, before and after tables were read once."""
    lines = [
        "### Containers",
        "",
        "`python -m benchmarks containers --tasks prepare,align --runs 2 --tree before=FOLDER --tree after=.`, and the same with",
        "`--tasks fit,evaluate --rows 5000` (two fits, one evaluation). Diabetes-130 with one thread, beside other busy processes.",
        "*Before* is a revision that converted every column several times, *after* reads it once. *Prepare* is the reading and",
        "encoding of a fit, *align* the reading of an evaluation. The whole fit has two chains and no game. Seconds are of the",
        "processor, medians of the runs. Peaks are of the process, the table among them. One evaluation of the same rows differs",
        "from the next by several seconds (models, SDMetrics), so a difference of that size says nothing there.",
    ]
    for rows in sorted({run["rows"] for run in content["runs"]}, reverse=True):
        lines += ["", f"Where {rows:,} rows are real ones to learn from or to judge by.", ""]
        lines += compared([run for run in content["runs"] if run["rows"] == rows])
    return lines


def private(content: Run) -> list[str]:
    """Private synthesizers."""
    runs = content["runs"]
    lines = [
        "## Private synthesizers",
        "",
        "`python -m benchmarks private --models ours,dpsgd,aim,mst,bootstrap,independent --seeds 3` on Adult in 14 columns of",
        "codes, δ = 10⁻⁵. AIM is held to models of 3 MB and 500 rounds; peers have one seed. Cells are the mean total variation over",
        "all 91 pairs / AUC / accuracy, and the fit in processor seconds. Means of seeds, the range of the first two in brackets.",
        "",
        *headed("", *(f"ε = {epsilon}" for epsilon in EPSILONS), "fit CPU s"),
    ]
    for model, name in PRIVATE.items():
        by_epsilon = [[run for run in runs if _is(run, "adult_discretised", epsilon, model)] for epsilon in EPSILONS]
        if any(by_epsilon):
            lines.append(
                row(name, *map(_private_cell, by_epsilon), _seconds([run for some in by_epsilon for run in some]))
            )
    for table, title in PATIENTS.items():
        there = [
            (name, its)
            for model, name in PRIVATE.items()
            if (its := [run for run in runs if _is(run, table, 3, model)])
        ]
        if there:
            what = "one visit of each of 57,214 patients, 48 columns, all values as codes; the unit is the patient"
            lines += ["", f"`--tables {table} --epsilons 3`: {title}; {what}.", ""]
            lines += headed("", "two-way error / AUC / accuracy", "fit CPU s")
            lines += [row(name, _private_cell(its), _seconds(its)) for name, its in there]
    return lines + _wide(runs)


def _wide(runs: list[Run]) -> list[str]:
    """Wide tables at epsilon 1."""
    there = [
        (
            title,
            [run for run in runs if _is(run, table, 1, "ours")],
            [run for run in runs if _is(run, table, 1, "bootstrap")],
        )
        for table, title in WIDE.items()
    ]
    there = [found for found in there if found[1]]
    if not there:
        return []
    lines = [
        "",
        f"`--tables {','.join(WIDE)} --epsilons 1 --models ours,bootstrap --seeds 5` (the floor: one seed).",
        "",
        *headed("", "synthgan, marginals", "seeds", "fit CPU s", PRIVATE["bootstrap"]),
    ]
    return lines + [
        row(title, _private_cell(ours), str(len(ours)), _seconds(ours), _private_cell(floor))
        for title, ours, floor in there
    ]


def leaks(content: Run) -> list[str]:
    """What generators give away, beside how faithful they are."""
    lines = [
        "## What is given away, beside how faithful it is",
        "",
        "`python -m benchmarks leaks --tables adult,magic,shoppers --rows 1000,3000`, and so on, with a holdout as large as the",
        "table. TPR is the share of learned rows that an attack finds at 1 % false positives; chance finds 1 %. Attacks on",
        "samples (ten times as many as learned): the best of `evaluate`, and that by density. Attacks on the file: its density against",
        "that of the same pipeline on other rows, and rows that a search reads out of it, beside as many unseen ones. C2ST is",
        "for up to 5,000 samples against as many unseen rows (fewer where there are not so many): a detector sees less in fewer.",
        "",
        *headed(
            "learned", "generator", "splits", "nearer to train", "TPR, best attack", "TPR, density", "TPR, file", "read", "unseen read",
            "C2ST", "encoder's ceiling", "fit CPU s",
        ),
    ]  # fmt: skip
    names = ("nearer", "tpr_best", "tpr_density", "tpr_file_calibrated", "read", "read_unseen", "c2st", "ceiling")
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in content["runs"]:
        groups.setdefault((run["table"], run["model"]), []).append(run["scores"])
    for (table, model), scores in groups.items():
        cells = [_mean([found[name] for found in scores if name in found], "{:.3f}") for name in names]
        seconds = _mean([found["seconds"] for found in scores if "seconds" in found], "{:.0f}")
        lines.append(row(table, LEAKING.get(model, model), str(len(scores)), *cells, seconds))
    return lines


def _mean(values: list[float], form: str) -> str:
    return form.format(sum(values) / len(values)) if values else "–"


def _is(run: Run, table: str, epsilon: int, model: str) -> bool:
    return run["table"] == f"{table}, epsilon {epsilon}" and run["model"] == model


def _private_cell(runs: list[Run]) -> str:
    if not runs:
        return "–"
    cells = []
    for name, form in (("two_way_error", "{:.4f}"), ("auc", "{:.4f}"), ("accuracy", "{:.3f}")):
        values = [run["scores"][name] for run in runs]
        spread = f" ({min(values):.3f}–{max(values):.3f})" if len(values) > 1 and name != "accuracy" else ""
        cells.append(form.format(sum(values) / len(values)) + spread)
    return " / ".join(cells)


def _seconds(runs: list[Run]) -> str:
    taken = sorted(run["fit_cpu_seconds"] for run in runs if "fit_cpu_seconds" in run)
    if not taken:
        return "–"
    ends = dict.fromkeys(f"{seconds:.0f}" for seconds in (taken[0], taken[-1]))
    return "–".join(ends)
