"""A whole table with synthetic rows of its rare classes, for whoever names the class by its column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v1 as nw

from synthgan.balancing.balancer import Balancer, make_learner
from synthgan.data.containers.origin import with_origin
from synthgan.data.containers.raw import names_of
from synthgan.errors import DataError
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from synthgan.balancing.strategy import Strategy
    from synthgan.data import Frame
    from synthgan.synthesizer import Synthesizer

__all__ = ["balance_table", "make_learner"]


def balance_table(
    frame: Frame,
    target: str,
    *,
    sampling_strategy: Strategy = "auto",
    synthesizer: Synthesizer | None = None,
    seed: int = 0,
) -> tuple[Any, dict[Any, int]]:
    """The table with synthetic rows below its own, which says so, and how many each class got, by label.

    Args:
        frame: a pandas or polars frame, or a pyarrow table.
        target: the column that says each row's class.
        sampling_strategy: as `Balancer` takes it.
        synthesizer: as `Balancer` takes it.
        seed: of the fit and of all draws.

    Raises:
        DataError: if there is no such column, or the table cannot be balanced by it.
        ConfigError: if a parameter cannot be used.
    """
    names = names_of(frame)
    if target not in names:
        raise DataError(
            f"target must be a column of the table, however: {target!r} is none",
            remedy=did_you_mean_or_known(target, names),
            parameter="target",
        )
    frame = frame.reset_index() if hasattr(frame, "reset_index") and set(names) - set(frame.columns) else frame
    whole = nw.from_native(frame, eager_only=True)
    balancer = Balancer(sampling_strategy=sampling_strategy, synthesizer=synthesizer, seed=seed)
    features, classes = balancer.fit_resample(whole.drop(target).to_native(), whole[target].to_native())
    joined = nw.from_native(features, eager_only=True).with_columns(
        nw.from_native(classes, series_only=True).alias(target)
    )
    balanced = joined.select(names).to_native()
    if not balancer.sampling_strategy_:
        return balanced, {}
    told = {**(balancer.synthesizer_.sample_origin_ or {}), "real": "rows"}
    return with_origin(balanced, {**told, "where": f"rows of rare classes of {target}"}), balancer.sampling_strategy_
