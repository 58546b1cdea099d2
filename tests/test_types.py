"""Whoever uses the package with a type checker sees our types."""

from __future__ import annotations

import subprocess
import sys

USER = """
from synthgan import Synthesizer, evaluate
from synthgan_cli.__main__ import main

reveal_type(Synthesizer(seed=0).manifest())
reveal_type(evaluate)
reveal_type(main)
"""
# Only our own packages are followed: what torch or pandas say of themselves would take a minute to read.
SETTINGS = "[mypy]\nstrict = true\nfollow_imports = silent\n" + "".join(
    f"[mypy-{name}.*]\nfollow_imports = skip\nfollow_imports_for_stubs = true\nignore_missing_imports = true\n"
    for name in ("torch", "numpy", "pandas", "polars", "pyarrow", "narwhals", "sklearn", "scipy", "rich", "typer")
)


def test_a_typed_user_sees_our_types(tmp_path):
    (tmp_path / "user.py").write_text(USER, encoding="utf-8")
    (tmp_path / "mypy.ini").write_text(SETTINGS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "user.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert 'dict[str, Any]"' in done.stdout.replace("builtins.", "")
    assert done.stdout.count("Revealed type is") == 3
    assert "def (real: Any, synthetic: Any" in done.stdout
