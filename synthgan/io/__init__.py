"""Tables and models in files: read, written, and never left half-written."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthgan.io.choices import reading_as
    from synthgan.io.memory import memory_bound
    from synthgan.io.readers import read_table
    from synthgan.io.writers import write_table

__all__ = ["memory_bound", "read_table", "reading_as", "write_table"]

_HOMES = {"memory_bound": "memory", "read_table": "readers", "reading_as": "choices", "write_table": "writers"}


def __getattr__(name: str) -> Any:
    """Imports a name when it is used: a path is looked at before pandas and pyarrow are there."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"synthgan.io.{_HOMES[name]}"), name)
