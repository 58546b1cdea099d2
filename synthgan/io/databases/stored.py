"""What a database holds, as it was read: tables, and the keys that it declares itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from synthgan.data.containers.dtypes import CONTAINERS
from synthgan.io.contract import Anything, Listed, Maybe, Record, Text

if TYPE_CHECKING:
    from synthgan.data.containers.raw import Frame
    from synthgan.data.keys import TableKeys

FOLDER: Final = "folder"
SQLITE: Final = "SQLite"
DUCKDB: Final = "DuckDB"
SQL: Final = "SQL"
FHIR: Final = "FHIR"
KINDS: Final = (FOLDER, SQLITE, DUCKDB, SQL, FHIR)
# What a model file says of them, and of the form in which each table came in.
STORED: Final = Record({"kind": Text(among=("", *KINDS)), "ending": Text()}, optional=True)
FORM: Final = Record(
    {
        "container": Maybe(Text(among=CONTAINERS)),
        "index": Listed(Text(), distinct=True),
        "source": Maybe(Record(others=Anything()), optional=True),
    }
)


@dataclass(frozen=True)
class Stored:
    """A database as it was read.

    Attributes:
        kind: what it was: `FOLDER`, `SQLITE`, `DUCKDB`, `SQL` or `FHIR`.
        name: what it is called in messages and manifests: never a password, a user or a query.
        tables: by name, in the order of the names; one may have no rows.
        keys: those that it declares, by table; a table that declares none is not there.
        ending: of the files of a folder, such as ".csv.gz", and of FHIR; "" for others.
    """

    kind: str
    name: str
    tables: dict[str, Frame]
    keys: dict[str, TableKeys] = field(default_factory=dict)
    ending: str = ""
