"""Images from folders and files, back again, and every refusal in one line that names the file."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import zlib

import numpy as np
import pandas as pd
import pytest
from helpers.made_images import make_images
from PIL import Image

from synthgan import DataError, ImageRecords, ResourceError
from synthgan.image.io.writing import write_images
from synthgan.io.memory import memory_bound

IMAGES = make_images(24)


@pytest.fixture
def folder(tmp_path):
    """The images in a folder for each class."""
    for index, (pixels, label) in enumerate(zip(IMAGES.pixels, IMAGES.columns["label"], strict=True)):
        (tmp_path / "scans" / label).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[..., 0]).save(tmp_path / "scans" / label / f"{index:03}.png")
    return tmp_path / "scans"


@pytest.fixture
def listed(tmp_path):
    """The images in a folder with a table of metadata."""
    write_images([IMAGES], tmp_path / "listed")
    return tmp_path / "listed"


def same(found, wanted):
    assert found.pixels.dtype == wanted.pixels.dtype
    np.testing.assert_array_equal(found.pixels, wanted.pixels)
    assert {name: column.tolist() for name, column in found.columns.items()} == {
        name: column.tolist() for name, column in wanted.columns.items()
    }


def png(width, height, depth=8, colour=0):
    """The header of a PNG that declares a size, and no pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def test_a_folder_for_each_class_is_read_class_by_class(folder):
    (folder / ".hidden").write_text("not looked at")
    same(ImageRecords.read(folder), IMAGES.take(np.argsort(IMAGES.columns["label"], kind="stable")))


@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_folder_with_metadata_is_read_in_its_order(listed, form):
    frame = pd.read_parquet(listed / "metadata.parquet").iloc[::-1].assign(side="left")
    (listed / "metadata.parquet").unlink()
    {
        "parquet": frame.to_parquet,
        "csv": lambda path: frame.to_csv(path, index=False),
        "jsonl": lambda path: frame.to_json(path, orient="records", lines=True),
    }[form](listed / f"metadata.{form}")
    found = ImageRecords.read(listed)
    assert set(found.columns) == {"label", "side"}
    same(ImageRecords(found.pixels, {"label": found.columns["label"]}), IMAGES.take(np.arange(24)[::-1]))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", ["out.npz", "out"])
def test_what_is_written_is_read_back_to_the_last_bit(tmp_path, dtype, channels, name):
    images = make_images(6, channels=channels, dtype=dtype)
    if (channels, dtype, name) == (3, np.uint16, "out"):
        with pytest.raises(
            DataError, match="out: images in colour of 16 bits cannot be written as png, however: they are; choose npz"
        ):
            write_images([images], tmp_path / name)
        assert list(tmp_path.iterdir()) == []
        return
    assert write_images([images.take(np.arange(4)), images.take(np.arange(4, 6))], tmp_path / name) == 6
    same(ImageRecords.read(tmp_path / name), images)


def test_a_medmnist_file_gives_its_training_part_and_columns_beside(tmp_path):
    pixels, labels = IMAGES.pixels[..., 0], np.arange(24)[:, None] % 2
    np.savez(
        tmp_path / "m.npz",
        train_images=pixels,
        train_labels=labels,
        val_images=pixels[:3],
        val_labels=labels[:3],
        site=np.arange(24),
    )
    found = ImageRecords.read(tmp_path / "m.npz")
    same(found, ImageRecords(pixels, {"label": labels[:, 0], "site": np.arange(24)}))


def test_a_photograph_is_turned_as_its_camera_says(tmp_path):
    pixels = np.zeros((8, 16), np.uint8)
    pixels[:, 8:] = 255
    (tmp_path / "scans" / "a").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    Image.fromarray(pixels).save(tmp_path / "scans" / "a" / "a.jpg", exif=exif)
    found = ImageRecords.read(tmp_path / "scans").pixels
    assert found.shape == (1, 16, 8, 1)
    assert found[0, :6].max() < 10
    assert found[0, 10:].min() > 245


BAD_FILES = {
    "a corrupt PNG": (lambda at: at.write_bytes(at.read_bytes()[:40]), "damaged"),
    "a PNG cut short": (lambda at: at.write_bytes(at.read_bytes()[:-30]), "sound"),
    "text": (lambda at: at.write_text("no image"), "damaged"),
    "another size": (lambda at: Image.new("L", (9, 8)).save(at), "9 x 8"),
    "another depth": (lambda at: Image.new("I;16", (8, 8)).save(at), "bits like the first image"),
    "colour of 16 bits": (lambda at: at.write_bytes(png(8, 8, 16, 2)), "16 bits"),
    "a bomb": (lambda at: at.write_bytes(png(60_000, 60_000)), ""),
    "a large image": (lambda at: at.write_bytes(png(2_000, 8)), "2000 x 8"),
    "another suffix": (lambda at: at.rename(at.with_suffix(".dcm")), ".dcm"),
}


@pytest.mark.parametrize(("spoil", "word"), BAD_FILES.values(), ids=BAD_FILES.keys())
@pytest.mark.parametrize("name", ["000", "004"])
def test_bad_files_are_refused_by_name(folder, spoil, word, name):
    spoil(folder / "ill" / f"{name}.png")
    with pytest.raises(DataError) as refusal:
        ImageRecords.read(folder)
    assert "\n" not in str(refusal.value)
    assert str(folder / "ill") in str(refusal.value)
    if name == "004" or word != "bits like the first image":  # the first image is the measure of the others
        assert word in str(refusal.value) or name == "000"


def test_a_bomb_is_refused_by_its_header(folder, monkeypatch):
    (folder / "ill" / "000.png").write_bytes(png(60_000, 60_000))
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("it was decoded"))
    with pytest.raises(DataError, match=r"000\.png must be"):
        ImageRecords.read(folder)


def _unlisted(at):
    Image.new("L", (8, 8)).save(at / "more.png")


def _relist(at, change):
    change(pd.read_parquet(at / "metadata.parquet")).to_parquet(at / "metadata.parquet")


BAD_FOLDERS = {
    "images without labels": (_unlisted, "more.png is missing"),
    "labels without images": (lambda at: (at / "0000003.png").unlink(), "no file '0000003.png'"),
    "an image twice": (lambda at: _relist(at, lambda f: pd.concat([f, f.head(1)])), "0000001.png' stands there twice"),
    "a file elsewhere": (lambda at: _relist(at, lambda f: f.replace("0000001.png", "../x.png")), "lies outside"),
    "no file names": (lambda at: _relist(at, lambda f: f[["label"]]), "column file_name, however: found label"),
    "two tables": (lambda at: (at / "metadata.csv").write_text("file_name\n"), "one table of metadata"),
    "broken JSON": (lambda at: (at / "metadata.parquet").rename(at / "metadata.jsonl"), "a line of JSON"),
    "nested JSON": (
        lambda at: ((at / "metadata.parquet").unlink(), (at / "metadata.jsonl").write_text('{"a": 1}\n{"a": [1]}\n')),
        "must hold single values, however: 'a' holds a list or an object",
    ),
    "uneven JSON": (
        lambda at: ((at / "metadata.parquet").unlink(), (at / "metadata.jsonl").write_text('{"a": 1}\n[]\n')),
        "line 2 is no object",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "words"), BAD_FOLDERS.values(), ids=BAD_FOLDERS.keys())
def test_images_and_labels_must_belong_together(listed, spoil, words):
    spoil(listed)
    with pytest.raises(DataError, match=words):
        ImageRecords.read(listed)


def test_images_without_classes_are_read(listed, tmp_path):
    (listed / "metadata.parquet").unlink()
    (listed / "README.md").write_text("what nobody reads")
    found = ImageRecords.read(listed)
    same(found, ImageRecords(IMAGES.pixels))
    assert found.notes == (f"{listed}: no images, and not read: README.md",)
    np.savez(tmp_path / "in.npz", images=IMAGES.pixels)
    same(ImageRecords.read(tmp_path / "in.npz"), ImageRecords(IMAGES.pixels))
    (listed / "ill").mkdir()
    with pytest.raises(DataError, match=r"a folder for each class, however: found the file .0000001\.png.;"):
        ImageRecords.read(listed)


def test_several_labels_at_once_are_read_back(tmp_path):
    several = {"label_0": np.arange(24) % 2, "label_1": np.arange(24) % 3}
    write_images([ImageRecords(IMAGES.pixels, several)], tmp_path / "out.npz")
    same(ImageRecords.read(tmp_path / "out.npz"), ImageRecords(IMAGES.pixels, several))


def test_files_that_windows_leaves_behind_are_not_looked_at(folder):
    for name in ("Thumbs.db", "desktop.ini"):
        (folder / name).write_bytes(b"x")
        (folder / "ill" / name).write_bytes(b"x")
    assert len(ImageRecords.read(folder)) == 24
    assert ImageRecords.read(folder).notes == ()


def test_folders_inside_of_those_of_classes_are_read_and_said(folder):
    first = sorted((folder / "ill").iterdir())[:2]
    for file in first:
        (folder / "ill" / "site" / "of").mkdir(parents=True, exist_ok=True)
        file.rename(folder / "ill" / "site" / "of" / file.name)
    found = ImageRecords.read(folder)
    assert (len(found), (found.columns["label"] == "ill").sum()) == (24, 6)
    assert found.notes == (f"{folder}: 2 images lie in folders inside of those of the classes, which tell nothing",)
    assert f"ill/site/of/{first[0].stem}" in found.names.tolist()


def test_parts_of_a_data_set_are_no_classes(folder, tmp_path):
    for part in ("train", "Test"):
        shutil.copytree(folder, tmp_path / "whole" / part)
    with pytest.raises(
        DataError, match="a folder for each class, however: 'Test' is a part of a data set; name that folder"
    ):
        ImageRecords.read(tmp_path / "whole")
    assert len(ImageRecords.read(tmp_path / "whole" / "train")) == 24


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_metadata_may_name_files_as_windows_does(listed, form):
    (listed / "part").mkdir()
    frame = pd.read_parquet(listed / "metadata.parquet")
    (listed / "metadata.parquet").unlink()
    for name in frame["file_name"]:
        (listed / name).rename(listed / "part" / name)
    frame["file_name"] = "part\\" + frame["file_name"]
    if form == "csv":
        frame.to_csv(listed / "metadata.csv", index=False)
    else:
        frame.to_json(listed / "metadata.jsonl", orient="records", lines=True)
    same(ImageRecords.read(listed), IMAGES)


def test_a_name_of_digits_is_shown_as_it_stands(listed):
    (listed / "metadata.parquet").unlink()
    (listed / "metadata.csv").write_text("file_name,label\n1,ill\n")
    with pytest.raises(DataError, match="there is no file '1'"):
        ImageRecords.read(listed)


def test_what_a_line_of_json_does_not_say_is_missing(listed):
    frame = pd.read_parquet(listed / "metadata.parquet")
    (listed / "metadata.parquet").unlink()
    lines = [
        {"file_name": name, "label": label} for name, label in zip(frame["file_name"], frame["label"], strict=True)
    ]
    lines[1]["age"] = 40
    (listed / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert ImageRecords.read(listed).columns["age"].tolist() == [None, 40, *[None] * 22]


@pytest.mark.parametrize(
    ("pixels", "labels", "masks"),
    [
        (IMAGES.pixels.astype(">u2"), np.arange(24), None),
        (IMAGES.pixels, np.array([b"ill", b"well"] * 12), None),
        (IMAGES.pixels[..., 0], np.arange(24), (IMAGES.pixels > 99).astype(np.uint8)),
    ],
    ids=["other byte order", "bytes", "masks with a channel"],
)
def test_arrays_of_other_programs_are_read(tmp_path, pixels, labels, masks):
    np.savez(tmp_path / "in.npz", images=pixels, labels=labels, **({} if masks is None else {"masks": masks}))
    found = ImageRecords.read(tmp_path / "in.npz")
    np.testing.assert_array_equal(found.pixels, IMAGES.pixels)
    assert found.pixels.dtype.isnative
    assert found.columns["label"].tolist() == [x.decode() if isinstance(x, bytes) else x for x in labels.tolist()]
    if masks is not None:
        np.testing.assert_array_equal(found.masks.labels, masks[..., 0])


def test_empty_folders_and_missing_paths_are_refused(tmp_path):
    for name, words in {"": "the folder is empty", "none": "nothing there", "none.npz": "no such file"}.items():
        with pytest.raises(DataError, match=words):
            ImageRecords.read(tmp_path / name)
    (tmp_path / "scans" / "ill").mkdir(parents=True)
    with pytest.raises(DataError, match="ill must hold images, however: the folder is empty"):
        ImageRecords.read(tmp_path / "scans")


BAD_ARRAYS = {
    "no images": ({"train_labels": np.zeros(3)}, "train_images"),
    "neither": ({"x": np.zeros(3)}, "found x"),
    "too few labels": ({"images": IMAGES.pixels, "labels": np.zeros(3)}, "one label for each"),
    "objects": ({"images": IMAGES.pixels, "labels": np.array([None] * 24)}, "plain arrays"),
    "waves": ({"images": IMAGES.pixels * 1j, "labels": np.zeros(24)}, "uint8 or uint16"),
    "gaps": ({"images": np.full((24, 8, 8), np.nan), "labels": np.zeros(24)}, "finite numbers, however: it has NaN"),
    "two channels": ({"images": IMAGES.pixels.repeat(2, 3), "labels": np.zeros(24)}, "1 or 3"),
    "nothing in them": ({"images": IMAGES.pixels[:0], "labels": np.zeros(0)}, "must hold images"),
    "a wide one": ({"images": np.zeros((1, 2, 2000), np.uint8), "labels": np.zeros(1)}, "2000 x 2"),
}


@pytest.mark.parametrize(("arrays", "words"), BAD_ARRAYS.values(), ids=BAD_ARRAYS.keys())
def test_bad_arrays_are_refused(tmp_path, arrays, words):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=words):
        ImageRecords.read(tmp_path / "bad.npz")


def test_damaged_and_huge_archives_are_refused_unopened(tmp_path):
    path = tmp_path / "bad.npz"
    write_images([IMAGES], path)
    with memory_bound(1_000), pytest.raises(ResourceError, match="must fit into 1 kB of memory"):
        ImageRecords.read(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"bad\.npz must be a readable \.npz"):
        ImageRecords.read(path)


def test_columns_hold_a_value_for_each_image():
    with pytest.raises(DataError, match="column 'label' must hold one value for each of 24 images"):
        ImageRecords(IMAGES.pixels, {"label": np.zeros(3)})


def test_nothing_is_written_over_a_folder_or_into_nowhere(listed, tmp_path):
    with pytest.raises(DataError, match="must be a new folder"):
        write_images([IMAGES], listed)
    for name in ("nowhere/out", "nowhere/out.npz"):
        with pytest.raises(DataError, match="there is no folder"):
            write_images([IMAGES], tmp_path / name)


@pytest.mark.parametrize(("form", "dtype", "what"), [("nifti", np.uint8, ""), ("png", np.uint16, " of 16 bits")])
def test_colour_that_a_format_cannot_hold_is_refused_by_the_folder_asked_for(tmp_path, form, dtype, what):
    with pytest.raises(DataError, match=f"{tmp_path}/out: images in colour{what} cannot be written as {form}, however"):
        write_images([make_images(6, channels=3, dtype=dtype)], tmp_path / "out", form)


def test_one_image_is_no_folder(folder):
    with pytest.raises(DataError, match="however: found a file; name the folder it lies in"):
        ImageRecords.read(next(folder.rglob("*.png")))


def test_no_batch_is_no_folder(tmp_path):
    with pytest.raises(DataError, match="one batch of images or more"):
        write_images([], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_tables_never_import_pillow(package_environment):
    code = (
        "import sys, synthgan_cli.images; from synthgan import Synthesizer, evaluate; "
        "from synthgan.io import sources; print('PIL' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=package_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("pixels", "off"),
    [
        (IMAGES.pixels / 255, 1e-4),
        ((IMAGES.pixels.astype(np.float32) - 128) * 16, 0.1),
        (IMAGES.pixels.astype(np.int16) * 8 - 1024, 0),
        (IMAGES.pixels.astype(np.int8), 0),
        (IMAGES.pixels.astype(np.int64) * 1000, 4),
    ],
    ids=["shares", "float32", "int16", "int8", "int64"],
)
def test_arrays_of_any_numbers_keep_their_values(tmp_path, pixels, off):
    np.savez(tmp_path / "a.npz", images=pixels, labels=IMAGES.columns["label"])
    found = ImageRecords.read(tmp_path / "a.npz")
    assert found.pixels.dtype in (np.uint8, np.uint16)
    np.testing.assert_allclose(found.physical.values(found.pixels), pixels.reshape(found.pixels.shape), atol=off)
    written = write_images([found], tmp_path / "b.npz")
    again = ImageRecords.read(tmp_path / "b.npz")
    assert written == 24
    np.testing.assert_array_equal(again.pixels, found.pixels)
    assert again.physical == found.physical
