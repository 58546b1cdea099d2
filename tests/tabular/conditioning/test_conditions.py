"""Training-by-sampling, on every discrete column."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
from helpers.linked_table import linked_table

from synthgan.runtime import Streams
from synthgan.tabular.conditioning.conditions import ConditionSampler
from synthgan.tabular.encoding.layout import Layout

ENCODED, LAYOUT, _ = linked_table()


def test_rows_have_the_level_they_were_drawn_for() -> None:
    sampler = ConditionSampler(ENCODED.codes, LAYOUT, 1.0)
    rows, modes, columns = sampler.draw(2_000, Streams(0), 0)
    assert (ENCODED.codes[rows, columns] + LAYOUT.starts[columns] == modes).all()


def test_every_discrete_column_and_level_is_chosen() -> None:
    """10,000 draws; the rarest level is drawn with probability above .02, so missing one has a chance below 1e-80."""
    sampler = ConditionSampler(ENCODED.codes, LAYOUT, 1.0)
    _, modes, columns = sampler.draw(10_000, Streams(0), 0)
    discrete = {index for index, span in enumerate(LAYOUT.spans) if span.discrete}
    assert discrete == {0, 1, 3}
    assert set(columns) == discrete
    wanted = {LAYOUT.starts[column] + code for column in discrete for code in range(LAYOUT.sizes[column])}
    assert set(modes) == wanted


def test_levels_are_drawn_by_log_frequency() -> None:
    """A 99:1 column: the rare level's share is log(1+100)/(log(1+100)+log(1+9900)) = .334; 6 standard errors is .03."""
    codes = ENCODED.codes.copy()
    codes[:, 0] = 0
    codes[:40, 0] = 1
    _, modes, columns = ConditionSampler(codes, LAYOUT, 1.0).draw(30_000, Streams(0), 0)
    rare = (modes[columns == 0] == LAYOUT.starts[0] + 1).mean()
    expected = np.log1p(40) / (np.log1p(40) + np.log1p(len(codes) - 40))
    assert abs(rare - expected) < 0.03


def test_the_free_share_has_no_condition_and_true_frequencies() -> None:
    rows, modes, columns = ConditionSampler(ENCODED.codes, LAYOUT, 0.25).draw(4_000, Streams(0), 0)
    assert (modes >= 0).sum() == 1_000
    assert ((columns >= 0) == (modes >= 0)).all()
    assert len(np.unique(rows[modes < 0])) > 1_500


def test_the_same_place_draws_the_same_batch() -> None:
    sampler = ConditionSampler(ENCODED.codes, LAYOUT, 0.5)
    first, again, other = (sampler.draw(50, Streams(3), index)[0] for index in (7, 7, 8))
    assert (first == again).all()
    assert (first != other).any()


def test_a_table_without_discrete_columns_is_drawn_without_conditions() -> None:
    span = LAYOUT.span("age")
    codes = ENCODED.codes[:, 2:3]
    of_modes = [getattr(LAYOUT, field.name) for field in fields(LAYOUT) if field.name != "spans"]
    layout = Layout((replace(span, start=0, first_residual=0),), *[array[span.start : span.stop] for array in of_modes])
    _, modes, _ = ConditionSampler(codes, layout, 0.5).draw(100, Streams(0), 0)
    assert (modes == -1).all()
