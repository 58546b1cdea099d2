"""One and the same judge of all models: ``synthgan.evaluate``, and Shape and Trend by the published protocol."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from synthgan import evaluate
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.fidelity import fidelity_scores
from synthgan.runtime import Streams

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.datasets.tables import Task

COMMON_LEVEL = 0.005
PUBLISHED = ("shape_error", "trend_error")


def judge(train: pd.DataFrame, synthetic: pd.DataFrame, test: pd.DataFrame, task: Task) -> dict[str, Any]:
    """All scores of one synthetic table, each beside its reference: what the test rows score in its place."""
    report = evaluate(train, synthetic, holdout=test, target=task.target, seed=0)
    scores = json.loads(report.to_json())["scores"]
    return {
        "published_protocol": published(train, synthetic, test, task.coded) if task.coded else _picked(scores),
        "lost_levels": lost_levels(train, synthetic),
        "scores": [score for score in scores if not score["name"].startswith("sdmetrics")],
    }


def published(
    train: pd.DataFrame, synthetic: pd.DataFrame, test: pd.DataFrame, coded: tuple[str, ...]
) -> dict[str, dict[str, float | None]]:
    """Shape and Trend errors as published: one minus what sdmetrics up to 0.26 reports, all pairs of columns counted.

    They are ``evaluate``'s own, but that the coded columns count as categories, as they do in the published figures.
    """
    tables, _ = align(*(as_categories(frame, coded) for frame in (train, synthetic, test)))
    return _picked([score.to_dict() for score in fidelity_scores(tables, Streams(0))])


def as_categories(frame: pd.DataFrame, coded: tuple[str, ...]) -> pd.DataFrame:
    """The frame with its columns of codes as categories."""
    return frame.assign(**{name: frame[name].astype(str).astype("category") for name in coded})


def lost_levels(train: pd.DataFrame, synthetic: pd.DataFrame) -> list[str]:
    """Levels that hold at least ``COMMON_LEVEL`` of the training rows and are not in the synthetic ones."""
    lost = []
    for name in train.columns:
        shares = train[name].value_counts(normalize=True, dropna=False)
        missing = set(shares[shares >= COMMON_LEVEL].index.map(str)) - set(synthetic[name].map(str))
        lost += [f"{name}={level}" for level in sorted(missing)]
    return lost


def _picked(scores: list[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    chosen = {score["name"]: score for score in scores if score["name"] in PUBLISHED}
    return {name: {key: chosen[name][key] for key in ("value", "reference")} for name in PUBLISHED}
