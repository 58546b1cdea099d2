"""Opens model files, whichever of several kinds of model they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from synthgan.errors import ModelFileError
from synthgan.io.manifest import DATABASE, SEQUENCE
from synthgan.relational.databasemodel import DatabaseModel
from synthgan.relational.model import SequenceModel
from synthgan.relational.noisy.databasemodel import NoisyDatabaseModel
from synthgan.relational.noisy.model import NoisySequenceModel
from synthgan.tabular.model import TabularModel

if TYPE_CHECKING:
    from pathlib import Path


class AnyModel:
    """Opens a model of a table or of sequences, whichever a file holds."""

    @staticmethod
    def from_file(
        path: str | Path, manifest: dict[str, Any], *parts: Any
    ) -> TabularModel | SequenceModel | NoisySequenceModel:
        """The model of a file.

        Raises:
            ModelFileError: if it is of another kind, or damaged.
        """
        if manifest.get("kind") == DATABASE:
            raise ModelFileError(
                f"{path}: must be a model of a table or of sequences, however: it is one of a database; open it with "
                f"DatabaseSynthesizer.load"
            )
        sequences = SequenceModel if manifest.get("privacy") is None else NoisySequenceModel
        kind = sequences if manifest.get("kind") == SEQUENCE else TabularModel
        return kind.from_file(path, manifest, *parts)


class AnyDatabaseModel:
    """Opens a model of linked tables, learned under epsilon or not."""

    @staticmethod
    def from_file(path: str | Path, manifest: dict[str, Any], *parts: Any) -> DatabaseModel | NoisyDatabaseModel:
        """The model of a file.

        Raises:
            ModelFileError: if it is of another kind, or damaged.
        """
        is_private = manifest.get("kind") == DATABASE and manifest.get("privacy") is not None
        return (NoisyDatabaseModel if is_private else DatabaseModel).from_file(path, manifest, *parts)
