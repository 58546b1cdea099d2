"""Text that holds several numbers, such as a blood pressure of "129/84": a column for each of them, and the text again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from synthgan.data.forms.digits import joined
from synthgan.data.forms.form import NUMBER
from synthgan.data.forms.numbers import BLANKS, quoted
from synthgan.errors import SchemaError

if TYPE_CHECKING:
    from synthgan.data.column import Column

Name: TypeAlias = str | int
MAX_PARTS: Final = 4
_KEYS: Final = {"name", "form", "parts"}


@dataclass(frozen=True, slots=True)
class Composite:
    """A column of text that is read as one column for each of its numbers, and written as text again.

    Attributes:
        name: the column as it stands in frames.
        form: what stands around and between the numbers, each of which is ``{}``: ``"{}/{}"``, ``"{} ({})"``.
        parts: the columns of its numbers, in this order; each has a form of its own.

    Raises:
        SchemaError: the form has not as many numbers as there are parts, or nothing parts two of them.

    Example:
        >>> pressure = Composite("bp", "{}/{}", ("bp.1", "bp.2"))
        >>> high, low = pressure.split(pa.array(["129/84", None, "refused"]))
        >>> high.to_pylist(), low.to_pylist()
        (['129', None, 'refused'], ['84', None, 'refused'])
        >>> pressure.join([high, low]).to_pylist()
        ['129/84', None, 'refused']
    """

    name: Name
    form: str
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        """Checks the form."""
        object.__setattr__(self, "parts", tuple(self.parts))
        label = f"composite {self.name!r}"
        if isinstance(self.name, bool) or not isinstance(self.name, (str, int)):
            raise SchemaError(f"the name of a composite must be text or a whole number, however: found {self.name!r}")
        if not 1 <= len(self.parts) <= MAX_PARTS or not all(isinstance(part, str) for part in self.parts):
            raise SchemaError(f"{label}: parts must be names of 1 to {MAX_PARTS} columns, however: {list(self.parts)}")
        if len({*self.parts, str(self.name)}) <= len(self.parts):
            raise SchemaError(f"{label}: parts must differ, also from its name, however: found {list(self.parts)}")
        try:
            fields = [] if not isinstance(self.form, str) else list(Formatter().parse(self.form))
        except ValueError as error:
            raise SchemaError(f"{label}: form must be such as '{{}}/{{}}', however: {self.form!r}: {error}") from error
        numbers = [field for field in fields if field[1] is not None]
        if [field[1:] for field in numbers] != [("", "", None)] * len(self.parts):
            must = f"have a {{}} for each of its {len(self.parts)} parts, as '{{}}/{{}}' has for two"
            raise SchemaError(f"{label}: form must {must}, however: found {self.form!r}")
        if any(not between or between[-1].isdigit() for between in self.literals[1:-1]):
            raise SchemaError(f"{label}: form must have a sign that parts its numbers, however: found {self.form!r}")

    @property
    def literals(self) -> list[str]:
        """What stands before the first number, between two, and behind the last."""
        around, last = [""], True
        for literal, field, *_ in Formatter().parse(self.form):
            around[-1] += literal
            last = field is not None
            if last:
                around.append("")
        return around

    def split(self, texts: pa.Array) -> list[pa.Array]:
        """Gives the text of each part, Arrow arrays [rows]; text of another form is the same in all of them, as a mark.

        A number alone is no mark, nor can it be told which of them it is: it is null.
        """
        texts = texts.cast(pa.large_string())
        names = [f"part{index}" for index in range(len(self.parts))]
        pieces = [f"(?P<{name}>{BLANKS}{_number(self.literals)}{BLANKS})" for name in names]
        literals = map(quoted, self.literals)
        pattern = "".join(f"{literal}{piece}" for literal, piece in zip(literals, [*pieces, ""], strict=True))
        found = pc.extract_regex(texts, f"^{pattern}$")
        is_number = pc.match_substring_regex(texts, f"^{BLANKS}{_number(self.literals)}{BLANKS}$")
        is_mark = pc.and_(found.is_null(), pc.fill_null(pc.invert(is_number), fill_value=False))
        parts = [pc.if_else(is_mark, texts, pc.struct_field(found, name)) for name in names]
        return [pc.if_else(found.is_null(), pc.if_else(is_mark, texts, _nothing()), part) for part in parts]

    def join(self, parts: Sequence[pa.Array]) -> pa.Array:
        """Puts the text of the parts together, the inverse of `split`: null where one is, a mark where one is."""
        shape = f"^{BLANKS}{_number(self.literals)}{BLANKS}$"
        is_number = [pc.match_substring_regex(part, shape) for part in parts]
        around = self.literals
        texts = [text for literal, part in zip(around, parts, strict=False) for text in (literal, part)]
        whole = joined(*texts, around[-1])
        for part, number in reversed([*zip(parts, is_number, strict=True)]):
            whole = pc.if_else(pc.fill_null(number, fill_value=True), whole, part)
        return whole

    def to_dict(self) -> dict[str, Any]:
        """Gives the composite as a dictionary for JSON."""
        return {"name": self.name, "form": self.form, "parts": list(self.parts)}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Composite:
        """Reads what `to_dict` gives.

        Raises:
            SchemaError: a key is unknown or lacking, or a value wrong.
        """
        if not isinstance(given, Mapping) or set(given) != _KEYS:
            found = ", ".join(map(str, given)) if isinstance(given, Mapping) else type(given).__name__
            raise SchemaError(f"a composite must be a JSON object of name, form and parts, however: found {found}")
        if not isinstance(given["parts"], (list, tuple)):
            raise SchemaError(f"composite {given['name']!r}: parts must be a list, however: {given['parts']!r}")
        return cls(given["name"], given["form"], tuple(given["parts"]))


def check_composites(composites: Iterable[Composite], columns: Iterable[Column]) -> None:
    """See that composites have names and parts of their own, each of which is a number written as text where it is there.

    Raises:
        SchemaError: one has not.
    """
    numbers = {str(column.name): str(column.form).startswith(f"{NUMBER}:") for column in columns}
    names, seen = {*numbers}, set[str]()
    for one in composites:
        if str(one.name) in names or seen & {*one.parts}:
            raise SchemaError(
                f"composite {one.name!r} must have a name and parts of its own, however: others have them"
            )
        wrong = next((part for part in one.parts if not numbers.get(part, True)), None)
        if wrong is not None:
            raise SchemaError(
                f"parts of composite {one.name!r} must have a form of numbers, however: {wrong!r} has none"
            )
        names.add(str(one.name))
        seen |= {*one.parts}


def refuse_lacking(composites: Iterable[Composite], names: Iterable[Name]) -> None:
    """See that all parts of composites are columns.

    Raises:
        SchemaError: one is not.
    """
    known = {*names}
    for one in composites:
        stray = next((part for part in one.parts if part not in known), None)
        if stray is not None:
            raise SchemaError(f"composite {one.name!r}: parts must be columns, however: {stray!r} is none")


def form_of(literals: Sequence[str]) -> str:
    """Writes a form of what stands around and between its numbers.

    Example:
        >>> form_of(["", "/", " mmHg"]), form_of(["{", ",", "}"])
        ('{}/{} mmHg', '{{{},{}}}')
    """
    return "{}".join(literal.replace("{", "{{").replace("}", "}}") for literal in literals)


def number_pattern(*, comma: bool) -> str:
    """How a number is written inside a text; where a comma parts two numbers, it is in none of them."""
    marks = ".," if comma else "."
    return rf"(?:\d+(?:[{marks}]\d+)*|[{marks}]\d+)(?:[eE][-+]?\d{{1,3}})?"


def _number(literals: Sequence[str]) -> str:
    return rf"[-+−]?{number_pattern(comma=not any(',' in one for one in literals[1:-1]))}"


def _nothing() -> pa.Scalar:
    return pa.scalar(None, pa.large_string())
