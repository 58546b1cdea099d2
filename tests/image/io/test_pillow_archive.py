"""Every picture of Pillow's source archive, many of which are damaged on purpose, is read or refused in one line."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from importlib.metadata import version

import pytest

from synthgan import SynthganError
from synthgan.image.io.kinds import kind_by_name, open_scan
from synthgan.io.memory import memory_bound

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
    read, refused = 0, {}
    with memory_bound("2GB"):
        for file in sorted(archive.rglob("*")):
            if file.is_file() and kind_by_name(file.name) is not None:
                try:
                    scan = open_scan(file)
                    numbers = scan.read()
                except SynthganError as error:
                    refused[file.name] = str(error)
                    continue
                assert numbers.shape == scan.shape
                read += 1
    assert read >= MIN_READ
    assert len(refused) <= MAX_REFUSED
    assert all(len(line.splitlines()) == 1 and name in line for name, line in refused.items())
