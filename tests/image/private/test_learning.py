"""A private fit of images from end to end: what is learned and charged, what the file holds, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from helpers.made_images import make_images
from PIL import Image

from synthgan import ConfigError, DataError, ImageRecords, ImageSynthesizer, PrivacyError
from synthgan.gan.train import Progress
from synthgan.image.physical import Physical
from synthgan.image.private.budget import FRAMES, NORMS, ROUNDS, SHARES, plan_budget
from synthgan.image.private.config import ImagePrivacy
from synthgan.io import modelfile
from synthgan.privacy.charges import Charge
from synthgan.privacy.composition import composed_epsilon
from synthgan.privacy.curator import Curator, check_delta
from synthgan.runtime import Streams

OPTIONS = {"epsilon": 2.0, "delta": 1e-5, "width": 4, "noise_width": 8, "device": "cpu"}
IMAGES = make_images(2_400)


@pytest.fixture
def short(monkeypatch):
    """A game of few steps, in which more images take part so that its budget can be spent."""
    for room in ("budget", "dpsgd"):
        monkeypatch.setattr(f"synthgan.image.private.{room}.GAN_STEPS", 8)
        monkeypatch.setattr(f"synthgan.image.private.{room}.GAN_RATE", 0.05)
    plan_budget.cache_clear()
    yield 8
    plan_budget.cache_clear()


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**OPTIONS).fit(IMAGES)


def bright_halves(records):
    return records.pixels.reshape(len(records), 8, 2, 4).mean((1, 3)).argmax(1)


def test_classes_are_learned_with_what_marks_them_at_noised_frequencies(fitted):
    for label, side in (("ill", 0), ("well", 1)):
        drawn = fitted.sample(200, where={"label": label})
        assert (bright_halves(drawn) == side).mean() > 0.95
        assert drawn.pixels.dtype == np.uint8
    assert (fitted.sample(2_000).columns["label"] == "ill").mean() == pytest.approx(0.25, abs=0.06)


def test_all_that_touched_images_is_charged_and_comes_to_what_was_allowed(fitted):
    ledger = fitted.manifest()["privacy"]
    assert 1.9 < ledger["epsilon"] <= 2.0
    assert (ledger["delta"], ledger["unit"]) == (1e-5, "one image")
    charges = [Charge(**{name: value for name, value in c.items() if name != "epsilon"}) for c in ledger["charges"]]
    assert composed_epsilon(charges, 1e-5) <= ledger["epsilon"]
    condition = [charge.purpose for charge in charges]
    assert condition[:4] == [
        "which classes 'label' has",
        "how many images each class has",
        "the mean image",
        "how far images are from the mean image",
    ]
    assert condition.count("how many images each part has") == ROUNDS + 1
    assert condition.count("the mean of each part") == ROUNDS
    for kind in ("all images", "each class", "each part"):
        assert condition.count(f"second moments of {kind}") == 1
    assert sum(charge.delta for charge in charges) == pytest.approx(1e-6)


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("sought", [True, False])
def test_a_budget_is_spent_and_never_overspent(sought, framed):
    budget = plan_budget(2.0, 1e-5, sought=sought, framed=framed, dpsgd=False)
    times = {"norms": NORMS, "moving": 2 * ROUNDS + 1, "frames": FRAMES}
    left_out = {"levels": not sought, "frames": not framed}
    charges = [
        Charge.of_counts("", "", rows=1, noise=budget.noise(question, times.get(question, 1)))
        for question in SHARES
        if not left_out.get(question)
        for _ in range(times.get(question, 1))
    ]
    charges.append(Charge.of_counts("", "", rows=1, noise=1e6, delta=(sought + framed) * budget.level_delta))
    assert 1.95 < composed_epsilon(charges, 1e-5) <= 2.0


def test_a_model_is_made_of_the_answers_and_of_nothing_else(monkeypatch, tmp_path):
    """The same answers about other images, of other number, give the same file to the last byte."""
    answers = []

    def recorded(name):
        ask = getattr(Curator, name)

        def answer(self, *arguments, **options):
            answers.append(ask(self, *arguments, **options))
            return answers[-1]

        return answer

    def replayed(name):
        ask = getattr(Curator, name)

        def answer(self, *arguments, **options):
            ask(self, *arguments, **options)  # which charges
            return answers.pop(0)

        return answer

    others = make_images(500, seed=1)
    others = ImageRecords(255 - others.pixels, others.columns, Physical(modality="CT"))
    for images, wrap in ((IMAGES, recorded), (others, replayed)):
        with monkeypatch.context() as patch:
            for name in ("count", "find", "sums", "second_moments"):
                patch.setattr(Curator, name, wrap(name))
            ImageSynthesizer(**OPTIONS).fit(images).save(tmp_path / wrap.__name__)
    assert not answers
    assert (tmp_path / "recorded").read_bytes() == (tmp_path / "replayed").read_bytes()


def test_no_image_gets_into_the_file(tmp_path):
    """A planted label and header, and the number of images: none is in the file."""
    labels = IMAGES.columns["label"].astype("<U30")
    labels[7] = "planted-label-9731"
    images = ImageRecords(IMAGES.pixels, {"label": labels}, Physical(modality="PLANTED"))
    synthesizer = ImageSynthesizer(**OPTIONS).fit(images)
    synthesizer.save(tmp_path / "m.synthgan")
    held = (tmp_path / "m.synthgan").read_bytes()
    assert b"planted" not in held.lower()
    assert b"<U30" not in held
    assert "fingerprint" not in json.dumps(synthesizer.manifest())
    again = ImageSynthesizer(**OPTIONS).fit(images).manifest()["rows"]
    assert {synthesizer.manifest()["rows"], again} != {2_400, 2_399}
    assert synthesizer.sample(2).physical is None


def test_noise_differs_between_fits_of_one_seed_and_draws_do_not(fitted, tmp_path):
    other = ImageSynthesizer(**OPTIONS).fit(IMAGES)
    assert (other.sample(50).pixels != fitted.sample(50).pixels).any()
    fitted.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    np.testing.assert_array_equal(again.sample(50).pixels, fitted.sample(50).pixels)
    assert (again.epsilon, again.delta, again.mechanism) == (2.0, 1e-5, "moments")
    assert again.manifest() == fitted.manifest()


def test_a_private_game_starts_from_the_draft_is_charged_whole_and_leaves_no_critic(short, tmp_path):
    synthesizer = ImageSynthesizer(**OPTIONS, mechanism="dpsgd")
    events = list(synthesizer.fit_steps(IMAGES))
    assert [p.step for p in events if p.stage == "training"] == [1, 2]
    ledger = synthesizer.manifest()["privacy"]
    assert 1.9 < ledger["epsilon"] <= 2.0
    assert [c["steps"] for c in ledger["charges"] if c["mechanism"] == "subsampled gaussian"] == [short]
    synthesizer.save(tmp_path / "m.synthgan")
    assert not any("critic" in name for name in modelfile.read(tmp_path / "m.synthgan")[1])
    assert synthesizer.model_.generator.ends[-1].weight.any()
    drawn = ImageSynthesizer.load(tmp_path / "m.synthgan").sample(200, where={"label": "ill"})
    assert (bright_halves(drawn) == 0).mean() > 0.9


def test_before_any_step_images_are_drafts_to_the_bit(fitted):
    generator, encoding = fitted.model_.generator, fitted.model_.encoding
    noise = generator.noise(20, encoding.ask(np.arange(20) % 2), Streams(0), "test", 0)
    prior_images = generator.prior(noise.condition, noise.parts, noise.prior_noise)
    assert torch.equal(generator(noise), prior_images)


@pytest.mark.parametrize(("epsilon", "warned"), [(8.0, True), (10.0, False)])
def test_too_few_images_for_the_noise_are_said_to_be(epsilon, warned):
    events = ImageSynthesizer(**(OPTIONS | {"epsilon": epsilon})).fit_steps(IMAGES)
    said = [p.message for p in iter(lambda: next(events), Progress("prior")) if p.message and "too few" in p.message]
    assert bool(said) is warned
    if warned:
        assert "count on 2,500 images or more (20,000 at epsilon=1)" in said[0]


REFUSED = {
    "an empty promise": ({"epsilon": 30.0}, PrivacyError, "epsilon must be at most 20"),
    "a number without meaning": (
        {"epsilon": 1e6, "i_know": True},
        ConfigError,
        "and at most 100,000, however: epsilon=1000000",
    ),
    "none at all": ({"epsilon": 0}, ConfigError, "epsilon must be a number above 0"),
    "a licence": ({"delta": 0.01}, PrivacyError, r"delta must be below one in 2\d{3} images \(a noisy count\)"),
    "a way of tables": ({"mechanism": "marginals"}, ConfigError, "mechanism must be one of moments, dpsgd"),
    "a game without": ({"epsilon": None, "mechanism": "dpsgd"}, ConfigError, "left alone without epsilon"),
    "changes": ({"augment": "flip"}, PrivacyError, "augment must be left alone under epsilon, however: augment='flip'"),
    "steps": ({"steps": 5}, PrivacyError, "steps must be left alone under epsilon"),
    "pennies": ({"epsilon": 1e-5}, PrivacyError, "pays for nothing"),
}


@pytest.mark.parametrize(("options", "error", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_epsilon_forbids_is_one_line(options, error, words):
    with pytest.raises(error, match=words) as refusal:
        ImageSynthesizer(**(OPTIONS | options)).fit(IMAGES)
    assert "\n" not in str(refusal.value)


def test_what_means_nothing_is_accepted_from_who_knows():
    privacy = ImagePrivacy(epsilon=30.0, delta=0.01, i_know=True)
    check_delta(privacy.delta, 2_400, "images", i_know=privacy.i_know)
    assert privacy.as_json()["epsilon"] == 30


def test_a_folder_without_classes_is_refused_before_anything_is_spent(tmp_path):
    for index in range(12):
        Image.fromarray(np.full((8, 8), index, np.uint8)).save(tmp_path / f"{index}.png")
    synthesizer = ImageSynthesizer(epsilon=5.0, delta=1e-3, i_know=True)
    for ask in (synthesizer.plan, synthesizer.fit):
        with pytest.raises(
            DataError, match=r"'label' must be there, however: .* holds images without classes; put them"
        ):
            ask(tmp_path)
    assert synthesizer.spent_ == ()


def test_an_interrupted_fit_keeps_nothing(tmp_path):
    steps = ImageSynthesizer(**OPTIONS).fit_steps(IMAGES, checkpoint=tmp_path / "c")
    next(steps)
    steps.close()
    assert not list(tmp_path.iterdir())
    with pytest.raises(PrivacyError, match="must be made in one go"):
        list(ImageSynthesizer(**OPTIONS).fit_steps(IMAGES, checkpoint=tmp_path / "c", resume=True))


def test_a_plan_says_what_there_is_and_asks_nothing():
    assert ImageSynthesizer(**OPTIONS).plan(IMAGES).description == (
        "grey images of 8 x 8 pixels, 8 bits, whose number is measured with noise"
    )


@pytest.mark.parametrize("delta", [0.5, 0.2, 0.11])
def test_a_delta_that_means_nothing_for_any_images_is_refused_unasked(delta):
    synthesizer = ImageSynthesizer(**OPTIONS | {"delta": delta})
    for refused in (synthesizer.plan, synthesizer.fit):
        with pytest.raises(PrivacyError, match="delta"):
            refused(IMAGES)
    assert synthesizer.spent_ == ()


@pytest.mark.parametrize(
    ("shape", "options"), [((4, 6, 3), {}), ((6, 6, 6), {"condition": None}), ((8, 8), {"resolution": 4})]
)
def test_colour_volumes_and_scaled_images_are_learned(shape, options):
    pixels = np.random.default_rng(0).integers(0, 255, (400, *shape), dtype=np.uint8)
    synthesizer = ImageSynthesizer(**OPTIONS, **options).fit(ImageRecords(pixels, {"label": np.arange(400) % 2}))
    wanted = (4, 4, 1) if options.get("resolution") else shape if shape[-1] == 3 else (*shape, 1)
    assert synthesizer.sample(3).pixels.shape == (3, *wanted)
