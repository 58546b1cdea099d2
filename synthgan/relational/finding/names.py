"""Reads what the names of columns and tables say of keys."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

SAME, TABLE, ENDING, ROLE, NOTHING = 4, 3, 2, 1, 0  # how strongly a name speaks for a key

# What the names of keys end in; what they are called that say no more than that.
_SUFFIXES: Final = ("identifier", "uuid", "guid", "code", "key", "num", "ref", "id", "no", "nr", "cd", "fk", "sk", "pk")
_GENERIC: Final = frozenset(
    {*_SUFFIXES, "", "rowid", "index", "idx", "number", "seq", "name", "line", "rownum", "recordid", "type"}
)
_IDS: Final = frozenset({"id", "key", "uuid", "guid", "fk"})
_PREFIXES: Final = frozenset({"dim", "fact", "tbl", "stg", "src", "raw", "t", "f", "d", "the"})
_COUNTS: Final = frozenset(
    {"n", "num", "count", "total", "sum", "max", "min", "avg", "mean", "number", "covered", "uncovered"}
)
_LEAST_LETTERS: Final = 4  # of an ending that says something
_LEAST_ABBREVIATION: Final = 3
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# What numbers rows of one owner in order.
_NUMBERINGS: Final = frozenset((
    "seq", "sequence", "line", "linenumber", "lineno", "linenum", "seqno", "seqnum", "number", "stint", "pos",
    "visit", "visitnum", "round", "year", "month", "week", "day", "hour", "minute", "step", "tick", "lap",
    "period", "age",
))  # fmt: skip

# Keys that are called after what somebody does, and what the tables of such people are called.
_OWN_TABLE: Final = frozenset((
    "reportsto", "manager", "boss", "supervisor", "parent", "previous", "preceding", "predecessor", "successor",
    "next", "superior", "mother", "father", "sire", "dam", "replaces", "replacedby", "duplicateof",
    "mergedinto",
))  # fmt: skip
_STAFF: Final = frozenset((
    "employee", "staff", "person", "worker", "provider", "practitioner", "clinician", "caregiver", "user",
))  # fmt: skip
_ROLES: Final = frozenset((
    "rep", "representative", "agent", "clerk", "seller", "salesperson", "salesman", "manager", "supervisor",
    "physician", "doctor", "nurse", "surgeon", "attending",
))  # fmt: skip


@lru_cache(maxsize=100_000)
def plain(name: str) -> str:
    """A name in small letters and digits alone.

    Example:
        >>> plain("Support_RepId")
        'supportrepid'
    """
    return "".join(letter for letter in name.lower() if letter.isalnum())


@lru_cache(maxsize=100_000)
def parts(name: str) -> tuple[str, ...]:
    """The words of a name.

    Example:
        >>> parts("SupportRepId"), parts("spec_itemid"), parts("PATIENTID")
        (('support', 'rep', 'id'), ('spec', 'itemid'), ('patientid',))
    """
    return tuple(part.lower() for part in _PARTS.findall(name))


@lru_cache(maxsize=100_000)
def stem(name: str) -> str:
    """A plain name without the ending that keys have.

    Example:
        >>> stem("PATIENTID"), stem("dept_no"), stem("Patient"), stem("id")
        ('patient', 'dept', 'patient', '')
    """
    whole, words = plain(name), parts(name)
    if len(words) > 1 and words[-1] in _SUFFIXES:
        return whole.removesuffix(words[-1])
    ending = next((one for one in _SUFFIXES if whole.endswith(one) and (len(whole) - len(one) > 1 or whole == one)), "")
    return whole.removesuffix(ending)


def has_suffix(name: str) -> bool:
    """Whether a name ends as those of keys do."""
    return stem(name) != plain(name)


def is_called_id(name: str) -> bool:
    """Whether a name says that the column holds keys of something, and not that it holds numbers or codes.

    Example:
        >>> is_called_id("SupportRepId"), is_called_id("PROVIDERID"), is_called_id("grid"), is_called_id("id")
        (True, True, False, False)
    """
    last = next(iter(parts(name)[-1:]), "")
    ends = last in _IDS or (last.endswith("id") and len(stem(name)) >= _LEAST_LETTERS)
    return ends and not is_generic(name)


def is_numbering(name: str) -> bool:
    """Whether a column is called like one that numbers rows in order.

    Example:
        >>> is_numbering("seq_num"), is_numbering("yearID"), is_numbering("amount")
        (True, True, False)
    """
    return bool({*parts(name), plain(name)} & _NUMBERINGS)


def is_generic(name: str) -> bool:
    """Whether a name of a key says not of what it is one."""
    return plain(name) in _GENERIC or plain(name) == "rowid"


@lru_cache(maxsize=100_000)
def forms(table: str) -> tuple[str, ...]:
    """What one row of a table may be called, as plain names.

    Example:
        >>> forms("dim_Categories"), forms("hospital_admissions")
        (('categories', 'category'), ('hospitaladmissions', 'hospitaladmission', 'admissions', 'admission'))
    """
    words = [word for word in parts(table) if word not in _PREFIXES] or list(parts(table))
    whole, last = "".join(words), words[-1] if words else ""
    found = [whole, _singular(whole), last, _singular(last)]
    return tuple(dict.fromkeys(one for one in found if one)) or (plain(table),)


def singular_forms(table: str) -> tuple[str, ...]:
    """What one row of a table may be called, in the singular."""
    return tuple(dict.fromkeys(_singular(one) for one in forms(table)))


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _LEAST_LETTERS:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def shared_beginning(table: str, columns: Iterable[str]) -> int:
    """The letters that all columns of a table begin with and that mean the table, as in l_orderkey and l_tax of lineitem.

    Example:
        >>> shared_beginning("lineitem", ["l_orderkey", "l_tax"]), shared_beginning("lineitem", ["orderkey", "tax"])
        (2, 0)
    """
    names = list(columns)
    begins = {name.partition("_")[0] if "_" in name else "" for name in names}
    first = next(iter(begins), "")
    means = plain(first) in forms(table) or (
        0 < len(first) <= _LEAST_ABBREVIATION and plain(table)[:1] == plain(first)[:1]
    )
    return (
        len(first) + 1
        if len(names) > 1 and len(begins) == 1 and means and all(len(one) > len(first) + 1 for one in names)
        else 0
    )


def is_own_key(table: str, column: str) -> bool:
    """Whether a column is called like the key of its own table."""
    return plain(column) in {"id", "uuid", "guid", "key"} or (has_suffix(column) and stem(column) in forms(table))


def likeness(column: str, table: str, key: str, *, own: bool) -> int:
    """How strongly the name of a column says that it refers to a key of a table: one of SAME, TABLE, ENDING, ROLE, NOTHING.

    Args:
        column: the name of the column.
        table: the table that it may refer to.
        key: the column of that table.
        own: whether it is the column's own table.
    """
    mine, suffixed, roots = plain(column), has_suffix(column), forms(table)
    if mine == plain(key) and not is_generic(key):
        return SAME
    if not is_generic(key) and mine in {one + plain(key) for one in singular_forms(table)}:
        return TABLE
    called = singular_forms(table) if not suffixed else (*roots, *singular_forms(table))
    tells = is_generic(key) or is_own_key(table, key) or stem(key) == ""
    if tells and stem(column) in called:
        return TABLE
    if not is_generic(key) and len(plain(key)) >= _LEAST_LETTERS and mine.endswith(plain(key)) and mine != plain(key):
        return ENDING
    counts = not suffixed and bool(set(parts(column)) & _COUNTS)
    whole = [one for one in called if one in {roots[0], _singular(roots[0])} and len(one) >= _LEAST_LETTERS]
    if tells and not counts and any(stem(column).endswith(one) for one in whole):
        return ENDING
    if tells and suffixed and _abbreviates(stem(column), roots):
        return ENDING
    return ROLE if (tells or own) and _is_role(column, table, own=own) else NOTHING


def _abbreviates(short: str, roots: tuple[str, ...]) -> bool:
    return len(short) >= _LEAST_ABBREVIATION and any(one.startswith(short) for one in roots)


def _is_role(column: str, table: str, *, own: bool) -> bool:
    words = {*parts(column), stem(column), plain(column)}
    return bool(words & _OWN_TABLE) if own else bool(words & _ROLES and set(singular_forms(table)) & _STAFF)
