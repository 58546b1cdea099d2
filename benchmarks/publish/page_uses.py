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
        "email. Repeating and weighing rows help this classifier nowhere for sure.",
    ]


def augmentation_peers(content: Any) -> list[str]:
    """What they are worth beside those of a peer, on the tables that it learns in a minute."""
    models = ["real", "over", "smote", "pooled", "ctgan"]
    return [
        "### Beside CTGAN",
        "",
        "`python -m benchmarks augmentation --tables AER/HMDA,openintro/email,DAAG/headInjury --models real,over,smote,pooled,ctgan",
        "--seeds 3`: CTGAN 0.6.0 (the last under the MIT licence, 300 epochs) learns rows and classes, and is asked for the rare one.",
        "These are the three smallest tables, 1,147 to 1,893 rows: CTGAN takes 43 to 79 processor seconds for each, `pooled` .4 to 2.",
        "",
        *gains(content["runs"], models),
        "",
        "In none of the three does CTGAN help. In all nine splits `pooled` is above it, by .032 in the mean.",
    ]


def tuning(content: Any) -> list[str]:
    """What a search of the parameters wins."""
    return [
        "## Tuning",
        "",
        "`python -m benchmarks tuning`: 40 trials a table of 1,000 rows (heart disease: 920), two to four processor minutes each.",
        "Of these rows 400 are learned by a trial, and 200 were seen by none. Fidelity is C2ST against these 200, the mean of three",
        "seeds. Found is the share of rows learned that an attack finds.",
        "",
        *searches(content["runs"]),
        "",
        "**Nothing was won at the same leakage, and the command says so.** On Shoppers the best setting is more faithful beyond the noise",
        "of seeds (+.063), but more of the rows learned are found. On BRFSS it is so, too, and within the noise. On Magic the gain is",
        "noise. On heart disease the search was misled: what was best on the rows that judge trials is worse on those that none saw.",
    ]
