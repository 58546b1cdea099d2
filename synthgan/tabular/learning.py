"""Learning an encoded table, stage by stage: chains that play against boosted critics, or two networks that play each other."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch

from synthgan.gan.generate import generate
from synthgan.gan.objectives import make_objective
from synthgan.gan.train import Progress, train
from synthgan.gan.updates import OpenTurns
from synthgan.tabular.chains.critics import play
from synthgan.tabular.chains.features import Views
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.chains.grower import grow_chain
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.model import TabularModel
from synthgan.tabular.network.mixture import EPOCHS, choose_classes, fit_mixture
from synthgan.tabular.prepare import make_batches, make_game, make_watch

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from synthgan.config import Configs
    from synthgan.runtime import Streams
    from synthgan.tabular.chains.grower import Chain
    from synthgan.tabular.checkpoint import TableCheckpoint
    from synthgan.tabular.network.generator import TabularGenerator
    from synthgan.tabular.prepare import Prepared

MENDED_ROWS = 10_000  # drawn to see what mending does to each column


def learn_chains(
    prepared: Prepared, configs: Configs, streams: Streams, saved: TableCheckpoint
) -> Generator[Progress, None, TabularModel]:
    """Grow chains, then let them play against boosted critics until these find nothing more."""
    started, minutes = time.monotonic(), configs.training.minutes
    views = Views.fit(prepared.train, prepared.layout, streams.numpy("views"))
    chains = saved.chains(prepared.layout)
    generator = ChainGenerator(prepared.layout, views, chains)
    model = TabularModel(prepared.transform, generator, saved.settings, prepared.rows)
    wanted, message = configs.chain.chains, None

    def out_of_time() -> bool:
        return minutes is not None and time.monotonic() - started > 60 * minutes

    yield Progress("growing", len(chains), wanted)
    with saved.keeping_chains(model):
        for chain in _grown(prepared, views, configs, streams, len(chains)):
            generator.chains = (*generator.chains, chain)
            saved.grown()
            if len(generator.chains) < wanted and out_of_time():
                message = f"stopped after {minutes:g} minutes with {len(generator.chains)} of {wanted} chains, as asked"
            yield Progress("growing", len(generator.chains), wanted, message=message)
            if message:
                break
        rounds = []
        game = () if out_of_time() else play(generator, prepared.train, configs.chain.rounds, streams)
        for place, played in enumerate(game, 1):
            rounds.append(played)
            yield Progress("playing", place, configs.chain.rounds)
    keep_bearable_relations(model, prepared.train, streams)
    model.training = {
        "chains": len(generator.chains),
        "rounds": len(rounds),
        "critic_gain_nats": [round(played.gain_nats, 5) for played in rounds],
        "kept_share": round(rounds[-1].kept_share, 4) if rounds else 1.0,
    }
    return model


def _grown(prepared: Prepared, views: Views, configs: Configs, streams: Streams, first: int) -> Iterator[Chain]:
    """The chains from ``first`` on, in their order, grown on as many threads as torch has."""

    def grow(place: int) -> Chain:
        return grow_chain(prepared.train, prepared.layout, views, configs.chain, streams, place)

    pool = ThreadPoolExecutor(torch.get_num_threads())
    try:
        yield from pool.map(grow, range(first, configs.chain.chains))
    finally:
        pool.shutdown(cancel_futures=True)


def keep_bearable_relations(model: TabularModel, train: Encoded, streams: Streams) -> None:
    """Let the model keep those relations that its drawn rows can be mended by without a column's being bent."""
    transform = model.transform
    if not transform.relations.names:
        return
    some = train.take(streams.numpy("relations").permutation(len(train))[:MENDED_ROWS])
    batches = generate(
        model.generator, MENDED_ROWS, streams=streams.below("relations", 0), batch_samples=model.generator.batch_rows
    )
    drawn = Encoded(*(torch.cat(part).cpu().numpy() for part in zip(*batches, strict=True)))
    kept = transform.relations.bearable(transform.values(drawn), transform.values(some), transform.scales)
    model.transform = replace(transform, relations=kept)


def learn_network(
    prepared: Prepared, configs: Configs, streams: Streams, saved: TableCheckpoint, device: torch.device
) -> Generator[Progress, None, TabularModel]:
    """Fit a latent-class mixture, then let a network that starts from it play against another."""
    network, training = configs.network, configs.training
    classes = network.classes or choose_classes(len(prepared.train))
    mixtures = saved.mixtures() or fit_mixture(prepared.train, prepared.layout, classes, streams)
    for epoch, mixture in enumerate(mixtures, 1):  # noqa: B007 (the game starts from the last one)
        yield Progress("warm start", epoch, EPOCHS)
    game = make_game(prepared.layout, mixture, network, training, streams, device)
    watch = make_watch(prepared, training, streams)
    average = cast("TabularGenerator", game.average)
    model = TabularModel(prepared.transform, average, saved.settings, prepared.rows)
    batches = make_batches(prepared, training, network.packing, streams, device)
    turns = OpenTurns(batches, make_objective(training.objective, training.penalty), streams)
    with saved.keeping(model, game, watch):
        for step in saved.after_each(train(game, turns, watch)):
            losses = step.critic_loss, step.generator_loss
            yield Progress("training", step.step, training.steps, step.rows, *losses, step.message)
    keep_bearable_relations(model, prepared.train, streams)
    model.training = watch.summary(game)
    return model
