"""Private fits of neighbouring sets of files: given the same answers, nothing that is released differs, whatever one image is.

Each neighbour holds every kind of odd image at once: an image that told anything would tell it here, too.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.made_scans import make_dicom, make_nifti
from PIL import Image

from benchmarks.attacks.neighbours import command, leaks, released
from synthgan import ImageRecords, ImageSynthesizer, PrivacyError
from synthgan.image.private.budget import Budget
from synthgan.image.queries import PixelRecords
from synthgan.privacy.ledger import PrivacyLedger

IMAGES, DIFFERENT = 80, 8  # a frame shows from 20 on, with noise of 4
OPTIONS = ("--epsilon", "20", "--delta", "1e-5", "--set", "width=4", "--set", "noise_width=8", "--device", "cpu")


def fit(source, *words):
    return command("fit", source, *OPTIONS, "-o", "m.synthgan", *words)


def numbers(index, shape=(6, 6), top=200):
    """Dark images with a bright side, the left one in class 0."""
    found = np.random.default_rng(index).integers(0, 40, shape)
    found[..., : shape[-1] // 2] += top if index % 2 == 0 else 0
    return found


def class_of(index):
    return ("ill", "well")[index % 2]


def ordinary(folder, ending, make):
    """Eight files that ``make`` writes, each ten times, in a folder for each class."""
    for index in range(IMAGES):
        path = folder / class_of(index) / f"{index}{ending}"
        if index < DIFFERENT:
            path.parent.mkdir(parents=True, exist_ok=True)
            make(path, index)
        else:
            shutil.copyfile(folder / class_of(index) / f"{index % DIFFERENT}{ending}", path)


def damaged(path):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(128) + b"DICM and no more")


def dicom(folder, *, odd):
    scans = folder / "scans"
    ordinary(scans, ".dcm", lambda path, index: make_dicom(path, numbers(index), bits=12, RescaleIntercept=-1024))
    if odd:
        one = scans / "ill"
        make_dicom(one / "wide.dcm", numbers(1) + 65_000, RescaleSlope=16)  # values of a million
        make_dicom(one / "large.dcm", np.zeros((9, 7)), bits=12)
        make_dicom(one / "mr.dcm", numbers(1), bits=12, Modality="MR")
        make_dicom(one / "spaced.dcm", numbers(1), bits=12, RescaleIntercept=-8192, PixelSpacing=[3, 9])
        make_dicom(one / "signed.dcm", numbers(1), signed=True, WindowCenter=7, WindowWidth=3)
        make_dicom(one / "nan.dcm", numbers(1), RescaleSlope="1e308", RescaleIntercept="1e308")
        make_dicom(one / "table.dcm", numbers(1), HighBit=9)
        make_dicom(one / "colour.dcm", np.zeros((6, 6, 3)), bits=8)
        make_dicom(scans / "X (HIV clinic)" / "rare.dcm", numbers(1), bits=12)
        damaged(one / "damaged.dcm")
        damaged(scans / "no class.dcm")
        (one / "notes.txt").write_text("seen by Dr. Planted")
        (scans / "empty class").mkdir()
        os.mkfifo(one / "pipe.dcm")


def nifti(folder, *, odd, dtype=np.int16):
    scans = folder / "scans"
    ordinary(scans, ".nii", lambda path, index: make_nifti(path, numbers(index, (4, 4, 4)).astype(dtype)))
    if odd:
        one = scans / "ill"
        wide = numbers(1, (4, 4, 4)).astype(np.float32)
        wide[0, 0, 0] = 1e6
        make_nifti(one / "wide.nii", wide)
        wide[0, 0, 1] = np.nan
        make_nifti(one / "nan.nii", wide)
        make_nifti(one / "sloped.nii", numbers(1, (4, 4, 4)).astype(dtype), slope=0.1, inter=7.0)
        make_nifti(one / "long.nii", np.zeros((4, 4, 9), dtype))
        make_nifti(one / "flat.nii", np.zeros((4, 4, 1), dtype), affine=np.diag([1.0, 9, 9, 1]))
        make_nifti(one / "bytes.nii", np.zeros((4, 4, 4), np.uint8), units="unknown")
        damaged(one / "damaged.nii.gz")
        Image.fromarray(np.zeros((4, 4), np.uint8)).save(one / "picture.png")


def save(path, pixels, mode=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path)


def odd_pictures(folder):
    grey = np.full((6, 6), 255, np.uint8)
    for mode in ("RGBA", "RGB", "LA", "P", "1"):
        save(folder / f"{mode}.png", grey, mode)
    save(folder / "deep.png", grey.astype(np.uint16) * 257)
    save(folder / "large.png", np.zeros((30, 40), np.uint8))
    save(folder / "huge.png", np.zeros((2000, 1), np.uint8))
    save(folder / "other.jpg", grey)
    (folder / "cut.png").write_bytes((folder / "deep.png").read_bytes()[:60])
    (folder / "empty.png").touch()


def png(folder, *, odd):
    scans = folder / "scans"
    ordinary(scans, ".png", lambda path, index: save(path, numbers(index).astype(np.uint8)))
    if odd:
        odd_pictures(scans / "ill")
        save(scans / "unsorted.png", np.zeros((6, 6), np.uint8))


def listed(folder, labels, odd_labels, write):
    """Pictures that a table of metadata names, which it writes; the odd ones with each of these labels."""
    scans = folder / "scans"
    for index in range(IMAGES):
        save(scans / f"{index}.png", numbers(index).astype(np.uint8))
    lines = [{"file_name": f"{index}.png", "label": labels[index % 2]} for index in range(IMAGES)]
    for index, label in enumerate(odd_labels):
        save(scans / f"odd{index}.png", numbers(index).astype(np.uint8))
        lines.append({"file_name": f"odd{index}.png", "label": label})
    if odd_labels:
        odd_pictures(scans / "pictures")
        save(scans / "unlisted.png", np.zeros((3, 3), np.uint8))
        names = [f"pictures/{path.name}" for path in (scans / "pictures").iterdir()]
        names += ["0.png", "nowhere.png", "../m.synthgan", "/etc/hostname", "a" * 999, "", "nul\0"]
        lines += [{"file_name": name, "label": labels[0]} for name in names]
    write(scans, lines)


def as_lines(extra, folder, lines):
    texts = [json.dumps(line) for line in lines] + list(extra)
    (folder / "metadata.jsonl").write_bytes("\n".join(texts).encode() + (b"\n\xff\xfe" if extra else b""))


ODD_LINES = (
    "not json",
    "[]",
    "7",
    '{"label": "ill"}',
    "[" * 9_999,
    '{"file_name": ["1.png"], "label": "ill", "age": 3}',
)
ODD_LABELS = (3, 3.5, True, None, float("nan"), ["ill"], {"a": 1}, "Q" * 5_000, "X (HIV clinic)")


def jsonl(folder, *, odd, labels=("ill", "well")):
    listed(folder, labels, ODD_LABELS if odd else (), partial(as_lines, ODD_LINES if odd else ()))


def as_csv(folder, lines):
    pd.DataFrame(lines).to_csv(folder / "metadata.csv", index=False)


def csv(folder, *, odd):
    listed(folder, (0, 1), ("007", "maybe", "2020-01-01", None, "1.5", "true") if odd else (), as_csv)


def as_parquet(folder, lines):
    frame = pd.DataFrame(lines)
    frame["label"] = frame["label"].astype("Int64")
    frame.to_parquet(folder / "metadata.parquet")


def parquet(folder, *, odd):
    listed(folder, (0, 1), (None, 2**62) if odd else (), as_parquet)


def npz(folder, *, odd, labels=("ill", "well"), masked=False):
    pixels = np.stack([numbers(index) for index in range(IMAGES)]).astype(np.uint16)
    label = np.array([labels[index % 2] for index in range(IMAGES)])
    if odd:
        pixels = np.concatenate([pixels, np.full((1, 6, 6), 65_535, np.uint16)])
        label = np.concatenate([label, np.array(["X (HIV clinic)" if label.dtype.kind == "U" else 99])])
    masks = {"masks": (pixels < 40) | (pixels > 60_000)} if masked else {}  # that of the odd one is like no other
    np.savez(folder / "scans.npz", images=pixels, labels=label, **masks)


def in_python(folder_of, folder):
    folder_of(folder)
    ImageSynthesizer(epsilon=20.0, delta=1e-5, condition=None, width=4, device="cpu").fit(folder / "scans").save(
        folder / "m.synthgan"
    )
    shutil.rmtree(folder / "scans")  # which is not released


READERS = {
    "DICOM": (dicom, fit("scans")),
    "DICOM on a range": (dicom, fit("scans", "--value-range", "-100:100")),
    "NIfTI": (nifti, fit("scans")),
    "NIfTI of floats": (partial(nifti, dtype=np.float32), fit("scans", "--value-range=0:250")),
    "PNG": (png, fit("scans")),
    "PNG, scaled": (png, fit("scans", "--size", "4")),
    "JSON": (jsonl, fit("scans")),
    "JSON of numbers": (partial(jsonl, labels=(0, 1)), fit("scans")),
    "CSV": (csv, fit("scans")),
    "Parquet": (parquet, fit("scans")),
    "npz": (npz, fit("scans.npz")),
    "npz with masks": (partial(npz, masked=True), fit("scans.npz")),
    "npz of numbers": (partial(npz, labels=(0, 1)), fit("scans.npz", "--value-range", "0:240")),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A budget and a ledger that are not added up, which would take most of the time, and no progress by the clock."""
    monkeypatch.setattr("synthgan.image.privately.plan_budget", lambda *_, **asked: Budget(2.0, 0.0, 1e-6))
    monkeypatch.setattr("synthgan_cli.console.PLAIN_AFTER_SECONDS", math.inf)
    monkeypatch.setattr(
        PrivacyLedger, "to_dict", lambda ledger: {"charges": [str(charge) for charge in ledger.charges]}
    )


@pytest.fixture
def leaks_of(monkeypatch):
    """What tells two sets of files apart, whether each became a model, and which images of the first are others in the second.

    The last is what answers themselves rest on: they are noised for an image more or less, not for images that change.
    """
    held = []

    def kept(records, pixels, labels, known, fields):
        labels = np.zeros(len(pixels)) if labels is None else labels
        rows = zip(pixels, labels, known, np.zeros(len(pixels)) if fields is None else fields, strict=True)
        held.append(
            Counter(
                (image.dtype.str, image.tobytes(), str(label), bool(there), field.tobytes())
                for image, label, there, field in rows
            )
        )
        begin(records, pixels, labels if labels.dtype.kind != "f" else None, known, fields)

    begin = PixelRecords.__init__
    monkeypatch.setattr(PixelRecords, "__init__", kept)

    def compare(run, first, second):
        made = []
        held.clear()

        def watched(write, folder):
            ending = run(write, folder)
            made.append((folder / "m.synthgan").exists())
            return ending

        return leaks(watched, first, second), made, (list((held[0] - held[1]).elements()) if held else [])

    return compare


@pytest.mark.parametrize(("write", "run"), READERS.values(), ids=READERS.keys())
def test_what_one_image_is_shows_in_nothing(leaks_of, write, run):
    assert leaks_of(run, partial(write, odd=False), partial(write, odd=True)) == ([], [True, True], [])


def test_nor_does_it_where_images_are_learned_without_classes(leaks_of):
    assert leaks_of(in_python, partial(nifti, odd=False), partial(nifti, odd=True)) == ([], [True, True], [])


def one_wide(write, path):
    """As many ordinary scans, and one with a voxel of a million."""
    voxels = numbers(1, (4, 4, 4)).astype(np.int16)
    voxels[0, 0, 0] = 15_625

    def with_one_more(folder):
        write(folder, odd=False)
        if path.suffix == ".nii":
            make_nifti(folder / path, voxels, slope=64.0)
        else:
            make_dicom(folder / path, np.where(np.eye(6), 62_564, 0), RescaleSlope=16)

    return with_one_more


def looking_at_all(data, condition, target):
    return replace(ImageRecords.read(data), physical=None)


@pytest.mark.parametrize(("write", "name"), [(dicom, "wide.dcm"), (nifti, "wide.nii")], ids=["DICOM", "NIfTI"])
def test_one_voxel_of_a_million_moves_no_other_image(leaks_of, monkeypatch, write, name):
    sets = partial(write, odd=False), one_wide(write, Path("scans/ill") / name)
    assert leaks_of(fit("scans"), *sets) == ([], [True, True], [])
    monkeypatch.setattr("synthgan.image.privately.open_unread", looking_at_all)  # one grid for all, as they decide it
    *_, moved = leaks_of(fit("scans"), *sets)
    assert len(moved) == IMAGES


def floats(folder, *, odd):
    nifti(folder, odd=odd, dtype=np.float32)


def many_sizes(folder, *, odd):
    for index in range(IMAGES):
        save(folder / "scans" / "ill" / f"{index}.png", np.zeros((6, 6 + index), np.uint8))
    if odd:
        odd_pictures(folder / "scans" / "ill")


def unlabelled(folder, *, odd):
    listed(folder, (None, None), ("ill",) if odd else (), partial(as_lines, ()))


REFUSED = {
    "floats": (
        floats,
        "a declared range under epsilon, however: there is none; --value-range LOW:HIGH (in the units",
    ),
    "no size in common": (
        many_sizes,
        "none stands out of the noise; --value-range LOW:HIGH (where files have scales",
    ),
    "no classes": (unlabelled, "a class of 'label' must have enough images to show"),
}


@pytest.mark.parametrize(("write", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_an_answer_that_was_charged(leaks_of, write, words):
    sets = partial(write, odd=False), partial(write, odd=True)
    assert leaks_of(fit("scans"), *sets) == ([], [False, False], [])
    told = released(fit("scans"), sets[0]).parts
    assert words in told["stderr"].decode(), told["stderr"]
    assert told["ending"] == b"returned 4"
    assert "question 0" in told


def test_scans_that_were_read_before_are_refused(tmp_path):
    nifti(tmp_path, odd=False)
    with pytest.raises(PrivacyError, match="must be read by the private fit itself"):
        ImageSynthesizer(epsilon=20.0).fit(ImageRecords.read(tmp_path / "scans"))
