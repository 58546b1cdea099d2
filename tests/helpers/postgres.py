"""Starts a PostgreSQL server of its own for a test, as another user than root, and ends it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "s3cret-of-nobody"  # noqa: S105 (of a server that lives as long as a test)
USERS = ("postgres", "nobody")
PLACES = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")


def binaries():
    """The folder of initdb and pg_ctl; None where there is none."""
    found = shutil.which("pg_ctl") and shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    tries = [path.parent for place in PLACES for path in sorted(Path(place).glob("*/bin/initdb"), reverse=True)]
    return next((folder for folder in tries if (folder / "pg_ctl").exists()), None)


@contextmanager
def server():
    """Lends the URL of a server without the name of a database: ``postgresql://owner:password@127.0.0.1:port``."""
    folder, user = binaries(), _user()
    place = Path(tempfile.mkdtemp(prefix="synthgan-pg-"))
    secret = place / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    for path in (place, secret):
        shutil.chown(path, user) if user else None
    data, port = place / "data", _free_port()
    try:
        _run([folder / "initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", f"--pwfile={secret}", "-N"], user)
        options = f"-h 127.0.0.1 -p {port} -k {place} -c fsync=off"
        _run([folder / "pg_ctl", "-D", data, "-w", "-o", options, "-l", place / "log", "start"], user)
        try:
            yield f"postgresql://owner:{PASSWORD}@127.0.0.1:{port}"
        finally:
            _run([folder / "pg_ctl", "-D", data, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _user():
    """Whom the server runs as: ourselves, unless we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in USERS if name in known)


def _run(command, user):
    done = subprocess.run(
        list(map(str, command)),
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
