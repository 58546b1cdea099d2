"""Tables and models in files: read, written, and never left half-written."""

from synthgan.io.memory import memory_bound
from synthgan.io.readers import read_table
from synthgan.io.writers import write_table

__all__ = ["memory_bound", "read_table", "write_table"]
