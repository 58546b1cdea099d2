"""The stages of a fit: from a frame to codes, from codes to a warm start, from there to players and batches."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.data.rows import number_of_rows, select
from synthgan.data.schema import Schema
from synthgan.data.table import Table
from synthgan.errors import DataError
from synthgan.gan.monitor import Watch
from synthgan.gan.protocols import Batch
from synthgan.gan.state import Game
from synthgan.runtime import initial_weights
from synthgan.tabular.conditioning.conditions import ConditionSampler, LevelCondition
from synthgan.tabular.encoding.continuous import COARSE, FINE
from synthgan.tabular.encoding.table import TableTransform
from synthgan.tabular.evaluator import LEVEL_SHARE, HeldOutJudge
from synthgan.tabular.network.critic import TabularCritic, dense
from synthgan.tabular.network.generator import TabularGenerator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from synthgan.config import Configs, EncodingConfig, NetworkConfig, TrainConfig
    from synthgan.data import Frame
    from synthgan.runtime import Streams
    from synthgan.tabular.encoding.layout import Encoded, Layout
    from synthgan.tabular.network.mixture import Mixture

FEWEST_ROWS = 20
FEWEST_HELD_OUT = 50
MOST_HELD_OUT = 5_000


@dataclass(frozen=True)
class Prepared:
    """A table ready for training.

    Attributes:
        transform: its fitted encoders.
        train: the rows to train on.
        held_out: the rows that early stopping looks at; none where the table is small or early stopping is off.
        fingerprint: SHA-256 of the encoded rows, by which a resumed run knows its data; kept in checkpoints only.
    """

    transform: TableTransform
    train: Encoded
    held_out: Encoded
    fingerprint: str

    @property
    def rows(self) -> int:
        """All rows, those held out among them."""
        return len(self.train) + len(self.held_out)

    @property
    def layout(self) -> Layout:
        """What the codes and places mean."""
        return self.transform.layout


def read_rows(
    frame: Frame,
    schema: Schema | None,
    encoding: EncodingConfig,
    identifiers: Sequence[str | int] = (),
    drop: Sequence[str | int] = (),
) -> Table:
    """The table to learn from, by the schema given or inferred.

    Raises:
        SchemaError: if the frame does not fit the schema.
        DataError: if there are too few rows, or the schema cannot be inferred, or was given together with
            ``identifiers`` or ``drop``.
    """
    rows, fewest = number_of_rows(frame), max(FEWEST_ROWS, 2 * encoding.rare_below)
    if 0 < rows < fewest:
        raise DataError(f"a table must have at least {fewest} rows to learn from, however: {rows}")
    if schema is None:
        return Table.read(frame, identifiers=identifiers, drop=drop)
    refuse_both(identifiers, drop)
    return Table.read(select(frame, schema.names), schema)


def declared_or_of_types(
    frame: Frame, schema: Schema | None, identifiers: Sequence[str | int], drop: Sequence[str | int]
) -> Schema:
    """The schema given, or else inferred from the types of the columns alone.

    Raises:
        DataError: if it cannot be inferred, or was given together with ``identifiers`` or ``drop``.
    """
    if schema is None:
        return Schema.infer(frame, identifiers=identifiers, drop=drop, types_only=True)
    refuse_both(identifiers, drop)
    return schema


def refuse_both(identifiers: Sequence[str | int], drop: Sequence[str | int]) -> None:
    """Refuse names of columns that were given beside a schema.

    Raises:
        DataError: if there are any.
    """
    if identifiers or drop:
        raise DataError(
            "identifiers and columns to drop must be stated in the schema, however: a schema was given as well; edit it"
        )


def prepare(table: Table, configs: Configs, streams: Streams) -> Prepared:
    """Encode a table as its generator likes it, and set a held-out slice aside for the training of a network.

    Raises:
        DataError: if there is nothing to learn.
    """
    rows, network = len(table), not configs.chained
    transform = TableTransform.fit(table, configs.encoding, streams, COARSE if network else FINE)
    encoded = transform.transform(table, streams)
    digest = hashlib.sha256(encoded.codes.tobytes() + encoded.places.tobytes()).hexdigest()
    held_out_rows = min(int(rows * configs.training.holdout_share), MOST_HELD_OUT)
    if held_out_rows < FEWEST_HELD_OUT or not network:
        held_out_rows = 0
    order = streams.numpy("hold out").permutation(rows)
    return Prepared(
        transform, encoded.take(np.sort(order[held_out_rows:])), encoded.take(order[:held_out_rows]), digest
    )


def make_game(
    layout: Layout,
    mixture: Mixture,
    network: NetworkConfig,
    training: TrainConfig,
    streams: Streams,
    device: torch.device,
) -> Game:
    """Both players, starting from a mixture, on the device."""
    with initial_weights(streams):
        generator = TabularGenerator(layout, mixture, network)
        critic = TabularCritic(layout, network)
    return Game(generator.to(device), critic.to(device), training)


def make_watch(prepared: Prepared, training: TrainConfig, streams: Streams) -> Watch:
    """The watch over a game on that table."""
    judge = None
    if len(prepared.held_out):
        flat = prepared.train.codes + prepared.layout.starts
        share = np.bincount(flat.ravel(), minlength=prepared.layout.modes) / len(prepared.train)
        judge = HeldOutJudge(prepared.held_out, prepared.layout, share >= LEVEL_SHARE, streams)
    return Watch(judge, training.check_every, training.patience)


def samples_of(encoded: Encoded, layout: Layout, device: torch.device) -> Callable[[Tensor], Tensor]:
    """Rows in the critic's space by their indices: integer codes stay on the device and are spread out a batch at a time."""
    codes, places = torch.as_tensor(encoded.codes, device=device), torch.as_tensor(encoded.places, device=device)
    starts = torch.as_tensor(layout.starts, device=device)
    return lambda rows: dense(codes[rows], places[rows], starts, layout.modes)


def make_batches(
    prepared: Prepared, training: TrainConfig, packing: int, streams: Streams, device: torch.device
) -> Callable[[int], Batch]:
    """Real batches by place in the run."""
    encoded, layout = prepared.train, prepared.layout
    sampler = ConditionSampler(encoded.codes, layout, training.conditional_share)
    samples = samples_of(encoded, layout, device)
    # A batch of a small table is a quarter of it: the same rows over and over would teach the critic their names.
    batch_rows = max(min(training.batch_rows, len(encoded) // 4) // packing, 1) * packing

    def batch(place: int) -> Batch:
        rows, modes, columns = (
            torch.as_tensor(part, device=device) for part in sampler.draw(batch_rows, streams, place)
        )
        return Batch(samples(rows), LevelCondition(modes, columns))

    return batch
