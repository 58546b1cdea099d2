"""The parts of the page that are about uses of tables: rare classes, and tuning."""

from __future__ import annotations

from typing import Any

from benchmarks.runs.augmentation import MODELS
from benchmarks.runs.augmentation import page as gains
from benchmarks.runs.tuning import page as searches


def augmentation(content: Any) -> list[str]:
    """What synthetic rows of a rare class are worth."""
    runs = content["runs"]
    there = {run["model"] for run in runs}
    return [
        "## Rare classes",
        "",
        "`python -m benchmarks augmentation`: a hundred rows of the rare class and at most 4,900 others are learned. Each model makes",
        "the classes even. scikit-learn's HistGradientBoosting learns all of it, and is tested on real rows of the other half.",
        "Cells are the AUC gained over the real rows alone, with 95 % intervals over splits. Those of means are over tables.",
        "`pooled` is what `balance` takes, chosen by the tables that were looked at (two splits). The last five tables were named",
        "before anything was measured on them (five splits).",
        "",
        *gains(runs, [model for model in MODELS if model in there]),
        "",
        "On the unseen tables the mean gain is above that of SMOTE by .031, but both intervals hold 0. Most of that is one table,",
        "headInjury, whose ten columns are 0 or 1: SMOTE loses .127 there. Without it the two are level (+.006 and +.004).",
        "**It does not help everywhere.** On Caravan, whose 85 columns are codes with little in them, it costs .04, and a little on",
        "email. Repeating and weighing rows help this classifier nowhere for sure. CTGAN is not among them: its environment was",
        "not there.",
    ]


def tuning(content: Any) -> list[str]:
    """What a search of the parameters wins."""
    return [
        "## Tuning",
        "",
        "`python -m benchmarks tuning --minutes 6`: six minutes of search a table, on a machine that had other work to do. Fidelity",
        "is C2ST against rows that no trial saw, the mean of three seeds. Found is the share of rows learned that an attack finds.",
        "",
        *searches(content["runs"]),
        "",
        "Nothing was won beyond the noise of seeds: so short a search does not beat the defaults, and says so.",
    ]
