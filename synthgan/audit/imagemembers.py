"""Who was learned, of images: attacks on samples by nearness, and on the model file by the density of what stands in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from sklearn.base import clone

from synthgan.audit.file import DECISION, FALSE_POSITIVES, MIN_HOLDOUT, NAMES
from synthgan.image.density import densities, over, prior_of
from synthgan.image.prior import Prior, resize, small_of
from synthgan.metrics.details import Details
from synthgan.metrics.images.sets import ImageSets
from synthgan.metrics.privacy.membership.leaktest import ALARM, LeakTest, leak_test, top_sets
from synthgan.metrics.privacy.membership.rates import clopper_pearson, epsilon_bound, found_by_best
from synthgan.metrics.score import Score, scored
from synthgan.metrics.scores import Scores
from synthgan.metrics.statistics.intervals import Estimate
from synthgan.metrics.statistics.neighbours import nearest

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from synthgan.image.density import Densities
    from synthgan.image.model import ImageModel
    from synthgan.image.records import ImageRecords
    from synthgan.image.synthesizer import ImageSynthesizer
    from synthgan.metrics.images.units import Records
    from synthgan.runtime import Streams

    Attacks = Densities
    Flags = NDArray[np.bool_]
    Indices = NDArray[np.int64]
    Points = NDArray[np.float32]

MAX_CANDIDATES = 1_000  # of either side
SAMPLES_AN_IMAGE = 5  # that whoever has the file draws
MAX_DRAWN = 10_000
_OF_SAMPLES = ("membership_p_value", "membership_tpr_at_1pct_fpr", "epsilon_lower_bound")
NEAR, NEARER = "nearest", "calibrated nearest"
_SMALL = 1e-6


def sample_scores(real: Records, synthetic: Records, holdout: Records | None, streams: Streams) -> Scores:
    """What attackers find out from samples: by how near one lies, and by the density of a prior made of them.

    Each stands alone, and over what other real images say.

    One half of the holdout are the images that attackers hold themselves, the other half those that nothing learned.

    Args:
        real: The images that were learned.
        synthetic: What was drawn.
        holdout: Images that nothing was fitted on.
        streams: Randomness: the halves, the candidates.
    """
    unseen = 0 if holdout is None else len(holdout.pixels)
    if holdout is None or unseen < MIN_HOLDOUT:
        return _unknown(_OF_SAMPLES, "an attack on images", unseen)
    sets = ImageSets.of(real, synthetic, holdout, None)
    assert sets.holdout is not None  # noqa: S101 (it was given)
    held, others, members = _sides(len(sets.holdout), len(sets.real), streams)
    views = [sets.coarse(images) for images in (sets.real, sets.holdout, sets.synthetic)]
    candidates, known = np.concatenate([views[0][members], views[1][others]]), views[1][held]
    attacks = _by_nearness(*(one.reshape(len(one), -1) for one in (candidates, views[2], known)))
    attacks |= _by_density(views, candidates, known, streams)
    return _scores_of_samples(attacks, len(members), streams)


def file_scores(
    synthesizer: ImageSynthesizer, real: ImageRecords, holdout: ImageRecords | None, streams: Streams
) -> Scores:
    """What whoever has the model file finds out: by the density of its prior, and by many samples.

    The calibrated attacks compare with the prior of the same pipeline, learned on one half of the holdout, and with its images.

    Args:
        synthesizer: The fitted model.
        real: The images that it learned.
        holdout: Images that it did not.
        streams: Randomness: the halves, the candidates.
    """
    unseen = 0 if holdout is None else len(holdout)
    names = (DECISION, *NAMES.values())
    if holdout is None or unseen < MIN_HOLDOUT or synthesizer.model_.encoding.sources is not None:
        return _unknown(names, "an attack on a model file of images drawn from noise", unseen)
    held, others, members = _sides(unseen, len(real), streams)
    candidates = [real.take(members), holdout.take(others)]
    again = clone(synthesizer).set_params(
        seed=synthesizer.seed + 1, steps=1, minutes=None, condition=None, epsilon=None
    )
    reference = again.fit(replace(holdout.take(held), masks=None, columns={})).model_
    own, over_others = _by_file(synthesizer.model_, reference, candidates)
    drawn = min(SAMPLES_AN_IMAGE * len(real), MAX_DRAWN)
    samples = np.concatenate([_flat(batch) for batch in synthesizer.sample_batches(drawn, seed=streams.key("samples"))])
    near = _by_nearness(np.concatenate([_flat(one) for one in candidates]), samples, _flat(holdout.take(held)))
    plain, calibrated = own | {NEAR: near[NEAR]}, over_others | {NEARER: near[NEARER]}
    is_member, halves, rng = _candidates(len(members), streams)
    test = leak_test({name: top_sets(of) for name, of in (plain | calibrated).items()}, is_member, rng)
    said = (
        f"share of {len(members):,} learned images found by whoever has the model file, while 1 % of as many others are"
    )
    how = (
        "by the densities of its prior, or by how near one of many samples lies",
        f"by these over what {len(held):,} other images say",
    )
    rates = [
        scored(
            name, _found(of, is_member, halves), reference=FALSE_POSITIVES, goal="reference", reading=f"{said}: {by}"
        )
        for name, of, by in zip(NAMES.values(), (plain, calibrated), how, strict=True)
    ]
    return Scores((_decision(DECISION, test, "attacks on the model file"), *rates))


def _sides(unseen: int, learned: int, streams: Streams) -> tuple[Indices, Indices, Indices]:
    """The unseen images that attackers hold, those that are looked for, and as many learned ones."""
    order = streams.numpy("attackers").permutation(unseen)
    held, others = order[: unseen // 2], order[unseen // 2 :]
    size = min(len(others), learned, MAX_CANDIDATES)
    return np.sort(held), np.sort(others[:size]), np.sort(streams.numpy("members").permutation(learned)[:size])


def _by_nearness(candidates: Points, samples: Points, held: Points) -> Attacks:
    """How near samples lie to each candidate, alone and beside how near images lie that attackers hold; float64 ``[candidates]``."""
    to_samples, to_held = (
        np.log(nearest(candidates, among)[0].astype(np.float64) + _SMALL) for among in (samples, held)
    )
    return {NEAR: -to_samples, NEARER: to_held - to_samples}


def _small(model: ImageModel, records: ImageRecords) -> Tensor | None:
    """Images as the prior of a model sees them; None where it has none, or knows masks that these lack."""
    prior, encoding = model.generator.prior, model.encoding
    fields = None
    if encoding.structures is not None and records.masks is not None:
        fields = records.masks.as_learned(encoding.structures).fields(clips=encoding.clips)
    if not isinstance(prior, Prior) or (fields is None) != (encoding.structures is None):
        return None
    return resize(encoding.encode(records.pixels, fields), prior.small[1:])


def _by_file(model: ImageModel, reference: ImageModel, candidates: list[ImageRecords]) -> tuple[Attacks, Attacks]:
    """By the density of what stands in a file, plain and over that of a reference; none where it has no density."""
    own, other = ([_small(one, records) for records in candidates] for one in (model, reference))
    if any(part is None for part in (*own, *other)):
        return {}, {}
    found = [
        densities(cast("Prior", one.generator.prior), torch.cat(cast("list[Tensor]", parts)))
        for one, parts in ((model, own), (reference, other))
    ]
    return _plain_and_calibrated(*found)


def _by_density(views: list[Points], candidates: Points, held: Points, streams: Streams) -> Attacks:
    """By the density of a prior made of samples, plain and over that of one made of images that attackers hold.

    Images that are all the same have none.
    """
    made, known, looked_for = (torch.as_tensor(2 * one - 1) for one in (views[2], held, candidates))
    if any((one == one[:1]).all() for one in (made, known)):
        return {}
    shape = (*made.shape[2:], made.shape[1])
    size = small_of(shape)[1:]
    priors = [
        prior_of(resize(one, size), shape, streams.key("attacker", turn)) for turn, one in enumerate((made, known))
    ]
    plain, calibrated = _plain_and_calibrated(*(densities(prior, resize(looked_for, size)) for prior in priors))
    return plain | calibrated


def _plain_and_calibrated(own: Densities, other: Densities) -> tuple[Attacks, Attacks]:
    """The attacks by densities alone, and those over what other images say."""
    alone, *weighed = over(own, other).items()
    plain = {f"density of {name}": scores for name, scores in alone[1].items()}
    calibrated = {
        f"density of {name} over {weight} of others'": scores
        for weight, attacks in weighed
        for name, scores in attacks.items()
    }
    return plain, calibrated


def _candidates(members: int, streams: Streams) -> tuple[Flags, Flags, np.random.Generator]:
    """Which candidates are members, which half each is in, and what deals out labels; members come first, and others are as many."""
    rng = streams.numpy("test")
    return np.repeat([True, False], members), np.tile(rng.permutation(members) % 2 == 0, 2), rng


def _found(attacks: Attacks, is_member: Flags, halves: Flags) -> Estimate:
    taken, _ = found_by_best(attacks, is_member, halves, FALSE_POSITIVES)
    return clopper_pearson(int((taken & is_member).sum()), int(is_member.sum()))


def _scores_of_samples(attacks: Attacks, members: int, streams: Streams) -> Scores:
    is_member, halves, rng = _candidates(members, streams)
    test = leak_test({name: top_sets(of) for name, of in attacks.items()}, is_member, rng)
    said = f"share of {members:,} learned images found by the best attack on samples, while 1 % of as many others are"
    bound, _ = epsilon_bound(attacks, is_member, halves)
    rate = scored(
        _OF_SAMPLES[1], _found(attacks, is_member, halves), reference=FALSE_POSITIVES, goal="reference", reading=said
    )
    proved = "an epsilon that the errors of these attacks prove to be exceeded, at 95 %; 0 where they prove none"
    epsilon = scored(_OF_SAMPLES[2], Estimate(bound), reference=0.0, goal="minimize", reading=proved)
    return Scores(
        (_decision(_OF_SAMPLES[0], test, "attacks on samples"), rate, epsilon),
        (),
        Details(smallest_leak=test.smallest_leak),
    )


def _decision(name: str, test: LeakTest, what: str) -> Score:
    found = f"leak {'detected' if test.alarm else 'not detected'} (p = {test.p_value:.2g})"
    reading = (
        f"chance that {what}, where they tell nothing, do as well as here: {found}, by the {test.leader} one; an alarm is p of at "
        f"most {ALARM:g}"
    )
    return Score(name, test.p_value, None, None, None, "maximize", reading)


def _unknown(names: tuple[str, ...], what: str, unseen: int) -> Scores:
    why = f"cannot be known: {what} needs a holdout of {MIN_HOLDOUT} images, however: {unseen}"
    return Scores(tuple(scored(name, None, reference=None, goal="reference", reading=why) for name in names))


def _flat(records: ImageRecords) -> Points:
    top = np.float32(np.iinfo(records.pixels.dtype).max)
    flat: Points = records.pixels.reshape(len(records), -1).astype(np.float32) / top
    return flat
