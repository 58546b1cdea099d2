"""A private fit of the rows of one table, and of those that hang on it: asked for, and made into what draws them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from synthgan.relational.noisy.noisy import NoisyBranch
from synthgan.relational.noisy.records import StateCells
from synthgan.relational.noisy.states import States, follows, put_together, states_wanted
from synthgan.relational.noisy.steps import same_name
from synthgan.relational.private.budget import pairs_of
from synthgan.tabular.encoding.computed import Computed
from synthgan.tabular.model import TabularModel
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.private.columns import PrivateColumns, measure_columns
from synthgan.tabular.private.rounds import PrivateFit

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.data.schema import Schema
    from synthgan.gan.train import Progress
    from synthgan.privacy.curator import Curator
    from synthgan.relational.noisy.steps import Steps
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs
    from synthgan.tabular.network.network import Network
    from synthgan.tabular.private.budget import Budget


def fitted(
    schema: Schema,
    curator: Curator,
    budget: Budget,
    streams: Streams,
) -> Generator[Progress, None, PrivateFit]:
    """Ask what there is to ask of a flat table, and fit a mixture to the answers."""
    fit = PrivateFit(
        measure_columns(schema, curator, budget.column_noise, budget.level_delta), curator, budget, streams
    )
    yield from fit.rounds()
    return fit


def measured(steps: Steps, curator: Curator, budget: Budget) -> PrivateColumns:
    """What is known of the columns of steps; how far the order goes on is measured last, in steps and a range of the order."""
    schema = steps.schema
    if steps.order is None:
        return measure_columns(schema, curator, budget.column_noise, budget.level_delta)
    *others, last = schema
    first = measure_columns(schema.of_columns(others), curator, budget.column_noise, budget.level_delta)
    own = schema.of_columns([steps.after(last, first.transform.codec(steps.order))])
    at = len(first.transform.codecs)
    second = measure_columns(own, curator, lambda _, share: budget.column_noise(at, share), budget.level_delta)
    transform = first.transform
    joined = (*transform.schema, *second.transform.schema)
    whole = replace(
        transform,
        schema=schema.of_columns(joined),
        codecs=(*transform.codecs, *second.transform.codecs),
        computed=Computed.declared(schema.of_columns(joined)),
    )
    rows = float(np.mean([part.sum() for part in (*first.held, *second.held)]))
    return PrivateColumns(whole, (*first.held, *second.held), (*first.noises, *second.noises), max(rows, 1.0))


def undecided(known: PrivateColumns, steps: Steps, rows_per_unit: int) -> PrivateColumns:
    """No level is kept always or never because noise hides the rows that say otherwise: a standard deviation of them is taken to be there.

    A step that never changes a level would hold a whole group in it, though the level's own rows stand out of the noise.
    """
    held = list(known.held)
    for name in steps.followed:
        at = known.transform.owners[same_name(name)]
        hidden = known.noises[at] * rows_per_unit
        held[at] = np.where((held[at] > 0) | ~known.transform.codecs[at].encoder.emitted, held[at], hidden)
    return replace(known, held=tuple(held))


def as_model(fit: PrivateFit, configs: Configs, streams: Streams, device: torch.device) -> TabularModel:
    """The mixture as a model of a flat table."""
    layout = fit.known.transform.layout
    generator = TabularGenerator(layout, fit.model.mixture(), None).to(device).requires_grad_(requires_grad=False)
    network = cast("Network", configs.generator).adopt(generator, layout)
    settings = {**configs.as_json(), "seed": streams.seed}
    return TabularModel(fit.known.transform, network, settings, round(fit.known.rows))


def learn_steps(
    steps: Steps, curator: Curator, budget: Budget, states_noise: float, streams: Streams
) -> Generator[Progress, None, NoisyBranch]:
    """Learn the rows of a table as steps: a mixture of noisy counts, then which of its states follows which."""
    wanted, _ = pairs_of(steps)
    known = undecided(measured(steps, curator, budget), steps, curator.rows_per_unit)
    at = known.transform.owners
    found = [(at[one], at[other]) for one, other in steps.wanted()] if wanted else []
    pairs = sorted({(min(pair), max(pair)) for pair in found if pair[0] != pair[1]})
    fit = PrivateFit(known, curator, budget, streams, tuple(pairs))
    yield from fit.rounds()
    transform, mixture = fit.known.transform, fit.model.mixture()
    columns = tuple(dict.fromkeys(transform.owners[column.name] for column in steps.own))
    weights, logs = (part.numpy().astype(np.float64) for part in (mixture.log_weights, mixture.log_probs))
    spans = transform.layout.spans
    profiles = np.exp(np.hstack([logs[:, spans[at].start : spans[at].stop] for at in columns]))
    deviation = states_noise * curator.rows_per_unit
    of_class = put_together(weights, profiles, states_wanted(fit.known.rows, deviation))
    states = States(transform, columns, weights, logs, of_class)
    purpose = "which state of a row follows which"
    counted = curator.count(StateCells(states), noise=states_noise, stage="states", purpose=purpose)
    lifts = follows(counted.reshape(states.count + 1, states.count), deviation)
    return NoisyBranch(steps, states, lifts, round(fit.known.rows))
