"""Score and Report: what a measure found, how sure it is of it, and what real data would have scored."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

from synthgan.errors import ConfigError
from synthgan.metrics.details import Details
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from synthgan.metrics.statistics.intervals import Estimate

Goal = Literal["minimize", "maximize", "reference"]
"""Which way is better: down, up, or as near to the reference as can be."""

JSON_VERSION = 1
_PAGES = "synthgan.report"
"""Who draws a report. It stands on a floor above and knows the measures, not they it: so it is looked up when it is asked for,
as the face looks up everything."""
_GOALS = ("minimize", "maximize", "reference")
_HEADINGS = ("score", "value", "interval", "reference", "better", "reading")
_BETTER = {"minimize": "lower", "maximize": "higher", "reference": "as reference"}


@dataclass(frozen=True, slots=True)
class Score:
    """One measure of a synthetic table.

    Attributes:
        name: Stable name, such as ``pair_tvd``; scripts look scores up by it.
        value: The measure as a fraction (0.02, never 2 %), or None where it could not be computed.
        low: Lower end of a 95 % interval, or None where none is known.
        high: Upper end of the same interval.
        reference: The same measure of real rows that nothing was fitted on, or None without such rows.
        goal: Which way is better.
        reading: The score in plain words; where ``value`` is None, why.

    Raises:
        ConfigError: If a number is not finite, the value lies outside its interval, or the goal is unknown.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    reference: float | None
    goal: Goal
    reading: str

    def __post_init__(self) -> None:
        """Refuse a score that contradicts itself."""
        numbers = (self.value, self.low, self.high, self.reference)
        if any(number is not None and not math.isfinite(number) for number in numbers):
            raise ConfigError(f"score {self.name} must hold finite numbers or None, however: found {numbers}")
        if self.goal not in _GOALS:
            raise ConfigError(f"goal of score {self.name} must be one of {_GOALS}, however: found {self.goal!r}")
        if (self.low is None) != (self.high is None) or (self.value is None and self.low is not None):
            raise ConfigError(f"score {self.name} must have both ends of an interval, however: found {numbers}")
        if self.value is None or self.low is None or self.high is None:
            return
        # Rounding may put an end of a degenerate interval a hair beyond the value.
        if not self.low - 1e-9 <= self.value <= self.high + 1e-9:
            raise ConfigError(f"score {self.name} must lie inside its interval, however: found {numbers}")

    def to_dict(self) -> dict[str, str | float | None]:
        """Return the fields machines read, in the order of the JSON contract (the reading is for people)."""
        return {
            "name": self.name,
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "reference": self.reference,
            "goal": self.goal,
        }


@dataclass(frozen=True, repr=False)
class Report:
    """Everything ``evaluate`` found out about one synthetic table.

    Attributes:
        scores: The scores, in reading order; each name occurs once.
        notes: Remarks that concern the whole evaluation, such as columns that were left out.
        details: What lies behind the scores, for a page to draw. Holds figures of single cells: `report` decides what may be
            shown of them.

    Raises:
        ConfigError: If two scores share a name.
    """

    scores: tuple[Score, ...]
    notes: tuple[str, ...] = ()
    details: Details = field(default_factory=Details)

    def __post_init__(self) -> None:
        """Refuse two scores of one name."""
        names = [score.name for score in self.scores]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"names of scores must differ, however: found {twice} more than once")

    def __getitem__(self, name: str) -> Score:
        """Return the score of that name; KeyError names the ones there are."""
        for score in self.scores:
            if score.name == name:
                return score
        raise KeyError(f"no score {name!r}; {did_you_mean_or_known(name, [score.name for score in self.scores])}")

    def __iter__(self) -> Iterator[Score]:
        """Iterate over the scores."""
        return iter(self.scores)

    def __len__(self) -> int:
        """Return the number of scores."""
        return len(self.scores)

    def __repr__(self) -> str:
        """Return the readable table, so that a notebook shows it."""
        return self.to_text()

    def _repr_html_(self) -> str:
        """Return the scores as an HTML table, which a notebook shows in the place of the plain one."""
        return str(import_module(_PAGES).fragment(self))

    def to_html(
        self, path: str | Path, *, internal: bool = False, model: str | Path | Mapping[str, Any] | None = None
    ) -> None:
        """Write the report as one self-contained page, and its figures as JSON beside it.

        Both hold aggregates of ten people or more only.

        Args:
            path: Where the page goes, such as ``report.html``; the figures go to ``report.json``.
            internal: Show also what fewer people hold; the page is then stamped as not for release.
            model: The model the synthetic rows were drawn from, as a file or its manifest: the page then shows its privacy ledger.

        Raises:
            DataError: If the path cannot be written. ModelFileError: If the model cannot be read.
            ResourceError: If the disk is full.
        """
        import_module(_PAGES).write(self, path, internal=internal, model=model)

    def to_json(self) -> str:
        """Return ``{"version": 1, "scores": [...]}``: the contract of ``synthgan evaluate --json``."""
        scores = [score.to_dict() for score in self.scores]
        return json.dumps({"version": JSON_VERSION, "scores": scores}, indent=2, allow_nan=False)

    def to_rows(self) -> list[tuple[str, ...]]:
        """Return one tuple of words per score: name, value, interval, reference, direction, reading."""
        return [
            (
                score.name,
                _number(score.value),
                "–" if score.low is None else f"{_number(score.low)} … {_number(score.high)}",
                _number(score.reference),
                _BETTER[score.goal],
                score.reading,
            )
            for score in self.scores
        ]

    def to_text(self) -> str:
        """Return the scores as a table of plain text, the notes below it."""
        table = [_HEADINGS, *self.to_rows()]
        widths = [max(len(row[place]) for row in table) for place in range(len(_HEADINGS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        return "\n".join(line.rstrip() for line in [*lines, *self.notes])


def scored(name: str, estimate: Estimate | None, *, reference: float | None, goal: Goal, reading: str) -> Score:
    """Return the score of an estimate; without an estimate its value is None and the reading says why."""
    if estimate is None:
        return Score(name, None, None, None, reference, goal, reading)
    return Score(name, estimate.value, estimate.low, estimate.high, reference, goal, reading)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
