"""The manifest of a model file, field by field: what every kind of model says of itself, as ``synthgan inspect`` shows it.

Whoever adds a field to a manifest declares it here; what belongs to a codec, a generator or a network alone is declared there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from synthgan.data.linked import DatabaseSchema
from synthgan.data.schema import Schema
from synthgan.data.withheld import WHATS, WHYS
from synthgan.errors import ModelFileError, SchemaError, SynthganError
from synthgan.io.contract import Anything, Either, Flag, Listed, Maybe, Number, Part, Record, Text, Tupled, Whole, check
from synthgan.io.databases.stored import FORM, STORED
from synthgan.io.manifest_images import MAX_FRAMES, PHYSICAL, SIDE, SIZE, SOURCES, STRUCTURES, WORDS, enlarging_part
from synthgan.io.modelfile import FORMAT_VERSION, read
from synthgan.io.reasons import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np

MAXSIDE: Final = 1024
TABLE, IMAGE, SEQUENCE, DATABASE = "table", "image", "sequence", "database"
_NAME = Either((Text(), Whole(low=-(2**63), high=2**63)))
_SCALAR = Either((Maybe(Text()), Flag(), Number()))
_LIST_OR_SCALAR = Either((Listed(_SCALAR), _SCALAR))

CHARGE: Final = Record(
    {
        "stage": Text(),
        "mechanism": Text(),
        "purpose": Text(),
        "source": Text(),
        "steps": Whole(low=1),
        **dict.fromkeys(("sensitivity", "replace_sensitivity", "sigma", "epsilon_each"), Number(low=0)),
        **dict.fromkeys(("sampling_rate", "delta"), Number(low=0, high=1)),
        "epsilon": Number(low=0),
    }
)
SPENT: Final = Record(
    {
        **dict.fromkeys(("epsilon", "delta"), Number(low=0)),
        **dict.fromkeys(("unit", "mechanism", "version"), Text()),
    }
)
LEDGER: Final = Record(
    {
        "epsilon": Number(low=0),
        "epsilon_replace_one": Maybe(Number(low=0)),
        "delta": Number(low=0),
        "earlier": Listed(SPENT, optional=True),
        "unit": Text(),
        "accountant": Text(),
        "charges": Listed(CHARGE),
    }
)
CONSTRAINTS: Final = Record(
    {
        "sums": Listed(Record({"target": _NAME, "parts": Listed(Tupled((_NAME, Number()))), "constant": Number()})),
        "orders": Listed(Tupled((_NAME, _NAME))),
        "usual": Listed(Tupled((_NAME, _NAME, Number(low=0, high=1))), optional=True),
        "redrawn": Listed(Tupled((_NAME, _NAME)), optional=True),
    }
)
DISTANCE: Final = Record(
    {
        "column": Anything(),
        "target": _NAME,
        "sources": Listed(_NAME, distinct=True),
        "up": Flag(),
    }
)
EQUALITY: Final = Record(
    {
        "column": Anything(),
        "target": _NAME,
        "sources": Listed(_NAME, distinct=True),
        "common": Listed(Number()),
    }
)
FORMULA: Final = Record(
    {
        "target": _NAME,
        "formula": Text(),
        "found_by": Text(),
        "slack": Number(low=0),
        "gaps": Flag(),
        "alone": Flag(),
        "lookup": Listed(Listed(Either((Text(), Flag(), Number()))), optional=True),
    }
)
ENCODING: Final = Record(
    {
        "encoders": Listed(Record({"codec": Text(), "columns": Listed(_NAME, distinct=True)}, others=Anything())),
        "constraints": CONSTRAINTS,
        "identifiers": Listed(Record({"column": _NAME}, others=Anything()), optional=True),  # absent in earlier files
        "formulas": Listed(FORMULA, optional=True),
        "distances": Listed(DISTANCE, optional=True),
        "equalities": Listed(EQUALITY, optional=True),
    }
)
TRAINING: Final = Record({"history": Listed(Tupled((Whole(), Number())), optional=True)}, others=_LIST_OR_SCALAR)
CHECKPOINT: Final = Record(
    {
        "fingerprint": Text(),
        "step": Whole(optional=True),
        "chains": Whole(low=1, optional=True),
        "monitor": Record(
            {
                **dict.fromkeys(("best_step", "checks_without_gain", "rollbacks"), Whole()),
                "best_score": Maybe(Number()),
                "finished": Flag(),
                "history": Listed(Tupled((Whole(), Number()))),
            },
            optional=True,
        ),
    },
    optional=True,
)
CHECKED_BY: Final = ("measured", "bench", "skipped", "not proved")  # see tabular.release.Check
CHECK: Final = Record(
    {
        "by": Text(among=CHECKED_BY),
        **dict.fromkeys(("found", "high"), Maybe(Number(low=0, high=1))),
        "kept_out": Whole(),
        "coarser": Whole(high=4),
    }
)
WITHHELD: Final = Record(
    {
        "name": _NAME,
        "what": Text(among=WHATS),
        "why": Text(among=WHYS),
        "share": Number(low=0, high=1),
        "levels": Whole(),
        "drawn": Text(),
    }
)
_COMMON: Final[dict[str, Part]] = {
    "format": Whole(low=1, high=FORMAT_VERSION, optional=True),
    "tensors_sha256": Text(optional=True),
    "file_sha256": Text(optional=True),
    "config": Record(others=_LIST_OR_SCALAR),
    "seed": Whole(high=2**64),
    "rows": Whole(),
    "training": TRAINING,
    "privacy": Maybe(LEDGER),
    "disclosures": Listed(Text()),
    "confidential": Flag(),
    "versions": Record(others=Text()),
    "checkpoint": CHECKPOINT,
}
TABLE_MANIFEST: Final = Record(
    {
        "kind": Text(among=(TABLE,)),
        "schema": Anything(),
        "withheld": Listed(WITHHELD, optional=True),
        "encoding": ENCODING,
        "generator": Record({"name": Text(), "config": Record(others=Anything()), "state": Record(others=Anything())}),
        "check": Maybe(CHECK, optional=True),
        **_COMMON,
    }
)
_IMAGES: Final = Record(
    {
        "depth": Maybe(SIDE, optional=True),
        "frames": Maybe(Whole(low=2, high=MAX_FRAMES), optional=True),
        "height": SIDE,
        "width": SIDE,
        "channels": Whole(low=1, high=4),
        "dtype": Text(among=("uint8", "uint16")),
        "low": Whole(high=2**16 - 1),
        "high": Whole(high=2**16 - 1),
        "condition": Maybe(Text()),
        "levels": Listed(_SCALAR, size="classes", distinct=True),
        "levels_dtype": Text(),
        "counts": Listed(Whole(), size="classes"),
        "physical": PHYSICAL,
        "rows": Maybe(
            Record({"dtypes": Record(others=Text()), "encoding": ENCODING, "table": TABLE_MANIFEST}), optional=True
        ),
        "sources": SOURCES,
        "size": SIZE,
        "structures": STRUCTURES,
        "words": WORDS,
        "power": Number(low=0.1, high=1, optional=True),
    }
)
SEQUENCE_MANIFEST: Final = Record(
    {
        "kind": Text(among=(SEQUENCE,)),
        "schema": Anything(),
        "withheld": Listed(WITHHELD),
        "sequence": Record({"group": _NAME, "order": Maybe(_NAME), "above": Listed(_NAME, distinct=True)}),
        "groups": Whole(),
        "key": Record({"column": _NAME}, others=Anything()),
        "parents": TABLE_MANIFEST,
        "table": Record({"schema": Anything(), "encoding": ENCODING}),
        "walk": Record(others=Anything()),
        "context": Listed(Whole(), distinct=True),
        **_COMMON,
    }
)
DATABASE_MANIFEST: Final = Record(
    {
        "kind": Text(among=(DATABASE,)),
        "linked": Anything(),
        "unit": Text(),
        "units": Whole(),
        "forms": Record(others=FORM),
        "stored": STORED,
        "parts": Listed(Record({"role": Text(), "name": Text(), "rows": Whole(optional=True)}, others=Anything())),
        **_COMMON,
    }
)
_LARGE: Final[dict[str, Part]] = {"enlarging": enlarging_part(TRAINING)}
IMAGE_MANIFEST: Final = Record(
    {"kind": Text(among=(IMAGE,)), "images": _IMAGES, "check": Maybe(CHECK, optional=True), **_LARGE, **_COMMON}
)
_KINDS: Final[dict[str, Part]] = {
    TABLE: TABLE_MANIFEST,
    IMAGE: IMAGE_MANIFEST,
    SEQUENCE: SEQUENCE_MANIFEST,
    DATABASE: DATABASE_MANIFEST,
}


def read_model(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a model file, and see that its manifest is whole and sound; its tensors are still to be checked.

    Raises:
        ModelFileError: if the file is missing, damaged or forged, or of a newer format.
    """
    manifest, tensors = read(path)
    check_manifest(path, manifest)
    return manifest, tensors


@contextmanager
def opening(path: str | Path) -> Iterator[None]:
    """Make one line of whatever shows that a file is no model, while one is made of it.

    Raises:
        ModelFileError: if something does.
    """
    try:
        yield
    except ModelFileError:
        raise
    except (
        KeyError,
        TypeError,
        ValueError,
        IndexError,
        RuntimeError,
        AttributeError,
        ArithmeticError,
        SynthganError,
    ) as error:
        raise ModelFileError(
            f"{path}: must be a complete model, however: a part is missing or does not fit ({told(error)})"
        ) from error


def check_manifest(path: str | Path, manifest: dict[str, Any]) -> None:
    """See that a manifest is one of a kind of model that there is, whole and sound.

    Raises:
        ModelFileError: if it is not; one line says which field.
    """
    kind = manifest.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ModelFileError(
            f"{path}: must be a model of a table, of sequences, of a database or of images, however: of kind {ascii(kind)[:60]}"
        )
    with opening(path):
        check(manifest, _KINDS[kind])
        if kind == DATABASE:
            tables = DatabaseSchema.from_dict(manifest["linked"]).tables
            if not {part["name"] for part in manifest["parts"]} <= set(tables):
                raise SchemaError("parts must be of tables that have keys, however: one is not")
        for table in _tables(manifest):
            Schema.from_dict(table["schema"])


def _tables(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The manifests of tables in it: its own, those of the parts of sequences, or that of the rows of images."""
    if manifest["kind"] == TABLE:
        yield manifest
    elif manifest["kind"] == SEQUENCE:
        yield from (manifest, manifest["table"], manifest["parents"])
    elif manifest["kind"] == IMAGE and manifest["images"].get("rows"):
        yield manifest["images"]["rows"]["table"]
