"""Report: the scores of one evaluation as people and machines read them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgan.metrics.scores import Scores

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from synthgan.report.made import Made
    from synthgan.report.verdict.finding import Verdict

JSON_VERSION = 1
_HEADINGS = ("score", "value", "interval", "reference", "better", "reading")
_BETTER = {"minimize": "lower", "maximize": "higher", "reference": "as reference"}


@dataclass(frozen=True, repr=False)
class Report(Scores):
    """Everything ``evaluate`` found out about one synthetic table.

    Attributes:
        scores: The scores, in reading order; each name occurs once.
        notes: Remarks that concern the whole evaluation, such as columns that were left out.
        details: What lies behind the scores, for the page to draw. Holds figures of single cells: the page decides what may be
            shown of them.
        made: The files that were judged, the model's promise, the day and who asked; None where a report was put together by hand.

    Raises:
        ConfigError: If two scores share a name.
    """

    made: Made | None = field(default=None, compare=False)

    @classmethod
    def of(cls, found: Scores, made: Made | None = None) -> Report:
        """Return the report of what measures found."""
        return cls(found.scores, found.notes, found.details, made)

    @property
    def verdict(self) -> Verdict:
        """What it all comes to: alarms first, each with its remedy.

        ``report.verdict.grade`` is ``stop``, ``look`` or ``fine``: the last says that there is no alarm in these checks, and never that
        something may be released.
        """
        from synthgan.report.verdict.judge import verdict_of

        return verdict_of(self) if self.made is None else verdict_of(self, self.made.privacy, self.made.origins)

    def __repr__(self) -> str:
        """Return the readable table, so that a notebook shows it."""
        return self.to_text()

    def _repr_html_(self) -> str:
        """Return the scores as an HTML table, which a notebook shows in the place of the plain one."""
        from synthgan.report.writing import fragment

        return fragment(self)

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
        from synthgan.report.writing import write

        write(self, path, internal=internal, model=model)

    def to_json(self) -> str:
        """Return ``{"version": 1, "verdict": {...}, "scores": [...]}``: the contract of ``synthgan evaluate --json``.

        Of linked tables, ``linked`` stands beside them, as ``report.schema.json`` describes it: people, tables (with the scores of each),
        keys, rules, and what a page draws.
        """
        from synthgan.report.linked import released_linked

        linked = released_linked(self.details.linked)
        scores = [score.to_dict() for score in self.scores]
        document = {"version": JSON_VERSION, "verdict": self.verdict.to_dict(), "scores": scores}
        return json.dumps(document | ({"linked": linked} if linked else {}), indent=2, allow_nan=False)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per score, in reading order: ``group``, the fields of the JSON contract, and ``reading``."""
        import pandas as pd

        from synthgan.report.summary import group_of

        rows = [{"group": group_of(one.name), **one.to_dict(), "reading": one.reading} for one in self.scores]
        columns = ["group", "name", "value", "low", "high", "reference", "goal", "reading"]
        return pd.DataFrame(rows, columns=columns)

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
        widths = [max(len(row[column]) for row in table) for column in range(len(_HEADINGS))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table]
        return "\n".join(line.rstrip() for line in [*lines, *self.notes])


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
