"""A private fit of sequences: what is constant in groups and how long they are, then their rows as steps; one ledger for all.

**Whom it protects.** The unit is a group: all rows of a patient. Neighbouring tables differ by one group, added or removed; the ledger
states what replacing one costs as well.

**Why it holds.** Each question is put to a curator that was told how many records of it a unit may have. Each record is in at most one cell
of a count, so that a unit moves a count by at most that many in L2 norm; the noise is scaled by it, and charged.

1. *Does a column vary inside groups?* A record is a group: one a unit.
2. *What is constant in a group, and how many rows it has.* A record is a group: one a unit, however long it is.
3. *Steps.* A record is a row with what stands above it and what the row before it was: all of it of one unit. At most
   ``max_rows_per_unit`` rows of a unit are records, chosen at random among its own (`limited`). How many other units there are, and what is
   in them, has no part in it.

What is asked follows from the schema and from earlier answers. How many choices are made, and what all Gaussian answers of the fit come to,
is fixed before the first (`plan`): so all of it composes as usual, in one ledger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from synthgan.data.column import Kind
from synthgan.data.containers.cells import unit_codes
from synthgan.data.groups import arranged
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.data.values import Numbers
from synthgan.gan.train import Progress
from synthgan.io.sources import as_private_frame
from synthgan.privacy.curator import Curator, check_delta
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.sealing import sealed_call, sealed_steps
from synthgan.relational.bounded.curators import curator_of_steps, curator_of_units
from synthgan.relational.model import draw_parents, groups_of
from synthgan.relational.noisy.model import NoisySequenceModel
from synthgan.relational.noisy.records import GroupRecords, VaryingCells
from synthgan.relational.noisy.steps import MAX_ROWS, Steps, check_order, count_column, order_values
from synthgan.relational.private.budget import VARYING, divided, hidden_in, most_pairs, pairs_of, plan
from synthgan.relational.private.learning import (
    as_model,
    fitted,
    learn_steps,
)
from synthgan.relational.sequences import COUNT, check_names
from synthgan.runtime import Streams, resolve_device
from synthgan.tabular.encoding.identifiers import FreshKeys
from synthgan.tabular.intake import settle
from synthgan.tabular.private.learning import HOPELESS
from synthgan.tabular.private.twins import SURE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    import torch

    from synthgan.config import PrivacyConfig
    from synthgan.data import Frame
    from synthgan.data.groups import Groups
    from synthgan.data.panderas import AnySchema
    from synthgan.privacy.spent import Account
    from synthgan.relational.private.budget import Plan
    from synthgan.tabular.config import Configs

    Name = str | int

ABOUT_GROUPS = 10_000  # drawn to say how many rows a group has


@dataclass(frozen=True)
class SequenceSource:
    """What is to be read: a frame or a path, and what its columns are for, as ``Synthesizer.fit`` takes them."""

    data: Frame | str | Path
    group: Name
    order: Name | None
    schema: AnySchema | None
    identifiers: Sequence[Name]
    drop: Sequence[Name]


@dataclass(frozen=True)
class Intake:
    """All that a private fit of sequences begins with.

    Attributes:
        table: the rows, those of a group side by side and in order. Nothing but curators looks at it.
        groups: whose they are.
        schema: declared, or of names and types alone; without the column of groups.
        whole: the same with that column.
        order: what rows of a group are put in order by.
        ledger: the one of the whole fit.
    """

    table: Table
    groups: Groups
    schema: Schema
    whole: Schema
    order: Name | None
    ledger: PrivacyLedger


def fit_sequences(
    source: SequenceSource, configs: Configs, seed: int, device: str, account: Account
) -> Generator[Progress, None, NoisySequenceModel]:
    """Read groups and learn them; no error or warning says more of a row than the ledger does."""
    streams, place = Streams(seed), resolve_device(device)
    yield Progress("reading")
    intake = sealed_call(lambda: take_in(source, configs.privacy, account), account)
    steps = learn_sequences_privately(intake, source.group, configs, streams, place)
    return (yield from sealed_steps(steps, account))


def take_in(source: SequenceSource, privacy: PrivacyConfig, account: Account | None) -> Intake:
    """Read the rows as they are declared, cell by cell, and put those of a group side by side.

    Raises:
        DataError: if a column named is lacking.
        SchemaError: if the order is no column of numbers or moments.
        PrivacyError: as ``settle`` does.
    """
    schema, group, order = source.schema, source.group, source.order
    frame = as_private_frame(source.data, schema)
    check_names(frame, group=group, order=order)
    settled = settle(frame, schema, privacy, source.identifiers, source.drop)
    check_order(settled, order)
    table = Table.coerce(frame, settled)
    learned = settled.of_columns(column for column in settled if column.name in table.columns)
    codes = unit_codes(frame, group)
    nameless = codes < 0
    codes = np.where(nameless, codes.max(initial=-1) + np.cumsum(nameless), codes)  # each is a group of its own
    rows, groups = arranged(codes, order_values(table, order))
    ledger = PrivacyLedger(privacy.delta, unit_words_of(group, privacy), account=account)
    whole = _with_key(frame, schema, settled, group)
    return Intake(Table(learned, table.take(rows).columns), groups, learned, whole, order, ledger)


def _with_key(frame: Frame, declared: AnySchema | None, settled: Schema, group: Name) -> Schema:
    """The schema with the column of groups, where it stands in the frame."""
    found = Schema.infer(frame, identifiers=[group], types_only=True)
    key = found.column(group)
    if isinstance(declared, Schema) and group in declared.names and declared.column(group).kind is Kind.IDENTIFIER:
        key = declared.column(group)
    key = replace(key, repeats=None, missing=None)
    columns = {column.name: column for column in settled} | {group: key}
    return replace(settled, columns=tuple(columns[name] for name in found.names if name in columns), index=())


def learn_sequences_privately(
    intake: Intake, group: Name, configs: Configs, streams: Streams, device: torch.device
) -> Generator[Progress, None, NoisySequenceModel]:
    """Fit sequences by noisy counts; the seed decides where mixtures start, and nothing else.

    Raises:
        PrivacyError: if the budget pays for nothing, or delta means nothing for about so many groups as were counted.
    """
    privacy, schema = configs.privacy, intake.schema
    everything = Steps((), tuple(schema), intake.order, schema.container)
    wanted, chosen = pairs_of(everything)
    planned = plan(float(privacy.epsilon or 0), privacy.delta, chosen)
    yield Progress("encoding")
    above = constant_columns(intake, planned)
    steps = Steps(
        tuple(column for column in schema if column.name in above),
        tuple(column for column in schema if column.name not in above),
        intake.order,
        schema.container,
    )
    units = units_of(intake, steps)
    wanted, chosen = pairs_of(steps)
    parts = divided({"units": most_pairs(units.schema) + 5, "steps": wanted + chosen + 5}, planned.gaussian - VARYING)
    hidden = hidden_in(units.schema) + hidden_in(steps.schema)
    budget = planned.table(units.schema, parts["units"], hidden)
    fit = yield from fitted(units.schema, curator_of_units(units, intake.ledger), budget, streams.below("units"))
    about = round(fit.known.rows)
    check_delta(privacy.delta, about, "groups (a noisy count)", i_know=privacy.i_know)
    for message in fit.known.lacking():
        yield Progress("encoding", message=message)
    if about * float(privacy.epsilon or 0) < HOPELESS:
        yield Progress("encoding", message=hopeless(about, "groups", float(privacy.epsilon or 0)))
    parents = as_model(fit, configs, streams, device)
    curator = curator_of_steps(
        steps, intake.table, intake.groups, units, intake.groups.owner, intake.ledger, privacy.max_rows_per_unit
    )
    budget = planned.steps(steps, parts["steps"], hidden)
    branch = yield from learn_steps(steps, curator, budget, planned.states(parts["steps"]), streams.below("steps"))
    key = FreshKeys.blind(intake.whole.column(group), schema.container)
    mean = groups_of(draw_parents(parents, ABOUT_GROUPS, None, streams.below("about"))).counts.mean()
    model = NoisySequenceModel(intake.whole, group, parents, branch, key, round(float(mean) * about))
    model.privacy = parents.privacy = intake.ledger.to_dict()
    model.training = {
        "mechanism": privacy.mechanism,
        "states": branch.states.count,
        "answers": len(intake.ledger.charges),
    }
    return model


def unit_words_of(unit: Name, privacy: PrivacyConfig) -> str:
    """What one unit is, in words."""
    rows = privacy.max_rows_per_unit
    return f"all rows of one {unit} (of which at most {rows} of a table {'is' if rows == 1 else 'are'} learned as rows)"


def hopeless(about: int, what: str, epsilon: float) -> str:
    """What to tell whoever asks for more than the noise leaves of so many units, a noisy count."""
    return (
        f"about {about:,} {what} at epsilon={epsilon:g} are too few: the noise hides how columns depend on each other; "
        f"count on {HOPELESS / epsilon:,.0f} {what} or more, and judge the samples before you use them"
    )


def constant_columns(intake: Intake, planned: Plan) -> set[Name]:
    """The columns that hardly any group has two values of, by noisy counts of groups; never the order, and never all."""
    asked = Curator(GroupRecords(intake.table, intake.groups), intake.ledger, 1)
    names = [name for name in intake.schema.names if name != intake.order]
    noise = planned.noise(VARYING / max(len(names), 1))
    found = set()
    for name in names:
        purpose = f"whether {name!r} varies inside groups"
        counted = asked.count(VaryingCells(name), noise=noise, stage="groups", purpose=purpose)
        if counted[1] <= SURE * noise:
            found.add(name)
    return found if intake.order is not None or len(found) < len(names) else found - {names[-1]}


def units_of(intake: Intake, steps: Steps) -> Table:
    """A row a group: what is constant in it, and how many rows it has."""
    first = intake.table.take(intake.groups.first)
    held = {column.name: first.columns[column.name] for column in steps.above}
    held[COUNT] = Numbers(pa.array(np.minimum(intake.groups.counts, MAX_ROWS)))
    columns = (*steps.above, count_column(steps.container))
    return Table(Schema(steps.container, columns), held)  # type: ignore[arg-type]
