"""The deep audit: refits with and without the most exposed rows, and what each synthetic table shows of these."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from sklearn.base import clone

from synthgan.data.rows import number_of_rows, take
from synthgan.distributed.threads import Threads
from synthgan.errors import ConfigError, DataError
from synthgan.io.sources import as_frame
from synthgan.metrics.data.alignment import align
from synthgan.metrics.privacy.shadows import Shadows, assign, checks, isolated, shadow_scores, surroundings
from synthgan.report import Report
from synthgan.runtime import Streams
from synthgan.tabular.synthesizer import Synthesizer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from synthgan.data import Frame
    from synthgan.distributed.executor import Executor

REFITS, TARGETS = 16, 64
MIN_ROWS = 40
MAX_SAMPLE = 50_000
_FOURTHS = 4  # half of the refits are there to learn from, and each comes with a twin


class Maker(Protocol):
    """Whatever learns rows and makes others."""

    def __call__(self, rows: Frame, count: int, seed: int) -> Frame:
        """Learn these rows with that seed, and make so many."""


@dataclass(frozen=True, slots=True)
class Refit:
    """How far the audit has come.

    Attributes:
        done: Refits done.
        total: Refits to do.
        seconds: How long it was waited for.
    """

    done: int
    total: int
    seconds: float = 0.0


def deep_audit(
    real: Frame | str | Path,
    synthesizer: Synthesizer | None = None,
    *,
    refits: int = REFITS,
    targets: int = TARGETS,
    exposed: Sequence[int] = (),
    seed: int = 0,
) -> Report:
    """Refit a synthesizer with and without the most exposed rows, and measure how well these can be told to have been learned.

    Takes as long as so many fits, which go on at the same time on the synthesizer's executor. Each refit learns all other rows and a
    random half of the targets, so that all targets share the refits.

    Args:
        real: The table that was learned: a pandas or polars frame, a pyarrow table, or a path.
        synthesizer: What it was learned with: its hyper-parameters count, and its schema where it is fitted. None takes the defaults.
        refits: How many; a multiple of 4.
        targets: How many rows to attack; at most a quarter of the table's are.
        exposed: Rows (counted from 0) to attack first, such as ``Report.details.exposed``; others are chosen by how isolated they are.
        seed: Fixes every random choice but the noise of private fits.

    Returns:
        A report of ``shadow_auc``, ``shadow_tpr_at_1pct_fpr`` and ``shadow_epsilon_lower_bound``.

    Raises:
        ConfigError: If the refits are no multiple of 4, there are fewer than two targets, or a row does not exist.
        DataError: If the table has fewer than 40 rows, or cannot be read or learned.
        SchemaError: If it does not fit the synthesizer's schema.
    """
    steps = audit_steps(real, synthesizer, refits=refits, targets=targets, exposed=exposed, seed=seed)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def audit_steps(
    real: Frame | str | Path,
    synthesizer: Synthesizer | None = None,
    *,
    refits: int = REFITS,
    targets: int = TARGETS,
    exposed: Sequence[int] = (),
    seed: int = 0,
) -> Generator[Refit, None, Report]:
    """Do what ``deep_audit`` does refit by refit, yielding progress; returns the report."""
    original = Synthesizer() if synthesizer is None else synthesizer
    schema = getattr(original, "schema_", None)
    make = _Refitted(clone(original).set_params(executor=None), schema)  # each refit is one task
    return shadow_steps(as_frame(real), make, schema, refits, targets, exposed, Streams(seed), original.executor)


def shadow_steps(
    real: Frame,
    make: Maker,
    schema: Any,
    refits: int,
    targets: int,
    exposed: Sequence[int],
    streams: Streams,
    executor: Executor | None = None,
) -> Generator[Refit, None, Report]:
    """Audit anything that learns rows and makes others; for the arguments see ``deep_audit``, for the executor ``Synthesizer``."""
    rows = number_of_rows(real)
    _check(rows, refits, targets, exposed)
    columns = align(real, real, schema=schema)[0].real
    chosen = _targets(columns, 2 * (min(targets, rows // 4) // 2), exposed, streams)
    radii = surroundings(columns, chosen)
    members = assign(refits // 2, len(chosen), streams.numpy("members"))
    audit = _Audit(real, make, schema, chosen, radii, members, streams)
    seen: dict[str, list[Any]] = {}
    yield Refit(0, refits)
    started = time.monotonic()
    for index, found in enumerate((executor or Threads()).map(_Audit.refit, range(len(members)), audit)):
        for name, values in found.items():
            seen.setdefault(name, []).append(values)
        done = time.monotonic()
        yield Refit(index + 1, refits, done - started)
        started = done
    return Report(tuple(shadow_scores(Shadows(members, {name: np.array(found) for name, found in seen.items()}))))


@dataclass(frozen=True)
class _Refitted:
    """A synthesizer, fitted anew (a ``Maker``)."""

    original: Synthesizer
    schema: Any

    def __call__(self, rows: Frame, count: int, seed: int) -> Frame:
        """Learn these rows with that seed, and make so many."""
        return clone(self.original).set_params(seed=seed).fit(rows, schema=self.schema).sample(count)


@dataclass(frozen=True)
class _Audit:
    """What all refits share; for its parts see ``shadow_steps``."""

    real: Frame
    make: Maker
    schema: Any
    chosen: Any
    radii: Any
    members: Any
    streams: Streams

    def refit(self, index: int) -> dict[str, Any]:
        """What one synthetic table shows of the rows under attack."""
        kept = np.delete(np.arange(number_of_rows(self.real)), self.chosen[~self.members[index]])
        rows, key = take(self.real, kept), self.streams.key("refit", index)
        tables, _ = align(self.real, self.make(rows, min(len(kept), MAX_SAMPLE), key), schema=self.schema)
        return checks(tables.real, tables.synthetic, self.chosen, self.radii)


def _check(rows: int, refits: int, targets: int, exposed: Sequence[int]) -> None:
    for name, value in (("refits", refits), ("targets", targets)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ConfigError(f"{name} must be a whole number, however: {name}={value!r}")
    if refits < _FOURTHS or refits % _FOURTHS:
        raise ConfigError(f"refits must be a multiple of 4, at least 4, however: refits={refits}")
    if targets < 2:  # noqa: PLR2004
        raise ConfigError(f"targets must be at least 2, however: targets={targets}")
    if rows < MIN_ROWS:
        raise DataError(f"a table to audit must have at least {MIN_ROWS} rows, however: {rows}")
    beyond = [row for row in exposed if not 0 <= row < rows]
    if beyond:
        raise ConfigError(f"exposed must be rows of the table, 0 to {rows - 1}, however: found {beyond[0]}")


def _targets(columns: Any, count: int, exposed: Sequence[int], streams: Streams) -> Any:
    """The indices of the rows to attack: those named first, then the most isolated."""
    rest = isolated(columns, columns.rows, streams.numpy("isolated"))
    return np.array(list(dict.fromkeys([*exposed, *rest.tolist()]))[:count], dtype=np.int64)
