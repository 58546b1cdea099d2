"""The face of synthgan: every public name, each imported only when it is first asked for."""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any

from synthgan._version import __version__
from synthgan.errors import (
    ConfigError,
    DataError,
    ModelFileError,
    NotFittedError,
    PrivacyError,
    ResourceError,
    SchemaError,
    SynthganError,
    TrainingError,
    WithheldError,
)

if TYPE_CHECKING:
    from synthgan.audit.deep import deep_audit
    from synthgan.audit.evaluate import evaluate
    from synthgan.audit.file import attack_file
    from synthgan.audit.images import evaluate_images
    from synthgan.balancing.balancer import Balancer, balance
    from synthgan.data.schema import Column, Schema
    from synthgan.distributed.cluster import Ray
    from synthgan.distributed.processes import Processes
    from synthgan.distributed.threads import Threads
    from synthgan.image.records import ImageRecords
    from synthgan.image.synthesizer import ImageSynthesizer
    from synthgan.metrics.combining import combine
    from synthgan.metrics.images.evaluate import diagnose_collapse
    from synthgan.metrics.score import Score
    from synthgan.relational.database import Database
    from synthgan.relational.synthesizer import DatabaseSynthesizer
    from synthgan.report import Report
    from synthgan.synthesizer import Synthesizer
    from synthgan.tabular.autoregressive.autoregressive import Autoregressive
    from synthgan.tabular.chains.chains import Chains
    from synthgan.tabular.distilled.distilled import Distilled
    from synthgan.tabular.network.network import Network
    from synthgan.tabular.pooled.pooled import Pooled

__all__ = [
    "Autoregressive",
    "Balancer",
    "Chains",
    "Column",
    "ConfigError",
    "DataError",
    "Database",
    "DatabaseSynthesizer",
    "Distilled",
    "ImageRecords",
    "ImageSynthesizer",
    "ModelFileError",
    "Network",
    "NotFittedError",
    "Pooled",
    "PrivacyError",
    "Processes",
    "Ray",
    "Report",
    "ResourceError",
    "Schema",
    "SchemaError",
    "Score",
    "Synthesizer",
    "SynthganError",
    "Threads",
    "TrainingError",
    "WithheldError",
    "__version__",
    "attack_file",
    "balance",
    "combine",
    "deep_audit",
    "diagnose_collapse",
    "evaluate",
    "evaluate_images",
]

# Threads that wait for each other must soon sleep: where another process wants a core, long spinning makes training a hundred times
# slower. GNU OpenMP reads this as torch is imported, which comes later.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")

# Where each heavy name lives. `import synthgan` must stay instant: no torch, no pandas, no scikit-learn.
_ROOMS = {
    "Autoregressive": "synthgan.tabular.autoregressive.autoregressive",
    "Balancer": "synthgan.balancing.balancer",
    "Chains": "synthgan.tabular.chains.chains",
    "Column": "synthgan.data.schema",
    "Database": "synthgan.relational.database",
    "DatabaseSynthesizer": "synthgan.relational.synthesizer",
    "Distilled": "synthgan.tabular.distilled.distilled",
    "ImageRecords": "synthgan.image.records",
    "ImageSynthesizer": "synthgan.image.synthesizer",
    "Network": "synthgan.tabular.network.network",
    "Pooled": "synthgan.tabular.pooled.pooled",
    "Processes": "synthgan.distributed.processes",
    "Ray": "synthgan.distributed.cluster",
    "Report": "synthgan.report",
    "Schema": "synthgan.data.schema",
    "Score": "synthgan.metrics.score",
    "Synthesizer": "synthgan.synthesizer",
    "Threads": "synthgan.distributed.threads",
    "attack_file": "synthgan.audit.file",
    "balance": "synthgan.balancing.balancer",
    "combine": "synthgan.metrics.combining",
    "deep_audit": "synthgan.audit.deep",
    "diagnose_collapse": "synthgan.metrics.images.evaluate",
    "evaluate": "synthgan.audit.evaluate",
    "evaluate_images": "synthgan.audit.images",
}


def __getattr__(name: str) -> Any:
    """Imports a public name on first use (PEP 562)."""
    if name not in _ROOMS:
        raise AttributeError(f"module 'synthgan' has no attribute {name!r}")
    value = getattr(importlib.import_module(_ROOMS[name]), name)
    globals()[name] = value  # asked once, then an ordinary attribute
    return value


def __dir__() -> list[str]:
    """Lists the public names, whether already imported or not."""
    return sorted(__all__)
