"""How many patients can be drawn: rows a second and the most memory of ``synthgan sample`` for histories, at several numbers of patients.

``python -m benchmarks scale_linked --people 10000,100000,1000000`` learns 2,000 made patients with about 20 rows each, and draws so many
into a Parquet file, each time in a process of its own. Groups are drawn and written batch by batch, so memory should not grow with them.
Linked tables of a database are drawn as a whole, and are not measured here.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthgan import Synthesizer
from synthgan.runtime import Streams

LEARNED, ROWS = 2_000, 20
SCRIPT = """
import json, resource, sys, time
from benchmarks.models.costs import peak_memory_gb
from synthgan_cli.commands import app
began = time.process_time()
sys.argv = ["synthgan", *sys.argv[1:]]
try:
    app()
except SystemExit as end:
    if end.code:
        raise
print(json.dumps({"seconds": time.process_time() - began, "gigabytes": peak_memory_gb()}))
"""


def made_patients(people: int, seed: int = 0) -> pd.DataFrame:
    """Hours of made patients: sex, a ward that mostly stays, a value that wanders and is often missing, a dose that never falls."""
    rng = Streams(seed).numpy("patients")
    counts = 1 + rng.poisson(ROWS - 1, people)
    owner = np.repeat(np.arange(people), counts)
    rows = len(owner)
    start = np.repeat(np.cumsum(counts) - counts, counts)

    def summed(steps: Any) -> Any:
        """Sums inside each patient."""
        total = np.cumsum(steps)
        return total - total[start] + steps[start]

    gaps = rng.integers(1, 6, rows)
    time_of = np.datetime64("2020-01-01T00") + np.repeat(rng.integers(0, 9_000, people), counts) + summed(gaps)
    value = 120 + np.repeat(rng.normal(0, 10, people), counts) + summed(rng.normal(0, 1, rows))
    return pd.DataFrame(
        {
            "patient_id": owner,
            "charttime": time_of,
            "sex": np.repeat(rng.choice(["F", "M"], people), counts),
            "ward": np.array(["ICU", "ward"])[summed(rng.random(rows) < 0.1) % 2],
            "value": np.where(rng.random(rows) < 0.3, np.nan, value.round(1)),
            "dose": summed(rng.integers(0, 3, rows)),
        }
    )


def drawn(model: Path, people: int, folder: Path) -> dict[str, Any]:
    """What drawing so many patients costs."""
    output = folder / f"{people}.parquet"
    words = ["sample", str(model), "-n", str(people), "-o", str(output)]
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=True)  # noqa: S603 (our own script)
    costs = json.loads(done.stdout.splitlines()[-1])
    rows = len(pd.read_parquet(output, columns=["patient_id"]))
    output.unlink()
    return {
        "people": people,
        "rows": rows,
        "rows_a_second": round(rows / costs["seconds"]),
        "processor_seconds": round(costs["seconds"], 1),
        "wall_seconds": round(time.monotonic() - began, 1),
        "gigabytes": round(costs["gigabytes"], 2),
    }


def main(words: list[str] | None = None) -> None:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks scale_linked",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--people", default="10000,100000", help="comma-separated: how many to draw")
    parser.add_argument("--learned", type=int, default=LEARNED, help=f"how many are learned (default: {LEARNED:,})")
    given = parser.parse_args(words)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthesizer = Synthesizer(seed=0).fit(made_patients(given.learned), group="patient_id", order="charttime")
        synthesizer.save(folder / "patients.synthgan")
        for people in map(int, given.people.split(",")):
            print(json.dumps(drawn(folder / "patients.synthgan", people, folder)), flush=True)
