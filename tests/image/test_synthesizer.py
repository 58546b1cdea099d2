"""Images are learned by class, drawn as asked, kept in a file, and resumed to the last bit."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import torch
from helpers.made_images import make_images
from sklearn.base import clone

from synthgan import (
    ConfigError,
    DataError,
    ImageRecords,
    ImageSynthesizer,
    ModelFileError,
    NotFittedError,
    Synthesizer,
)
from synthgan.gan.updates import StandardUpdates
from synthgan.image.augment import augment
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.io.writing import write_images
from synthgan.image.resampling import Target
from synthgan.io import modelfile

IMAGES = make_images(80)
TINY = {"steps": 6, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "device": "cpu"}


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**TINY).fit(IMAGES)


def test_each_class_is_learned_with_what_marks_it():
    options = TINY | {"steps": 60, "batch_images": 16, "learning_rate": 5e-3, "ema_halflife_images": 160, "augment": ""}
    synthesizer = ImageSynthesizer(**options).fit(make_images(80, side=4))
    for label, side in (("ill", 0), ("well", 1)):
        halves = synthesizer.sample(60, where={"label": label}).pixels.reshape(60, 4, 2, 2).mean((1, 3))
        assert (halves.argmax(1) == side).mean() > 0.9  # real: all of them, without a condition a quarter and three


def test_samples_are_of_the_form_that_was_learned_at_true_frequencies(fitted):
    drawn = fitted.sample(2_000)
    assert (drawn.pixels.shape, drawn.pixels.dtype) == ((2_000, 8, 8, 1), np.uint8)
    share = (drawn.columns["label"] == "ill").mean()
    assert share == pytest.approx(0.25, abs=0.05)  # beyond with a chance of 2e-7


@pytest.mark.parametrize("where", [{"label": "ill"}, {"label": ["ill"]}, ["label=ill"], "label=ill"])
def test_only_what_was_asked_for_is_drawn(fitted, where):
    assert set(fitted.sample(9, where=where).columns["label"]) == {"ill"}


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"label": "il"}, "did you mean 'ill'"),
        ({"age": 3}, "must be on 'label', however: 'age'"),
        ({"label": ("a", "b")}, "must be like label=ill"),
        (["label=ill", "label=well"], "exclude each other"),
    ],
)
def test_bad_conditions_are_refused_before_anything_is_drawn(fitted, where, words):
    with pytest.raises(DataError, match=words):
        fitted.sample_batches(3, where=where)


@pytest.mark.parametrize("n", [0, 1.5, True])
def test_numbers_of_images_are_whole(fitted, n):
    with pytest.raises(ConfigError, match="n must be"):
        fitted.sample(n)


@pytest.mark.parametrize(("channels", "dtype"), [(3, np.uint8), (1, np.uint16), (3, np.uint16)])
def test_a_model_file_gives_the_same_images(tmp_path, channels, dtype):
    images = make_images(40, channels=channels, dtype=dtype)
    numbered = ImageRecords(images.pixels, {"stage": (images.columns["label"] == "ill").astype(np.uint8)})
    synthesizer = ImageSynthesizer(**TINY, condition="stage").fit(numbered)
    synthesizer.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    first, second = synthesizer.sample(12, seed=1), again.sample(12, seed=1)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.pixels.dtype == dtype
    assert second.columns["stage"].dtype == np.uint8
    assert set(again.sample(5, where="stage=1").columns["stage"]) == {1}
    assert again.get_params() == synthesizer.get_params()
    again.save(tmp_path / "again.synthgan")
    assert (tmp_path / "m.synthgan").read_bytes() == (tmp_path / "again.synthgan").read_bytes()


def test_tables_and_images_are_told_apart(tmp_path, fitted, people_model):
    fitted.save(tmp_path / "m.synthgan")
    with pytest.raises(ModelFileError, match=r"model of a table.*'image'; open it with ImageSynthesizer"):
        Synthesizer.load(tmp_path / "m.synthgan")
    with pytest.raises(ModelFileError, match=r"model of images.*'table'; open it with Synthesizer"):
        ImageSynthesizer.load(people_model)


def test_a_part_that_is_missing_is_one_line(tmp_path, fitted):
    manifest, tensors = fitted.model_.manifest(), fitted.model_.tensors()
    tensors.pop("generator/embed.weight")
    modelfile.write(tmp_path / "m.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match="must be a complete model") as refusal:
        ImageSynthesizer.load(tmp_path / "m.synthgan")
    assert "\n" not in str(refusal.value)


def test_what_was_not_fitted_says_so():
    for ask in (lambda s: s.sample(1), lambda s: s.save("x"), lambda s: s.manifest()):
        with pytest.raises(NotFittedError):
            ask(ImageSynthesizer())


def test_a_resumed_fit_equals_an_uninterrupted_one(tmp_path, fitted, monkeypatch):
    """Ctrl-C between the critic's and the generator's turn: the step is finished, kept, and gone on from."""
    path, turn, updates = tmp_path / "c", StandardUpdates.generator, []

    def interrupt_in_the_middle(*arguments):
        updates.append(len(updates))
        if len(updates) == 3:
            signal.raise_signal(signal.SIGINT)
        return turn(*arguments)

    monkeypatch.setattr(StandardUpdates, "generator", interrupt_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        list(clone(fitted).fit_steps(IMAGES, checkpoint=path))
    monkeypatch.undo()
    assert len(ImageSynthesizer.load(path).sample(2)) == 2
    with pytest.raises(DataError, match="same data"):
        list(clone(fitted).fit_steps(make_images(80, seed=1), checkpoint=path, resume=True))
    with pytest.raises(DataError, match="width was 4 and is 8"):
        list(clone(fitted).set_params(width=8).fit_steps(IMAGES, checkpoint=path, resume=True))
    with pytest.raises(ModelFileError, match="kind 'table', however: kind 'image'"):
        list(Synthesizer().fit_steps(IMAGES, checkpoint=path, resume=True))
    resumed = clone(fitted)
    seen = [p.step for p in resumed.fit_steps(IMAGES, checkpoint=path, resume=True) if p.stage == "training"]
    assert seen == [4, 5, 6]
    for name, tensor in fitted.model_.tensors().items():
        np.testing.assert_array_equal(resumed.model_.tensors()[name], tensor, name)
    assert not path.exists()


def test_a_fit_tells_what_was_found_and_how_far_it_is(tmp_path):
    write_images([IMAGES], tmp_path / "scans.npz")
    events = list(ImageSynthesizer(**TINY).fit_steps(tmp_path / "scans.npz"))
    assert [p.stage for p in events] == ["reading", "encoding", "prior", *["training"] * 6]
    assert events[1].message == (
        "found 80 grey images of 8 x 8 pixels, 8 bits, in 2 classes of 'label' (ill: 20, well: 60)"
    )
    assert [p.rows for p in events[3:]] == [8, 16, 24, 32, 40, 48]


def test_images_are_learned_without_a_condition_and_at_another_resolution():
    synthesizer = ImageSynthesizer(**TINY, condition=None, resolution=4).fit(IMAGES)
    drawn = synthesizer.sample(3)
    assert (drawn.pixels.shape, drawn.columns) == ((3, 4, 4, 1), {})
    with pytest.raises(DataError, match="must be on none"):
        synthesizer.sample(3, where="label=ill")


def test_scaling_keeps_means_and_what_has_the_size():
    scaled = IMAGES.brought(Target(4))
    assert abs(scaled.pixels.astype(float).mean() - IMAGES.pixels.mean()) < 2
    assert IMAGES.brought(Target(8)) is IMAGES


def test_values_held_by_few_images_never_enter_a_model():
    pixels = np.full((30, 4, 4), 100, np.uint16)
    pixels[:, 0, 0], pixels[:, 1, 1] = 20, 180
    pixels[:9, 0, 0], pixels[:9, 1, 1] = 3, 4_000
    encoding = ImageEncoding.fit(ImageRecords(pixels), ImageConfig(condition=None))
    assert (encoding.low, encoding.high) == (20, 180)
    coded = encoding.encode(encoding_input := pixels[..., None])
    assert (float(coded.min()), float(coded.max())) == (-1, 1)
    back = encoding.decode(coded, torch.zeros(30, dtype=torch.int64))
    np.testing.assert_array_equal(back.pixels, encoding_input.clip(20, 180))


BAD_IMAGES = {
    "one image": (IMAGES.take([0]), "at least 10"),
    "a class of one image": (IMAGES.take([0, *np.flatnonzero(IMAGES.columns["label"] == "well")]), "'ill' has 1"),
    "no such column": (ImageRecords(IMAGES.pixels, {"sex": IMAGES.columns["label"]}), "'label' is none of 'sex'"),
    "a gap": (ImageRecords(IMAGES.pixels, {"label": np.array([None, *"a" * 79], dtype=object)}), "without gaps"),
    "floats": (ImageRecords(IMAGES.pixels, {"label": np.linspace(0, 1, 80)}), "float64"),
    "all the same": (ImageRecords(np.full((30, 4, 4), 7, np.uint8), {"label": np.zeros(30, int)}), "nearly all are 7"),
}


@pytest.mark.parametrize(("images", "words"), BAD_IMAGES.values(), ids=BAD_IMAGES.keys())
def test_images_that_cannot_be_learned_are_refused(images, words):
    with pytest.raises(DataError, match=words):
        ImageSynthesizer(**TINY).fit(images)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"augment": "rotation"}, "augment must be some of"),
        ({"augment": None}, "augment must be"),
        ({"condition": 3}, "condition must be"),
        ({"resolution": 2}, "resolution must be"),
        ({"rare_below": 1}, "rare_below must be"),
        ({"objective": "best"}, "objective must be"),
        ({"learning_rate": -1}, "learning_rate must be"),
        ({"width": 0}, "width must be"),
    ],
)
def test_hyper_parameters_are_checked_in_fit(option, words):
    with pytest.raises(ConfigError, match=words):
        ImageSynthesizer(**(TINY | option)).fit(IMAGES)


def test_minutes_end_a_fit_and_every_objective_plays():
    for objective in ("wasserstein", "hinge", "standard"):
        events = list(ImageSynthesizer(**(TINY | {"objective": objective, "minutes": 0})).fit_steps(IMAGES))
        assert events[-1].message == "stopped after 0 minutes, as asked"


def test_volumes_are_learned_drawn_and_kept(tmp_path):
    """Bright in the upper half, or in the lower; with a style and growing, so that all of it knows three dimensions."""
    rng = np.random.default_rng(0)
    label = np.where(np.arange(80) % 2 == 0, "upper", "lower")
    pixels = rng.integers(0, 60, (80, 6, 8, 7))
    pixels[label == "upper", :3] += 150
    pixels[label == "lower", 3:] += 150
    volumes = ImageRecords(pixels.astype(np.uint8), {"label": label})
    synthesizer = ImageSynthesizer(**TINY | {"style": True, "grow": True, "augment": ""}).fit(volumes)
    drawn = synthesizer.sample(20, where={"label": "upper"})
    assert drawn.pixels.shape == (20, 6, 8, 7, 1)
    assert (drawn.pixels[:, :3].mean((1, 2, 3, 4)) > drawn.pixels[:, 3:].mean((1, 2, 3, 4)) + 80).all()
    synthesizer.save(tmp_path / "v.synthgan")
    again = ImageSynthesizer.load(tmp_path / "v.synthgan", device="cpu").sample(20, where={"label": "upper"})
    np.testing.assert_array_equal(again.pixels, drawn.pixels)


@pytest.mark.parametrize(
    "options",
    [
        {"grow": True},
        pytest.param({"style": True}, marks=pytest.mark.slow),
        pytest.param({"objective": "wasserstein", "penalty_every": 1}, marks=pytest.mark.slow),
    ],
)
def test_every_variant_learns_in_the_one_loop(options):
    """The draft cannot draw a pixel that is the opposite of its neighbour; a network learns to."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1, 1], 200)
    pixels = (128 + 80 * np.where(np.indices((8, 8)).sum(0) % 2, 1, -1)[None] * signs[:, None, None]).astype(np.uint8)
    images = ImageRecords(pixels)
    settings = TINY | {
        "steps": 60,
        "batch_images": 16,
        "learning_rate": 5e-3,
        "condition": None,
        "holdout_share": 0.0,
        "check": False,
    }
    first, last = (
        ImageSynthesizer(**settings | options | {"steps": steps}).fit(images).sample(200).pixels[..., 0].astype(float)
        for steps in (0, 60)
    )
    off, on = (np.abs(np.abs(drawn - 128) - 80).mean() for drawn in (first, last))
    assert on < 0.85 * off


@pytest.mark.parametrize("name", ["translation", "flip"])
def test_augmentation_takes_volumes_too(name):
    volumes = torch.rand(3, 1, 4, 5, 6)
    assert augment(volumes, (name,), torch.Generator().manual_seed(0)).shape == volumes.shape
