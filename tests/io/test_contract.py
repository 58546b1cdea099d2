"""Each declaration takes what it says and refuses all else in one line; sizes that share a name are the same."""

from __future__ import annotations

import numpy as np
import pytest

from synthgan.io.contract import (
    Anything,
    Array,
    Either,
    Flag,
    Listed,
    Maybe,
    MisfitError,
    Number,
    Record,
    Text,
    Tupled,
    Whole,
    check,
    require,
)

NAN, INF = float("nan"), float("inf")
F4 = np.float32
FITTING = [
    (Whole(low=1, high=3), [1, 3]),
    (Number(low=0), [0, 1.5, 10**30]),
    (Flag(), [True, False]),
    (Text(), ["", "x"]),
    (Text(among=("a", "b")), ["b"]),
    (Maybe(Whole()), [None, 1]),
    (Either((Flag(), Text())), [True, "x"]),
    (Listed(Whole(), distinct=True), [[], [1, 2]]),
    (Tupled((Text(), Whole())), [["x", 1]]),
    (Record({"a": Whole(), "b": Text(optional=True)}), [{"a": 1}, {"a": 1, "b": "x"}]),
    (Record(others=Whole()), [{}, {"any": 1}]),
    (Anything(), [None, [{}]]),
    (Array("f4", (2, "n")), [np.ones((2, 3), F4), np.ones((2, 0), F4)]),
    (Array("u", ("n",)), [np.ones(2, np.uint8), np.ones(2, np.uint16)]),
    (Array("f8", ("n",), rising="strictly"), [np.array([1.0, 2])]),
    (Array("f8", ("n",), rising=True), [np.array([1.0, 1])]),
    (Array("f4", (2, 2), low=0, sums=1), [np.full((2, 2), 0.5, F4)]),
    (Array("f4", ("n",), infinite=True), [np.array([-INF, 0], F4)]),
]
UNFIT = [
    (Whole(low=1, high=3), [0, 4, 1.0, True, "1", None, []]),
    (Number(low=0, high=9), [-1, NAN, INF, 10, "1", True, None, 10**400]),
    (Flag(), [0, 1, "true", None]),
    (Text(), [1, None, ["x"], "x" * 20_000]),
    (Text(among=("a", "b")), ["c"]),
    (Maybe(Whole()), ["x"]),
    (Either((Flag(), Text())), [1, None]),
    (Listed(Whole(), distinct=True), [[1, 1], ["x"], {}, "12", None]),
    (Listed(Whole(), size=2), [[1]]),
    (Tupled((Text(), Whole())), [["x"], ["x", "y"], [1, "x"], {"x": 1}]),
    (Record({"a": Whole()}), [{}, {"a": "x"}, {"a": 1, "strange\x1b": 2}, [], None, "a"]),
    (Record(others=Whole()), [{"any": "x"}]),
    (Array("f4", (2, "n")), [np.ones((2, 3)), np.ones(2, F4), np.ones((3, 2), F4), [[1.0], [2.0]], None]),
    (Array("f4", (2,)), [np.array([NAN, 0], F4), np.array([INF, 0], F4)]),
    (Array("u", ("n",)), [np.ones(2, np.int8)]),
    (Array("i8", ("n",), low=0, high=5), [np.array([-1]), np.array([6])]),
    (Array("f8", ("n",), above=0), [np.array([1.0, 0.0])]),
    (Array("f8", ("n",), rising="strictly"), [np.array([1.0, 1.0])]),
    (Array("f8", ("n",), rising=True), [np.array([1.0, 0.0])]),
    (Array("f4", (2, 2), sums=1), [np.full((2, 2), 0.4, F4)]),
]


@pytest.mark.parametrize(("part", "found"), [(part, one) for part, many in FITTING for one in many])
def test_what_fits_passes(part, found):
    check(found, part, "it")


@pytest.mark.parametrize(("part", "found"), [(part, one) for part, many in UNFIT for one in many])
def test_what_does_not_fit_is_refused_in_one_line(part, found):
    with pytest.raises(MisfitError, match=r"^it\S* must be .*, however: ") as caught:
        check(found, part, "it")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_sizes_that_share_a_name_are_the_same_everywhere():
    whole = Record({"a": Array("f4", ("n", "m")), "b": Array("f4", ("m",)), "c": Listed(Whole(), size="n")})
    sound = {"a": np.ones((2, 3), F4), "b": np.ones(3, F4), "c": [1, 2]}
    assert check(sound, whole) == {"n": 2, "m": 3}
    check(sound, whole, n=2)
    for changed in ({"b": np.ones(2, F4)}, {"c": [1]}):
        with pytest.raises(MisfitError, match=r"^[bc] must be a (tensor|list) of \[[nm]=[23]\]"):
            check(sound | changed, whole)
    with pytest.raises(MisfitError, match=r"a must be a tensor of \[n=4, m\]"):
        check(sound, whole, n=4)


def test_a_rule_between_parts_is_one_line():
    require(True, "edges", "rising")
    with pytest.raises(MisfitError, match=r"^edges must be rising, however: they are not$"):
        require([], "edges", "rising")
