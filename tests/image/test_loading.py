"""What is learned of what is given: labels, pairs, several labels at once, and what is left out is named."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan import DataError, ImageRecords, ImageSynthesizer
from synthgan.image.classes import column_of_classes
from synthgan.image.config import ImageConfig
from synthgan.image.loading import load_images
from synthgan.image.sources import Sources, sources_of
from synthgan.runtime import Streams

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
HALF = np.arange(40) % 2


def labelled(values):
    return ImageRecords(PIXELS, {"label": np.array(values, dtype=object)})


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([int(one) for one in HALF], "i"),
        ([np.int64(one) for one in HALF], "i"),
        ([np.uint8(one) for one in HALF], "i"),
        ([bool(one) for one in HALF], "b"),
        ([np.bool_(one) for one in HALF], "b"),
        (["well" if one else "ill" for one in HALF], "U"),
        ([np.str_(one) for one in HALF], "U"),
    ],
)
def test_objects_of_one_kind_are_what_they_are(values, kind):
    records = labelled(values)
    assert column_of_classes(records, "label").dtype.kind == kind
    loaded = load_images(records, None, ImageConfig(), Streams(0))
    assert loaded.encoding.classes(records).tolist() == HALF.tolist()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, "x"] * 20, "of several kinds; make it text"),
        ([None, *HALF[1:]], "image 1 has none; fill it"),
        ([0, float("nan"), *HALF[2:]], "image 2 has none"),
        ([10**30] * 40, "64 bits"),
    ],
)
def test_objects_of_several_kinds_are_refused_in_one_line(values, words):
    with pytest.raises(DataError, match=words):
        load_images(labelled(values), None, ImageConfig(), Streams(0))


def test_a_gap_among_whole_numbers_that_became_real_is_named():
    gapped = ImageRecords(PIXELS, {"label": np.where(np.arange(40) == 4, np.nan, HALF)})
    with pytest.raises(DataError, match="image 5 has none; fill it, or leave the image out"):
        load_images(gapped, None, ImageConfig(), Streams(0))


def test_images_of_which_nothing_is_known_are_learned_as_one_class():
    loaded = load_images(ImageRecords(PIXELS), None, ImageConfig(), Streams(0))
    assert (loaded.config.condition, loaded.encoding.counts.tolist()) == (None, [40])
    assert "images have no classes: they are learned as one" in loaded.notes
    with pytest.raises(DataError, match="'label' is none of 'age'"):
        load_images(ImageRecords(PIXELS, {"age": HALF}), None, ImageConfig(), Streams(0))


def test_several_labels_at_once_are_learned_together(tmp_path):
    several = np.random.default_rng(1).integers(0, 2, (200, 3))
    pixels = np.random.default_rng(2).integers(0, 256, (200, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "chest.npz", train_images=pixels, train_labels=several, val_images=pixels[:2], masks=pixels)
    records = ImageRecords.read(tmp_path / "chest.npz")
    assert {name: column.tolist() for name, column in records.columns.items()} == {
        f"label_{index}": several[:, index].tolist() for index in range(3)
    }
    (note,) = records.notes
    assert "masks [200, 8, 8], val_images" in note
    loaded = load_images(records, None, ImageConfig(), Streams(0))
    assert loaded.config.columns == ("label_0", "label_1", "label_2")
    assert loaded.encoding.attribute_width > 3


def test_columns_that_are_not_learned_are_named():
    records = ImageRecords(PIXELS, {"label": HALF, "age": np.arange(40), "sex": HALF})
    assert load_images(records, None, ImageConfig(), Streams(0)).notes == [
        "columns that are not learned: 'age', 'sex'; name them in condition to learn them"
    ]


def named(prefix, first=0, label=HALF):
    return ImageRecords(PIXELS, {"label": label}, names=np.array([f"{prefix}{i + first:03}" for i in range(40)]))


PAIRS = ImageConfig(condition_image="sources")


def test_pairs_are_found_by_name_or_else_by_place():
    order = np.random.default_rng(3).permutation(40)
    found = sources_of(named("a"), named("a").take(order), PAIRS)
    np.testing.assert_array_equal(found.pixels[..., 0], PIXELS)
    other = sources_of(named("a"), named("b"), PAIRS)
    assert "share no name" in other.notes[0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (named("a", first=7), r"'a000' has none .7 of 40 have none."),
        (named("b", label=1 - HALF), "40 of 40 pairs differ, first image 1"),
        (named("a", label=np.roll(HALF, 1)), "pairs differ"),
    ],
)
def test_what_is_no_pair_is_refused(given, words):
    with pytest.raises(DataError, match=words):
        sources_of(named("a"), given, PAIRS)


@pytest.mark.parametrize("factor", [1, 16, 100])
def test_sources_begin_alike_whatever_bits_they_use(factor):
    plain, deep = (ImageRecords((PIXELS.astype(int) * f).astype(np.uint16)) for f in (1, factor))
    guides = [Sources.of(records, 10).encode(records, (8, 8, 1)) for records in (plain, deep)]
    np.testing.assert_allclose(*guides, atol=1e-5)


def test_images_come_back_at_the_size_they_had(tmp_path):
    wide = ImageRecords(np.random.default_rng(4).integers(0, 256, (40, 12, 20), dtype=np.uint8), {"label": HALF})
    fitted = ImageSynthesizer(steps=1, width=4, resolution=8, device="cpu").fit(wide)
    fitted.save(tmp_path / "m.synthgan")
    again = ImageSynthesizer.load(tmp_path / "m.synthgan", device="cpu")
    assert again.sample(3).pixels.shape == (3, 8, 8, 1)
    assert again.sample(3, original_size=True).pixels.shape == (3, 12, 20, 1)


def test_channels_first_are_never_taken_for_slices():
    for shape in ((4, 1, 32, 32), (4, 3, 32, 32), (4, 4, 32, 32), (4, 2, 9, 9)):
        with pytest.raises(DataError, match="channels first or volumes"):
            ImageRecords(np.zeros(shape, np.uint8))
