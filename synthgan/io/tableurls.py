"""One table behind a URL: a table or query of a database, or a file in a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pyarrow as pa

from synthgan.data.containers.origin import first_origin
from synthgan.data.containers.raw import container_of
from synthgan.errors import DataError, PrivacyError
from synthgan.io.databases.addresses import address_of, is_url
from synthgan.io.databases.onetable import DUCKDB, OneTable, check_absent, read_one, write_one
from synthgan.io.databases.stores import as_arrow
from synthgan.io.readers import head_of, read_indexed, read_plainly
from synthgan.io.remote import check_new, fetched, is_file_url, put
from synthgan.io.writers import write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from synthgan.data.containers.raw import Frame


def is_table_url(source: object) -> bool:
    """Whether a source is a URL of one table; one of a whole database is none.

    Example:
        >>> is_table_url("duckdb:///clinic.duckdb?table=visits"), is_table_url("duckdb:///clinic.duckdb")
        (True, False)
    """
    return isinstance(source, str) and is_url(source) and (is_file_url(source) or OneTable.of(source) is not None)


def read_url(url: str) -> Frame:
    """Reads the table behind a URL.

    Raises:
        DataError: it names none, there is none, or it cannot be reached or has no rows; no secret is told.
    """
    if is_file_url(url):
        with fetched(url) as path:
            return read_indexed(path)
    place = _place(url)
    table = read_one(place)
    if not len(table):
        raise DataError(f"{place.shown} must hold rows, however: found none")
    return table


def read_url_plainly(url: str, *, declared: bool) -> pa.Table:
    """Reads the table behind a URL, by types that no row has a say in.

    Raises:
        PrivacyError: its values say the types, as in most databases.
        DataError: as `read_url` does.
    """
    if is_file_url(url):
        with fetched(url) as path:
            return read_plainly(path, declared=declared)
    return _read_plainly(_place(url))


def _read_plainly(place: OneTable) -> pa.Table:
    if place.kind != DUCKDB:
        raise PrivacyError(
            f"{place.shown} must be of a kind whose types no row chooses under epsilon, however: of such databases that is not known; "
            f"write it to a Parquet file, or to DuckDB"
        )
    return read_one(place)


def head_of_url(url: str) -> tuple[pa.Schema, bool]:
    """Gives the names of a table's columns with the types that are declared of them, and whether any are; no row is read.

    Raises:
        PrivacyError: its values say the types, as in most databases.
        DataError: as `read_url` does.
    """
    if is_file_url(url):
        with fetched(url) as path:
            return head_of(path)
    return _read_plainly(_place(url).head()).schema, True


def write_url(batches: Iterable[Frame] | Frame, url: str, origin: Mapping[str, Any] | None = None) -> int:
    """Writes a table that is not there yet behind a URL; gives how many rows it has.

    Synthetic rows say so as files do, and as the comment of a table in databases that know comments.

    Raises:
        DataError: it is there, or cannot be written; no secret is told.
    """
    if is_file_url(url):
        with put(url) as path:
            return write_table(batches, path, private=True, origin=origin)
    place = _place(url)
    frames = [batches] if container_of(batches) else list(batches)
    table = pa.concat_tables(map(as_arrow, frames), promote_options="permissive")
    return write_one(table, place, origin or first_origin(frames))


def check_free(url: str) -> None:
    """Refuses a place behind a URL where a table is already, or that cannot be reached, before anything is made for it.

    Raises:
        DataError: it is such a place; no secret is told.
    """
    if is_file_url(url):
        check_new(url)
    else:
        check_absent(_place(url))


def shown_url(url: str) -> str:
    """The URL of a table without what is secret in it: as it may be told, and typed again.

    Example:
        >>> shown_url("postgresql://ann:s3cret@host/hospital?table=visits&sslmode=require")
        'postgresql://host/hospital?table=visits'
    """
    place = None if is_file_url(url) else OneTable.of(url)
    shown = address_of(url).shown
    return shown if place is None or place.table is None else f"{shown}?{urlencode({'table': place.table})}"


def stem_of(url: str) -> str:
    """What a table behind a URL is called: in the names of files made of it."""
    if is_file_url(url):
        return address_of(url).shown.rpartition("/")[2].partition(".")[0]
    return _place(url).table or "query"


def _place(url: str) -> OneTable:
    place = OneTable.of(url)
    if place is None:
        shown = address_of(url).shown
        raise DataError(
            f"{shown} must name one table, however: it is a whole database; add ?table=NAME, or use DatabaseSynthesizer"
        )
    return place
