"""Fits one private peer on one table of codes and samples it; runs in an environment of its own (``make private-peers``).

``.venv-private-peers/bin/python benchmarks/models/private_peer.py MODEL TRAIN.csv SYNTHETIC.csv SEED OPTIONS`` with
``epsilon``, ``delta`` and ``domain`` (how many codes each column has) in the options; the last line printed is one of JSON.
``private_peer.py versions`` prints the versions instead. AIM is held to models of 3 MB and 500 rounds of inference, without
which it takes hours here; MST runs at its defaults.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from importlib.metadata import version
from typing import Any

import pandas as pd

PACKAGES = ("dpmm", "opendp", "numpy", "pandas")
AIM_MEGABYTES, AIM_ROUNDS = 3, 500


def make(model: str, options: dict[str, Any]) -> Any:
    """The peer, not fitted yet."""
    from dpmm.pipelines import AIMPipeline, MSTPipeline

    common = {key: options[key] for key in ("epsilon", "delta")} | {"disable_processing": True, "n_jobs": 1}
    if model == "mst":
        return MSTPipeline(**common)
    return AIMPipeline(**common, max_model_size=AIM_MEGABYTES, gen_kwargs={"n_iters": AIM_ROUNDS})


def main() -> None:
    """Do what the command line says."""
    warnings.simplefilter("ignore")
    if sys.argv[1:] == ["versions"]:
        print(json.dumps({name: version(name) for name in PACKAGES}))
        return
    model, path, output, seed, words = sys.argv[1:]
    options, train = json.loads(words), pd.read_csv(path)
    generator = make(model, options)
    started, started_cpu = time.perf_counter(), time.process_time()
    generator.fit(train, domain=options["domain"], random_state=int(seed))
    costs = {
        "fit_seconds": round(time.perf_counter() - started, 2),
        "fit_cpu_seconds": round(time.process_time() - started_cpu, 2),
    }
    generator.generate(n_records=len(train)).to_csv(output, index=False)
    print(json.dumps(costs))


if __name__ == "__main__":
    main()
