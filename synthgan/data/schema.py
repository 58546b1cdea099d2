"""Says what a whole table is: its columns in order, inferred or edited by hand, as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from synthgan.data.column import CODED, FRACTIONS, NUMBERS, TEMPORAL, Column, Kind, Scalar
from synthgan.data.composites import Composite, check_composites
from synthgan.data.containers.dtypes import CONTAINERS, check_kind
from synthgan.data.containers.raw import container_of, index_names
from synthgan.data.containers.source import checked_source, source_of, source_of_columns
from synthgan.data.distances import Following, check_distances
from synthgan.data.formulas.formula import Formula, check_formulas
from synthgan.data.inference import infer_columns, refuse_prose
from synthgan.data.parting import parted
from synthgan.data.rules import Rule
from synthgan.data.summary import COLUMN_HEADINGS, FORMULA_HEADINGS, column_rows, formula_rows
from synthgan.data.validation import validated
from synthgan.errors import SchemaError
from synthgan.notebook import html_table
from synthgan.suggest import did_you_mean, did_you_mean_or_known

if TYPE_CHECKING:
    from synthgan.data.containers.raw import Frame

__all__ = ["CODED", "FRACTIONS", "NUMBERS", "TEMPORAL", "Column", "Kind", "Scalar", "Schema"]
_OPTIONAL: Final = {
    "index",
    "source",
    "composites",
    "formulas",
    "distances",
    "rules",
    "$schema",
}  # the last is for editors alone


@dataclass(frozen=True)
class Schema:
    """What a table is.

    Attributes:
        container: what holds it: "pandas", "polars" or "pyarrow".
        columns: its columns in order, one or more, of different names.
        index: of pandas, the columns that come back as the index, its levels in order; none for a plain one.
        source: what the file that held the table said of itself, or was taken to say: its format, encoding, delimiter, labels.
            None where there was no such file. Editing it changes how the file is read.
        formulas: which columns are computed from others; None where nobody looked yet, so that a fit finds them.
        rules: what a user declares to hold in every row, also as text: "admitted <= discharged".
        distances: which columns follow others, and how far is learned; None where nobody looked yet, so that a fit finds them.
        composites: which columns hold the numbers of text that frames have as one column, such as "129/84".

    Raises:
        SchemaError: the columns contradict each other or the container, a formula, a rule or a distance names a column that is not
            there or cannot be, or a rule is none.
    """

    container: Literal["pandas", "polars", "pyarrow"]
    columns: tuple[Column, ...]
    index: tuple[str | int, ...] = ()
    source: Mapping[str, Any] | None = field(default=None, hash=False)
    formulas: tuple[Formula, ...] | None = None
    rules: tuple[Rule, ...] = ()
    distances: tuple[Following, ...] | None = None
    composites: tuple[Composite, ...] = ()

    def __post_init__(self) -> None:
        """Checks the columns against each other and against the container."""
        object.__setattr__(self, "columns", tuple(self.columns))
        if self.container not in CONTAINERS:
            raise SchemaError(
                f"container must be one of {', '.join(CONTAINERS)}, however: found {self.container!r}",
                remedy=did_you_mean(self.container, CONTAINERS),
            )
        if not self.columns:
            raise SchemaError("a schema must have one column or more, however: found none")
        seen: set[str] = set()
        for column in self.columns:
            if str(column.name) in seen:
                raise SchemaError(f"column names must differ, however: found {str(column.name)!r} twice")
            if not isinstance(column.name, str) and self.container != "pandas":
                raise SchemaError(f"column names of {self.container} must be text, however: found {column.name!r}")
            seen.add(str(column.name))
            check_kind(self.container, column)
        object.__setattr__(self, "index", tuple(self.index))
        self._check_index()
        if self.source is not None:
            object.__setattr__(self, "source", checked_source(self.source))
        if self.formulas is not None:
            object.__setattr__(self, "formulas", tuple(self.formulas))
            check_formulas(self.formulas, self.names)
        object.__setattr__(self, "rules", Rule.read_all(self.rules, self.names))
        if self.distances is not None:
            object.__setattr__(self, "distances", tuple(self.distances))
            check_distances(self.distances, self.columns)
        object.__setattr__(self, "composites", tuple(self.composites))
        check_composites(self.composites, self.columns)

    def _check_index(self) -> None:
        if self.index and self.container != "pandas":
            raise SchemaError(f"an index must be of a pandas table, however: found one of {self.container}")
        stray = next((name for name in self.index if name not in self.names or self.index.count(name) > 1), None)
        if stray is not None:
            raise SchemaError(f"index must name columns of the schema, each once, however: found {stray!r}")

    @classmethod
    def infer(
        cls,
        frame: Frame,
        *,
        identifiers: Iterable[str | int] = (),
        drop: Iterable[str | int] = (),
        types_only: bool = False,
        strict: bool = False,
    ) -> Schema:
        """Infers what a table is.

        The rules, for each column:

        * All missing → missing. One value and nothing missing → constant (unless it is ordered).
        * True and false → boolean. Whole numbers → integer, also where they are written as floats. Other floats →
          decimal, with the number of decimals to which every value is exact. Decimals → decimal.
        * Dates → date; stamps → datetime, with their zone; durations and times of day → duration; each with the
          coarsest unit of which every value is a whole multiple.
        * pandas category, Arrow dictionary, polars Categorical → category; ordered ones and polars Enum → ordered.
        * Text → category (codes such as ICD-9 "250.83" too), unless it is key-like → identifier, or prose → text.
        * Key-like text or whole numbers → identifier (see `synthgan.data.identifiers.is_key`). Floats never are,
          unless named in `identifiers`.
        * Text that is numbers, dates, stamps or clock times, a few marks among them → what it means, with its form.
        * pandas object columns go by what they hold; text with numbers or moments among it comes back as the objects that it
          was. What cannot be read (other mixtures, lists) is taken as text.
        * Text that holds several numbers ("129/84", "12 ± 3") → a column for each of them, and a composite that says how they
          stand in the text.
        * Text is withheld: nothing of it is learned but where it is missing.
        * Levels of fewer than ten rows that hold more than a tenth of a category are not given to the common ones; `rare` says
          what becomes of them.

        Args:
            frame: a pandas or polars DataFrame, or a pyarrow Table.
            identifiers: names of columns to regenerate as identifiers, whatever they look like (text or whole numbers).
            drop: names of columns to leave out.
            types_only: go by the columns' names and types alone, so that the schema says nothing of any row.
            strict: refuse what would be withheld.

        Returns:
            The schema, without any level, minimum or maximum but a constant's value.

        Raises:
            DataError: the table is empty, has two columns of one name, a name is unknown, or a column cannot be
                learned and is not to be withheld; the message names it and has the remedy.
        """
        keys: dict[str, Any] = {"identifiers": identifiers, "drop": drop, "types_only": types_only, "strict": strict}
        found = tuple(infer_columns(frame, **keys, split=True))
        columns = tuple(one.column for one in found)
        if strict:
            refuse_prose(columns)
        return cls.of(frame, columns, dict.fromkeys(one.composite for one in found if one.composite))

    @classmethod
    def of(cls, frame: Frame, columns: Iterable[Column], composites: Iterable[Composite] = ()) -> Schema:
        """Gives the schema of columns that stand in a frame, or are numbers of such."""
        container: Any = container_of(frame)
        columns, composites = tuple(columns), tuple(composites)
        kept = {column.name for column in columns}
        source = source_of_columns(source_of(frame), *shown(columns, composites))
        index = tuple(name for name in index_names(frame) if name in kept)
        return cls(container, columns, index, source, composites=composites)

    def of_columns(self, columns: Iterable[Column]) -> Schema:
        """Gives the schema of the same table with other columns: some of its own, or such as were described anew."""
        columns = tuple(columns)
        kept = {column.name for column in columns}
        index = tuple(name for name in self.index if name in kept)
        rules = tuple(rule for rule in self.rules if kept.issuperset(rule.names))
        composites = tuple(one for one in self.composites if kept & set(one.parts))
        source, formulas, distances = self.source, self.formulas, self.distances
        source = source_of_columns(source, *shown(columns, composites))
        if formulas is not None:
            formulas = tuple(formula for formula in formulas if kept.issuperset(formula.names))
        if distances is not None:
            distances = tuple(distance for distance in distances if kept.issuperset(distance.names))
        said: dict[str, Any] = {"formulas": formulas, "rules": rules, "distances": distances, "composites": composites}
        return replace(self, columns=columns, index=index, source=source, **said)

    def validate(self, frame: Frame) -> None:
        """Checks that a table fits this schema; further columns are allowed, they are left out.

        Raises:
            SchemaError: a column is lacking, of another sort of type, missing where nothing was to be missing, or has a
                level or a number beyond those declared.
            DataError: a column cannot be read.
        """
        frame = parted(frame, self.composites)
        for column in self.columns:
            validated(self.container, column, frame)

    @property
    def names(self) -> tuple[str | int, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str | int) -> Column:
        """Gives the column of a name.

        Raises:
            SchemaError: there is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(
            f"a column must be in the schema, however: found no {name!r}",
            remedy=did_you_mean_or_known(name, self.names),
        )

    def __len__(self) -> int:
        """Counts the columns."""
        return len(self.columns)

    def __iter__(self) -> Iterator[Column]:
        """Goes through the columns in order."""
        return iter(self.columns)

    def _repr_html_(self) -> str:
        """Gives the schema as tables, which notebooks show."""
        said = self.to_dict()
        tables = [html_table(COLUMN_HEADINGS, column_rows(said))]
        if computed := formula_rows(said):
            tables.append(html_table(FORMULA_HEADINGS, computed))
        return "\n".join(tables)

    def to_dict(self) -> dict[str, Any]:
        """Gives the schema as a dictionary for JSON."""
        shown: dict[str, Any] = {"container": self.container, "columns": [column.to_dict() for column in self.columns]}
        shown |= {"index": list(self.index)} if self.index else {}
        shown |= {"source": dict(self.source)} if self.source else {}
        shown |= {"composites": [one.to_dict() for one in self.composites]} if self.composites else {}
        shown |= {} if self.formulas is None else {"formulas": [one.to_dict() for one in self.formulas]}
        shown |= {} if self.distances is None else {"distances": [one.to_dict() for one in self.distances]}
        return shown | ({"rules": [rule.to_json() for rule in self.rules]} if self.rules else {})

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Schema:
        """Reads what `to_dict` gives; raises SchemaError where it is anything else."""
        if not isinstance(given, Mapping) or set(given) - _OPTIONAL != {"container", "columns"}:
            found = ", ".join(map(str, given)) if isinstance(given, Mapping) else type(given).__name__
            raise SchemaError(f"a schema must be a JSON object of container and columns, however: found {found}")
        if not isinstance(given["columns"], (list, tuple)):
            raise SchemaError(f"columns must be a list, however: found {given['columns']!r}")
        index, rules, composites = given.get("index", []), given.get("rules", []), given.get("composites", [])
        if not isinstance(index, (list, tuple)):
            raise SchemaError(f"index must be a list of names, however: found {index!r}")
        if not isinstance(composites, (list, tuple)):
            raise SchemaError(f"composites must be a list, however: found {composites!r}")
        columns = tuple(Column.from_dict(column) for column in given["columns"])
        names, read = [column.name for column in columns], dict[str, Any]()
        for key, kind in (("formulas", Formula), ("distances", Following)):
            listed = given.get(key)
            if listed is not None and not isinstance(listed, (list, tuple)):
                raise SchemaError(f"{key} must be a list, however: found {listed!r}")
            read[key] = None if listed is None else tuple(kind.from_dict(one, names) for one in listed)
        kept = Rule.read_all(rules, names)
        read["composites"] = tuple(map(Composite.from_dict, composites))
        return cls(given["container"], columns, tuple(index), given.get("source"), rules=kept, **read)

    def to_json(self) -> str:
        """Writes the schema as JSON, for reading and editing by hand."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """Reads what `to_json` writes.

        Raises:
            SchemaError: the text is no JSON, or not that of a schema; the message names the column.
        """
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SchemaError(f"a schema must be JSON, however: {error}") from error
        return cls.from_dict(given)


def shown(columns: Iterable[Column], composites: Iterable[Composite] = ()) -> tuple[set[str], set[str]]:
    """The names of the columns of which a source may say all, and of those that are made anew: of these it tells no value."""
    anew = {str(column.name) for column in columns if column.kind in {Kind.IDENTIFIER, Kind.TEXT}}
    names = {str(one.name) for one in columns} | {str(one.name) for one in composites}
    return names - anew, anew
