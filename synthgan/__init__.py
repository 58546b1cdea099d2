"""The face of synthgan: every public name, each imported only when it is first asked for."""

from __future__ import annotations

import importlib
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
)

if TYPE_CHECKING:
    from synthgan.audit.deep import deep_audit
    from synthgan.data.schema import Column, Schema
    from synthgan.image.records import ImageRecords
    from synthgan.image.synthesizer import ImageSynthesizer
    from synthgan.metrics import Report, Score, combine, evaluate
    from synthgan.metrics.images import diagnose_collapse, evaluate_images
    from synthgan.tabular.synthesizer import Synthesizer

__all__ = [
    "Column",
    "ConfigError",
    "DataError",
    "ImageRecords",
    "ImageSynthesizer",
    "ModelFileError",
    "NotFittedError",
    "PrivacyError",
    "Report",
    "ResourceError",
    "Schema",
    "SchemaError",
    "Score",
    "Synthesizer",
    "SynthganError",
    "TrainingError",
    "__version__",
    "combine",
    "deep_audit",
    "diagnose_collapse",
    "evaluate",
    "evaluate_images",
]

# Where each heavy name lives. `import synthgan` must stay instant: no torch, no pandas, no scikit-learn.
_ROOMS = {
    "Column": "synthgan.data.schema",
    "ImageRecords": "synthgan.image.records",
    "ImageSynthesizer": "synthgan.image.synthesizer",
    "Report": "synthgan.metrics",
    "Schema": "synthgan.data.schema",
    "Score": "synthgan.metrics",
    "Synthesizer": "synthgan.tabular.synthesizer",
    "combine": "synthgan.metrics",
    "deep_audit": "synthgan.audit.deep",
    "diagnose_collapse": "synthgan.metrics.images",
    "evaluate": "synthgan.metrics",
    "evaluate_images": "synthgan.metrics.images",
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
