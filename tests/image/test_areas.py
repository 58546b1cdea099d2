"""Tests conditions on the areas of structures, in the grammar of all conditions."""

import numpy as np
import pytest

from synthgan.errors import DataError
from synthgan.image.areas import AreaDemands
from synthgan.image.masks import Masks, Structures

STRUCTURES = Structures(("nucleus", "cell wall"), (1, 2))


def masks_of(*areas):
    """Masks of ten pixels, of which so many show a nucleus."""
    return Masks(np.array([[[1] * area + [0] * (10 - area)] for area in areas], np.uint8), STRUCTURES)


@pytest.mark.parametrize(
    ("where", "met"),
    [
        ("area:nucleus>.2", [False, False, True]),
        ("area:nucleus>=.2", [False, True, True]),
        ({"area:nucleus": (None, 0.2)}, [True, True, False]),
        ({"area:nucleus": {">": 0, "<": 0.5}}, [False, True, False]),
        (["area:nucleus>0", "area:nucleus<=.2"], [False, True, False]),
        ("area:nucleus=0", [True, False, False]),
        ("area:nucleus!=0", [False, True, True]),
        ('"area:cell wall"=0', [True, True, True]),
    ],
)
def test_areas_are_met(where, met):
    rest, demands = AreaDemands.split(where, STRUCTURES)
    assert rest is None
    assert demands.met(masks_of(0, 2, 6)).tolist() == met


def test_other_conditions_are_left_as_they_are():
    assert AreaDemands.split(["label=ill", "area:nucleus>0"], STRUCTURES)[0] == ["label=ill"]
    assert AreaDemands.split({"label": "ill", "area:nucleus": 0}, STRUCTURES)[0] == {"label": "ill"}
    assert not AreaDemands.split("label=ill", None)[1]


@pytest.mark.parametrize(
    ("where", "structures", "words"),
    [
        ("area:nuclei>0", STRUCTURES, "must name a structure of the masks that were learned, however: 'area:nuclei'"),
        ("area:nucleus>0", None, "however: 'area:nucleus'"),
        ("area:nucleus>many", STRUCTURES, "must be a share of the image, such as .2, however: 'many'"),
    ],
)
def test_what_cannot_be_met_is_refused(where, structures, words):
    with pytest.raises(DataError, match=words):
        AreaDemands.split(where, structures)
