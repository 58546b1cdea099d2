"""Finds the dialect of a CSV file by its beginning: what parts the cells, what quotes them, and where the header stands."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from synthgan.io.choices import chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKS: Final = ",;\t|"
_SEP: Final = re.compile(r'"?sep=([^\r\n])"?(?=\r?\n)', re.IGNORECASE)  # Excel's own line for what parts the cells
_ABOVE: Final = re.compile(r"[ \t]*(?:#[^\r\n]*)?(?:\r\n|\n|\r)")
_DECIMAL: Final = re.compile(r"\s*[+-]?\d+,\d+\s*")
_FEW_RECORDS, _MOST_LETTERS = 50, 2_000_000
_MOSTLY: Final = 0.8
_WIDE: Final = 3  # a line of so many cells, of which but one is filled, is a title


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        encoding: as Python names it.
        delimiter: what parts the cells, one letter.
        quote: what stands around cells that hold a delimiter.
        lines_above: lines above the header: titles, comments, Excel's ``sep=;``.
        comments: whether lines that begin with # are among them.
        names: of the columns, where the header has a name less than the rows have cells.
        blanks: whether a blank stands behind each delimiter, as in ``39, Private``.
        quotes_after_blanks: ... and quotes behind that.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    lines_above: int = 0
    comments: bool = False
    names: tuple[str, ...] | None = None
    blanks: bool = False
    quotes_after_blanks: bool = False

    def source(self) -> dict[str, Any]:
        """What is said of it in a schema: the usual is left out."""
        said: dict[str, Any] = {"format": "CSV", "encoding": self.encoding, "delimiter": self.delimiter}
        others = {"quote": self.quote, "lines_above": self.lines_above, "blanks": self.blanks}
        usual = {"quote": '"', "lines_above": 0, "blanks": False}
        return said | {key: value for key, value in others.items() if value != usual[key]}


def find_dialect(text: str, encoding: str, *, tabs: bool, rows: bool) -> Dialect:
    r"""Finds the dialect of a text; what the user chose comes first.

    Args:
        text: the beginning of the file.
        encoding: its encoding.
        tabs: whether tabs part the cells, as the ending of the file says.
        rows: whether rows have a say in it; else it is found by the header alone, as private training needs it.

    Example:
        >>> find_dialect("sep=;\nname;weight\na;1,5\n", "utf-8", tabs=False, rows=True).source()
        {'format': 'CSV', 'encoding': 'utf-8', 'delimiter': ';', 'lines_above': 1}
    """
    text = text[:_MOST_LETTERS].removeprefix("\ufeff")
    wanted = chosen()
    above, said, comments = _lines_above(text, "\t" if tabs else None)
    if wanted.lines_above is not None:
        above = wanted.lines_above
    rest = below(text, above)
    quote = wanted.quote or _quote(rest)
    delimiter = wanted.delimiter or said or _delimiter(rest, quote, rows=rows)
    found = Dialect(encoding, delimiter, quote, above, comments)
    if rows and wanted.lines_above is None:
        found = _with_header(found, rest)
    header = next(iter(_rows_of(below(text, found.lines_above), delimiter, quote, 1)), [])
    blanks = delimiter != "\t" and len(header) > 1 and all(name[:1] == " " and name.strip() for name in header[1:])
    behind = blanks and re.search(re.escape(delimiter) + " +" + re.escape(quote), rest) is not None
    return replace(found, blanks=blanks, quotes_after_blanks=behind)


def header_of(text: str, quote: str = '"') -> str:
    """The first line of a text that is not empty, and further ones while a quote is open."""
    lines = iter(text.lstrip("\r\n").splitlines(keepends=True))
    header = next(lines, "")
    while header.count(quote) % 2 and (line := next(lines, "")):
        header += line
    return header


def _lines_above(text: str, delimiter: str | None) -> tuple[int, str | None, bool]:
    """Lines that are plainly no header: Excel's ``sep=``, empty ones, and comments; a header may begin with # itself."""
    if found := _SEP.match(text):
        return 1, delimiter or found[1], False
    lines, at, last = 0, 0, ""
    while found := _ABOVE.match(text, at):
        lines, at, last = lines + 1, found.end(), found[0].strip() or last
    if not last:
        return 0, delimiter, False  # empty lines alone are passed over anyway
    first = header_of(text[at:])
    mark = delimiter or max(_MARKS, key=first.count)
    if first.count(mark) and first.count(mark) == last.count(mark):
        return lines - 1, delimiter, lines > 1
    return lines, delimiter, True


def below(text: str, lines: int) -> str:
    """A text without its first lines."""
    parts = io.StringIO(text, newline="")
    for _ in range(lines):
        parts.readline()
    return parts.read()


def _quote(rest: str) -> str:
    header = header_of(rest).strip()
    names = [name.strip() for name in re.split(f"[{_MARKS}]", header)]
    is_single = '"' not in header and all(len(name) > 1 and name[0] == name[-1] == "'" for name in names)
    return "'" if is_single else '"'


def _delimiter(rest: str, quote: str, *, rows: bool) -> str:
    """The commonest of four outside of quotes in the header, unless the rows say otherwise; a comma where there is none."""
    bare = re.sub(f"{quote}[^{quote}]*{quote}", "", header_of(rest, quote))
    found = max(_MARKS, key=bare.count)
    if not rows:
        return found
    agreeing = {mark: _agreement(_rows_of(rest, mark, quote)) for mark in _MARKS}
    if not bare.count(found) and _is_one_column(rest):
        return ";"
    best = max(_MARKS, key=lambda mark: (agreeing[mark], mark == found))
    return best if agreeing[found][0] < _MOSTLY and agreeing[best] > agreeing[found] else found


def _is_one_column(rest: str) -> bool:
    """Whether each line is a number with a decimal comma."""
    lines = [line for line in rest.splitlines()[1:_FEW_RECORDS] if line.strip()]
    return bool(lines) and all(_DECIMAL.fullmatch(line) for line in lines)


def _agreement(records: Sequence[list[str]]) -> tuple[float, int]:
    """The share of records with the usual number of cells, two or more; and that number."""
    width, count = Counter(map(len, records)).most_common(1)[0] if records else (0, 0)
    return (count / len(records), width) if width > 1 else (0.0, 0)


def _rows_of(rest: str, delimiter: str, quote: str, most: int = _FEW_RECORDS) -> list[list[str]]:
    """The first records; the last one that was cut is left out."""
    return [record for record, _ in _numbered(rest, delimiter, quote, most)]


def _numbered(rest: str, delimiter: str, quote: str, most: int = _FEW_RECORDS) -> list[tuple[list[str], int]]:
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter, quotechar=quote)
    found: list[tuple[list[str], int]] = []
    try:
        for record in reader:
            if record:
                found.append((record, reader.line_num))
            if len(found) == most:
                break
    except csv.Error:
        return found
    return found


def _with_header(dialect: Dialect, rest: str) -> Dialect:
    """Finds the header below a title, and names for rows that have a cell more than it."""
    found = _numbered(rest, dialect.delimiter, dialect.quote)
    records = [record for record, _ in found]
    if len(records) < 2:  # noqa: PLR2004 (a header and a row)
        return dialect
    width = Counter(map(len, records)).most_common(1)[0][0]
    first, others = records[0], records[1:]
    if width < 2:  # noqa: PLR2004
        return dialect
    if len(first) == width - 1 and all(len(record) == width for record in others):
        if not any(record[-1] for record in others):
            return replace(dialect, names=(*first, ""))
        if width > 2 and len({record[0] for record in others}) == len(others):  # noqa: PLR2004 (R names its rows)
            return replace(dialect, names=("", *first))
    if len(first) == width and not (_filled(first) <= 1 and width >= _WIDE):
        return dialect
    wanted = max(2, int(width * _MOSTLY))
    at = next((at for at, record in enumerate(records) if len(record) == width and _filled(record) >= wanted), 0)
    agreeing = [len(record) == width for record in records[at + 1 :]]
    if not at or not agreeing or sum(agreeing) < _MOSTLY * len(agreeing) or len(set(records[at])) < width - 1:
        return dialect
    if any(len(record) >= width and _filled(record) > 1 for record in records[:at]):
        return dialect
    header, end = found[at]
    return replace(dialect, lines_above=dialect.lines_above + end - 1 - sum(name.count("\n") for name in header))


def _filled(record: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in record)
