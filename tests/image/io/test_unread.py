"""Files of a private fit, each read by itself: what becomes of odd ones, and what is refused by declared things alone."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from helpers.made_scans import make_dicom, make_nifti
from PIL import Image

from synthgan import DataError
from synthgan.image.frame import Frame, Scale
from synthgan.image.io.unread import list_unread

EIGHT_BITS = Frame((4, 4, 1), Scale(1.0, 0.0, 255))


def save(path, value=7, mode="L"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, (4, 4), value).save(path)


def test_what_has_another_frame_or_none_is_black_and_marked(tmp_path):
    for name, mode in (("a/1.png", "L"), ("a/2.png", "RGB"), ("b/3.png", "RGBA"), ("b/4.png", "L"), ("5.png", "L")):
        save(tmp_path / name, mode=mode)
    (tmp_path / "b" / "broken.png").write_bytes(b"none")
    found = list_unread(tmp_path, "label")
    pixels, fits = found.read(EIGHT_BITS, None)
    assert fits.tolist() == [True, True, False, False, True, False]
    assert pixels.reshape(6, -1).max(1).tolist() == [7, 7, 0, 0, 7, 0]
    assert found.labels().tolist() == [None, "a", "a", "b", "b", "b"]
    colour = [(4, 4, 3)] * 2
    assert [frame and frame.shape for frame in found.frames(None)] == [(4, 4, 1)] * 2 + [*colour, (4, 4, 1), None]


def test_each_scan_is_rescaled_by_its_own_header_onto_the_grid_of_all(tmp_path):
    numbers = np.array([[0, 100], [1000, 60_000]])
    for slope, start in ((1, 0), (0.5, -1024), (-1, 0), (1e5, 1e300)):
        make_dicom(tmp_path / "ct" / f"{slope}.dcm", numbers, RescaleSlope=slope, RescaleIntercept=start)
    frame = Frame((2, 2, 1), Scale(1.0, -1024.0, 4095), "CT")
    pixels, fits = list_unread(tmp_path, None).read(frame, None)
    assert fits.all()
    assert {tuple(image.ravel().tolist()) for image in pixels} == {
        (1024, 1124, 2024, 4095), (0, 50, 500, 4095), (1024, 924, 24, 0), (4095, 4095, 4095, 4095),
    }  # fmt: skip


def test_floats_have_a_grid_only_where_a_range_is_declared(tmp_path):
    make_nifti(tmp_path / "a" / "1.nii", np.array([[[np.nan]], [[0.25]], [[9.0]]], np.float32).repeat(2, 1))
    found = list_unread(tmp_path, None)
    assert found.frames(None)[0].scale is None
    pixels, fits = found.read(found.frames((0.0, 1.0))[0], (0.0, 1.0))
    assert fits.tolist() == [True]
    assert sorted(set(pixels.ravel().tolist())) == [0, 16_384, 65_535]


def test_labels_of_metadata_are_text_each_by_itself(tmp_path):
    labels = ["ill", 3, 2.5, True, None, ["ill"], float("nan"), "Q" * 201, "é"]
    lines = [json.dumps({"file_name": f"{index}.png", "label": label}) for index, label in enumerate(labels)]
    (tmp_path / "metadata.jsonl").write_text("\n".join([*lines, "broken", '{"label": "ill"}', ""]), encoding="utf-8")
    found = list_unread(tmp_path, "label")
    wanted = ["ill", "3", "2.5", "True", None, None, None, None, "é", None, "ill"]
    assert (found.labels().tolist(), found.names) == (wanted, None)
    pd.DataFrame({"file_name": "a.png", "label": ["1", "007", "", "maybe"]}).to_csv(tmp_path / "metadata.csv")
    (tmp_path / "metadata.jsonl").unlink()
    assert list_unread(tmp_path, "label").labels().tolist() == ["1", "007", None, "maybe"]


def test_a_file_counts_once_and_only_inside_its_folder(tmp_path):
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "out.png")
    names = ["a.png", "./a.png", "../out.png", str(tmp_path / "out.png"), "no.png", "", "x" * 9_999]
    pd.DataFrame({"file_name": names, "label": "ill"}).to_csv(tmp_path / "in" / "metadata.csv")
    found = list_unread(tmp_path / "in", "label")
    assert found.read(EIGHT_BITS, None)[1].tolist() == [True] + [False] * 6


REFUSED = {
    "two tables": ({"metadata.csv": "file_name\n", "metadata.jsonl": "{}\n"}, "one table of metadata"),
    "no names of files": (
        {"metadata.csv": "file,label\na,b\n"},
        "must have a column file_name, however: found file, label",
    ),
    "no table": ({"metadata.parquet": "PAR1"}, "metadata.parquet must be a readable table"),
}


@pytest.mark.parametrize(("files", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_wrong_with_a_table_as_a_whole_is_refused(tmp_path, files, words):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=words):
        list_unread(tmp_path, "label")


def test_classes_of_parquet_are_text_or_whole_numbers_by_their_type(tmp_path):
    pd.DataFrame({"file_name": ["a", "b"], "label": [1.5, 2.5]}).to_parquet(tmp_path / "metadata.parquet")
    with pytest.raises(DataError, match="'label' must be text or whole numbers, however: it is double"):
        list_unread(tmp_path, "label")
    labels = pd.Categorical(["ill", None], categories=["ill", "well"])
    pd.DataFrame({"file_name": ["a", "b"], "label": labels}).to_parquet(tmp_path / "metadata.parquet")
    assert list_unread(tmp_path, "label").labels().tolist() == ["ill", None]
