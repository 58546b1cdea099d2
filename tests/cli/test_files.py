"""What the commands write is its owner's alone, whatever the umask of whoever runs them."""

from __future__ import annotations

import os
import stat

import pytest


@pytest.fixture
def open_umask():
    """A umask that forbids nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask", "small")
def test_all_that_comes_of_rows_is_its_owners_alone(run, table, folder):
    assert run("schema", table, "-o", "s.json").code == 0
    assert run("fit", table, "-o", "m.synthgan").code == 0
    assert run("sample", "m.synthgan", "-n", 50).code == 0
    assert run("evaluate", table, "m.synthetic.parquet", "--report", "r.html").code == 0
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path != table}
    assert modes == dict.fromkeys(("s.json", "m.synthgan", "m.synthetic.parquet", "r.html", "r.json"), 0o600)
