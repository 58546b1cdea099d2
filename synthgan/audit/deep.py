"""The deep audit: refits with and without the most exposed rows or people, and what each synthetic table shows of these."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from sklearn.base import clone

from synthgan.audit.evaluate import is_linked
from synthgan.data.rows import take
from synthgan.distributed.threads import Threads
from synthgan.errors import ConfigError, DataError, Remedy
from synthgan.io.sources import as_frame
from synthgan.metrics.data.alignment import align
from synthgan.metrics.privacy.shadows import Shadows, assign, checks, isolated, shadow_scores, surroundings
from synthgan.report import Report
from synthgan.runtime import Streams
from synthgan.tabular.synthesizer import Synthesizer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from numpy.typing import NDArray

    from synthgan.data import Frame
    from synthgan.distributed.executor import Executor
    from synthgan.metrics.data.columns import Columns, Tables
    from synthgan.relational.synthesizer import DatabaseSynthesizer

    Indices = NDArray[np.int64]

REFITS, TARGETS = 16, 64
MIN_ROWS = 40
MAX_SAMPLE = 50_000
_FOURTHS = 4  # half of the refits are there to learn from, and each comes with a twin


class Maker(Protocol):
    """Whatever learns rows and makes others."""

    def __call__(self, rows: Frame, count: int, seed: int) -> Frame:
        """Learn these rows with that seed, and make so many."""


class Subject(Protocol):
    """Whoever is audited: the rows of a table, or people with all rows of theirs."""

    what: ClassVar[str]

    @property
    def columns(self) -> Columns:
        """All of them as they are compared, one row each."""

    def refitted(self, kept: Indices, seed: int) -> Tables:
        """The same, and what is made of these alone, learned anew with that seed."""


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
    real: Any,
    synthesizer: Synthesizer | DatabaseSynthesizer | None = None,
    *,
    group: str | int | None = None,
    order: str | int | None = None,
    refits: int = REFITS,
    targets: int = TARGETS,
    exposed: Sequence[int] = (),
    seed: int = 0,
) -> Report:
    """Refit a synthesizer with and without the most exposed rows, and measure how well these can be told to have been learned.

    Takes as long as so many fits, which go on at the same time on the synthesizer's executor. Each refit learns all other rows and a
    random half of the targets, so that all targets share the refits. Of linked tables, and with a group, targets are people: a refit
    without one leaves out all rows of theirs.

    Args:
        real: The table that was learned: a pandas or polars frame, a pyarrow table, or a path; or linked tables.
        synthesizer: What it was learned with: its hyper-parameters count, and its schema where it is fitted. None takes the defaults.
        group: The column that says which rows belong together, where rows were learned in groups.
        order: With ``group``: the column that its rows are in order of.
        refits: How many; a multiple of 4.
        targets: How many rows or people to attack; at most a quarter of all are.
        exposed: Rows (counted from 0) to attack first, such as ``Report.details.exposed``; others are chosen by how isolated they are.
        seed: Fixes every random choice but the noise of private fits.

    Returns:
        A report of ``shadow_auc``, ``shadow_tpr_at_1pct_fpr`` and ``shadow_epsilon_lower_bound``.

    Raises:
        ConfigError: If the refits are no multiple of 4, there are fewer than two targets, or a row does not exist.
        DataError: If there are fewer than 40 rows or people, or they cannot be read or learned.
        SchemaError: If it does not fit the synthesizer's schema.
    """
    options = {"refits": refits, "targets": targets, "exposed": exposed, "seed": seed}
    steps = audit_steps(real, synthesizer, group=group, order=order, **options)  # type: ignore[arg-type]
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def audit_steps(
    real: Any,
    synthesizer: Synthesizer | DatabaseSynthesizer | None = None,
    *,
    group: str | int | None = None,
    order: str | int | None = None,
    refits: int = REFITS,
    targets: int = TARGETS,
    exposed: Sequence[int] = (),
    seed: int = 0,
    executor: Executor | None = None,
) -> Generator[Refit, None, Report]:
    """Do what ``deep_audit`` does refit by refit, yielding progress; returns the report. None takes the synthesizer's own executor."""
    executor = executor or getattr(synthesizer, "executor", None)
    subject: Subject
    if group is not None or is_linked(real):
        from synthgan.audit.people import subject_of

        subject = subject_of(real, synthesizer, group, order)
    else:
        original: Any = Synthesizer() if synthesizer is None else synthesizer
        _check_of_rows(original)
        schema = getattr(original, "schema_", None)
        make = _Refitted(clone(original).set_params(executor=None), schema)  # each refit is one task
        subject = TableRows(as_frame(real), make, schema)
    return shadow_steps(subject, refits, targets, exposed, Streams(seed), executor)


def shadow_steps(
    subject: Subject,
    refits: int,
    targets: int,
    exposed: Sequence[int],
    streams: Streams,
    executor: Executor | None = None,
) -> Generator[Refit, None, Report]:
    """Audit anything that learns and makes others; for the arguments see ``deep_audit``, for the executor ``Synthesizer``."""
    columns = subject.columns
    rows = columns.rows
    _check(rows, refits, targets, exposed, subject.what)
    chosen = _targets(columns, 2 * (min(targets, rows // 4) // 2), exposed, streams)
    radii = surroundings(columns, chosen)
    members = assign(refits // 2, len(chosen), streams.numpy("members"))
    audit = _Audit(subject, rows, chosen, radii, members, streams)
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
class TableRows:
    """The rows of a table, and what learns them (a ``Subject``)."""

    real: Frame
    make: Maker
    schema: Any
    what: ClassVar[str] = "rows"

    @property
    def columns(self) -> Columns:
        """All rows."""
        return align(self.real, self.real, schema=self.schema)[0].real

    def refitted(self, kept: Indices, seed: int) -> Tables:
        """All rows, and as many as are kept, made of these."""
        made = self.make(take(self.real, kept), min(len(kept), MAX_SAMPLE), seed)
        return align(self.real, made, schema=self.schema)[0]


@dataclass(frozen=True)
class _Audit:
    """What all refits share; for its parts see ``shadow_steps``."""

    subject: Subject
    rows: int
    chosen: Any
    radii: Any
    members: Any
    streams: Streams

    def refit(self, index: int) -> dict[str, Any]:
        """What one synthetic table shows of the rows under attack."""
        kept = np.delete(np.arange(self.rows), self.chosen[~self.members[index]])
        tables = self.subject.refitted(kept, self.streams.key("refit", index))
        return checks(tables.real, tables.synthetic, self.chosen, self.radii)


def _check(rows: int, refits: int, targets: int, exposed: Sequence[int], what: str) -> None:
    for name, value in (("refits", refits), ("targets", targets)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise ConfigError(f"{name} must be a whole number, however: {name}={value!r}")
    if refits < _FOURTHS or refits % _FOURTHS:
        raise ConfigError(f"refits must be a multiple of 4, at least 4, however: refits={refits}")
    if targets < 2:  # noqa: PLR2004
        raise ConfigError(f"targets must be at least 2, however: targets={targets}")
    if rows < MIN_ROWS:
        raise DataError(f"a table to audit must have at least {MIN_ROWS} {what}, however: {rows}")
    beyond = [row for row in exposed if not 0 <= row < rows]
    if beyond:
        raise ConfigError(f"exposed must be {what} of the table, 0 to {rows - 1}, however: found {beyond[0]}")


def _check_of_rows(original: Any) -> None:
    """Refuse what learned more than rows that stand alone."""
    if not hasattr(original, "model_"):
        return
    manifest = original.manifest()
    if "sequence" in manifest:
        group = manifest["sequence"]["group"]
        raise ConfigError(
            f"group must be named where rows were learned in groups, however: there is none, and the model has {group!r}",
            remedy=Remedy.option("group", group),
            parameter="group",
        )


def _targets(columns: Any, count: int, exposed: Sequence[int], streams: Streams) -> Any:
    """The indices of the rows to attack: those named first, then the most isolated."""
    rest = isolated(columns, columns.rows, streams.numpy("isolated"))
    return np.array(list(dict.fromkeys([*exposed, *rest.tolist()]))[:count], dtype=np.int64)
