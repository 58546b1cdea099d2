"""The parts of the page that are about linked tables and sequences: how alike people are, whether keys hold, what leaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.runs.markdown import Run, first, headed, row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

OURS = ("synthgan", "synthgan groups")
LIKE = {
    "syntherela_accuracy": "SyntheRela accuracy",
    "c2st_aggregates": "aggregates",
    "c2st_trajectory": "trajectory",
    "c2st_transition": "transition",
    "c2st_rows": "rows",
    "cardinality": "cardinality",
    "joint_counts_error": "joint counts off by",
    "nearer_to_train": "nearer to train",
    "histories_copied": "histories copied",
    "utility_synthetic": "utility",
}
KEPT = {
    "orphans": "orphans",
    "foreign_key_violations": "foreign keys broken",
    "primary_keys_broken": "primary keys broken",
    "rows_outside_stay": "times outside the stay",
    "orders_broken": "orders broken",
    "constants_broken": "constants broken",
    "monotone_broken": "falls of what never falls",
}
LEAK = {
    "nearer": "nearer to train",
    "tpr_best": "TPR, best attack",
    "tpr_density": "TPR, density",
    "auc_density": "AUC, density",
    "tpr_first": "TPR, at first sight",
    "auc_first": "AUC, at first sight",
    "p_value": "p of all attacks",
    "tpr_file": "TPR, file",
    "tpr_file_calibrated": "TPR, file over reference",
    "copied": "histories copied",
    "copied_unseen": "of unseen people",
    "c2st_units": "C2ST, whole people",
    "c2st_rows": "C2ST, rows",
}
WHO = {
    "pooled": "**synthgan**",
    "chains": "**synthgan**, people by plain chains",
    "distilled": "**synthgan**, people distilled",
    "groups": "**synthgan groups**",
    "nobody": "other real people (the null)",
    "planted": "the same, one in fifty a member",
}


def linked(content: Run) -> list[str]:
    """How alike synthetic people with all rows of theirs are, and what holds in their tables."""
    lines = [
        "## Linked tables and sequences",
        "",
        "`python -m benchmarks linked --data-sets baseball,siblings,mimic3demo`, and so on, judged by person as `evaluate`",
        "does. Where people were kept unseen, everything is held against them, and the line of real people is what those",
        "learned score in the place of synthetic ones. SyntheRela accuracy is that of its detector of aggregates: one half is",
        "indistinguishable. Aggregates, trajectory, transition and rows are C2ST: 1 is.",
        "",
        "Baseball is the split of the TabularARGN paper. What its authors drew with five systems is judged here as ours is,",
        "by the columns that all have. The test part of that split is no holdout: half of its players are in the training",
        "part. So all are held against the players of the whole database that nobody learned. Groups are one table of seasons, where",
        "players without any are not learned. `--epsilon 3` learns these groups under epsilon, by player.",
        "",
        *headed("data", "system", "seeds", *LIKE.values(), "fit + draw, CPU s"),
    ]
    judged = [run for run in content["runs"] if "c2st_rows" in run["scores"]]
    for table in first(run["table"] for run in judged):
        here = [run for run in judged if run["table"] == table]
        for model in first(run["model"] for run in here):
            runs = [run for run in here if run["model"] == model]
            cells = [_mean(_values(runs, name, 0)) for name in LIKE]
            lines.append(row(table, f"**{model}**" if model in OURS else model, str(len(runs)), *cells, _seconds(runs)))
        references = [_mean(_values(here[:1], name, 1)) for name in LIKE]
        if any(cell != "–" for cell in references):
            lines.append(row(table, "real people", "–", *references, "–"))
    return [*lines, "", *_keys(content["runs"])]


def _keys(runs: Sequence[Run]) -> list[str]:
    """What holds in whole databases, and how alike the numbers of rows are that each row is referred to by."""
    lines = [
        "Shares of rows that break what the real rows keep, all or nearly all of them, beside the real share in brackets.",
        "Orphans of the real tables must come back as orphans. The last column is the key whose numbers of rows are least",
        "alike, and how alike they are.",
        "",
        *headed(
            "database", "tables", "rows, real / synthetic", *KEPT.values(), "worst cardinality", "fit + draw, CPU s"
        ),
    ]
    for run in runs:
        if run["model"] != OURS[0] or run["seed"]:
            continue
        rows = [table["rows"] for table in run["tables"].values()]
        sizes = " / ".join(f"{sum(side):,}" for side in list(zip(*(one[:2] for one in rows), strict=True)))
        cells = [_beside(run["scores"].get(name)) for name in KEPT]
        keys = run.get("cardinality") or {}
        worst = min(keys, key=lambda one: keys[one], default="")
        lines.append(
            row(
                run["table"],
                str(len(rows)),
                sizes,
                *cells,
                f"{worst} {keys[worst]:.3f}" if worst else "–",
                _seconds([run]),
            )
        )
    return lines


def leaks_linked(content: Run) -> list[str]:
    """What is given away of whole people."""
    lines = [
        "## What linked tables give away",
        "",
        "`python -m benchmarks leaks_linked --data-sets baseball --people 1000`: people are parted whole, and ten times as many are",
        "drawn as were learned. `evaluate` attacks people with all rows of theirs, with as many others as members. TPR is the share",
        "of members that an attack finds at 1 % false alarms; chance finds 1 %. At first sight is density by what belongs to a person,",
        "the first rows and the numbers of rows alone. The model file is attacked by the density that it gives whole people, and by that",
        "over the density of the same pipeline, learned on half of the others. Copied are histories of three rows or more that equal one.",
        "",
        *headed("learned", "samples of", "splits", *LEAK.values(), "fit CPU s"),
    ]
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in content["runs"]:
        groups.setdefault((run["table"], run["model"]), []).append(run["scores"])
    for (table, model), scores in groups.items():
        cells = [_mean([one[name] for one in scores if name in one]) for name in LEAK]
        seconds = (
            f"{sum(one['seconds'] for one in scores) / len(scores):.0f}"
            if any(one["seconds"] for one in scores)
            else "–"
        )
        lines.append(row(table, WHO.get(model, model), str(len(scores)), *cells, seconds))
    return lines


def _values(runs: Iterable[Run], name: str, side: int) -> list[float]:
    return [
        run["scores"][name][side] for run in runs if name in run["scores"] and run["scores"][name][side] is not None
    ]


def _mean(values: Sequence[float]) -> str:
    """The mean, and the range of several seeds."""
    if not values:
        return "–"
    spread = f" ({min(values):.3f}–{max(values):.3f})" if len(values) > 1 else ""
    return f"{sum(values) / len(values):.3f}{spread}"


def _beside(score: Sequence[Any] | None) -> str:
    if score is None:
        return "–"
    return _percent(score[0]) + ("" if score[1] is None else f" ({_percent(score[1])})")


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %" if share else "0"


def _seconds(runs: Sequence[Run]) -> str:
    taken = [run for run in runs if "fit_seconds" in run]
    if not taken:
        return "–"
    return " + ".join(f"{sum(run[name] for run in taken) / len(taken):.0f}" for name in ("fit_seconds", "draw_seconds"))
