"""Chains as JSON and tensors: the same rows come back, and damage is refused before anything is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.chain_tables import draw, grow, patients

from synthgan import Chains, Synthesizer
from synthgan.errors import ModelFileError
from synthgan.io import modelfile
from synthgan.runtime import Streams
from synthgan.tabular.chains.critics import play
from synthgan.tabular.chains.generator import ChainGenerator
from synthgan.tabular.chains.storage import chains_from_state, chains_state

ENCODED, LAYOUT = patients(2_000)
GENERATOR = grow(ENCODED, LAYOUT, chains=2)


def of_format_2(generator: ChainGenerator) -> dict[str, np.ndarray]:
    """The generator's tensors as files of format 2 hold them: all of every node."""
    arrays = {name: array for name, array in chains_state(generator)[1].items() if name.startswith("views/")}
    for index, chain in enumerate(generator.chains):
        for owner in (chain, chain.trees):
            parts = {part.name: getattr(owner, part.name) for part in fields(owner) if part.name != "trees"}
            arrays |= {f"chain/{index}/{name}": array for name, array in parts.items()}
    return arrays


def changed(**parts: Callable[[np.ndarray], None]) -> dict[str, np.ndarray]:
    """The generator's tensors of format 2, some of those of its second chain changed in place."""
    arrays = {name: array.copy() for name, array in of_format_2(GENERATOR).items()}
    for name, change in parts.items():
        change(arrays[f"chain/1/{name}"])
    return arrays


def to(value: float, index: int | tuple[int, ...] = 0) -> Callable[[np.ndarray], None]:
    def change(array: np.ndarray) -> None:
        array[index] = value

    return change


def _cycle(left: np.ndarray) -> None:
    inner = np.flatnonzero(left >= 0)
    left[inner[-1]] = inner[-1]


def _past_the_end(left: np.ndarray) -> None:
    left[np.flatnonzero(left >= 0)[-1]] = len(left) - 1


def _empty_leaf(count: np.ndarray) -> None:
    count[np.flatnonzero(count)[0]] = 0


def _beyond_the_entries(start: np.ndarray) -> None:
    start[np.flatnonzero(start)[-1]] += 1_000_000


DAMAGE = {
    "a walk in a circle": changed(left=_cycle),
    "a child past the last node": changed(left=_past_the_end),
    "a leaf without entries": changed(count=_empty_leaf),
    "a leaf beyond the entries": changed(start=_beyond_the_entries),
    "a leaf before the entries": changed(start=to(-1)),
    "a column drawn twice": changed(order=to(1, (slice(None),))),
    "a column that is none": changed(order=to(4)),
    "a code that no column has": changed(codes=to(200, -1)),
    "a feature that no column has": changed(feature=to(50)),
    "a feature before the first": changed(feature=to(-1)),
}


def _of(name: str, change: Callable[[np.ndarray], np.ndarray], *, early: bool = False) -> dict[str, np.ndarray]:
    """The generator's tensors (``early``: those of format 2), one of them another."""
    arrays = of_format_2(GENERATOR) if early else chains_state(GENERATOR)[1]
    return arrays | {name: change(arrays[name])}


def _swap_leaf(codes: np.ndarray) -> np.ndarray:
    """The first leaf that holds two codes has them in the wrong order."""
    rising = np.flatnonzero(np.diff(codes.astype(int)) > 0)[0]
    codes = codes.copy()
    codes[[rising, rising + 1]] = codes[[rising + 1, rising]]
    return codes


def _end_early(inner: np.ndarray) -> np.ndarray:
    """The root of a tree is a leaf, and its last leaf is none."""
    roots = chains_state(GENERATOR)[1]["chain/1/roots"]
    at = int(np.flatnonzero(inner[roots[:-1]])[0])
    inner = inner.copy()
    inner[[roots[at], roots[at + 1] - 1]] = False, True
    return inner


ARRAYS = {
    "a root past the last node": _of("chain/1/roots", lambda a: a + np.array([0, 0, 0, 10_000])),
    "a root inside another tree": _of("chain/1/roots", lambda a: a + np.array([0, 1, 0, 0])),
    "a code of another column": _of("chain/1/codes", lambda a: np.full_like(a, LAYOUT.sizes[0])),
    "a code below 0": _of("chain/1/codes", lambda a: a.astype(np.int16) - 1),
    "leaves that are not sorted": _of("chain/1/codes", _swap_leaf),
    "features elsewhere": _of("chain/1/first_feature", lambda a: a + 1),
    "features of too few columns": _of("chain/1/first_feature", lambda a: a[:-1]),
    "nodes that are no whole numbers": _of("chain/1/left", lambda a: a.astype(np.float32), early=True),
    "features that are no whole numbers": _of("chain/1/feature", lambda a: a.astype(np.float64)),
    "nodes that do not say whether they are inner ones": _of("chain/1/inner", lambda a: a.astype(np.uint8)),
    "inner nodes alone": _of("chain/1/inner", np.ones_like),
    "leaves alone": _of("chain/1/inner", np.zeros_like),
    "a tree that ends too early": _of("chain/1/inner", _end_early),
    "a leaf without codes": _of("chain/1/count", np.zeros_like),
    "a leaf too many": _of("chain/1/count", lambda a: np.r_[a, a[:1]]),
    "more codes than there are": _of("chain/1/count", lambda a: a * 2),
    "more codes than can be": _of("chain/1/count", lambda a: np.full(a.shape, 2**62, np.uint64)),
    "no tree": _of("chain/1/roots", lambda a: a[:0]),
    "an order in a table": _of("chain/1/order", lambda a: a[:, None]),
    "entries in a table": _of("chain/1/codes", lambda a: a[:, None]),
    "a threshold that is none": _of("chain/1/threshold", lambda a: np.full_like(a, np.nan)),
    "widths that are too large": _of("views/widths", lambda a: a * 100),
    "widths of nothing": _of("views/widths", lambda a: a * 0),
    "a view too narrow": _of("views/table", lambda a: a[:, :1]),
    "a view of nothing": _of("views/table", lambda a: np.full_like(a, np.nan)),
    "shares below 0": _of("views/shares", lambda a: a - 1),
}
MISSING = [name for name in chains_state(GENERATOR)[1] if name.startswith(("views/", "chain/1/"))]


def shortened(name: str) -> dict[str, np.ndarray]:
    return {key: array[:-1] if key == name else array for key, array in chains_state(GENERATOR)[1].items()}


@pytest.mark.parametrize("critic", [False, True])
def test_what_is_stored_draws_the_same_rows(critic: bool) -> None:
    generator = grow(ENCODED, LAYOUT, chains=2, leaf_rows=2_000 if critic else 10)
    if critic:
        assert list(play(generator, ENCODED, 1, Streams(0)))
    state, arrays = chains_state(generator)
    again = chains_from_state(LAYOUT, json.loads(json.dumps(state)), arrays)
    assert (again.critic is not None) == critic
    np.testing.assert_array_equal(draw(again, 2_000).codes, draw(generator, 2_000).codes)


def test_files_of_format_2_draw_the_same_rows() -> None:
    again = chains_from_state(LAYOUT, chains_state(GENERATOR)[0], of_format_2(GENERATOR))
    np.testing.assert_array_equal(draw(again, 2_000).codes, draw(GENERATOR, 2_000).codes)


def test_what_is_read_is_written_as_it_was() -> None:
    state, arrays = chains_state(GENERATOR)
    _, again = chains_state(chains_from_state(LAYOUT, state, arrays))
    assert arrays.keys() == again.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, again[name])
        assert array.dtype == again[name].dtype


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="chain 1 must hold trees over the table's columns"):
        chains_from_state(LAYOUT, chains_state(GENERATOR)[0], DAMAGE[kind])


@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_that_are_not_what_they_must_be_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="must"):
        chains_from_state(LAYOUT, chains_state(GENERATOR)[0], ARRAYS[kind])


@pytest.mark.parametrize("chains", [0, -1, 1.5, None])
def test_a_model_without_a_chain_is_refused(chains: object) -> None:
    state, arrays = chains_state(GENERATOR)
    with pytest.raises(ValueError, match="state/chains must be a whole number from 1 to"):
        chains_from_state(LAYOUT, state | {"chains": chains}, arrays)


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_array_is_refused(name: str) -> None:
    state, arrays = chains_state(GENERATOR)
    del arrays[name]
    with pytest.raises(ValueError, match=f"{name} must be there, however: it is missing"):
        chains_from_state(LAYOUT, state, arrays)


@pytest.mark.parametrize(
    "name", ["views/table", "views/widths", "order", "roots", "inner", "feature", "count", "threshold"]
)
def test_an_array_that_is_cut_short_is_refused(name: str) -> None:
    name = name if "/" in name else f"chain/1/{name}"
    with pytest.raises(ValueError, match="must"):
        chains_from_state(LAYOUT, chains_state(GENERATOR)[0], shortened(name))


def test_chains_of_another_table_are_refused() -> None:
    _, other = patients(2_000, seed=5)
    other = type(other)(other.spans[:3], *[getattr(other, name)[:7] for name in list(vars(other))[1:7]])
    with pytest.raises(ValueError, match=r"views/table must be a tensor of \[modes=7, 4\]"):
        chains_from_state(other, *chains_state(GENERATOR))


def test_a_critic_of_another_table_is_refused() -> None:
    generator = grow(ENCODED, LAYOUT, chains=1, leaf_rows=2_000)
    assert list(play(generator, ENCODED, 1, Streams(0)))
    state, arrays = chains_state(generator)
    with pytest.raises(ValueError, match=r"critic/balance must be a tensor of \[modes=13\]"):
        chains_from_state(LAYOUT, state, arrays | {"critic/balance": arrays["critic/balance"][1:]})


@pytest.mark.parametrize("name", ["feature", "left", "roots", "values", "threshold"])
def test_a_critic_that_was_tampered_with_never_reaches_the_library(name: str) -> None:
    generator = grow(ENCODED, LAYOUT, chains=1, leaf_rows=2_000)
    assert list(play(generator, ENCODED, 1, Streams(0)))
    state, arrays = chains_state(generator)
    forged = arrays[f"critic/0/{name}"].copy()
    forged[0] = np.nan if forged.dtype.kind == "f" else 2**30
    with pytest.raises(ValueError, match="must"):
        chains_from_state(LAYOUT, state, arrays | {f"critic/0/{name}": forged})


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    sex = rng.choice(["F", "M"], 400)
    table = pd.DataFrame({"sex": sex, "height": rng.normal(165, 7, 400) + 9 * (sex == "M")})
    path = tmp_path_factory.mktemp("chains") / "m.synthgan"
    Synthesizer(generator=Chains(chains=2)).fit(table).save(path)
    return path


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("inner", to(False)),
        ("count", to(200)),
        ("order", to(7)),
        ("codes", to(250)),
        ("count", None),
    ],
    ids=["no tree", "beyond the entries", "another order", "codes too large", "an array missing"],
)
def test_a_forged_model_file_is_refused_although_it_is_sealed(
    tmp_path: Path, stored: Path, name: str, change: Callable[[np.ndarray], None] | None
) -> None:
    manifest, tensors = modelfile.read(stored)
    array = tensors.pop(f"generator/chain/0/{name}").copy()
    if change is not None:
        change(array)
        tensors[f"generator/chain/0/{name}"] = array
    modelfile.write(tmp_path / "forged", manifest, tensors)
    with pytest.raises(
        ModelFileError, match="must be a complete model, however: a part is missing or does not fit"
    ) as caught:
        Synthesizer.load(tmp_path / "forged")
    assert "\n" not in str(caught.value)
