"""Files behind URLs (S3, GCS, HTTP and whatever else fsspec knows): fetched to be read, and put there when they are whole."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from synthgan.errors import DataError, SynthganError
from synthgan.io.databases.addresses import Address, address_of
from synthgan.io.extras import required
from synthgan.io.reasons import one_line
from synthgan.io.sidecar import place_beside

if TYPE_CHECKING:
    from collections.abc import Iterator

# Of the protocols that fsspec knows those that hold files; all other URLs are of databases.
STORES: Final = frozenset(
    {
        "s3",
        "s3a",
        "gs",
        "gcs",
        "http",
        "https",
        "az",
        "abfs",
        "abfss",
        "adl",
        "hf",
        "ftp",
        "sftp",
        "hdfs",
        "webhdfs",
        "file",
        "memory",
    }
)


def is_file_url(url: str) -> bool:
    """Whether a URL is of a file.

    Example:
        >>> is_file_url("s3://bucket/visits.parquet"), is_file_url("postgresql://host/hospital")
        (True, False)
    """
    return url.partition("://")[0].lower() in STORES


@contextmanager
def fetched(url: str) -> Iterator[Path]:
    """Lends a copy of a file behind a URL, under its own name.

    Raises:
        DataError: there is none, it cannot be reached, or cannot be read; no secret of the URL is told.
    """
    address = address_of(url)
    with TemporaryDirectory(prefix="synthgan-") as folder:
        local = Path(folder) / _name(address)
        with _reaching(address, local), _opened(url, "rb") as source, local.open("wb") as target:
            shutil.copyfileobj(source, target)
        with _reaching(address, local):
            yield local


@contextmanager
def put(url: str) -> Iterator[Path]:
    """Lends a place for a file, which is put behind a URL at the end, when it is whole.

    Raises:
        DataError: something is there, or it cannot be written; no secret of the URL is told.
    """
    address = address_of(url)
    with TemporaryDirectory(prefix="synthgan-") as folder:
        local = Path(folder) / _name(address)
        with _reaching(address, local):
            system, path = _new(url, address)
            yield local
            system.put_file(str(local), path)
            if place_beside(local).exists():  # which says where its rows come from
                system.put_file(str(place_beside(local)), str(place_beside(PurePosixPath(path))))


def check_new(url: str) -> None:
    """Refuses a file behind a URL that is there, or cannot be reached, before anything is made for it.

    Raises:
        DataError: it is there; no secret of the URL is told.
    """
    address = address_of(url)
    with _reaching(address, Path(_name(address))):
        _new(url, address)


def _new(url: str, address: Address) -> tuple[Any, str]:
    """The store, and the path in it, of a file that is not there yet."""
    system, path = required("fsspec", "cloud").core.url_to_fs(url)
    if system.exists(path):
        raise DataError(
            f"{address.shown}: the output must be new, however: it is there already; remove it, or name another"
        )
    return system, path


def _name(address: Address) -> str:
    name = PurePosixPath(address.shown).name
    if not PurePosixPath(name).suffix:
        raise DataError(
            f"{address.shown} must be the URL of a table's file, however: it ends in no format, such as .parquet; name the file"
        )
    return name


def _opened(url: str, mode: str) -> Any:
    return required("fsspec", "cloud").open(url, mode)


@contextmanager
def _reaching(address: Address, local: Path) -> Iterator[None]:
    """Whatever goes wrong is told in one line, of the URL in the place of our copy, and without a secret."""
    try:
        yield
    except SynthganError as error:
        error.message = address.told(error.message.replace(str(local), address.shown))
        error.args = (error.message,)
        raise
    except ImportError as error:
        raise DataError(
            f"{address.shown} must be of a kind that can be reached, however: {error.name or 'its package'} is not installed; "
            "pip install 'synthgan[cloud]'"
        ) from None
    except Exception as error:  # noqa: BLE001 (stores raise what they like, and it may show the URL)
        raise DataError(
            f"{address.shown} must be a file that can be reached, however: {address.told(one_line(error))}"
        ) from None
