"""A branch and its context as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.data.column import Column
from synthgan.io.contract import Anything, Array, Flag, Listed, Maybe, Number, Record, Whole, check, require
from synthgan.relational.branch import Branch
from synthgan.relational.context import Context
from synthgan.relational.critic import GroupCritic, Margin
from synthgan.relational.history import Memory
from synthgan.relational.rows import RowCodec
from synthgan.relational.siblingfile import SIBLING, siblings_from_state, siblings_state
from synthgan.relational.siblings import OF_TIME, Beside
from synthgan.relational.support import Cells, Support
from synthgan.relational.walk import Walk
from synthgan.runtime import below
from synthgan.tabular.chains.booster import TreeBooster
from synthgan.tabular.chains.chainfile import chain_arrays, chain_declared, chain_from_arrays
from synthgan.tabular.chains.features import WIDTH, ModeFeatures
from synthgan.tabular.encoding.numbers import NumberCodec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.io.contract import Part
    from synthgan.relational.siblings import Sibling
    from synthgan.tabular.encoding.table import TableTransform

Arrays = dict[str, np.ndarray]

STEP: Final = Record(
    {"codec": Whole(), "column": Anything(), "step": Number(low=0), "smooth": Flag(), "has_missing": Flag()}
)
SUPPORT: Final = Record({"columns": Listed(Whole(), size=2, distinct=True), "cost": Number(low=0, high=100)})
_WALK: Final[dict[str, Part]] = {
    "first": Whole(high=1),
    "chains": Whole(low=1, high=10_000),
    "steps": Listed(STEP),
    "repeats": Listed(Whole(), distinct=True),
    "step_critic": Flag(),
    "supports": Listed(SUPPORT, optional=True),
}
BRANCH: Final = Record(
    {
        **_WALK,
        "siblings": Listed(SIBLING, optional=True),
        "beginning": Maybe(Record(_WALK), optional=True),
        "critics": Whole(high=1_000),
        "margins": Whole(high=100_000),
        "pool": Number(low=1, high=100),
    }
)
_BEGINNING = "beginning/"
_TREES = {"feature": "i4", "threshold": "f4", "left": "i4", "values": "f4"}


def branch_state(branch: Branch) -> tuple[dict[str, Any], Arrays]:
    """All of a branch but the transform of its rows, as JSON and tensors."""
    critic = branch.critic
    said, arrays = _walk_state(branch.walk)
    for index, booster in enumerate(critic.boosters):
        arrays |= {f"critic/{index}/{name}": array for name, array in booster.arrays().items()}
    for index, margin in enumerate(critic.margins):
        arrays |= {f"margin/{index}/edges": margin.edges, f"margin/{index}/wanted": margin.wanted}
    said |= {
        "siblings": siblings_state(branch.siblings),
        "beginning": None,
        "critics": len(critic.boosters),
        "margins": len(critic.margins),
        "pool": critic.pool,
    }
    if branch.beginning is not None:
        said["beginning"], own = _walk_state(branch.beginning)
        arrays |= {f"{_BEGINNING}{name}": array for name, array in own.items()}
    return said, arrays


def _walk_state(walk: Walk) -> tuple[dict[str, Any], Arrays]:
    rows = walk.memory.rows
    arrays: Arrays = {"known": walk.known, "start": rows.start, "spread": rows.spread, "rising": rows.rising}
    arrays |= _views(walk.memory.mode_features, "views/")
    steps: list[dict[str, Any]] = []
    for index, codec in rows.steps.items():
        said, held = codec.state()
        steps.append({"codec": index, "column": codec.column.to_dict(), **said})
        arrays |= {f"step/{index}/{name}": array for name, array in held.items()}
    for index, chain in enumerate(walk.chains):
        arrays |= chain_arrays(chain, f"chain/{index}/")
    if walk.critic is not None:
        arrays |= {f"steps/{name}": array for name, array in walk.critic.arrays().items()}
    for index, one in enumerate(walk.supports):
        held = {"first": one.first.edges, "second": one.second.edges, "shared": one.shared}
        arrays |= {f"support/{index}/{name}": array for name, array in held.items()}
    said = {
        "first": walk.first,
        "chains": len(walk.chains),
        "steps": steps,
        "repeats": list(rows.repeats),
        "step_critic": walk.critic is not None,
        "supports": [{"columns": [one.first.column, one.second.column], "cost": one.cost} for one in walk.supports],
    }
    return said, arrays


def branch_from_state(
    transform: TableTransform,
    width: int,
    state: dict[str, Any],
    arrays: Arrays,
    memories: Mapping[str, Memory] | None = None,
    milestones: int = 0,
) -> Branch:
    """The branch that ``branch_state`` described.

    Args:
        transform: of its rows.
        width: how many numbers are seen of each parent.
        state: JSON.
        arrays: tensors.
        memories: by table, how the rows are encoded of those that may be its siblings.
        milestones: how many times above its rows are seen against.

    Raises:
        MisfitError: if the parts are not what they must be.
        ValueError: if they do not fit each other.
    """
    check(state, BRANCH, "walk")
    numbers, first = len(RowCodec.bare(transform).names), state.get("beginning")
    siblings = siblings_from_state(state.get("siblings", []), memories or {}, transform)
    width += sum(one.whole_width for one in siblings)
    stepping = sum(one.step_width for one in siblings) + milestones
    begun = {name: array for name, array in arrays.items() if name.startswith(_BEGINNING)}
    own = {name: array for name, array in arrays.items() if name not in begun}
    walk = _walk_from_state(transform, (width, stepping), state, own, _declared_critics(state), siblings)
    begun = {name.removeprefix(_BEGINNING): array for name, array in begun.items()}
    require(bool(begun) == (first is not None), "beginning", "there where its tensors are")
    beginning = (
        None if first is None else _walk_from_state(transform, (width + 1, stepping), first, begun, {}, siblings)
    )
    require(beginning is None or (beginning.first, walk.first) == (0, 1), "beginning", "of first rows alone")
    margins = tuple(
        Margin(arrays[f"margin/{at}/edges"], arrays[f"margin/{at}/wanted"]) for at in range(state["margins"])
    )
    require(all(len(one.wanted) == len(one.edges) + 2 for one in margins), "margins", "of a share for each cell")
    memory = walk.memory
    seen = width + sum(one.apart_width for one in siblings) + OF_TIME * milestones + memory.trajectory_width
    boosters = tuple(TreeBooster.from_arrays(below(arrays, f"critic/{at}"), seen) for at in range(state["critics"]))
    of_columns = 2 * (numbers + len(memory.rows.levels)) + 1
    require(not boosters or len(margins) == of_columns, "margins", "one for each column")
    return Branch(walk, GroupCritic(memory, boosters, margins, float(state["pool"])), beginning)


def _walk_from_state(
    transform: TableTransform,
    widths: tuple[int, int],
    state: dict[str, Any],
    arrays: Arrays,
    declared: dict[str, Array],
    siblings: tuple[Sibling, ...],
) -> Walk:
    """A walk, given how many numbers are seen of each group, and of each step beside its history."""
    steps, bare = _steps(transform, state, arrays), RowCodec.bare(transform)
    repeats, linked = tuple(state["repeats"]), Beside(0, siblings).linked(bare)
    require(set(repeats) <= set(bare.levels), "repeats", "columns of levels")
    rows = RowCodec(transform, steps, arrays["start"], arrays["spread"], arrays["rising"], repeats, linked)
    sizes = {"modes": rows.layout.modes, "columns": len(rows.codecs), "numbers": len(bare.names)}
    own = {name: array for name, array in arrays.items() if not name.startswith("step/")}
    check(own, Record(_declared(state, own) | declared), "walk", **sizes)
    memory = Memory(rows, _features(arrays, "views/"))
    walk = Walk(memory, arrays["known"], state["first"], siblings=siblings)
    all_known = memory.width + sum(widths)
    require((np.diff(walk.known) > 0).all() and (walk.known < all_known).all(), "known", "of features")
    of_columns = walk.widths, np.array(rows.layout.sizes), len(walk.known)
    chains = tuple(chain_from_arrays(arrays, f"chain/{index}/", *of_columns) for index in range(state["chains"]))
    led = len(walk.leading)
    require(all(list(one.order[:led]) == walk.leading for one in chains), "order", "of times and linked levels first")
    critic = TreeBooster.from_arrays(below(arrays, "steps"), walk.width) if state["step_critic"] else None
    supports = _supports(rows, state.get("supports", []), arrays)
    return replace(walk, chains=chains, critic=critic, supports=supports)


def context_state(context: Context) -> tuple[list[int], Arrays]:
    """What is seen of the rows of a table, but its transform, as JSON and tensors."""
    return list(context.columns), _views(context.mode_features, "")


def context_from_state(transform: TableTransform, columns: Any, arrays: Arrays) -> Context:
    """The context that ``context_state`` described, given the transform.

    Raises:
        MisfitError: if the parts are not what they must be.
    """
    check(columns, Listed(Whole(high=len(transform.own_codecs) - 1), distinct=True), "context")
    sizes = {"modes": transform.layout.modes, "columns": len(transform.layout.spans)}
    check(arrays, Record(_declared_views()), "context", **sizes)
    return Context(transform, _features(arrays, ""), tuple(columns))


def _steps(transform: TableTransform, state: dict[str, Any], arrays: Arrays) -> dict[int, NumberCodec]:
    steps = {}
    for said in state["steps"]:
        index = said["codec"]
        require(index < len(transform.codecs), "steps", "of columns of the table")
        require(isinstance(transform.codecs[index], NumberCodec), "steps", "of columns of numbers")
        column = Column.from_dict(said["column"])
        state_of = {name: value for name, value in said.items() if name not in ("codec", "column")}
        fields_of = {"codec": NumberCodec.name, "columns": [column.name], **state_of}
        steps[index] = NumberCodec.from_state((column,), fields_of, below(arrays, f"step/{index}"))
    return steps


def _supports(rows: RowCodec, said: list[dict[str, Any]], arrays: Arrays) -> tuple[Support, ...]:
    found = []
    for at, one in enumerate(said):
        both = []
        for index, name in zip(one["columns"], ("first", "second"), strict=True):
            require(index < len(rows.codecs), "supports", "of columns of the table")
            edges, slot = arrays[f"support/{at}/{name}"], rows.slots.get(index)
            require(slot is None or slot.stop - slot.start == 1, "supports", "of columns of one number each")
            require(bool(len(edges)) == (slot is not None), "supports", "of values where they are of numbers")
            both.append(Cells.of(rows, index, edges))
        shared = arrays[f"support/{at}/shared"]
        require((shared < both[0].count * both[1].count).all(), "supports", "of pairs of values")
        found.append(Support(both[0], both[1], shared, float(one["cost"])))
    return tuple(found)


def _views(features: ModeFeatures, name: str) -> Arrays:
    return {f"{name}{part.name}": getattr(features, part.name) for part in fields(ModeFeatures)}


def _features(arrays: Arrays, name: str) -> ModeFeatures:
    return ModeFeatures(*(arrays[f"{name}{part.name}"] for part in fields(ModeFeatures)))


def _declared_views(start: str = "") -> dict[str, Array]:
    return {
        f"{start}table": Array("f4", ("modes", WIDTH)),
        f"{start}widths": Array("i8", ("columns",), low=1, high=WIDTH),
        f"{start}shares": Array("f8", ("modes",), low=0, high=1),
    }


def _declared(state: dict[str, Any], arrays: Arrays) -> dict[str, Array]:
    found = _declared_views("views/")
    found["known"] = Array("i8", ("known",), low=0)
    found |= {"start": Array("f8", ("numbers",)), "spread": Array("f8", ("numbers",), above=0)}
    found["rising"] = Array("b", ("numbers",))
    for index in range(state["chains"]):
        found |= chain_declared(arrays, f"chain/{index}/")
    if state["step_critic"]:
        found |= {f"steps/{name}": Array(dtype, ("nodes of the critic of steps",)) for name, dtype in _TREES.items()}
        found["steps/roots"] = Array("i8", ("trees of the critic of steps",), low=0)
    for index in range(len(state.get("supports", []))):
        for name in ("first", "second"):
            found[f"support/{index}/{name}"] = Array("f8", (f"{name} edges of support {index}",), rising="strictly")
        found[f"support/{index}/shared"] = Array("i8", (f"pairs of support {index}",), low=0, rising="strictly")
    return found


def _declared_critics(state: dict[str, Any]) -> dict[str, Array]:
    found: dict[str, Array] = {}
    for index in range(state["critics"]):
        nodes = f"nodes of critic {index}"
        found |= {f"critic/{index}/{name}": Array(dtype, (nodes,)) for name, dtype in _TREES.items()}
        found[f"critic/{index}/roots"] = Array("i8", (f"trees of critic {index}",), low=0)
    for index in range(state["margins"]):
        found[f"margin/{index}/edges"] = Array("f8", (f"edges of margin {index}",), rising="strictly")
        found[f"margin/{index}/wanted"] = Array("f8", (f"cells of margin {index}",), low=0, high=1)
    return found
