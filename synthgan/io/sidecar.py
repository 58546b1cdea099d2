"""Where a file says that its rows are synthetic: in its metadata, or, of formats without any, in a small JSON file beside it."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, TypeVar

from synthgan.data.containers.origin import checked_origin, origin_in, origin_of
from synthgan.errors import SynthganError
from synthgan.io.atomic import write_files
from synthgan.io.folders import files_in
from synthgan.io.formats import format_of
from synthgan.io.hashing import sha256_of
from synthgan.io.packed import DAMAGE, packing_of, unpacked_beside
from synthgan.io.plain import BESIDE, is_folder, sheet_of

if TYPE_CHECKING:
    from collections.abc import Mapping

P = TypeVar("P", bound=PurePath)

_MANIFEST: Final = "_manifest.json"  # of a folder of parts
_MAX_BYTES: Final = 1_000_000


def place_beside(path: P) -> P:
    """The file that says of another where its rows come from: ``made.csv.synthetic.json`` of ``made.csv``."""
    return path.with_name(path.name + BESIDE)


def write_beside(path: Path, written: Path, origin: Mapping[str, Any] | None, *, private: bool) -> None:
    """Says beside a file where its rows come from; of real rows nothing, and what an earlier file left there is removed.

    Args:
        path: what the file is called in the end.
        written: where it is now.
        origin: where its rows come from; None of real ones.
        private: whether the new file is its owner's alone.

    Raises:
        DataError: it cannot be written there.
        ResourceError: the disk is full.
    """
    if not origin:
        with suppress(OSError):  # what is left is of another file, as its hash says
            place_beside(path).unlink(missing_ok=True)
        return
    said = {"file": path.name, "sha256": sha256_of(written).hex(), **origin}
    write_files({place_beside(path): json.dumps(said, indent=1, ensure_ascii=False) + "\n"}, private=private)


def origin_at(path: str | Path) -> dict[str, Any] | None:
    """Gives where the rows of a file or folder come from, as it says itself; None where it says nothing, as real rows do.

    Example:
        >>> origin_at("/no/such/file.csv")
    """
    place = sheet_of(Path(path))[0]
    try:
        if is_folder(place):
            told = checked_origin((_read(place / _MANIFEST) or {}).get("origin"))
            return told or next(filter(None, map(origin_at, files_in(place)[:1])), None)
        if (found := origin_beside(place) or _origin_inside(place)) is not None:
            return found
        known = format_of(place, look=True)
        return origin_in(known.plain.head(place)) if known.tells and known.plain is not None else None
    except (SynthganError, *DAMAGE, OSError, ValueError):  # whoever reads the file says what is wrong with it
        return None


def origin_of_source(source: Any) -> dict[str, Any] | None:
    """Gives where rows come from, of a path or a frame; None where nothing is said. What is behind a URL is not looked at."""
    if isinstance(source, (str, Path)):
        return None if "://" in str(source) else origin_at(source)
    return origin_of(source)


def origin_beside(path: Path) -> dict[str, Any] | None:
    """Gives what stands beside a file of its rows: of this very file, and not of another that was called so before.

    Raises:
        OSError: the file cannot be read.
    """
    found = _read(place_beside(path))
    if found is None or found.pop("sha256", None) != sha256_of(path).hex():
        return None
    return checked_origin({key: value for key, value in found.items() if key != "file"})


def _origin_inside(path: Path) -> dict[str, Any] | None:
    """Gives what stands in a zip file beside the table in it."""
    if packing_of(path.name) != ".zip":
        return None
    with zipfile.ZipFile(path) as archive:
        told = next((member for member in archive.infolist() if member.filename.endswith(BESIDE)), None)
        if told is None or told.file_size > _MAX_BYTES:
            return None
        with unpacked_beside(path) as table:
            place_beside(table).write_bytes(archive.read(told))
            return origin_beside(table)


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON object; None where there is none that can be read."""
    try:
        if not path.is_file() or path.stat().st_size > _MAX_BYTES:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
