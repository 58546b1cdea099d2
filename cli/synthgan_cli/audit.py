"""The deep audit on the command line: its options, what it will cost, and its progress."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli.console import duration

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from synthgan import Report
    from synthgan_cli.console import Screen

ALONE = "--model must come with --holdout, --report or --audit deep, however: it stands alone; add one or leave it out"
DEEP = "deep"
AuditOption = Annotated[
    str | None,
    typer.Option(
        metavar=DEEP,
        help="Refit with and without the most exposed rows or people: what do they give away? Takes as many fits as --refits.",
    ),
]
RefitsOption = Annotated[int, typer.Option(metavar="N", help="Fits in the audit, a multiple of 4.")]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was asked for.

    Attributes:
        kind: None, or ``deep``.
        model: the model file that says how the table was learned; None takes the defaults.
        refits: how many.
        executor: where the refits go on, as a parameter of a synthesizer; nothing refits in this process.

    Raises:
        ConfigError: if there is no such audit, or it cannot be done with so many refits.
    """

    kind: str | None
    model: Path | None
    refits: int
    executor: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be done before anything is scored."""
        if self.kind not in (None, DEEP):
            raise ConfigError(f"--audit must be {DEEP}, however: {self.kind}")
        if self.kind and (self.refits < 4 or self.refits % 4):  # noqa: PLR2004
            raise ConfigError(f"--refits must be a multiple of 4, at least 4, however: {self.refits}")


def deepen(screen: Screen, report: Report, real: Path | str, audit: Audit) -> Report:
    """Adds the scores of the audit to a report; gives it as it is where none was asked for."""
    if audit.kind is None:
        return report
    from synthgan import Synthesizer
    from synthgan.audit.deep import audit_steps
    from synthgan.io.sources import as_frame

    with screen.stages() as stages:
        stages.update("reading")
        frame = as_frame(real)
        synthesizer = Synthesizer() if audit.model is None else Synthesizer.load(audit.model)
        if audit.model is None or "sequence" not in synthesizer.manifest():  # that is refused
            one = synthesizer.plan(frame, schema=getattr(synthesizer, "schema_", None)).seconds
            screen.say(
                f"the deep audit fits {audit.refits} times: {duration(audit.refits * one)} at most, on this machine",
                label="note",
            )
        synthesizer.set_params(**audit.executor)
        steps = audit_steps(frame, synthesizer, refits=audit.refits, exposed=report.details.exposed)
        return _followed(stages, report, steps)


def deepen_people(
    screen: Screen,
    report: Report,
    real: Path | str,
    audit: Audit,
    of_groups: Mapping[str, Any],
    keys: Mapping[str, Any],
) -> Report:
    """The same of linked tables, or with a group of a table of histories: a refit without one person leaves out all rows of theirs.

    Args:
        screen: where progress goes.
        report: what was found so far.
        real: what was learned.
        audit: what was asked for.
        of_groups: the group and the order, where there are groups.
        keys: the unit and the schema of linked tables, those that were given.
    """
    if audit.kind is None:
        return report
    from synthgan import Database, DatabaseSynthesizer, Synthesizer
    from synthgan.audit.deep import audit_steps
    from synthgan.io.sources import as_frame

    kind: type[Any] = Synthesizer if of_groups else DatabaseSynthesizer
    with screen.stages() as stages:
        stages.update("reading")
        source: Any = as_frame(real) if of_groups else Database.read(real, **keys)
        synthesizer = kind() if audit.model is None else kind.load(audit.model)
        screen.say(f"the deep audit fits {audit.refits} times", label="note")
        executor = audit.executor.get("executor")
        steps = audit_steps(source, synthesizer, **of_groups, refits=audit.refits, executor=executor)
        return _followed(stages, report, steps)


def _followed(stages: Any, report: Report, steps: Generator[Any, None, Report]) -> Report:
    """The report with what the steps of an audit found, shown as they go on."""
    while True:
        try:
            refit = next(steps)
        except StopIteration as end:
            found: Report = end.value
            return replace(report, scores=report.scores + found.scores, notes=report.notes + found.notes)
        details = f"the last took {duration(refit.seconds)}" if refit.done else ""
        stages.update("refitting", refit.done, refit.total, details)
