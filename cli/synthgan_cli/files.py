"""Paths on the command line: default names, and whether a result can be written there before hours are spent on it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from synthgan import ConfigError, DataError
from synthgan.io.plain import found_at, sheet_of
from synthgan.suggest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MODEL_SUFFIX = ".synthgan"
STDOUT = Path("-")
NPZ = ".npz"
_forced: ContextVar[bool] = ContextVar("forced", default=False)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):[/\\]+(.*)")


def stem(path: Path) -> str:
    """The name of a file without folder and endings: ``patients`` of ``data/patients.csv.gz``."""
    from synthgan.io.packed import packing_of

    name = sheet_of(path)[0].name
    return Path(name[: len(name) - len(packing_of(name))]).stem


def source_of(text: str) -> Path | str:
    """What a table is to be read from: a URL as it was typed, or else a path, which would lose a slash of one."""
    from synthgan.io.databases.addresses import is_url

    return text if is_url(text) else Path(text)


def named_after(source: Path | str, ending: str) -> Path:
    """How what is made of a table is called where nobody named it: a file of this folder."""
    if isinstance(source, Path):
        return Path(stem(source.resolve()) + ending)
    from synthgan.io.tableurls import stem_of

    return Path(stem_of(source) + ending)


def shown(source: Path | str) -> str:
    """What may be told of where a table is: of a URL no secret."""
    if isinstance(source, Path):
        return str(source)
    from synthgan.io.tableurls import shown_url

    return shown_url(source)


def is_images(path: Path | str) -> bool:
    """Whether a path is to be read as images: a folder that neither is called like a table nor holds some, or an ``.npz`` file.

    A file that is called like an image is one, too, and will be refused as such.
    """
    if isinstance(path, str):
        return False
    if path.suffix.lower() == NPZ:
        return True
    from synthgan.io.folders import is_of_tables
    from synthgan.io.formats import endings

    if path.name.lower().endswith(endings()):
        return False
    if path.is_dir():
        return not is_of_tables(path)
    from synthgan.image.io.kinds import kind_by_name

    return kind_by_name(path.name) is not None


def checkpoint_of(model: Path) -> Path:
    """Where the checkpoint of a model lies: beside it."""
    return model.with_name(f"{model.name}.checkpoint")


def only_model(folder: Path) -> Path:
    """The one model file of a folder.

    Raises:
        ConfigError: if there is none, or more than one.
    """
    found = sorted(path.name for path in folder.glob(f"*{MODEL_SUFFIX}") if path.is_file())
    if len(found) == 1:
        return folder / found[0]
    if not found:
        raise ConfigError(
            "MODEL must be named, however: this folder holds no *.synthgan; make one with `synthgan fit TABLE`"
        )
    listed = ", ".join(found[:3]) + (", ..." if len(found) > 3 else "")  # noqa: PLR2004 (enough to recognise them)
    raise ConfigError(f"MODEL must be named, however: this folder holds {len(found)} models ({listed}); name one")


def url_of(path: Path) -> str | None:
    """The URL of a database that somebody gave where a path belongs, of which a path keeps one slash; None of a path.

    Example:
        >>> url_of(Path("postgresql://ann@host/hospital")), url_of(Path("hospital.duckdb"))
        ('postgresql://ann@host/hospital', None)
    """
    found = _URL.fullmatch(str(path))
    return None if found is None else f"{found[1]}://{found[2]}"


def _refuse_url(path: Path) -> None:
    """Refuses the URL of a database without telling what is secret in it.

    Raises:
        ConfigError: it is one.
    """
    url = url_of(path)
    if url is not None:
        from synthgan.io.databases.addresses import address_of

        raise ConfigError(f"{address_of(url).shown}: must be a file, however: it is the URL of a database; name a file")


def _require_one_table(url: str) -> None:
    """Refuses the URL of a whole database where one table is meant.

    Raises:
        ConfigError: it is one.
    """
    from synthgan.io.tableurls import is_table_url

    if not is_table_url(url):
        raise ConfigError(f"{shown(url)}: must be one table, however: it is a whole database; add ?table=NAME")


def require_readable(path: Path | str) -> None:
    """Refuses a path that holds no file (what is behind a URL is looked at when it is read), before anything slow is imported.

    Raises:
        DataError: if there is no such file.
        ConfigError: if it is the URL of a whole database.
    """
    if isinstance(path, str):
        _require_one_table(path)
        return
    _refuse_url(path)
    from synthgan.io.folders import is_of_tables

    path = sheet_of(path)[0]
    found = found_at(path)
    if found not in {None, "a folder"} or (found and not is_images(path) and not is_of_tables(path)):
        raise DataError(
            f"{path}: must be a file, however: it is {found}; name a file{' in it' * (found == 'a folder')}"
        )
    if not path.exists():
        near = nearest(path.name, [other.name for other in path.parent.glob("*")])
        hint = f"did you mean {path.parent / near}?" if near else "check the path"
        raise DataError(f"{path}: must be a file, however: there is none", remedy=hint)


@contextmanager
def replacing(*, forced: bool) -> Iterator[None]:
    """Says whether results may replace what is there already, as long as it lasts."""
    token = _forced.set(forced)
    try:
        yield
    finally:
        _forced.reset(token)


def require_new(path: Path) -> None:
    """Refuses to replace a file that is there already, unless ``--force`` says so.

    Raises:
        ConfigError: there is one.
    """
    if path.is_file() and not _forced.get():
        raise ConfigError(
            f"{path} must not be there yet, however: it is; add --force to replace it, or name another place"
        )


def require_writable(path: Path | str, *, inputs: tuple[Path | str | None, ...] = (), new: bool = True) -> None:
    """Refuses a path that a result could not be written to, or that would destroy what it is made from.

    Nothing is ever replaced behind a URL.

    Raises:
        DataError: if the path cannot be written, or a table is behind the URL already.
        ConfigError: if it is one of the inputs, the URL of a whole database, or there already and nobody said ``--force``.
        ResourceError: if the disk is full.
    """
    if isinstance(path, str):
        _require_one_table(path)
        from synthgan.io.tableurls import check_free

        check_free(path)
        return
    _refuse_url(path)
    from synthgan.io.atomic import check_writable

    if found_at(path) not in {None, "a folder"}:
        # Results are renamed into place: as root that would replace /dev/null itself.
        raise DataError(
            f"{path}: the output must be an ordinary file, however: it is {found_at(path)}; use -o - for stdout"
        )
    local = [given for given in inputs if isinstance(given, Path)]
    if any(given.exists() and path.exists() and path.samefile(given) for given in local):
        raise ConfigError(
            f"{path}: the output must not be an input, however: it would be overwritten; name another with -o"
        )
    if new:
        require_new(path)
    check_writable(path)


def is_folder(path: Path, words: Sequence[str]) -> bool:
    """Whether a folder is meant: one is there, or the command's words end the path with a slash, which a path has lost."""
    return path.is_dir() or any(word.endswith("/") and word.rstrip("/").endswith(str(path)) for word in words)


def write_text(text: str, path: Path) -> None:
    """Writes a small text file atomically."""
    from synthgan.io.atomic import write_files

    write_files({path: text}, private=True)


def again(given: int | None, used: int | None) -> str:
    """By which seed something is drawn again that nobody gave one for, to stand at the end of a line.

    Example:
        >>> again(None, 7), again(7, 7)
        (' (--seed 7 draws the same again)', '')
    """
    return f" (--seed {used} draws the same again)" if given is None else ""


def written(place: Path | str, rows: int) -> str:
    """What was written where, to stand in the last line of a command: ``made.csv: 1,000 rows (1.3 MB)``."""
    if place == STDOUT:
        return f"{rows:,} rows"
    return f"{shown(place)}: {rows:,} rows{f' ({size(place)})' if isinstance(place, Path) else ''}"


def size(path: Path) -> str:
    """The size of a file in words, such as ``1.3 MB``."""
    bytes_ = path.stat().st_size
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= scale:
            return f"{bytes_ / scale:.1f} {unit}"
    return f"{bytes_} bytes"
