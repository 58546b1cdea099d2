"""One column of a table: what it means, how it is read from a frame of any kind, and how it is put back."""

from synthgan.data.column import CODED, NUMBERS, TEMPORAL, Column, Kind, Scalar
from synthgan.data.containers.raw import Frame, RawColumn, container_of, names_of, raw_column
from synthgan.data.identifiers import is_prose
from synthgan.data.stamps import from_text

__all__ = [
    "CODED",
    "NUMBERS",
    "TEMPORAL",
    "Column",
    "Frame",
    "Kind",
    "RawColumn",
    "Scalar",
    "container_of",
    "from_text",
    "is_prose",
    "names_of",
    "raw_column",
]
