"""The models that utility trains: boosted trees and a linear model, each fitted to arrays and asked for predictions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from synthgan.metrics.data.columns import Columns
    from synthgan.metrics.utility.task import Task

Array = NDArray[np.float64]
Predictor = Callable[[Array], Array]
"""From features [rows, columns] to predicted numbers [rows], or to probabilities [rows, MAX_CLASSES + 1] of the classes."""

MAX_LEVELS = 30  # of a column that a linear model sees; rarer ones beyond these count as one
_CUT = 10.0  # standard deviations: what lies beyond would rule a linear model by itself
_ROUNDS = 200  # of the logistic regression's solver


def boosted(task: Task, features: Array, target: Array) -> Predictor:
    """Fit scikit-learn's HistGradientBoosting at its defaults, levels as numbers.

    Args:
        task: What to predict.
        features: [rows, columns] float64, NaN where missing.
        target: [rows] float64, as ``Task.split`` gives it.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    # A column without a value says nothing, and scikit-learn cannot cut it into bins.
    kept = np.flatnonzero(~np.isnan(features).all(axis=0))
    known = features[:, kept] if len(kept) else np.zeros((len(features), 1))

    def seen(unseen: Array) -> Array:
        return unseen[:, kept] if len(kept) else np.zeros((len(unseen), 1))

    # Early stopping would set rows aside by class, which fails where a class has a single row.
    if task.classes is None:
        return _after(seen, _numbers(HistGradientBoostingRegressor(early_stopping=False).fit(known, target)))
    return _after(seen, _probabilities(lambda: HistGradientBoostingClassifier(early_stopping=False), known, target))


def linear(task: Task, features: Array, target: Array, numbers: int) -> Predictor:
    """Fit a logistic or a ridge regression at scikit-learn's defaults to one-hot levels and scaled numbers.

    A missing number counts as the median, beside a mark that it is missing; a missing level is a level. Numbers are cut at ten
    standard deviations, and of a column the MAX_LEVELS - 1 most frequent levels stand alone.

    Args:
        task: What to predict.
        features: [rows, columns] float64, NaN where missing, columns of numbers first.
        target: [rows] float64, as ``Task.split`` gives it.
        numbers: How many columns hold numbers.
    """
    from sklearn.linear_model import LogisticRegression, Ridge

    encode = _encoder(features, numbers)
    encoded = encode(features)
    if task.classes is not None:
        return _after(encode, _probabilities(lambda: LogisticRegression(max_iter=_ROUNDS), encoded, target))
    centre, spread = target.mean(), target.std() or 1.0
    predict = _numbers(Ridge().fit(encoded, (target - centre) / spread))
    return lambda unseen: centre + spread * predict(encode(unseen))


def numbers_among(table: Columns, task: Task) -> int:
    """Return how many of a task's features are numbers; they come first."""
    return len(table.number_names) - (task.target in table.number_names)


def _numbers(model: Any) -> Predictor:
    return lambda unseen: np.asarray(model.predict(unseen), dtype=np.float64)


def _probabilities(model: Callable[[], Any], features: Any, target: Array) -> Predictor:
    """Fit a classifier; classes that the training rows lack have a probability of 0."""
    from synthgan.metrics.utility.task import MAX_CLASSES

    present = np.unique(target).astype(np.int64)
    fitted = None
    if len(present) > 1:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a solver that stops at its last round has converged well enough
            fitted = model().fit(features, target)

    def predict(unseen: Array) -> Array:
        result = np.zeros((unseen.shape[0], MAX_CLASSES + 1))
        result[:, present] = 1.0 if fitted is None else fitted.predict_proba(unseen)
        return result

    return predict


def _after(encode: Callable[[Array], Any], predict: Callable[[Any], Array]) -> Predictor:
    return lambda unseen: predict(encode(unseen))


def _encoder(features: Array, numbers: int) -> Callable[[Array], Any]:
    """Return the function that turns features into a sparse matrix, learned from the training rows."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.preprocessing import OneHotEncoder

    scale = _scaler(features[:, :numbers])
    levels = OneHotEncoder(max_categories=MAX_LEVELS, handle_unknown="infrequent_if_exist")
    if numbers < features.shape[1]:
        levels.fit(features[:, numbers:])

    def encode(table: Array) -> Any:
        parts = [csr_matrix(scale(table[:, :numbers]))]
        if numbers < table.shape[1]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # levels that only other rows have are no level of this model
                parts.append(levels.transform(table[:, numbers:]))
        return hstack(parts, format="csr")

    return encode


def _scaler(known: Array) -> Callable[[Array], Array]:
    """Return the function that standardizes columns as the known rows say, gaps at the median, with marks of the gaps."""
    # Dividing first keeps the square of a large number inside float64.
    size = np.array([np.abs(column[~np.isnan(column)]).max(initial=0) or 1.0 for column in known.T])
    marked = np.isnan(known).any(axis=0)
    middle, centre, spread = np.zeros((3, len(size)))
    for index, column in enumerate((known / size).T):
        present = column[~np.isnan(column)]
        if len(present):
            middle[index], centre[index], spread[index] = np.median(present), present.mean(), present.std()

    def scale(table: Array) -> Array:
        missing = np.isnan(table)
        shares = np.clip(table / size, -1e9, 1e9)
        filled = np.where(missing, middle, shares) - centre
        scaled = np.divide(filled, spread, out=np.zeros_like(filled), where=spread > 0)
        return np.hstack([np.clip(scaled, -_CUT, _CUT), missing[:, marked]])

    return scale
