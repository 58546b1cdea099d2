"""A store in memory whose URLs hold secrets, to see that none of them is told."""

from __future__ import annotations

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

SECRET = "s3cret-of-nobody"  # noqa: S105 (of no store)


class Store(MemoryFileSystem):
    """A store in memory under a protocol of its own, whose URLs hold users, passwords and queries."""

    protocol = "sftp"
    store: dict = {}  # noqa: RUF012 (as fsspec has it)
    pseudo_dirs = [""]  # noqa: RUF012

    def __init__(self, *_, **__):
        super().__init__()

    @classmethod
    def _strip_protocol(cls, path):
        return "/" + path.rpartition("/")[2].partition("?")[0]


def url_of(name):
    """The URL of a file in the store."""
    return f"sftp://ann-{SECRET}:{SECRET}@host/{name}?key={SECRET}"


def put_frames(**frames):
    """Puts frames into an empty store as CSV files, and gives what it holds."""
    fsspec.register_implementation("sftp", Store, clobber=True)
    Store.store.clear()
    for name, frame in frames.items():
        with fsspec.open(url_of(f"{name}.csv"), "w") as file:
            frame.to_csv(file, index=False)
    return Store.store
