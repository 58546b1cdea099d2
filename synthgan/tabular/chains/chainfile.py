"""A chain as tensors, and back: what follows from the rest is not written."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import numpy as np

from synthgan.io.contract import Array
from synthgan.tabular.chains.grower import Chain
from synthgan.tabular.chains.predictor import TreePredictor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Arrays = dict[str, np.ndarray]

_COLUMNS = ("order", "first_feature", "roots")
_OF_FORMAT_2 = {"feature": "i4", "threshold": "f4", "left": "i4", "start": "i4", "count": "i4"}
_MOST = np.iinfo(np.int32).max


def chain_arrays(chain: Chain, name: str) -> Arrays:
    """A chain as tensors whose names begin with ``name``.

    The nodes of each tree stand level by level, from left to right, and the leaves' codes in the order of the leaves. So it is enough
    to say which nodes are inner ones and how many codes each leaf has.
    """
    trees = chain.trees
    nodes = _by_level(trees)
    inner = trees.left[nodes] >= 0
    count = chain.count[nodes[~inner]].astype(np.int64)
    entries = _ranges(chain.start[nodes[~inner]], count)
    feature = trees.feature[nodes[inner]]
    found = {
        "inner": inner,
        "feature": feature.astype(np.min_scalar_type(feature.max(initial=0))),
        "threshold": trees.threshold[nodes[inner]],
        "count": count.astype(np.min_scalar_type(count.max())),
        "codes": chain.codes[entries],
        "order": chain.order,
        "first_feature": chain.first_feature,
        "roots": trees.roots,
    }
    return {name + part: array for part, array in found.items()}


def chain_declared(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, Array]:
    """What the tensors of a chain must be; how they hang together is seen to once it is read."""
    nodes, codes = f"nodes of {name}", f"codes of {name}"
    found = {part: Array("i8", ("columns",), low=0) for part in _COLUMNS} | {"codes": Array("u", (codes,))}
    if _is_of_format_2(arrays, name):
        found |= {part: Array(dtype, (nodes,)) for part, dtype in _OF_FORMAT_2.items()}
    else:
        inner, leaves = f"inner nodes of {name}", f"leaves of {name}"
        found |= {"inner": Array("b", (nodes,)), "feature": Array("u", (inner,), high=_MOST)}
        found |= {"threshold": Array("f4", (inner,)), "count": Array("u", (leaves,), low=1, high=_MOST)}
    return {name + part: array for part, array in found.items()}


def chain_from_arrays(
    arrays: Mapping[str, np.ndarray], name: str, widths: NDArray[np.int64], sizes: NDArray[np.int64], before: int = 0
) -> Chain:
    """The chain that ``chain_arrays`` described, of tensors that are as ``chain_declared`` says.

    Args:
        arrays: all tensors.
        name: what the names of those of this chain begin with.
        widths: how many features each column is seen by.
        sizes: how many codes each has.
        before: how many features stand before those of the columns.

    Raises:
        ValueError: if it is none that draws these columns.
    """
    held = {each.removeprefix(name): arrays[each] for each in chain_declared(arrays, name)}
    refusal = f"{name.rstrip('/').replace('/', ' ')} must hold trees over the table's columns"
    try:
        if "left" not in held:
            held |= _nodes(**{part: held[part] for part in ("inner", "feature", "threshold", "count", "roots")})
        trees = TreePredictor(*(held[part.name] for part in fields(TreePredictor)))
        chain = Chain(**{part.name: held[part.name] for part in fields(Chain) if part.name != "trees"}, trees=trees)
        sound = chain.is_sound(widths, sizes, before)
    except (ValueError, IndexError) as error:
        raise ValueError(f"{refusal}, however: {error}") from error
    if not sound:
        raise ValueError(refusal)
    return chain


def _is_of_format_2(arrays: Mapping[str, np.ndarray], name: str) -> bool:
    """Whether every node says where its child and its codes stand, as in files of format 2 and 1."""
    return f"{name}left" in arrays


def _nodes(
    inner: NDArray[np.bool_],
    feature: NDArray[np.unsignedinteger],
    threshold: NDArray[np.float32],
    count: NDArray[np.unsignedinteger],
    roots: NDArray[np.int64],
) -> Arrays:
    """All of each node, of what is written."""
    nodes, number = len(inner), int(inner.sum())
    if len(feature) != number or len(count) != nodes - number or (roots >= nodes).any():
        raise ValueError("a feature for each inner node, and a count for each leaf")
    found: Arrays = {part: np.zeros(nodes, dtype) for part, dtype in _OF_FORMAT_2.items()}
    found["feature"][inner], found["threshold"][inner] = feature, threshold
    before: NDArray[np.int64] = np.cumsum(inner) - inner  # inner nodes of all trees
    tree = np.searchsorted(roots, np.arange(nodes), side="right") - 1
    root = roots[tree]
    found["left"][:] = np.where(inner, root + 1 + 2 * (before - before[root]), -1)
    ends = np.cumsum(count, dtype=np.int64)
    if ends[-1] > _MOST:
        raise ValueError("fewer codes than 2,147,483,648")
    found["count"][~inner], found["start"][~inner] = count, ends - count
    return found


def _by_level(trees: TreePredictor) -> NDArray[np.int64]:
    """The nodes tree by tree, in each level by level from left to right."""
    levels, level = [trees.roots], trees.roots
    while len(level := level[trees.left[level] >= 0]):
        level = (trees.left[level].astype(np.int64)[:, None] + np.arange(2)).ravel()
        levels.append(level)
    nodes = np.concatenate(levels)
    return nodes[np.argsort(np.searchsorted(trees.roots, nodes, side="right"), kind="stable")]


def _ranges(start: NDArray[np.int32], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """``start``, ``start + 1`` and so on, ``count`` of them, one after the other."""
    return np.repeat(start - (np.cumsum(count) - count), count) + np.arange(count.sum())
