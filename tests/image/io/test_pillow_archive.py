"""Every picture of Pillow's source archive, many of which are damaged on purpose, is read or refused in one line."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version

import pytest
from helpers.opened_images import opened

from synthgan import SynthganError
from synthgan.image.io.kinds import kind_by_name

MIN_READ, MAX_REFUSED = 700, 90


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The archive, taken apart; skipped where no registry is reached."""
    folder = tmp_path_factory.mktemp("pillow")
    name = f"pillow=={version('pillow')}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        name,
        "--no-binary",
        ":all:",
        "--no-deps",
        "-q",
        "-d",
        str(folder),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    found = sorted(folder.glob("*.tar.gz"))
    if done.returncode or not found:
        pytest.skip(f"no source archive of {name}: {done.stderr.strip().splitlines()[-1:]}")
    with tarfile.open(found[0]) as tar:
        tar.extractall(folder, filter="data")
    return folder


@pytest.mark.slow
def test_every_picture_is_read_or_refused_in_one_line(archive):
    pictures = [file for file in sorted(archive.rglob("*")) if file.is_file() and kind_by_name(file.name) is not None]
    read, refused = opened(pictures, SynthganError)
    assert read >= MIN_READ
    assert len(refused) <= MAX_REFUSED
