"""The registry of measures: whatever is taken of two tables has a line here, in reading order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthgan.metrics.fidelity.columns import column_findings
from synthgan.metrics.fidelity.detection import detection_scores, meaning_scores
from synthgan.metrics.fidelity.extremes import extreme_scores
from synthgan.metrics.fidelity.fidelity import fidelity_scores
from synthgan.metrics.fidelity.formulas import formula_scores
from synthgan.metrics.fidelity.joint import joint_scores
from synthgan.metrics.fidelity.outside import outside_scores
from synthgan.metrics.fidelity.rules import rule_scores
from synthgan.metrics.fidelity.sdmetrics_scores import sdmetrics_scores
from synthgan.metrics.fidelity.support import support_scores
from synthgan.metrics.privacy.attacks import attack_findings
from synthgan.metrics.privacy.identifiers import identifier_scores
from synthgan.metrics.privacy.privacy import copying_findings
from synthgan.metrics.privacy.risks import risk_scores
from synthgan.metrics.scores import Scores
from synthgan.metrics.utility.survival import survival_scores
from synthgan.metrics.utility.usefulness import usefulness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from synthgan.metrics.data.columns import Name, Tables
    from synthgan.metrics.data.frames import Frames
    from synthgan.metrics.score import Score
    from synthgan.runtime import Streams


@dataclass(frozen=True, slots=True)
class Given:
    """What every measure is given.

    Attributes:
        tables: Real, synthetic and perhaps holdout rows.
        target: Name of the column that a model should predict, or None.
        survival: Names of the columns that hold times to an event and whether it came, or None.
        frames: The same tables as they came.
        streams: Source of randomness. A stream is drawn from by its name, so no measure moves what another draws.
    """

    tables: Tables
    target: Name | None
    survival: Sequence[Name] | None
    frames: Frames
    streams: Streams


@dataclass(frozen=True, slots=True)
class Measure:
    """One entry of the registry.

    Attributes:
        stage: What progress is told when it begins; neighbours of one stage are told once.
        take: Takes the measure. What it finds is ``Scores`` where something lies behind the scores, else the scores alone.
    """

    stage: str
    take: Callable[[Given], Scores | Iterable[Score]]

    def __call__(self, given: Given) -> Scores:
        """Take the measure."""
        found = self.take(given)
        return found if isinstance(found, Scores) else Scores(tuple(found))


def of_tables(stage: str, take: Callable[[Tables, Streams], Scores | Iterable[Score]]) -> Measure:
    """Return a measure that needs the tables alone, and randomness."""
    return Measure(stage, lambda given: take(given.tables, given.streams))


def taken(given: Given, index: int) -> Scores:
    """What the measure at an index finds: one task of an executor."""
    return MEASURES[index](given)


MEASURES: tuple[Measure, ...] = (
    of_tables("fidelity", fidelity_scores),
    of_tables("fidelity", joint_scores),
    of_tables("fidelity", extreme_scores),
    of_tables("fidelity", support_scores),
    Measure("fidelity", lambda given: outside_scores(given.tables)),
    Measure("fidelity", lambda given: formula_scores(given.frames)),
    Measure("fidelity", lambda given: rule_scores(given.frames)),
    of_tables("detection", detection_scores),
    of_tables("detection", meaning_scores),
    Measure("utility", lambda given: usefulness(given.tables, given.target, given.streams)),
    Measure("utility", lambda given: survival_scores(given.tables, given.survival, given.streams)),
    Measure("copies", lambda given: identifier_scores(given.frames)),
    of_tables("copies", copying_findings),
    of_tables("members", attack_findings),
    of_tables("risks", risk_scores),
    of_tables("sdmetrics", sdmetrics_scores),
    of_tables("columns", column_findings),
)
"""A new measure of tables: a file of its own, a line here, and an entry in ``report/methods.toml``."""
