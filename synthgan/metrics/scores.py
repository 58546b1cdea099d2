"""Scores: all that was measured of one synthetic table or set of images, looked up by name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from synthgan.errors import ConfigError
from synthgan.metrics.details import Details
from synthgan.suggest import did_you_mean_or_known

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from synthgan.metrics.score import Score


@dataclass(frozen=True)
class Scores:
    """What one measure found, or several together.

    Attributes:
        scores: The scores, in reading order; each name occurs once.
        notes: Remarks that concern the whole evaluation, such as columns that were left out.
        details: What lies behind the scores, for a page to draw. Holds figures of single cells: a report decides what may be
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


def joined(parts: Iterable[Scores]) -> Scores:
    """Return the findings of several measures as one, in their order.

    Raises:
        ConfigError: If two of them share the name of a score.

    Example:
        >>> from synthgan.metrics.score import Score
        >>> one = Scores((Score("one", 0.1, None, None, None, "minimize", "a tenth"),), ("a note",))
        >>> both = joined([one, Scores((Score("other", 0.2, None, None, None, "minimize", "a fifth"),))])
        >>> [score.name for score in both], both.notes
        (['one', 'other'], ('a note',))
    """
    found = list(parts)
    return Scores(
        tuple(score for part in found for score in part.scores),
        tuple(note for part in found for note in part.notes),
        Details.joined([part.details for part in found]),
    )
