"""A private fit of linked tables: the table of units, then every table below it as steps; one ledger for all.

**Whom it protects.** The unit is a row of one table (a patient) with all rows of all tables that lead to it by declared keys. Neighbouring
databases differ by one unit, added or removed; the ledger states what replacing one costs as well.

**Why it holds.** Each question is put to a curator that was told how many records of it a unit may have. Each record is in at most one cell
of a count, so that a unit moves a count by at most that many in L2 norm; the noise is scaled by it, and charged.

1. *The units' own table*, with how many rows of each table a unit has. A record is a row of it: one a unit (of rows
   with one key the first).
2. *Each table below it*, as steps. A record is a row with what stands above it, how many rows belong to it, and what the row before
   it was: all of it of one unit. At most ``max_rows_per_unit`` rows of a unit and table are records, chosen at random among
   its own (`limited`).

All that a record says follows from the rows of its unit alone. Of a key to a row of another table it is asked whether that row is of the
same unit; which rows other units have is not looked at. A row whose keys to tables above lead to two units is left out, as is one that
leads to none.

Which keys there are, which tables belong to the unit and by which key, is what was declared; no row has a say in it (`roles_of`). Rules
between tables, siblings and pairs of values are not learned. A table that was declared public is kept as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthgan.gan.train import Progress
from synthgan.privacy.curator import check_delta
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.sealing import sealed_call, sealed_steps
from synthgan.relational.bounded.curators import curator_of_steps, curator_of_units
from synthgan.relational.bounded.sequences import hopeless, unit_words_of
from synthgan.relational.database import Database
from synthgan.relational.noisy.databasemodel import NoisyDatabaseModel
from synthgan.relational.noisy.declared import read_declared
from synthgan.relational.noisy.tables import above_of, place, shape_of, steps_of
from synthgan.relational.parts import Kept
from synthgan.relational.private.budget import divided, hidden_in, most_pairs, pairs_of, plan
from synthgan.relational.private.learning import as_model, fitted, learn_steps
from synthgan.runtime import Streams, resolve_device
from synthgan.tabular.private.learning import HOPELESS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    import torch

    from synthgan.config import PrivacyConfig
    from synthgan.data.linked import DatabaseSchema
    from synthgan.data.schema import Schema
    from synthgan.privacy.spent import Account
    from synthgan.relational.noisy.declared import Roles
    from synthgan.relational.noisy.noisy import NoisyBranch
    from synthgan.relational.noisy.steps import Steps
    from synthgan.relational.noisy.tables import Placed, Shape
    from synthgan.relational.private.budget import Plan
    from synthgan.tabular.config import Configs

ASKED = 5  # beside pairs: about what the questions of single columns of a table weigh


@dataclass(frozen=True)
class DatabaseSource:
    """What is to be read, as ``DatabaseSynthesizer.fit`` takes it.

    Attributes:
        data: a database, or what one is read from.
        unit: the table whose rows are protected.
        keys: all keys, where they are not those that the database declares.
        schemas: by table, what its columns are.
        drop: columns to leave out, as ``"table.column"``.
    """

    data: object
    unit: str | None
    keys: DatabaseSchema | None = None
    schemas: Mapping[str, Schema] | None = None
    drop: Sequence[str] = ()


@dataclass(frozen=True)
class DatabaseIntake:
    """All that a private fit of linked tables begins with.

    Attributes:
        database: of which public tables alone are looked at.
        roles: of its tables.
        shapes: of the tables that are learned.
        placed: their rows. Nothing but curators looks at them.
        ledger: the one of the whole fit.
    """

    database: Database
    roles: Roles
    shapes: Mapping[str, Shape]
    placed: Mapping[str, Placed]
    ledger: PrivacyLedger


def fit_database(
    source: DatabaseSource, configs: Configs, seed: int, device: str, account: Account
) -> Generator[Progress, None, NoisyDatabaseModel]:
    """Read linked tables and learn them; no error or warning says more of a row than the ledger does."""
    streams, place_of = Streams(seed), resolve_device(device)
    yield Progress("reading", message=lost_rules(source))
    intake = sealed_call(lambda: take_in_database(source, configs, account), account)
    return (yield from sealed_steps(learn_database_privately(intake, configs, streams, place_of), account))


def lost_rules(source: DatabaseSource) -> str | None:
    """What to tell whoever declares rules between tables, which no noisy count is asked of; None where there are none."""
    stated = source.keys or (source.data.stated if isinstance(source.data, Database) else None)
    rules = [rule for rule in (stated.rules if stated else None) or () if rule.use]
    if not rules:
        return None
    return (
        f"rules between tables are not kept under epsilon: {len(rules)} of the schema, such as {rules[0]}, are left out"
    )


def take_in_database(source: DatabaseSource, configs: Configs, account: Account | None) -> DatabaseIntake:
    """Read the tables as they are declared, cell by cell, and put the rows of every owner side by side.

    Raises:
        PrivacyError: keys or types would have to be found in rows, or a table is neither of a unit nor public.
        SchemaError: nobody says what the unit is.
    """
    database, roles = read_declared(source.data, source.unit, source.keys)
    frames, schemas = database.tables, source.schemas or {}
    dropped = {name: [one.partition(".")[2] for one in source.drop if one.startswith(f"{name}.")] for name in frames}
    shapes = {
        name: shape_of(name, frames[name], roles, schemas.get(name), dropped[name])
        for name in (roles.unit, *roles.below)
    }
    privacy = configs.privacy
    ledger = PrivacyLedger(privacy.delta, unit_words_of(f"row of {roles.unit}", privacy), account=account)
    return DatabaseIntake(database, roles, shapes, place(roles, frames, shapes), ledger)


def planned_for(intake: DatabaseIntake, privacy: PrivacyConfig) -> tuple[Plan, dict[str, Steps], dict[str, float]]:
    """How the budget is divided before a row is seen: the plan, what each table below the unit is as steps, and the part of each table.

    Raises:
        PrivacyError: if the budget pays for nothing.
    """
    roles, schemas = intake.roles, _schemas(intake)
    steps = {name: steps_of(roles, name, schemas) for name in roles.below}
    asked = {name: pairs_of(one) for name, one in steps.items()}
    planned = plan(float(privacy.epsilon or 0), privacy.delta, sum(chosen for _, chosen in asked.values()))
    weights = {roles.unit: most_pairs(schemas[roles.unit]) + ASKED}
    weights |= {name: sum(asked[name]) + ASKED for name in steps}
    return planned, steps, divided(weights, planned.gaussian)


def _schemas(intake: DatabaseIntake) -> dict[str, Schema]:
    roles = intake.roles
    return {name: intake.placed[name].table.schema for name in (roles.unit, *roles.below)}


def learn_database_privately(
    intake: DatabaseIntake, configs: Configs, streams: Streams, device: torch.device
) -> Generator[Progress, None, NoisyDatabaseModel]:
    """Fit linked tables by noisy counts; the seed decides where mixtures start, and nothing else.

    Raises:
        PrivacyError: if the budget pays for nothing, or delta means nothing for about so many units as were counted.
    """
    roles, placed, privacy = intake.roles, intake.placed, configs.privacy
    schemas = _schemas(intake)
    planned, steps, parts = planned_for(intake, privacy)
    hidden = hidden_in(schemas[roles.unit]) + sum(hidden_in(one.schema) for one in steps.values())
    yield Progress("learning", 0, len(parts))
    budget, own = planned.table(schemas[roles.unit], parts[roles.unit], hidden), streams.below("units")
    fit = yield from fitted(schemas[roles.unit], curator_of_units(placed[roles.unit].table, intake.ledger), budget, own)
    about = round(fit.known.rows)
    check_delta(privacy.delta, about, f"{roles.unit} (a noisy count)", i_know=privacy.i_know)
    for message in fit.known.lacking():
        yield Progress("learning", message=f"table {roles.unit!r}: {message}")
    if about * float(privacy.epsilon or 0) < HOPELESS:
        yield Progress("learning", message=hopeless(about, roles.unit, float(privacy.epsilon or 0)))
    branches: dict[str, NoisyBranch] = {}
    for index, (name, one) in enumerate(steps.items(), 1):
        yield Progress("learning", index, len(parts))
        above = above_of(
            roles,
            name,
            {table: placed[table].table for table in roles.above(name)},
            {t: placed[t].above for t in placed},
        )
        table, groups, units = placed[name].table, placed[name].groups, placed[name].units
        curator = curator_of_steps(one, table, groups, above, units, intake.ledger, privacy.max_rows_per_unit)
        budget, noise = planned.steps(one, parts[name], hidden), planned.states(parts[name])
        branches[name] = yield from learn_steps(one, curator, budget, noise, streams.below("steps", index))
    public = {name: Kept(name, intake.database.tables[name]) for name in roles.public}
    unit = as_model(fit, configs, streams, device)
    model = NoisyDatabaseModel(roles, intake.shapes, unit, branches, public, intake.database.forms)
    model.privacy = unit.privacy = intake.ledger.to_dict()
    model.training = {"mechanism": privacy.mechanism, "tables": len(parts), "answers": len(intake.ledger.charges)}
    return model
