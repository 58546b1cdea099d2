"""The face of the package: what it exports, and that looking at it costs nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

import synthgan

HEAVY = ("torch", "pandas", "sklearn", "pyarrow", "polars", "scipy", "numpy", "xgboost")


def test_exported_names_are_sorted():
    assert synthgan.__all__ == sorted(synthgan.__all__)


def test_nothing_leaks():
    assert dir(synthgan) == synthgan.__all__


def test_exports_are_what_was_agreed():
    errors = {name for name in dir(synthgan.errors) if name.endswith("Error")}
    assert set(synthgan.__all__) == errors | {
        "Autoregressive",
        "Balancer",
        "Chains",
        "Column",
        "Database",
        "DatabaseSynthesizer",
        "Distilled",
        "ImageRecords",
        "ImageSynthesizer",
        "Network",
        "Pooled",
        "Processes",
        "Ray",
        "Report",
        "Schema",
        "Score",
        "Synthesizer",
        "Threads",
        "__version__",
        "attack_file",
        "balance",
        "combine",
        "deep_audit",
        "diagnose_collapse",
        "evaluate",
        "evaluate_images",
    }


@pytest.mark.parametrize("name", synthgan.__all__)
def test_every_exported_name_is_there(name):
    assert getattr(synthgan, name) is not None


def test_objects_know_where_they_live():
    assert synthgan.Schema.__module__.startswith("synthgan.")
    assert synthgan.Synthesizer.__module__ == "synthgan.synthesizer"


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'Sinthesizer'"):
        _ = synthgan.Sinthesizer


def test_importing_imports_nothing_heavy(package_environment):
    code = f"import sys, synthgan; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], env=package_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("given", "found"), [({}, "20000"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None")])
def test_threads_do_not_spin_for_long_so_that_busy_machines_stay_usable(given, found, package_environment):
    code = "import os, synthgan; print(os.environ.get('GOMP_SPINCOUNT'))"
    kept = {
        name: value for name, value in package_environment.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    }
    done = subprocess.run([sys.executable, "-c", code], env=kept | given, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == found


@pytest.mark.parametrize(
    "module", ["synthgan.data.schema", "synthgan.io.sources", "synthgan.io.modelfile", "synthgan_cli.commands"]
)
def test_reading_tables_needs_no_torch(module, package_environment):
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=package_environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
