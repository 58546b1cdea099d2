"""Opens many files as images, and says which of them were read and why the others were refused."""

from __future__ import annotations

from synthgan.image.io.kinds import open_scan
from synthgan.io.memory import memory_bound


def opened(files, refusal):
    """How many of the files were read, and by name the words of the refusals; any other error goes on."""
    read, refused = 0, {}
    with memory_bound("2GB"):
        for file in files:
            try:
                scan = open_scan(file)
                numbers = scan.read()
            except refusal as error:
                refused[file.name] = str(error)
                continue
            assert numbers.shape == scan.shape
            read += 1
    assert all(len(line.splitlines()) == 1 and name in line for name, line in refused.items())
    return read, refused
