"""Learns a table with its classes, and draws rows of the rare ones: a sampler as imbalanced-learn has them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import OneToOneFeatureMixin, clone

from synthgan.balancing.labelled import Labelled, level
from synthgan.balancing.strategy import rows_to_add
from synthgan.data.rows import select
from synthgan.estimator import Parametrised
from synthgan.synthesizer import Synthesizer
from synthgan.tabular.pooled.pooled import Pooled

if TYPE_CHECKING:
    from synthgan.balancing.strategy import Strategy
    from synthgan.tabular.protocol import TableGenerator


class Balancer(OneToOneFeatureMixin, Parametrised):  # type: ignore[misc]
    """Adds synthetic rows of the rare classes to a table.

    It stands in a pipeline of imbalanced-learn before a classifier: ``make_pipeline(Balancer(), HistGradientBoostingClassifier())``;
    only what is fitted sees its rows. Features may be a pandas or polars frame, a pyarrow table, an array or a list of rows, with
    text, dates and missing values as they are; real rows come first and unchanged, in the form in which they came.

    What it hands out holds the real rows, so it is as confidential as they are: by default nothing is kept back for being rare.

    Args:
        sampling_strategy: as in imbalanced-learn. ``"auto"`` brings every class to as many rows as the largest has; a number is the ratio
            of the smaller of two classes to the larger; a mapping says how many rows classes are to have; ``"minority"``,
            ``"not minority"``, ``"not majority"``, ``"all"``, or a function that gives a mapping.
        synthesizer: learns the table; None takes pooled chains without a check, of all levels and extremes.
        seed: of the fit of the default synthesizer, and of all draws.

    Attributes:
        sampling_strategy_: how many rows each class gets that gets some, by label.
        synthesizer_: the fitted synthesizer; the class stands in its last column.
        n_features_in_: how many features there were, and ``feature_names_in_`` their names where they had some.

    Example:
        >>> import pandas as pd
        >>> from synthgan import Balancer
        >>> patients = pd.DataFrame({"age": range(200), "sex": ["F", "M"] * 100})
        >>> ill = pd.Series([True] * 20 + [False] * 180, name="ill")
        >>> features, target = Balancer(seed=0).fit_resample(patients, ill)
        >>> target.value_counts().to_dict()
        {True: 180, False: 180}
    """

    _estimator_type = "sampler"

    def __init__(
        self, *, sampling_strategy: Strategy = "auto", synthesizer: Synthesizer | None = None, seed: int = 0
    ) -> None:
        """Store the parameters."""
        self.sampling_strategy = sampling_strategy
        self.synthesizer = synthesizer
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Look at features and classes, and decide how many rows are to be drawn; nothing is learned.

        Raises:
            DataError: if they are no table and no classes, or the strategy cannot be met.
            ConfigError: if the strategy is none.
        """
        self._looked_at(X, y)
        return self

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Features and classes with synthetic rows below the real ones.

        Args:
            X: features: a frame, an array ``[rows, features]`` or a list of rows.
            y: the class of each row; or an indicator ``[rows, classes]``.

        Returns:
            Both in the form in which they came.

        Raises:
            DataError: if they are no table and no classes, cannot be learned, or the strategy cannot be met.
            ConfigError: if a parameter cannot be used.
        """
        given, added = self._looked_at(X, y)
        codes = np.repeat(np.arange(len(added)), added)
        table, target = given.table()
        if not len(codes):
            return given.with_rows([], codes)
        learner = make_learner(seed=self.seed) if self.synthesizer is None else clone(self.synthesizer)
        self.synthesizer_ = learner.fit(table)
        names = [name for name in _names(table) if name != target]
        made = [
            select(self.synthesizer_.sample(int(rows), where={target: level(code)}, seed=self.seed), names)
            for code, rows in enumerate(added)
            if rows
        ]
        return given.with_rows(made, codes)

    def _looked_at(self, X: Any, y: Any) -> tuple[Labelled, np.ndarray]:
        given = Labelled.of(X, y)
        counts = np.bincount(given.codes, minlength=len(given.classes))
        added = rows_to_add(self.sampling_strategy, given.classes, counts)
        labels = given.classes.tolist()
        self.sampling_strategy_ = {labels[code]: int(rows) for code, rows in enumerate(added) if rows}
        self.n_features_in_ = given.width
        if given.names is not None and all(isinstance(name, str) for name in given.names):
            self.feature_names_in_ = np.array(given.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        return given, added

    def __sklearn_tags__(self) -> Any:
        """What it takes; in the words of imbalanced-learn where that asks, as scikit-learn's know no samplers."""
        if "imblearn" not in sys.modules:
            tags = super().__sklearn_tags__()
        else:
            from imblearn.base import BaseSampler

            tags = BaseSampler.__sklearn_tags__(self)
            tags.input_tags.dataframe = True
        tags.input_tags.sparse = False
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


def balance(
    X: Any,
    y: Any,
    *,
    sampling_strategy: Strategy = "auto",
    synthesizer: Synthesizer | None = None,
    seed: int = 0,
) -> tuple[Any, Any]:
    """Features and classes with synthetic rows of the rare classes below the real ones, as `Balancer` adds them.

    Args:
        X: features: a frame, an array ``[rows, features]`` or a list of rows.
        y: the class of each row.
        sampling_strategy: which classes get how many rows; ``"auto"`` brings all to as many as the largest has.
        synthesizer: learns the table; None takes pooled chains.
        seed: of the fit and of all draws.

    Returns:
        Both in the form in which they came. Fit on them, and test on real rows that had no part in this.

    Raises:
        DataError: if they are no table and no classes, cannot be learned, or the strategy cannot be met.
        ConfigError: if a parameter cannot be used.
    """
    return Balancer(sampling_strategy=sampling_strategy, synthesizer=synthesizer, seed=seed).fit_resample(X, y)


def make_learner(generator: str | TableGenerator | None = None, *, seed: int = 0) -> Synthesizer:
    """What learns a table to be balanced: nothing is kept back for being rare, as real rows stand beside its samples anyway."""
    return Synthesizer(generator=generator or Pooled(), check=False, rare_below=1, keep_extremes=True, seed=seed)


def _names(table: Any) -> list[Any]:
    return list(getattr(table, "column_names", None) or table.columns)
