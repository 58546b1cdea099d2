"""What becomes of levels that few rows hold: grouped by their likeness, put together, or never drawn."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

DROP, OTHER, PREFIX, NEAREST = "drop", "other", "prefix", "nearest"
CHOICES: Final = (DROP, OTHER, PREFIX, NEAREST)
MAX_DROPPED: Final = 0.1  # of a column's values: what more rows hold is never given to the common levels
WITHHELD: Final = "withheld"  # stands in every row of a column that cannot be released
_PLACEHOLDERS: Final = (OTHER, "(other)", "(other levels)")
_ANY_ENDING: Final = "*"
_CODE: Final = re.compile(r"(?=.*\d)[A-Za-z]{0,3}[\w./+-]{1,12}")
_MOST: Final = 0.8


def chosen(*, share: float, common: bool, ordered: bool, boolean: bool, rare: Iterable[str] | None) -> str:
    """What becomes of rare levels where no schema says it.

    Args:
        share: of the column's values that are rare levels.
        common: whether any level is common.
        ordered: whether the levels stand in an order that means something.
        boolean: whether they are true and false.
        rare: the rare levels, where they are text; else None.
    """
    if common and (share <= MAX_DROPPED or boolean):
        return DROP
    if common and ordered:
        return NEAREST
    return PREFIX if rare is not None and are_codes(rare) else OTHER


def are_codes(levels: Iterable[str]) -> bool:
    """Says whether levels are codes, whose beginnings mean something: short, without blanks, most of them with digits.

    Example:
        >>> are_codes(["K35.8", "K36", "250.83"]), are_codes(["job 1", "job 2"]), are_codes(["nurse", "cook"])
        (True, False, False)
    """
    found = [bool(_CODE.fullmatch(level)) for level in levels]
    return bool(found) and sum(found) >= _MOST * len(found)


def prefixes_of(rows: Mapping[str, int], rare_below: int, taken: Collection[str]) -> tuple[str, ...]:
    """The beginnings that rare levels are named by, longest first: each is shared by enough rows that none longer has.

    Args:
        rows: of each rare level, how many hold it.
        rare_below: how many rows a beginning must have.
        taken: levels that are released as they are: none may look like a group.

    Example:
        >>> prefixes_of({"K35.8": 6, "K35.2": 5, "K36": 4, "K40": 7, "J1": 2}, 10, ())
        ('K35.', 'K')
    """
    left, found = dict(rows), []
    for length in range(max(map(len, left), default=0) - 1, 0, -1):
        shared: Counter[str] = Counter()
        for level, count in left.items():
            if len(level) > length:
                shared[level[:length]] += count
        new = {start for start, count in shared.items() if count >= rare_below and label_of(start) not in taken}
        found += sorted(new)
        left = {level: count for level, count in left.items() if len(level) <= length or level[:length] not in new}
    return tuple(found)


def label_of(prefix: str) -> str:
    """How a group of levels is called.

    Example:
        >>> label_of("K35.")
        'K35.*'
    """
    return prefix + _ANY_ENDING


def prefix_in(level: object, prefixes: Sequence[str]) -> str | None:
    """The first of these beginnings that a level has."""
    return next((start for start in prefixes if str(level).startswith(start) and len(str(level)) > len(start)), None)


def prefixes_named(labels: Iterable[str], levels: Iterable[object]) -> tuple[str, ...]:
    """The beginnings that labels of groups stand for, longest first: those that some level has.

    Example:
        >>> prefixes_named(["K35.*", "K*", "flu", "9*"], ["K35.1", "K36"])
        ('K35.', 'K')
    """
    named = [label.removesuffix(_ANY_ENDING) for label in labels if label.endswith(_ANY_ENDING)]
    texts = [level for level in levels if isinstance(level, str)]
    met = [start for start in named if start and any(prefix_in(level, (start,)) is not None for level in texts)]
    return tuple(sorted(met, key=lambda start: (-len(start), start)))


def is_placeholder(label: str) -> bool:
    """Says whether a level may be the word that stands for all other levels, however many brackets it needed.

    Example:
        >>> is_placeholder("other"), is_placeholder("((other))"), is_placeholder("others")
        (True, True, False)
    """
    return label == OTHER or label in _PLACEHOLDERS or (label[:1] + label[-1:] == "()" and is_placeholder(label[1:-1]))


def placeholder(taken: Collection[object]) -> str:
    """What stands for all other levels: a word that is no level itself.

    Example:
        >>> placeholder(["clerk"]), placeholder(["clerk", "Other"])
        ('other', '(other)')
    """
    known = {str(level).casefold() for level in taken}
    word = next((word for word in _PLACEHOLDERS if word not in known), OTHER)
    while word in known:
        word = f"({word})"
    return word
