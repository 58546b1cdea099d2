"""The options of images, as typer reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from synthgan import ConfigError
from synthgan_cli.options import table_option

_MAX_SIDES = 3  # of a volume

RangeOption = Annotated[
    str | None,
    typer.Option(
        metavar="LOW:HIGH",
        help="With --epsilon, of images: the range of their values, in the units of the files; each image is clipped to it. "
        "Default: -1024:3071 for CT, else the whole range of the type that values are stored in.",
    ),
]
ConditionOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COL",
        help="Of images: a column that they are drawn under; of several, the first holds the classes. Default: label.",
    ),
]
RowsOption = Annotated[
    Any, table_option(does="Of images: draw one for each row of this table, which a model of tables drew, say.")
]
SourcesOption = Annotated[
    Path | None,
    typer.Option(metavar="IMAGES", help="Of images: those that each is made from, in the same order."),
]
EnlargeOption = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="Of images: learn to make them from themselves shrunk by N, as super-resolution does."
    ),
]
FromMasksOption = Annotated[
    bool,
    typer.Option(
        "--from-masks",
        help="Of images with masks: learn to make them from their masks; then `sample --sources` takes masks.",
    ),
]
StructuresOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Of images with masks: what the structures are called, parted by commas, in the order of their numbers.",
    ),
]
SizeOption = Annotated[
    str | None,
    typer.Option(
        "--size",
        metavar="N",
        help="Of images of any size: scale each until it fits N x N pixels (or 192x256: width x height; in volumes x depth), "
        "and pad it with its darkest value.",
    ),
]
SpacingOption = Annotated[
    float | None,
    typer.Option(
        metavar="MM",
        help="Of images: resample each to MM millimetres from pixel to pixel, then pad or crop around its middle to --size "
        "or, without one, pad to the largest.",
    ),
]
BaseOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Of large images: learn them at N pixels a side at first, and networks that enlarge them. One as long as theirs learns "
        "them directly. Default: on a processor 64 pixels (32 voxels) at most, on a GPU 256 (64).",
    ),
]
FramesOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Of clips (multi-frame DICOM, NIfTI over time, animated PNG and GIF): learn N frames of each, evenly from the first to "
        "the last; 1 makes images of them. Default: as many as the shortest has, 16 at most.",
    ),
]
MinutesOption = Annotated[
    float | None,
    typer.Option(
        help="Stop training after so many minutes. Of images on two cores (4,700 of 28 x 28; AUC of what learned synthetic ones, "
        "real ones .952): 2 give .945, 10 .944 and 30 .951, so 60 have nothing left to gain. "
        "64 x 64 pixels take five times as long.",
    ),
]
OriginalOption = Annotated[
    bool,
    typer.Option(
        "--original-size", help="Of images fitted with --size or --spacing: give them the size they had before."
    ),
]


def read_size(text: str | None) -> int | list[int] | None:
    """The size that ``--size`` was given: one number, or the height and width (before them the depth) of WIDTHxHEIGHTxDEPTH.

    Raises:
        ConfigError: if it is none.

    Example:
        >>> read_size("64"), read_size("192x256"), read_size("32x24x16")
        (64, [256, 192], [16, 24, 32])
    """
    if text is None:
        return None
    parts = text.lower().replace("×", "x").split("x")
    if not all(part.strip().isdecimal() for part in parts) or len(parts) > _MAX_SIDES:
        raise ConfigError(f"--size must be like 64, 192x256 or 64x64x32, however: {text!r}")
    sides = [int(part) for part in reversed(parts)]
    return sides[0] if len(sides) == 1 else sides


def read_range(text: str) -> tuple[float, float]:
    """The range of values that ``--value-range`` gives.

    Raises:
        ConfigError: if it is none.

    Example:
        >>> read_range("-1024:3071")
        (-1024.0, 3071.0)
    """
    low, _, high = text.partition(":")
    try:
        return float(low), float(high)
    except ValueError as error:
        raise ConfigError(f"--value-range must be like -1024:3071, however: {text!r}") from error


def refuse_options_of_images(table: Path | str, **given: object) -> None:
    """Refuse options, by name, that a fit of a table does not know; what was not given is None.

    Raises:
        ConfigError: if one was given.
    """
    for name, value in given.items():
        if value is not None:
            option = f"--{name.replace('_', '-')}"
            raise ConfigError(f"{option} must be for images, however: {table} is a table; leave it out")
