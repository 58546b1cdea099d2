"""Carries on a frame where its rows come from, where they are synthetic: in the metadata of an Arrow table, the ``attrs`` of pandas."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from synthgan.data.containers.raw import container_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEY: Final = "synthgan.origin"
_PANDAS: Final = b"PANDAS_ATTRS"  # where pandas keeps the attrs of a frame that it writes
_MAX_LETTERS: Final = 100_000


def with_origin(frame: Any, origin: Mapping[str, Any] | None) -> Any:
    """Gives a frame that carries where its rows come from; None takes away what it carries. Frames of polars can carry nothing.

    Example:
        >>> origin_of(with_origin(pa.table({"x": [1]}), {"synthetic": True, "seed": 7}))
        {'synthetic': True, 'seed': 7}
    """
    container = container_of(frame)
    if container == "pandas":
        kept = {key: value for key, value in frame.attrs.items() if key != KEY}
        frame = frame.copy(deep=False)
        frame.attrs = kept | ({KEY: dict(origin)} if origin else {})
    if container == "pyarrow":
        metadata = {key: value for key, value in (frame.schema.metadata or {}).items() if key != KEY.encode()}
        return frame.replace_schema_metadata(metadata | (metadata_of(origin) or {}) or None)
    return frame


def metadata_of(origin: Mapping[str, Any] | None) -> dict[bytes, bytes] | None:
    """The metadata of an Arrow table that say where its rows come from; None of real ones."""
    return {KEY.encode(): json.dumps(origin, ensure_ascii=False).encode()} if origin else None


def origin_of(frame: object) -> dict[str, Any] | None:
    """Gives what a frame carries of the origin of its rows; None where it says nothing, as real rows do."""
    if container_of(frame) == "pandas":
        return checked_origin(frame.attrs.get(KEY))  # type: ignore[attr-defined]
    return origin_in(frame.schema) if isinstance(frame, pa.Table) else None


def first_origin(frames: Iterable[object]) -> dict[str, Any] | None:
    """Gives what the first of some frames that says anything says of the origin of its rows; None where none does."""
    return next(filter(None, map(origin_of, frames)), None)


def origin_in(schema: pa.Schema) -> dict[str, Any] | None:
    """Gives what the metadata of a file say of the origin of its rows, also where pandas wrote them; None where they say nothing."""
    metadata = schema.metadata or {}
    try:
        if KEY.encode() in metadata:
            return read_origin(metadata[KEY.encode()])
        return checked_origin(json.loads(metadata.get(_PANDAS, b"{}")[:_MAX_LETTERS]).get(KEY))
    except (ValueError, AttributeError, RecursionError):
        return None


def read_origin(written: str | bytes | None) -> dict[str, Any] | None:
    """Reads an origin from the JSON that is a file's metadatum or a table's comment; None where it is none."""
    try:
        return checked_origin(json.loads(written[:_MAX_LETTERS])) if written else None
    except (ValueError, RecursionError):
        return None


def checked_origin(given: Any) -> dict[str, Any] | None:
    """An origin, where it is one; whoever writes a file may say anything in it, so no more than its form is believed."""
    return dict(given) if isinstance(given, dict) and given.get("synthetic") is True else None
