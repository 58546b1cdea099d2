"""Findings and the verdict they add up to; values only, which page, console, notebook and JSON all show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

Grade = Literal["stop", "look", "fine"]

GRADES: tuple[Grade, ...] = ("stop", "look", "fine")
"""From the worst to the mildest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check comes to.

    Attributes:
        grade: ``stop`` is an alarm that forbids a release, ``look`` asks for a person's eyes, ``fine`` is no alarm in this check.
        about: What was checked, in a word or two, such as ``copies``.
        sentence: What was found, as a sentence that can be signed.
        remedy: What to do about it; empty where there is nothing to do.
        scores: The names of the scores that it rests on.
    """

    grade: Grade
    about: str
    sentence: str
    remedy: str = ""
    scores: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON."""
        return {
            "grade": self.grade,
            "about": self.about,
            "sentence": self.sentence,
            "remedy": self.remedy,
            "scores": list(self.scores),
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings, the worst first.

    It is no permission: ``fine`` says that none of these checks raised an alarm, and never that something may be released.

    Attributes:
        findings: The findings, stops before looks before fine ones.
        things: What was judged: ``rows``, ``images`` or ``tables``.
    """

    findings: tuple[Finding, ...]
    things: str = "rows"

    @classmethod
    def of(cls, findings: tuple[Finding, ...], things: str = "rows") -> Verdict:
        """Return the verdict of findings in any order."""
        return cls(tuple(sorted(findings, key=lambda one: GRADES.index(one.grade))), things)

    @property
    def grade(self) -> Grade:
        """The worst grade of any finding; ``look`` where nothing was checked."""
        return self.findings[0].grade if self.findings else "look"

    @property
    def sentence(self) -> str:
        """The whole in one sentence."""
        if not self.findings:
            return "Nothing was checked, so nothing can be said."
        if self.grade == "stop":
            more = len(self.graded("stop")) - 1
            beside = f" {more} more alarm{'s' * (more > 1)}." if more else ""
            return f"Do not release these {self.things}. {self.findings[0].sentence}{beside}"
        if self.grade == "look":
            many = len(self.graded("look"))
            points = "One point needs" if many == 1 else f"{many} points need"
            return f"No alarm that forbids a release. {points} a person's eyes."
        return "No alarm in these checks. They prove nothing beyond what they tested; a person decides."

    @property
    def statement(self) -> str:
        """What the person who decides signs."""
        many = len(self.graded(self.grade))
        read = {
            "stop": f"I have read the {'alarm' if many == 1 else f'{many} alarms'} above. These {self.things} are not released until "
            f"{'it is' if many == 1 else 'all are'} mended and judged again.",
            "look": f"I have looked at the {'point' if many == 1 else f'{many} points'} above, and decide on them as follows.",
            "fine": f"I have read these checks, none of which raised an alarm, and decide on these {self.things} as follows.",
        }
        return read[self.grade]

    def graded(self, grade: Grade) -> tuple[Finding, ...]:
        """Return the findings of one grade."""
        return tuple(one for one in self.findings if one.grade == grade)

    def reaches(self, grade: Grade) -> bool:
        """Whether it is as bad as that grade, or worse."""
        return GRADES.index(self.grade) <= GRADES.index(grade)

    def to_dict(self, sentence: Callable[[str], str] = str) -> dict[str, Any]:
        """Return the verdict as JSON.

        Args:
            sentence: Takes out of a sentence what must not be named.
        """
        findings = [one.to_dict() | {"sentence": sentence(one.sentence)} for one in self.findings]
        return {
            "grade": self.grade,
            "sentence": sentence(self.sentence),
            "statement": self.statement,
            "things": self.things,
            "findings": findings,
        }
