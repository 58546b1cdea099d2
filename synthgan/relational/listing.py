"""Which tables are kept as they are: lists that belong to nobody, and tables without rows."""

from __future__ import annotations

from dataclasses import replace

from synthgan.relational.database import Database


def is_listed(name: str, database: Database) -> bool:
    """Whether a table is kept as it is: it has no rows, or was declared a dimension and belongs to nobody."""
    keys = database.schema.tables
    refers = [key for one in keys.values() for key in one.foreign_keys if key.table == name]
    return not database.rows[name] or (any(key.kind == "dimension" for key in refers) and keys[name].owner is None)


def without_listed_owners(database: Database) -> Database:
    """The database where nothing belongs to rows of a table that is kept as it is: such a key names a row of a list."""
    schema = database.schema
    for name in database.tables:
        if not is_listed(name, database):
            continue
        for table, keys in schema.tables.items():
            if keys.owner is not None and keys.owner.table == name:
                schema = schema.with_table(table, keys.with_key(replace(keys.owner, kind="dimension")))
    if schema == database.schema and dict(schema.tables) == dict(database.schema.tables):
        return database
    settled_keys = Database(database.like_given(database.tables), schema=schema)
    settled_keys.source = database.source
    return without_listed_owners(settled_keys)
