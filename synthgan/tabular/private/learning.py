"""A private fit from the rows to a model: units limited, budget planned, questions asked, a mixture made of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from synthgan.data.containers.raw import names_of
from synthgan.data.rows import number_of_rows, select
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.gan.train import Progress
from synthgan.privacy.curator import Curator, check_delta
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.suggest import did_you_mean_or_known
from synthgan.tabular.model import TabularModel
from synthgan.tabular.network.generator import TabularGenerator
from synthgan.tabular.prepare import declared_or_of_types
from synthgan.tabular.private.budget import plan_budget
from synthgan.tabular.private.columns import measure_columns
from synthgan.tabular.private.dpsgd import play_privately
from synthgan.tabular.private.rounds import PrivateFit
from synthgan.tabular.private.rules import check_keys
from synthgan.tabular.private.units import limit_rows

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import torch

    from synthgan.config import PrivacyConfig
    from synthgan.data import Frame
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs
    from synthgan.tabular.network.network import Network


def learn_privately(
    frame: Frame,
    schema: Schema | None,
    identifiers: Sequence[str | int],
    drop: Sequence[str | int],
    configs: Configs,
    streams: Streams,
    device: torch.device,
) -> Generator[Progress, None, TabularModel]:
    """Fit a mixture to noisy counts; with ``mechanism="dpsgd"`` let a network that starts from it play against a private critic.

    The seed decides where the mixture starts and nothing else: noise has none.

    Raises:
        PrivacyError: if the budget pays for nothing, or a column looks like a key that nobody named.
        SchemaError: if the table does not fit a declared schema.
    """
    privacy = configs.privacy
    yield Progress("reading")
    declared = schema is not None
    frame, settled = settle(frame, schema, privacy, identifiers, drop)
    check_delta(privacy.delta, number_of_rows(frame), "rows", i_know=privacy.i_know)
    budget = plan_budget(
        settled, float(privacy.epsilon or 0), privacy.delta, declared=declared, mechanism=privacy.mechanism
    )
    ledger = PrivacyLedger(privacy.delta, unit_words(privacy))
    curator = Curator(ledger, privacy.max_rows_per_unit)
    yield Progress("encoding")
    known = measure_columns(
        frame,
        settled,
        curator,
        lambda share: budget.noise(budget.column_share * share),
        budget.level_delta,
        declared=declared,
    )
    fit = PrivateFit(
        known.transform.transform(Table.read(frame, settled, validate=False), streams), known, curator, budget, streams
    )
    yield from fit.rounds()
    if privacy.mechanism == "dpsgd":
        generator = yield from play_privately(fit, configs, streams, device)
    else:
        generator = TabularGenerator(known.transform.layout, fit.model.mixture(), None).to(device)
    settings = {**configs.as_json(), "seed": streams.seed}
    network = cast("Network", configs.generator).adopt(
        generator.requires_grad_(requires_grad=False), known.transform.layout
    )
    model = TabularModel(known.transform, network, settings, round(known.rows))
    model.privacy = ledger.to_dict()
    model.training = {
        "mechanism": privacy.mechanism,
        "classes": len(generator.log_weights),
        "answers": budget.pairs + budget.triples,
    }
    return model


def settle(
    frame: Frame,
    schema: Schema | None,
    privacy: PrivacyConfig,
    identifiers: Sequence[str | int],
    drop: Sequence[str | int],
) -> tuple[Frame, Schema]:
    """The rows that take part and the schema: declared, or of the types alone; the column of units is not learned.

    Raises:
        SchemaError: if the frame does not fit a declared schema.
        DataError: if a column named is lacking, or a schema was given together with ``identifiers`` or ``drop``.
        PrivacyError: if a column looks like a key and nobody said what it is.
    """
    unit = privacy.unit
    if unit is not None:
        known = {str(name): name for name in names_of(frame)}
        if str(unit) not in known:
            raise DataError(
                f"unit must name a column of the table, however: found no {unit!r}",
                remedy=did_you_mean_or_known(unit, known),
                parameter="unit",
            )
        unit = known[str(unit)]
        frame = limit_rows(frame, unit, privacy.max_rows_per_unit)
    declared = schema is not None
    left_out = [*drop] if unit is None or declared else [*drop, unit]
    schema = declared_or_of_types(frame, schema, identifiers, left_out)
    if declared:
        schema = Schema(schema.container, tuple(column for column in schema.columns if column.name != unit))
    frame = select(frame, schema.names)
    if declared:
        schema.validate(frame)
    else:
        check_keys(frame, schema)
    return frame, schema


def unit_words(privacy: PrivacyConfig) -> str:
    """What one unit is, in words."""
    if privacy.unit is None:
        return "one row"
    rows = privacy.max_rows_per_unit
    return f"all rows of one {privacy.unit} (of which at most {rows} {'is' if rows == 1 else 'are'} learned)"
