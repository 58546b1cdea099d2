"""Says what is a key: of one table, and from one table to another, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from synthgan.errors import SchemaError
from synthgan.suggest import did_you_mean

KeyKind = Literal["owner", "reference", "dimension"]
KEY_KINDS: Final[tuple[KeyKind, ...]] = ("owner", "reference", "dimension")
DECLARED: Final = "declared"


@dataclass(frozen=True)
class ForeignKey:
    """Columns of a table whose values are keys of another one, or of the same.

    Attributes:
        columns: of the table that has the key.
        table: the table that is referred to.
        referenced: its columns, as many.
        kind: "owner" where a row belongs to the row it names (a lab to its admission), "dimension" where the other table is a
            public list that is kept as it is (a dictionary of items), "reference" for any other.
        nullable: whether it may be missing.
        found_by: "declared", or what it was found by, such as "names and inclusion 1.00".

    Raises:
        SchemaError: it is none; the message says what is wrong.
    """

    columns: tuple[str, ...]
    table: str
    referenced: tuple[str, ...]
    kind: KeyKind = "reference"
    nullable: bool = True
    found_by: str = DECLARED

    def __post_init__(self) -> None:
        """Checks it by itself."""
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "referenced", tuple(self.referenced))
        if not self.columns or len(self.columns) != len(self.referenced):
            raise SchemaError(
                f"a foreign key must name as many columns as the key it refers to, however: {len(self.columns)} refer to "
                f"{len(self.referenced)} of {self.table!r}"
            )
        if self.kind not in KEY_KINDS:
            raise SchemaError(
                f"kind of a foreign key must be one of {', '.join(KEY_KINDS)}, however: found {self.kind!r}",
                remedy=did_you_mean(self.kind, KEY_KINDS),
            )

    def to_dict(self) -> dict[str, Any]:
        """Gives the key as a dictionary for JSON; whether it is an owner is said by where it stands."""
        shown: dict[str, Any] = {
            "columns": list(self.columns),
            "table": self.table,
            "referenced": list(self.referenced),
        }
        shown |= {"kind": self.kind} if self.kind == "dimension" else {}
        return shown | {"nullable": self.nullable, "found_by": self.found_by}

    def __str__(self) -> str:
        """The key in short."""
        return f"{', '.join(self.columns)} -> {self.table}.{', '.join(self.referenced)}"


@dataclass(frozen=True)
class TableKeys:
    """The keys of one table.

    Attributes:
        primary_key: the columns that tell its rows apart; None where it has none.
        primary_found_by: "declared", or what the primary key was found by.
        foreign_keys: one or none of them is of the kind "owner".
        order: the column that its rows are ordered by, within their owner; None where there is none.
        order_found_by: "declared", or what the order was found by.
    """

    primary_key: tuple[str, ...] | None = None
    primary_found_by: str = DECLARED
    foreign_keys: tuple[ForeignKey, ...] = ()
    order: str | None = None
    order_found_by: str = DECLARED

    def __post_init__(self) -> None:
        """Checks that there is one owner at most, which stands first, and no key twice."""
        object.__setattr__(self, "foreign_keys", tuple(sorted(self.foreign_keys, key=lambda key: key.kind != "owner")))
        if self.primary_key is not None:
            object.__setattr__(self, "primary_key", tuple(self.primary_key))
        owners = [key for key in self.foreign_keys if key.kind == "owner"]
        if len(owners) > 1:
            raise SchemaError(f"a table must have one owner at most, however: found {owners[0]} and {owners[1]}")
        columns = [key.columns for key in self.foreign_keys]
        twice = next((one for at, one in enumerate(columns) if one in columns[:at]), None)
        if twice is not None:
            raise SchemaError(f"a foreign key must be named once, however: found {', '.join(twice)} twice")

    @property
    def owner(self) -> ForeignKey | None:
        """The foreign key by which its rows belong to other rows."""
        return next((key for key in self.foreign_keys if key.kind == "owner"), None)

    @property
    def columns(self) -> frozenset[str]:
        """All columns of keys."""
        return frozenset((*(self.primary_key or ()), *(name for key in self.foreign_keys for name in key.columns)))

    def to_dict(self) -> dict[str, Any]:
        """Gives the keys as a dictionary for JSON."""
        primary = self.primary_key and {"columns": list(self.primary_key), "found_by": self.primary_found_by}
        return {
            "primary_key": primary,
            "owner": self.owner and self.owner.to_dict(),
            "references": [key.to_dict() for key in self.foreign_keys if key.kind != "owner"],
            "order": self.order and {"column": self.order, "found_by": self.order_found_by},
        }

    def with_key(self, key: ForeignKey) -> TableKeys:
        """The same with a foreign key more, or with another one for these columns; a new owner makes the old one a reference."""
        kept = [one for one in self.foreign_keys if one.columns != key.columns]
        if key.kind == "owner":
            kept = [replace(one, kind="reference") if one.kind == "owner" else one for one in kept]
        return replace(self, foreign_keys=(*kept, key))

    def without_key(self, columns: tuple[str, ...]) -> TableKeys:
        """The same without the foreign key of these columns."""
        return replace(self, foreign_keys=tuple(one for one in self.foreign_keys if one.columns != columns))


@dataclass(frozen=True)
class Question:
    """A key that may be one: it is asked for, never assumed.

    Attributes:
        table: whose key it would be.
        key: the key.
    """

    table: str
    key: ForeignKey

    def __str__(self) -> str:
        """The question in one line."""
        return f"{self.table}.{self.key} ({self.key.found_by})"
