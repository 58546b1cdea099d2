"""Large images are learned small, and enlarged: one call, one file."""

from __future__ import annotations

import signal

import numpy as np
import pytest

from synthgan import ConfigError, DataError, ImageRecords, ImageSynthesizer, ModelFileError, PrivacyError
from synthgan.gan.updates import StandardUpdates
from synthgan.image import enlarging
from synthgan.image import stages as staging
from synthgan.image.enlarged import EnlargedModel, _fading
from synthgan.image.learning import _held_out
from synthgan.image.networks import ImageGenerator
from synthgan.image.patches import cut, padded, smaller
from synthgan.image.stages import Stages
from synthgan.io import modelfile
from synthgan.runtime import Streams

OPTIONS = {"steps": 2, "width": 4, "noise_width": 8, "batch_images": 8, "seed": 3, "base": 8, "device": "cpu"}


def discs(n=24, sides=(20, 24), seed=0, **more):
    """Bright discs to the left (ill) or to the right (well), with their masks."""
    rng = np.random.default_rng(seed)
    label = np.where(np.arange(n) % 2 == 0, "ill", "well")
    grid = np.stack(np.meshgrid(*map(np.arange, sides), indexing="ij"), -1)
    middle = np.array([[side / 2 for side in sides]] * n)
    middle[:, -1] *= np.where(label == "ill", 0.6, 1.4)
    far = np.sqrt(((grid[None] - middle[:, *[None] * len(sides)]) ** 2).sum(-1))
    inside = far < rng.uniform(4, 6, n)[:, *[None] * len(sides)]
    pixels = (40 + 160 * inside + rng.integers(0, 30, inside.shape)).astype(np.uint8)
    return ImageRecords(pixels, {"label": label}, masks=inside if more.get("masked") else None)


def test_pieces_come_from_everywhere_and_edges_as_often_as_all_else():
    rows, columns = np.meshgrid(np.arange(64), np.arange(64), indexing="ij")
    for values in (rows, columns):
        large = ImageRecords(np.repeat(values.astype(np.uint8)[None], 40, 0), {})
        pieces = cut(large, smaller(large, 2), 2, (16, 16), Streams(0)).large
        firsts, counts = np.unique(pieces.pixels[:, 0, 0, 0], return_counts=True)
        np.testing.assert_array_equal(firsts, np.arange(0, 49, 2))
        assert min(counts[0], counts[-1]) > 3 * np.median(counts)


def test_minutes_are_shared_out_among_the_stages_and_each_is_said(monkeypatch):
    given = []

    def learn(large, small, encoding, config, *_rest):
        given.append(config.minutes)
        yield from ()

    monkeypatch.setattr(enlarging, "learn_images", learn)
    monkeypatch.setattr(enlarging, "EnlargedModel", lambda *_parts: None)
    said = [step.message for step in ImageSynthesizer(**OPTIONS | {"minutes": 10.0}).fit_steps(discs())]
    assert given == [pytest.approx(5, abs=0.1), pytest.approx(10, abs=0.3)]
    assert any(line and line.startswith("enlarging 4-fold is learned from") for line in said)


@pytest.fixture(scope="module")
def fitted():
    return ImageSynthesizer(**OPTIONS).fit(discs(masked=True))


def test_stages_are_chosen_by_size_and_device():
    sizes = {(64, 64): (), (128, 128): (2,), (256, 256): (4,), (1024, 700): (4, 4), (32, 32, 32): (), (128,) * 3: (4,)}
    assert {sides: Stages.choose(sides).factors for sides in sizes} == sizes
    assert Stages.choose((256, 256), gpu=True).factors == ()
    assert Stages.choose((128, 128), 32).factors == (4,)
    assert Stages.choose((128, 128), 1000).factors == ()
    with pytest.raises(DataError, match="base must be at least 4 pixels"):
        Stages.choose((5, 5), 2)


@pytest.mark.parametrize("sides", [(256, 256), (1024, 700), (91, 109, 91), (70, 300)])
def test_tiles_cover_whole_images(sides):
    stages = Stages.choose(sides)
    for stage, factor in enumerate(stages.factors):
        covered = np.zeros(stages.sizes[stage + 1], int)
        for place in stages.places(stage):
            at = tuple(
                slice(first * factor, first * factor + side)
                for first, side in zip(place, stages.tile(stage), strict=True)
            )
            assert covered[at].shape == stages.tile(stage)
            covered[at] += 1
        assert covered.min() == 1
    assert all(large >= side for large, side in zip(stages.padded, sides, strict=True))


def test_pieces_belong_to_what_they_are_made_from():
    large = padded(discs(masked=True), (24, 24))
    small = smaller(large, 2)
    assert small.sides == (12, 12)
    assert small.masks is not None
    pieces = cut(large, small, 2, (8, 8), Streams(0))
    again = smaller(pieces.large, 2)
    np.testing.assert_array_equal(again.pixels, pieces.small.pixels)
    np.testing.assert_array_equal(again.masks.labels, pieces.small.masks.labels)
    np.testing.assert_array_equal(pieces.large.columns["label"], large.columns["label"][pieces.owners])
    assert set(pieces.owners) == set(range(24))


def test_one_model_draws_whole_images_with_masks_and_classes(fitted):
    drawn = fitted.sample(12, where={"label": "ill"}, seed=1)
    assert drawn.sides == (20, 24)
    assert drawn.masks is not None
    assert set(np.unique(drawn.masks.values())) <= {False, True}
    assert set(drawn.columns["label"]) == {"ill"}
    left = drawn.pixels[:, :, :12].mean() - drawn.pixels[:, :, 12:].mean()
    assert left > 10  # where the ill have their discs
    inside = drawn.masks.labels[..., None] > 0
    assert drawn.pixels[inside].mean() > drawn.pixels[~inside].mean() + 50


def test_the_file_says_how_and_draws_the_same(fitted, tmp_path):
    path = tmp_path / "m.synthgan"
    fitted.save(path)
    again = ImageSynthesizer.load(path, device="cpu")
    manifest = again.manifest()
    assert manifest["enlarging"]["factors"] == [4]
    assert (manifest["images"]["height"], manifest["images"]["width"]) == (20, 24)
    first, second = fitted.sample(5, seed=7), again.sample(5, seed=7)
    np.testing.assert_array_equal(first.pixels, second.pixels)
    np.testing.assert_array_equal(first.masks.labels, second.masks.labels)


def test_tiles_leave_no_seams(monkeypatch):
    """Where a network adds nothing, tiles that overlap are the smooth enlargement that each of them is a part of."""
    monkeypatch.setitem(staging.TILE, 2, 12)
    synthesizer = ImageSynthesizer(**OPTIONS | {"steps": 1, "base": 12}).fit(discs())
    model = synthesizer.model_
    assert len(list(model.stages.places(0))) > 4
    for weight in model.enlargers[0].generator.ends.parameters():
        weight.zero_()
    tiled = synthesizer.sample(6, seed=2).pixels.astype(float)
    synthesizer.model_ = EnlargedModel(model.encoding, model.stages, [model.base], model.settings)
    whole = synthesizer.sample(6, seed=2).pixels.astype(float)
    assert np.abs(tiled - whole).mean() < 1.5
    assert np.abs(tiled - whole).max() < 25
    assert whole.std() > 30


def test_pieces_of_one_image_are_held_out_together():
    owners = np.concatenate([np.arange(100), np.arange(100)[::-1]])
    held = _held_out(owners, 0.3, Streams(0))
    assert 60 <= len(held) <= 62
    assert not set(owners[held]) & set(np.delete(owners, held))
    assert len(_held_out(owners[:30], 0.3, Streams(0))) == 0  # too few to tell anything


def test_tiles_of_an_image_share_their_noise_and_fade_into_each_other(fitted, monkeypatch):
    drawn, draw = [], ImageGenerator.draw
    monkeypatch.setattr(ImageGenerator, "draw", lambda self, noise: drawn.append(noise.noise) or draw(self, noise))
    monkeypatch.setattr(Stages, "places", lambda *_: iter([(0, 0), (0, 0)]))
    model = fitted.model_
    small = smaller(padded(discs(masked=True), (20, 24)), 4)
    model._tiled(small, 0, model.enlargers[0], Streams(0))
    assert (drawn[0] == drawn[1]).all()
    weight = _fading((8, 6))
    assert weight[0, 0] == 1
    assert weight.max() == weight[3, 2] == 12


def test_volumes_are_enlarged_too():
    volumes = discs(20, (12, 12, 12))
    synthesizer = ImageSynthesizer(**OPTIONS | {"base": 6}).fit(volumes)
    assert synthesizer.manifest()["enlarging"]["factors"] == [2]
    assert synthesizer.sample(3, seed=0).sides == (12, 12, 12)


@pytest.mark.parametrize("stopped", [1, 3])
def test_an_interrupted_fit_goes_on_in_the_stage_it_was_in(fitted, tmp_path, monkeypatch, stopped):
    path, turn, updates = tmp_path / "c", StandardUpdates.generator, []

    def interrupted(self, state, step):
        updates.append(step)
        if len(updates) == stopped:
            signal.raise_signal(signal.SIGINT)
        return turn(self, state, step)

    monkeypatch.setattr(StandardUpdates, "generator", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(ImageSynthesizer(**OPTIONS).fit_steps(discs(masked=True), checkpoint=path))
    monkeypatch.setattr(StandardUpdates, "generator", turn)
    assert ImageSynthesizer.load(path, device="cpu").sample(2).sides == (20, 24)
    with pytest.raises(DataError, match="same data"):
        list(ImageSynthesizer(**OPTIONS).fit_steps(discs(seed=9, masked=True), checkpoint=path, resume=True))
    resumed = ImageSynthesizer(**OPTIONS)
    list(resumed.fit_steps(discs(masked=True), checkpoint=path, resume=True))
    assert not path.exists()
    for name, tensor in fitted.model_.tensors().items():
        np.testing.assert_array_equal(resumed.model_.tensors()[name], tensor, name)


def test_the_plan_says_in_which_stages():
    plan = ImageSynthesizer(**OPTIONS).plan(discs())
    assert "learned at 6 x 5 pixels first, then enlarged to 24 x 20 in tiles of 24 x 20" in plan.description
    assert plan.memory_bytes > 10**8
    assert ImageSynthesizer(**OPTIONS | {"base": 24}).plan(discs()).description.startswith("24 grey images")


def test_a_base_is_refused_where_there_can_be_none():
    images = discs()
    with pytest.raises(ConfigError, match="base must be left out for images that are made from others"):
        ImageSynthesizer(**OPTIONS, condition_image=2).fit(images)
    with pytest.raises(PrivacyError, match="base must be left alone under epsilon"):
        ImageSynthesizer(base=8, epsilon=5.0, i_know=True).fit(images)
    with pytest.raises(ConfigError, match="base must be a whole number of at least 4"):
        ImageSynthesizer(base=0).fit(images)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest, tensors: manifest["enlarging"].update(factors=[2]),
        lambda manifest, tensors: manifest["enlarging"].update(factors=[4] * 9),
        lambda manifest, tensors: manifest["enlarging"].update(training=[{}, {}]),
        lambda manifest, tensors: manifest.pop("enlarging"),
        lambda manifest, tensors: tensors.update({"enlargers/3/generator/x": np.zeros(1, np.float32)}),
        lambda manifest, tensors: tensors.pop("enlargers/0/generator/embed.weight"),
    ],
)
def test_forged_files_are_refused(fitted, tmp_path, change):
    manifest, tensors = fitted.model_.manifest(), fitted.model_.tensors()
    change(manifest, tensors)
    modelfile.write(tmp_path / "m.synthgan", manifest, tensors)
    with pytest.raises(ModelFileError, match="complete model"):
        ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
