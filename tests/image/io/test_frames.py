"""Frames come in the order of where they lie; where several lie at one place, they are a clip."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.made_scans import item, make_dicom

from synthgan.image.io.dicom import open_dicom
from synthgan.image.io.frames import FIRST, MIDDLE

SLICES = np.random.default_rng(0).integers(0, 4096, (4, 6, 5))
ACROSS = {"axial": [1, 0, 0, 0, 1, 0], "sagittal": [0, 1, 0, 0, 0, -1], "oblique": [0.6, 0.8, 0, -0.8, 0.6, 0]}


def enhanced(path, order, direction="axial", places=None):
    """A volume whose frames stand in this order; ``places`` are where they say that they lie, in steps of 2 mm."""
    rows, columns = np.array(ACROSS[direction], float).reshape(2, 3)
    normal, frames = np.cross(rows, columns), []
    for place in order if places is None else places:
        position = item(ImagePositionPatient=[float(side) for side in 2 * place * normal + 3])
        frames.append(item(PlanePositionSequence=[position]))
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=ACROSS[direction])],
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SliceThickness=5)],
    )
    header = {"SharedFunctionalGroupsSequence": [shared], "PerFrameFunctionalGroupsSequence": frames}
    return make_dicom(path, SLICES[order], bits=12, NumberOfFrames=len(order), **header)


@pytest.mark.parametrize("direction", ACROSS)
@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 3]])
def test_frames_come_by_their_place(tmp_path, order, direction):
    scan = open_dicom(enhanced(tmp_path / "a.dcm", order, direction))
    np.testing.assert_array_equal(scan.read()[..., 0], SLICES)
    assert np.allclose(scan.spacing, (2, 1, 1))


def test_a_place_in_a_stack_counts_where_no_position_is_told(tmp_path):
    order = [2, 0, 3, 1]
    frames = [item(FrameContentSequence=[item(InStackPositionNumber=place + 1)]) for place in order]
    header = {"NumberOfFrames": 4, "PerFrameFunctionalGroupsSequence": frames}
    scan = open_dicom(make_dicom(tmp_path / "a.dcm", SLICES[order], bits=12, **header))
    np.testing.assert_array_equal(scan.read()[..., 0], SLICES)


@pytest.mark.parametrize(
    ("places", "taken", "clip", "note"),
    [
        ([0, 1, 0, 1], [1, 3], True, (MIDDLE,)),
        ([0, 0, 0, 0], [0, 1, 2, 3], True, ()),
        ([0, 2, 1, 1], [0, 2, 1], False, (FIRST,)),
    ],
    ids=["volumes over time", "one place", "one twice"],
)
def test_several_frames_at_one_place_are_over_time(tmp_path, places, taken, clip, note):
    scan = open_dicom(enhanced(tmp_path / "a.dcm", [0, 1, 2, 3], places=places))
    assert (scan.clip, scan.notes) == (clip, note)
    np.testing.assert_array_equal(scan.read()[..., 0], SLICES[taken])


def test_frames_that_are_not_parallel_to_the_first_are_left_out(tmp_path):
    frames = [
        item(
            PlanePositionSequence=[item(ImagePositionPatient=[0, 0, place])],
            PlaneOrientationSequence=[item(ImageOrientationPatient=ACROSS[direction])],
        )
        for place, direction in enumerate(["axial", "sagittal", "axial", "sagittal"])
    ]
    header = {"NumberOfFrames": 4, "PerFrameFunctionalGroupsSequence": frames}
    scan = open_dicom(make_dicom(tmp_path / "a.dcm", SLICES, bits=12, **header))
    assert scan.notes == ("2 of 4 frames are learned: those that are parallel to the first",)
    np.testing.assert_array_equal(scan.read()[..., 0], SLICES[[0, 2]])
    frames[2].PlaneOrientationSequence[0].ImageOrientationPatient = ACROSS["sagittal"]
    alone = open_dicom(make_dicom(tmp_path / "b.dcm", SLICES, bits=12, **header))
    np.testing.assert_array_equal(alone.read()[..., 0], SLICES[0])


def test_without_places_frames_stand_as_they_are(tmp_path):
    scan = open_dicom(make_dicom(tmp_path / "a.dcm", SLICES, bits=12, NumberOfFrames=4))
    np.testing.assert_array_equal(scan.read()[..., 0], SLICES)
