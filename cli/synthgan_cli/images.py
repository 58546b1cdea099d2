"""What the commands do where images are learned instead of a table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synthgan import ConfigError, PrivacyError
from synthgan_cli.actions import Task, counted
from synthgan_cli.console import duration
from synthgan_cli.files import NPZ, STDOUT, require_writable, stem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from synthgan_cli.console import Screen

_LEARNING = ("seed", "minutes", "device")
_PRIVATE = ("epsilon", "delta", "mechanism", "i_know")
_ALLOWED = (*_LEARNING, *_PRIVATE, "table", "output", "resume", "dry_run")
_UNITS = ("unit", "max_rows_per_unit")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageTask(Task):
    """Which images are to be learned; ``table`` is their folder or file."""

    unit: ClassVar[str] = "images"

    def read(self) -> Any:
        """The images."""
        from synthgan import ImageRecords

        return ImageRecords.read(self.table)

    def synthesizer(self) -> Any:
        """What is to learn them."""
        from synthgan import ImageSynthesizer

        return ImageSynthesizer(**self.options)

    def arguments(self) -> dict[str, Any]:
        """None beyond those of every fit."""
        return {}


def image_task(context: typer.Context, path: Path) -> ImageTask:
    """What ``synthgan fit`` was asked to learn from images.

    Raises:
        ConfigError: if an option was given that only tables know.
        PrivacyError: if it was one that says whose rows are whose.
    """
    private = {}
    for name in context.params:
        source = context.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE":
            continue
        if name in _PRIVATE:
            private[name] = context.params[name]
        if name in _ALLOWED:
            continue
        option = {"identifiers": "--id"}.get(name, f"--{name.replace('_', '-')}")
        if name in _UNITS:
            raise PrivacyError(
                f"{option} must be for a table, however: {path} are images, each of which is a unit; leave it out"
            )
        raise ConfigError(f"{option} must be for a table, however: {path} are images; leave it out")
    return ImageTask(table=path, options=private | {name: context.params[name] for name in _LEARNING})


def is_of_images(model: Path) -> bool:
    """Whether a model file is one of images."""
    from synthgan.modelfile import read

    return read(model)[0].get("kind") == "image"


def draw_images(
    screen: Screen,
    model: Path,
    n: int,
    output: Path | None,
    *,
    where: Sequence[str] = (),
    seed: int | None = None,
    form: str | None = None,
) -> None:
    """Samples images from a model file into a folder or an ``.npz`` file.

    Raises:
        ConfigError: if they were to go to stdout, or there is no such format.
    """
    if output == STDOUT:
        raise ConfigError("images must go to a folder or an .npz file, however: -o - is stdout; name one")
    output = output or Path(f"{stem(model)}.synthetic{NPZ if form == NPZ[1:] else ''}")
    if output.suffix.lower() == NPZ:
        require_writable(output, inputs=(model,))
    started = time.monotonic()
    with screen.stages() as stages:
        stages.update("opening")
        from synthgan import ImageSynthesizer
        from synthgan.image.writing import write_images

        batches = ImageSynthesizer.load(model).sample_batches(n, where=list(where) or None, seed=seed)
        images = write_images(counted(batches, n, stages, "images"), output, form)
    screen.say(f"Wrote {output}: {images:,} images in {duration(time.monotonic() - started)}.")
