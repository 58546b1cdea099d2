"""What the manifest of a model of images says of the images alone: sides, units, how they were brought to a size, structures of masks."""

from __future__ import annotations

from typing import Final

from synthgan.io.contract import Listed, Maybe, Number, Part, Record, Text, Tupled, Whole

MAX_SIDE: Final = 1024
MAX_FRAMES: Final = 16  # of a clip
SIDE: Final = Whole(low=1, high=MAX_SIDE)
_ORIGINAL: Final = Whole(low=1, high=2**14)  # of images before they were brought to their size
SIZE: Final = Maybe(Record({"original": Listed(_ORIGINAL), "scaled": Listed(_ORIGINAL)}), optional=True)
_OF_MASKS: Final = ("bool", "uint8", "uint16", "int16", "int32", "uint32", "int64")
PHYSICAL: Final = Maybe(
    Record(
        {
            "spacing": Maybe(Listed(Number())),
            "thickness": Maybe(Number()),
            "slope": Number(),
            "intercept": Number(),
            "window": Maybe(Tupled((Number(), Number()))),
            "modality": Maybe(Text()),
            "bits": Maybe(Whole(low=1, high=16), optional=True),
            "frame_ms": Maybe(Number(), optional=True),
        }
    ),
    optional=True,
)
# Of columns of text; see ``image.words``.
WORDS: Final = Listed(
    Record(
        {
            "column": Text(),
            "vocabulary": Listed(Text(), distinct=True),
            "sets": Listed(Listed(Whole(high=2**10))),
            "counts": Listed(Listed(Whole())),
        }
    ),
    optional=True,
)


def enlarging_part(training: Part) -> Part:
    """How small images are enlarged, stage by stage."""
    factor = Whole(low=2, high=4)
    return Record({"factors": Listed(factor), "training": Listed(training)}, optional=True)


def structures_part(size: str) -> Part:
    """What masks show."""
    fields: dict[str, Part] = {
        "names": Listed(Text(), size=size, distinct=True),
        "values": Listed(Whole(low=-(2**31), high=2**32), size=size, distinct=True),
        "dtype": Text(among=_OF_MASKS),
    }
    return Maybe(Record(fields), optional=True)


STRUCTURES: Final = structures_part("structures")
# Absent in earlier files.
_MEANING: Final[dict[str, Part]] = {name: Number(optional=True) for name in ("low", "high", "slope", "intercept")}
_MEANING["structures"] = structures_part("structures of sources")
_LOOKS: Final[dict[str, Part]] = {"shape": Listed(SIDE), "dtype": Text(among=("uint8", "uint16"))}
SOURCES: Final = Maybe(Record({**_LOOKS, **_MEANING}), optional=True)
