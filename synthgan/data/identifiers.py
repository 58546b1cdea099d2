"""Tells keys and prose from values worth learning, and says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.checkdigits import has_check

if TYPE_CHECKING:
    from collections.abc import Iterable

_MIN_DISTINCT_ROWS: Final = 20
MIN_SHARED: Final = _MIN_DISTINCT_ROWS  # so many different ones, and rows that share one are a group
_MIN_ROWS: Final = 100
_MAX_SHARING: Final = 50  # rows a key on average: with more of them it says what, not who
_FEW_SHARING: Final = 10  # … and with less than this, no level would be frequent enough to be learned
_KEY_WORDS: Final = frozenset(
    {
        "id", "ids", "idno", "idnum", "idnr", "key", "uuid", "guid", "uid", "mrn", "nbr", "no", "nr", "ssn", "identifier", "pid",
        "rowid", "seqn", "caseid", "subjid", "usubjid", "barcode", "ean", "isbn", "imei", "iban", "npi",
    }
)  # fmt: skip
_ROW_WORDS: Final = frozenset(
    {
        "", "x", "x1", "index", "idx", "row", "rows", "rowname", "rownames", "rownum", "rownumber", "obs", "obsno", "obsnum",
        "observation", "n", "num", "number", "seq", "seqno", "sequence", "serial", "rec", "record", "sample", "entry", "case",
        "unnamed", "counter", "lfdnr",
    }
)  # fmt: skip
_ROW_NAMES: Final = frozenset(
    {"", "index", "idx", "row", "rows", "rowname", "rownames", "rownum", "rownumber", "obs", "obsno", "obsnum", "observation",
     "rec", "record", "unnamed", "lfdnr"}
)  # fmt: skip
_YEARS: Final = (1500, 2100)
_WHO_WORDS: Final = frozenset(
    {
        "patient", "patients", "subject", "subj", "person", "participant", "individual", "respondent", "customer", "client", "user",
        "member", "account", "encounter", "case", "employee", "student", "pupil", "child", "mother", "animal", "mouse", "rat",
        "donor", "recipient", "volunteer", "household", "hh", "family", "proband", "panelist", "worker", "rater", "observer",
    }
)  # fmt: skip
_WHAT_WORDS: Final = frozenset(
    {
        "type", "source", "class", "category", "group", "status", "state", "disposition", "country", "region", "ward", "unit",
        "department", "dept", "store", "shop", "product", "drug", "cluster", "strata", "stratum", "grade", "level", "code",
    }
)  # fmt: skip
_MEASURES: Final = frozenset(
    {
        "year", "yr", "years", "date", "day", "days", "week", "month", "quarter", "hour", "minute", "second", "time", "t", "period",
        "season", "decade", "century", "epoch", "stamp", "timestamp", "age", "rank", "ranking", "position", "place", "order", "dose",
        "score", "level", "size", "length", "distance", "depth", "height", "weight", "temp", "temperature", "price", "cost", "amount",
        "income", "value", "count", "y", "speed", "wave", "trial", "round", "frame", "step", "lap", "game", "issue", "volume",
        "episode", "conc", "concentration", "percent", "percentile", "probability", "page", "x2",
    }
)  # fmt: skip
_KEY_ENDING: Final = re.compile(
    r"(patient|subject|person|encounter|visit|row|record|case|stay|hadm|user|customer|client|account|order|item|sample|event|"
    r"member|student|school|household|family|respondent|employee|invoice|ticket|serial|policy|insurance|passport|registration|"
    r"pat|pt|subj|pers|stud|emp|cust|hh|fam)"
    r"[_. ]?(id|ids|nr|no|nbr|num|number|key|index)$|^id(case|nr|no|num|pat|subj)"
    r"|(fall|patienten|patient|kunden|konto|personen|personal|matrikel|rechnungs|auftrags|vertrags|versicherten|versicherungs|"
    r"aufnahme|mitglieds|probanden|teilnehmer|bestell|beleg|akten|serien|dossier|klant)[_. ]?(nummer|nr|kennung|id)$"
    r"|(num[eé]ro|n[uú]mero)[_. ]?(de[_. ]|di[_. ])?(patient|client|dossier|compte|paciente|cliente|paziente)$"
)
_TELLING: Final = (  # e-mail addresses, UUIDs and hashes: never a level
    r"^[^@\s]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$|^\{?[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\}?$"
    r"|^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$|^[0-9A-F]{32}$|^[0-9A-F]{40}$|^[0-9A-F]{64}$"
)
_SPELT: Final = r"(?:^|[^\p{L}\d])\p{L}{2,}(?:$|[^\p{L}\d])"
_MIN_CHECKED_DIGITS: Final = 8
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Key:
    """A column taken for a key.

    Attributes:
        why: what it was recognised by, in words.
        repeats: whether rows share one.
    """

    why: str
    repeats: bool = False


def has_key_name(name: str) -> bool:
    """Says whether a column's name is that of a key.

    >>> [has_key_name(name) for name in ("encounter_id", "patientID", "patient_nbr", "No", "noise", "paid", "heat_index")]
    [True, True, True, True, False, False, False]
    """
    words = _words(name)
    return bool(words) and (words[-1] in _KEY_WORDS or bool(_KEY_ENDING.search(name.lower())))


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(name)]


def is_key(values: pa.Array, name: str, *, is_first: bool = False) -> bool:
    """Says whether `find_key` takes text or whole numbers for keys."""
    return find_key(values, name, is_first=is_first) is not None


def find_key(values: pa.Array, name: str, *, is_first: bool = False) -> Key | None:
    """Says why text or whole numbers are keys: of no meaning beyond telling rows (or people) apart.

    Text: all different (20 rows or more), or more than 95 % different (100 or more), and not prose; or e-mail addresses,
    UUIDs or hashes. Whole numbers: all different (20 rows or more), and either the name of a key (``patient_id``) or of a
    person (``subject``), or a check digit (Luhn, EAN, NHS), or the name of a row (``rownames``) unless they may be years, or
    a count of the rows from 0 or 1 under a name that says nothing else, such as ``x`` or, of the first column, any but that
    of a time or a measure. Both: repeated by few rows
    each (20 different ones or more) under the name of a key or a person, or by any number under that of a person's key.

    Years, prices, stamps counted in seconds and other measurements are none, however different they are.

    Args:
        values: Arrow array [rows] of text or integers.
        name: the column's name.
        is_first: whether it is the first column of its table.
    """
    present = values.drop_null()
    rows = len(present)
    if rows < _MIN_DISTINCT_ROWS:
        return None
    distinct = pc.count_distinct(present).as_py()
    if not pa.types.is_integer(values.type):
        if distinct == rows and not is_prose(values):
            return Key("text that is different in every row")
        if rows >= _MIN_ROWS and distinct > 0.95 * rows and not is_prose(values):
            return Key("text that is different in nearly every row", repeats=True)
        if distinct >= MIN_SHARED and pc.all(pc.match_substring_regex(present.unique(), _TELLING)).as_py():
            return Key("addresses, UUIDs or hashes that some rows share", repeats=True)
    elif distinct == rows:
        if has_key_name(name):
            return Key("whole numbers, all different, under the name of a key")
        if _is_who(name):
            return Key("whole numbers, all different, under the name of a person")
        if _has_check_digit(present):
            return Key("whole numbers, all different, with a check digit")
        if _names_rows(present, name):
            return Key("whole numbers, all different, under the name of a row")
        return Key("it counts the rows") if _counts_rows(present, name, is_first=is_first) else None
    return _repeated(present, name, distinct)


def _has_check_digit(present: pa.Array) -> bool:
    """Whether all whole numbers have as many digits and a check digit that is right: no column has so by chance."""
    ends = pc.min_max(present).as_py()
    digits = len(str(ends["min"]))
    if ends["min"] < 0 or digits < _MIN_CHECKED_DIGITS or digits != len(str(ends["max"])):
        return False
    glance = np.array(present[:_MIN_ROWS].cast(pa.string()).to_pylist()).view(np.uint32).reshape(-1, digits)
    found = [check for check in ("luhn", "ean", "mod11") if has_check(check, glance).all()]
    if not found or len(present) <= _MIN_ROWS:
        return bool(found)
    return bool(
        has_check(found[0], np.array(present.cast(pa.string()).to_pylist()).view(np.uint32).reshape(-1, digits)).all()
    )


def _is_who(name: str) -> bool:
    words = _words(name)
    return bool(words) and words[-1] in _WHO_WORDS and (len(words) == 1 or not words[0].startswith(("n", "num")))


def _names_rows(present: pa.Array, name: str) -> bool:
    """Whether a column is named as rows are, and its numbers are not such as years are."""
    words = [word for word in _words(name) if not word.isdigit()] or [""]
    ends = pc.min_max(present).as_py()
    is_year = _YEARS[0] <= ends["min"] and ends["max"] <= _YEARS[1]
    return len(words) == 1 and words[0] in _ROW_NAMES and not is_year


def _counts_rows(present: pa.Array, name: str, *, is_first: bool) -> bool:
    ends = pc.min_max(present).as_py()
    if ends["min"] not in (0, 1) or ends["max"] - ends["min"] + 1 != len(present):
        return False
    words = [word for word in _words(name) if not word.isdigit()]
    if not words or words[-1] in _ROW_WORDS or words[0] in {"unnamed", "row", "obs"}:
        return len(words) <= 1 or words[0] in _ROW_WORDS - {"n", "num", "number"}  # n_tokens counts tokens
    return is_first and not set(words) & _MEASURES and words[0] not in {"n", "num", "number"}


def _repeated(present: pa.Array, name: str, distinct: int) -> Key | None:
    """Keys that rows share, as the visits of a patient do."""
    rows = len(present)
    words = _words(name)
    names_key, names_who = has_key_name(name), bool(set(words) & _WHO_WORDS)
    if not (names_key or _is_who(name)) or distinct < _MIN_DISTINCT_ROWS or set(words[:-1]) & _WHAT_WORDS:
        return None
    if rows >= _MIN_ROWS and distinct > 0.5 * rows and names_key:
        return Key("mostly different, under the name of a key", repeats=True)
    most = _MAX_SHARING if names_who or words in (["id"], ["pid"], ["mrn"], ["uid"]) else _FEW_SHARING
    most = rows if names_who and names_key else most  # a person's key is one, however many rows it has
    if rows > most * distinct or not (names_key or _looks_given(present, distinct)):
        return None
    return Key("shared by rows, under the name of a key or a person", repeats=True)


def _looks_given(present: pa.Array, distinct: int) -> bool:
    """Whether values are such as are given out: text with digits, or whole numbers with few gaps or many digits."""
    if not pa.types.is_integer(present.type):
        return bool(pc.mean(pc.match_substring_regex(present, "[0-9]").cast(pa.int8())).as_py() > 0.5)  # noqa: PLR2004 (most)
    ends = pc.min_max(present).as_py()
    return ends["min"] >= 0 and (ends["max"] - ends["min"] < 3 * distinct or ends["min"] >= 100)  # noqa: PLR2004 (few gaps)


def is_prose(values: pa.Array) -> bool:
    """Says whether text is free text: mostly different, and long or of several words (20 rows or more).

    Prose has more than half of its rows different, and on average at least 3 words of which 1 is written in lower or
    upper case letters, or 50 characters with a space among them.

    Args:
        values: Arrow array [rows] of text.
    """
    present = values.drop_null()
    rows = len(present)
    if rows < _MIN_DISTINCT_ROWS or pc.count_distinct(present).as_py() <= 0.5 * rows:
        return False
    words = 1 + pc.mean(pc.count_substring_regex(present, r"\S\s+\S")).as_py()
    length = pc.mean(pc.utf8_length(present)).as_py()
    if pc.mean(pc.count_substring_regex(present, _SPELT)).as_py() < 1:
        return False  # a phone or account number in groups
    return bool(words >= 3 or (length >= 50 and words > 1.5))  # noqa: PLR2004 (documented above)


def overlap(real: Iterable[object], synthetic: Iterable[object]) -> float:
    """Gives the share of synthetic identifiers that are real ones, whatever the form in which either stands.

    A whole number is its text and the float of its value; blanks around text and capitals say nothing; missing ones do
    not count. 0 where there are none.

    Args:
        real: identifiers, as a column of a frame of any kind, an Arrow array or a list.
        synthetic: the same.

    Example:
        >>> overlap(["P-1", "P-2", None], ["p-2 ", "P-3"]), overlap([1, 2], [2.0, "3", float("nan")])
        (0.5, 0.5)
    """
    known = set(_plain(real))
    made = list(_plain(synthetic))
    return float(np.mean([one in known for one in made])) if made else 0.0


def _plain(values: Iterable[object]) -> Iterable[str]:
    listed = values.to_pylist() if hasattr(values, "to_pylist") else values
    for value in listed:
        text = str(value).strip().casefold()
        if value is None or value != value or text in {"<na>", "nat"}:  # noqa: PLR0124 (NaN is no value)
            continue
        yield text.removesuffix(".0") if re.fullmatch(r"-?\d+\.0", text) else text
