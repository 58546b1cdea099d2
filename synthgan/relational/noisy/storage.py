"""What draws the steps of a table as JSON and tensors, and back: numbers only, checked before they are trusted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.io.contract import Array, Either, Listed, Maybe, Record, Text, Whole, check, require
from synthgan.relational.noisy.noisy import NoisyBranch
from synthgan.relational.noisy.states import MAX_STATES, States
from synthgan.relational.noisy.steps import Steps, above_name
from synthgan.tabular.encoding.table import TableTransform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.data.schema import Schema

Arrays = dict[str, np.ndarray]

_NAMES: Final = Listed(Either((Text(), Whole(low=-(2**63), high=2**63))), distinct=True)
NOISY: Final = Record(
    {
        "above": _NAMES,
        "own": _NAMES,
        "order": Maybe(Either((Text(), Whole(low=-(2**63), high=2**63)))),
        "states": Whole(low=1, high=MAX_STATES),
        "rows": Whole(),
    }
)


def branch_state(branch: NoisyBranch) -> tuple[dict[str, Any], Arrays]:
    """All of it but the transform, as JSON and tensors."""
    steps, states = branch.steps, branch.states
    said: dict[str, Any] = {
        "above": [column.name for column in steps.above],
        "own": [column.name for column in steps.own],
        "order": steps.order,
        "states": states.count,
        "rows": branch.rows,
    }
    arrays: Arrays = {
        "log_weights": states.log_weights.astype(np.float32),
        "log_probs": states.log_probs.astype(np.float32),
        "of_class": states.of_class,
        "lifts": branch.lifts.astype(np.float32),
    }
    return said, arrays


def branch_from_state(
    schema: Schema,
    encoding: dict[str, Any],
    encoders: Mapping[str, np.ndarray],
    said: dict[str, Any],
    arrays: Arrays,
) -> NoisyBranch:
    """The branch that ``branch_state`` described.

    Args:
        schema: of the flat table of steps.
        encoding: of its transform.
        encoders: tensors of its transform.
        said: JSON.
        arrays: tensors.

    Raises:
        MisfitError: if the parts are not what they must be.
        SynthganError: if they do not go together.
    """
    check(said, NOISY, "walk")
    transform = TableTransform.from_state(schema, encoding, encoders)
    require({above_name(name) for name in said["above"]} <= set(schema.names), "above", "of columns of steps")
    require(set(said["own"]) <= set(schema.names) and bool(said["own"]), "own", "of columns of steps")
    require(said["order"] is None or said["order"] in said["own"], "order", "a column of the rows")
    above = tuple(replace(schema.column(above_name(name)), name=name) for name in said["above"])
    steps = Steps(above, tuple(schema.column(name) for name in said["own"]), said["order"], schema.container)
    require(set(steps.schema.names) == set(schema.names), "columns", "those of steps")
    require(all(above_name(column.name) in transform.owners for column in above), "columns above", "learned")
    sizes = {"modes": transform.layout.modes, "states": said["states"], "rows of lifts": said["states"] + 1}
    declared = {
        "log_weights": Array("f4", ("classes",)),
        "log_probs": Array("f4", ("classes", "modes")),
        "of_class": Array("i8", ("classes",), low=0, high=said["states"] - 1),
        "lifts": Array("f4", ("rows of lifts", "states"), low=0),
    }
    check(arrays, Record(declared), "walk", **sizes)
    columns = tuple(dict.fromkeys(transform.owners[column.name] for column in steps.own))
    logs, weights = (arrays[name].astype(np.float64) for name in ("log_probs", "log_weights"))
    states = States(transform, columns, weights, logs, arrays["of_class"].astype(np.int64))
    require(states.count == said["states"], "states", "each of a class")
    return NoisyBranch(steps, states, arrays["lifts"].astype(np.float64), said["rows"])
