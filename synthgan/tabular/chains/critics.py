"""Chains against critics: boosted critics that tell synthetic rows from real ones, and the chains' answer to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from synthgan.tabular.chains.booster import BoostedCritic, TreeBooster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from synthgan.runtime import Streams
    from synthgan.tabular.chains.criticised import CriticisedGenerator
    from synthgan.tabular.encoding.layout import Encoded

TREES = 300
DEPTH = 6
RATE = 0.1
MIN_ROWS_IN_LEAF = 20.0
PATIENCE_TREES = 20
HOLDOUT_SHARE = 0.15  # of all rows: they only say when to stop
MIN_GAIN_NATS = 0.002  # a row: a critic that knows less is not worth listening to
DRAWN_PER_REAL = 3
MAX_REAL, MIN_DRAWN, MAX_DRAWN = 100_000, 10_000, 300_000
MAX_SEEN = 8_000_000  # numbers that a critic sees of all real rows together: of wide tables it learns fewer rows
MIN_REAL = 100
# Learning twice as fast as others do, half the trees find as much; drawing costs by the tree.
ROUND_TREES, ROUND_RATE = 150, 0.2
PASSES = 5  # of raking
CAP_LEVEL = 0.95  # candidates above this quantile of the ratios count as much as it


@dataclass(frozen=True, slots=True)
class Round:
    """What one round came to.

    Attributes:
        trees: how many the critic has.
        gain_nats: by how much a row's log loss fell on rows that the critic was not trained on; 0 is a coin's.
        kept_share: share of the candidates that the chains keep from now on.
    """

    trees: int
    gain_nats: float
    kept_share: float


def play(generator: CriticisedGenerator, encoded: Encoded, rounds: int, streams: Streams) -> Iterator[Round]:
    """Play rounds until the critic finds nothing more; the generator carries the critics that taught it something.

    In each round a new critic learns to tell real rows from synthetic ones, as far as that holds for rows of neither kind that
    it has not seen, and the chains answer by drawing from their density times the ratio it found: the density-ratio step of
    Grover and Ermon, "Boosted generative models", 2018, equation 4.
    """
    layout = generator.layout
    emitted = layout.emitted[encoded.codes + layout.starts].all(1)
    real_rows = np.flatnonzero(emitted)
    if len(real_rows) < MIN_REAL:
        return
    most = max(MIN_REAL, min(MAX_REAL, MAX_SEEN // int(generator.mode_features.widths.sum())))
    for index in range(rounds):
        rng = streams.numpy("round", index)
        chosen = rng.permutation(real_rows)[:most]
        drawn_rows = int(np.clip(DRAWN_PER_REAL * len(chosen), MIN_DRAWN, MAX_DRAWN))
        drawn = generator.draw_codes(drawn_rows, None, streams.below("candidates", index))
        real, candidates = generator.features(encoded.codes[chosen]), generator.features(drawn)
        booster, gain = fit_booster(real, candidates, rng, trees=ROUND_TREES, rate=ROUND_RATE)
        if gain < MIN_GAIN_NATS:
            return
        boosters = (*(generator.critic.boosters if generator.critic else ()), booster)
        fresh = generator.draw_uncriticised(drawn_rows, streams.below("fresh", index))
        generator.critic, kept_share = _answer(generator, boosters, fresh)
        yield Round(len(booster), gain, kept_share)


def _answer(
    generator: CriticisedGenerator, boosters: tuple[TreeBooster, ...], drawn: NDArray[np.int32]
) -> tuple[BoostedCritic, float]:
    """What the chains take from the critics so far, and the share of the synthetic rows that are kept under it."""
    features, modes = generator.features(drawn), drawn + generator.layout.starts
    unbalanced = BoostedCritic(boosters, np.zeros(generator.layout.modes, np.float32))
    ratios = unbalanced.log_ratios(features, modes)
    _, factors = generator.margins.rake(modes, np.exp(ratios.astype(np.float64) - ratios.max()), PASSES)
    balance = np.log(factors).astype(np.float32)
    cap = float(np.quantile(ratios + balance[modes].sum(1), CAP_LEVEL))
    critic = BoostedCritic(boosters, balance, cap)
    return critic, float(critic.chances(features, modes).mean())


def fit_booster(
    real: NDArray[np.float32],
    drawn: NDArray[np.float32],
    rng: np.random.Generator,
    weights: NDArray[np.float64] | None = None,
    units: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    trees: int = TREES,
    rate: float = RATE,
) -> tuple[TreeBooster, float]:
    """A critic that counts both kinds as equally likely, and its gain over a coin on rows it was not trained on.

    Args:
        real: what it sees of real rows, ``[rows, width]``.
        drawn: the same of drawn ones.
        rng: says which rows it is not trained on.
        weights: how much each drawn row counts; None counts them alike.
        units: whom real and drawn rows belong to, numbered from 0: all rows of one are trained on, or none. None: each row is
            somebody else's.
        trees: how many it has at most.
        rate: by how much each of them counts.
    """
    import xgboost  # slow to import

    features = np.concatenate([real, drawn])
    label = np.repeat([1.0, 0.0], [len(real), len(drawn)]).astype(np.float32)
    weight = np.repeat([1.0 / len(real), 1.0 / len(drawn)], [len(real), len(drawn)])
    if weights is not None:
        weight[len(real) :] = weights / weights.sum()
    weight *= len(features) / weight.sum()
    if units is None:
        held_out = rng.random(len(features)) < HOLDOUT_SHARE
    else:
        held = rng.random(max(int(own.max(initial=0)) for own in units) + 1) < HOLDOUT_SHARE
        held_out = np.concatenate([held[own] for own in units])
    known = xgboost.QuantileDMatrix(features[~held_out], label[~held_out], weight=weight[~held_out])
    unknown = xgboost.QuantileDMatrix(features[held_out], label[held_out], weight=weight[held_out], ref=known)
    parameters = {
        "objective": "binary:logistic",
        "max_depth": DEPTH,
        "eta": rate,
        "min_child_weight": MIN_ROWS_IN_LEAF,
        "tree_method": "hist",
        "seed": 0,
        "nthread": torch.get_num_threads(),
    }
    booster = xgboost.train(
        parameters,
        known,
        trees,
        evals=[(unknown, "unseen")],
        early_stopping_rounds=PATIENCE_TREES,
        verbose_eval=False,
    )
    kept = booster[: booster.best_iteration + 1]
    return TreeBooster.of(kept, features.shape[1]), float(np.log(2) - booster.best_score)
