"""What the checks of a verdict go by: scores by name, what lies behind them, and what the model promised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgan.report.readings import percent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from synthgan.metrics.details import Details
    from synthgan.metrics.score import Score


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Everything that a check may ask for.

    Attributes:
        scores: Those that have a value, by name.
        details: What lies behind them.
        privacy: What the model says of its privacy (``report.privacy.privacy_of``), or None where no model was named.
        things: What was judged: ``rows``, ``images`` or ``tables``.
        origins: By side, what files and frames say of themselves whose rows are synthetic.
    """

    scores: Mapping[str, Score]
    details: Details
    privacy: Mapping[str, Any] | None
    things: str
    origins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def people(self) -> str:
        """What is compared with what was learned: rows, images, or the people of linked tables."""
        return "people" if self.things == "tables" else self.things

    @property
    def one(self) -> str:
        """One of these."""
        return {"tables": "person", "images": "image"}.get(self.things, "row")

    @property
    def holdout(self) -> str:
        """How unseen ones are named on the command line."""
        return "--holdout UNSEEN, with real ones that nothing was fitted on"

    def value(self, name: str) -> float | None:
        """Return the value of a score; None where there is none."""
        score = self.scores.get(name)
        return None if score is None else score.value

    def low(self, name: str) -> float:
        """Return the lower end of a score's interval, or its value, or 0."""
        score = self.scores.get(name)
        if score is None or score.value is None:
            return 0.0
        return score.value if score.low is None else score.low

    def first(self, *names: str) -> Score | None:
        """Return the first of these scores that has a value."""
        return next((self.scores[name] for name in names if name in self.scores), None)


def interval(score: Score) -> str:
    """Write a share with its interval: ``2.2 % (1.5 % to 3.1 %)``."""
    if score.low is None:
        return percent(score.value)
    return f"{percent(score.value)} ({percent(score.low)} to {percent(score.high)})"
