"""The fit of a database, from tables that were taken in to a model."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from synthgan.relational.branch import BranchConfig
from synthgan.relational.databaselearning import Learning
from synthgan.relational.databasemodel import DatabaseModel
from synthgan.relational.lineage import Lineage
from synthgan.relational.listing import without_listed_owners
from synthgan.relational.localconcepts import without_rare_concepts
from synthgan.relational.parts import told
from synthgan.relational.rules.finding import with_found_rules

if TYPE_CHECKING:
    from collections.abc import Generator

    import torch

    from synthgan.gan.train import Progress
    from synthgan.relational.database import Database
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs

CHAINS, ROUNDS = 3, 2  # of each table that belongs to another


def learn_database(
    linked: Database, unit: str, configs: Configs, streams: Streams, device: torch.device
) -> Generator[Progress, None, DatabaseModel]:
    """Learn linked tables, yielding progress; gives the model.

    Args:
        linked: the tables.
        unit: the table that counts.
        configs: all parameters.
        streams: randomness.
        device: where tensors are computed on.
    """
    linked = with_found_rules(without_listed_owners(without_rare_concepts(linked, configs.encoding.rare_below)))
    how = BranchConfig(chains=CHAINS, rounds=ROUNDS)
    learning = Learning(linked, configs, how, streams, device, Lineage.of(linked), {}, {})
    yield from learning.run()
    forms = {name: told(form, learning.parts[name]) for name, form in linked.forms.items()}
    source = linked.source
    stored = ("", "") if source is None else (source.kind, source.ending)
    settings = {**asdict(configs.encoding), "minutes": configs.minutes}
    return DatabaseModel(linked.schema, unit, learning.parts, forms, settings, stored)
