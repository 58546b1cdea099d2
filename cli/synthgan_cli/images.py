"""What the commands do where images stand in the place of a table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synthgan import ConfigError, PrivacyError
from synthgan_cli.actions import Task
from synthgan_cli.console import duration
from synthgan_cli.files import NPZ, STDOUT, again, require_readable, require_writable, stem
from synthgan_cli.imageoptions import read_range, read_size
from synthgan_cli.manifests import more_than_learned
from synthgan_cli.options import check_options
from synthgan_cli.settings import with_settings
from synthgan_cli.writing import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import typer

    from synthgan import ImageRecords, Report
    from synthgan_cli.console import Screen

_LEARNING = ("seed", "minutes", "device")
_PRIVATE = ("epsilon", "delta", "mechanism", "i_know")
_ALLOWED = (
    *_LEARNING,
    *_PRIVATE,
    "value_range",
    "condition",
    "sources",
    "enlarge",
    "from_masks",
    "structures",
    "resolution",
    "spacing",
    "frames",
    "base",
    "settings",
    "no_check",
    "table",
    "output",
    "resume",
    "dry_run",
    "memory",
    "force",
)
_UNITS = ("unit", "max_rows_per_unit")
_JUDGING = (
    "real",
    "synthetic",
    "holdout",
    "target",
    "features",
    "spacing",
    "report",
    "model",
    "internal",
    "memory",
    "as_json",
    "fail",
    "everything",
    "by",
    "force",
)
_TEST_PART = ("test_images", "test_labels")
_TEST_MASKS = "test_masks"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageTask(Task):
    """Which images are to be learned; ``table`` is their folder or file, ``sources`` that of the images they are made from."""

    sources: Path | None = None

    unit: ClassVar[str] = "images"

    def read(self) -> Any:
        """The images; where epsilon is given their path, as a private fit alone may read them."""
        from synthgan import ImageRecords

        size = {name: self.options.get(name) for name in ("resolution", "spacing", "frames")}
        return self.table if "epsilon" in self.options else ImageRecords.read(self.table, **size)

    def synthesizer(self) -> Any:
        """What is to learn them."""
        from synthgan import ImageSynthesizer

        return with_settings(ImageSynthesizer(**self.options), self.settings)

    def arguments(self) -> dict[str, Any]:
        """Where the images lie that each is made from, if there are any."""
        return {} if self.sources is None else {"sources": self.sources}

    def draw(self, images: int) -> list[str]:
        """What tells ``synthgan sample`` how much to draw."""
        return ["--sources", "IMAGES"] if "condition_image" in self.options else Task.draw(self, images)


def image_task(context: typer.Context, path: Path, settings: dict[str, Any]) -> ImageTask:
    """What ``synthgan fit`` was asked to learn from images, ``settings`` as ``--set`` gave them.

    Raises:
        ConfigError: if an option was given that only tables know, or two that exclude each other.
        DataError: if there are no such sources.
        PrivacyError: if it was one that says whose rows are whose.
    """
    given = _given(context)
    _refuse_options_of_tables(given, path, _ALLOWED)
    options = {name: context.params[name] for name in (*_LEARNING, *(set(_PRIVATE) & set(given)))}
    if columns := context.params["condition"]:
        options["condition"] = columns[0] if len(columns) == 1 else list(columns)
    options |= {"resolution": read_size(context.params["resolution"]), "spacing": context.params["spacing"]}
    options |= {name: context.params[name] for name in ("frames", "base")}
    options |= check_options(context.params["epsilon"], no_check=context.params["no_check"])
    if (bounds := context.params["value_range"]) is not None:
        if "epsilon" not in options:
            raise PrivacyError("--value-range must come with --epsilon, however: it stands alone; leave it out")
        options["value_range"] = read_range(bounds)
    if structures := context.params["structures"]:
        options["structures"] = [name.strip() for name in structures.split(",")]
    sources, factor = context.params["sources"], context.params["enlarge"]
    made_from = {"--sources": sources, "--enlarge": factor, "--from-masks": context.params["from_masks"] or None}
    if len(both := [flag for flag, value in made_from.items() if value is not None]) > 1:
        raise ConfigError(f"{both[1]} must stand without {both[0]}, however: both were given; leave one out")
    if sources is not None:
        require_readable(sources)
        options["condition_image"] = "sources"
    elif factor is not None:
        options["condition_image"] = factor
    elif context.params["from_masks"]:
        options["condition_image"] = "masks"
    return ImageTask(table=path, options=options, settings=settings, sources=sources)


def is_of_images(model: Path) -> bool:
    """Whether a model file is one of images."""
    from synthgan.io.modelfile import read

    return read(model)[0].get("kind") == "image"


def draw_images(
    screen: Screen,
    model: Path,
    n: int | None,
    output: Path | None,
    how: dict[str, Any],
    *,
    rows: Path | str | None = None,
    sources: Path | None = None,
    form: str | None = None,
) -> None:
    """Samples images from a model file into a folder or an ``.npz`` file: so many, or one for each row of a table or source.

    Raises:
        ConfigError: if they were to go to stdout, or there is no such format.
    """
    if output == STDOUT:
        raise ConfigError("images must go to a folder or an .npz file, however: -o - is stdout; name one")
    output = output or Path(f"{stem(model)}.synthetic{NPZ if form == NPZ[1:] else ''}")
    if output.suffix.lower() == NPZ:
        require_writable(output, inputs=(model, rows, sources))
    started = time.monotonic()
    with screen.stages() as stages:
        stages.update("opening")
        from synthgan import ImageSynthesizer
        from synthgan.data.rows import number_of_rows
        from synthgan.image.io.writing import write_images
        from synthgan.io.sources import as_frame

        table = None if rows is None else as_frame(rows)
        synthesizer = ImageSynthesizer.load(model)
        given = None if sources is None else synthesizer.model_.read_sources(sources)
        wanted = n or (number_of_rows(table) if given is None else len(given))
        batches = synthesizer.sample_batches(n, rows=table, sources=given, **how)
        told: dict[str, Any] = {"private": True, "origin": synthesizer.sample_origin_}
        images = write_images(counted(batches, wanted, stages, "images"), output, form, **told)
    repeat = again(how["seed"], synthesizer.sample_seed_)
    screen.say(f"Wrote {output}: {images:,} images in {duration(time.monotonic() - started)}{repeat}.")
    meaning = synthesizer.model_.encoding.physical
    if meaning is not None and meaning.is_lost_in_pictures and next(output.glob("*.png"), None) is not None:
        screen.say(
            "PNG does not say what pixels mean (units, spacing): --format dicom and nifti do, and npz", label="note"
        )
    if note := more_than_learned(synthesizer.manifest(), images):
        screen.say(note, label="note")


def score_images(
    screen: Screen,
    context: typer.Context,
    real: Path,
    synthetic: Path,
    *,
    holdout: Path | None = None,
    label: str | None = None,
    features: Path | None = None,
    spacing: float | None = None,
    model: Path | None = None,
) -> Report:
    """Evaluates synthetic images against the real ones.

    Raises:
        ConfigError: if an option was given that only tables know.
    """
    _refuse_options_of_tables(_given(context), real, _JUDGING)
    with screen.stages() as stages:
        stages.update("reading")
        from synthgan import ImageRecords
        from synthgan.image.resampling import Target

        made = ImageRecords.read(synthetic)
        size: dict[str, Any] = {"resolution": made.sides, "spacing": spacing, "frames": _frames_of(made)}
        learned = ImageRecords.read(real, **size)
        unseen = _test_part(real) if holdout is None else ImageRecords.read(holdout, **size)
        unseen = unseen and unseen.brought(Target(size["resolution"]))
        for path, records in ((real, learned), (holdout, unseen), (synthetic, made)):
            for note in _what_was_done(path, records):
                screen.say(note, label="note")
        if holdout is None and unseen is not None:
            screen.say(
                f"the test part of {real} is taken for the holdout: nothing may have been fitted on it", label="note"
            )
        from synthgan import evaluate_images
        from synthgan.image.limits import columns_of_classes

        label = label or next(iter(columns_of_classes(learned.columns)), "label" if learned.columns else None)
        how: dict[str, Any] = {"label": label, "features": features, "model": model, "progress": stages.update}
        return evaluate_images(learned, made, unseen, **how)


def _what_was_done(path: Path | None, records: ImageRecords | None) -> list[str]:
    """What was not taken of images that are judged, and that they were brought to the size of the synthetic ones."""
    if records is None:
        return []
    size = " x ".join(str(side) for side in records.sides[::-1])
    brought = records.fit is not None and records.fit.original != records.sides
    return [*records.notes, *([f"{path} was brought to {size}, the size of the synthetic images"] if brought else [])]


def _frames_of(made: ImageRecords) -> int:
    """How many frames of real clips are judged: those of the synthetic ones, one where these are images."""
    return made.pixels.shape[1] if made.clips else 1


def _test_part(path: Path) -> ImageRecords | None:
    """The test part of a file as MedMNIST has it, if there is one."""
    from synthgan import ImageRecords
    from synthgan.image.io.archive import read_archive
    from synthgan.image.io.arrays import columns_of_labels
    from synthgan.image.masks import Masks

    arrays = {} if path.is_dir() else read_archive(path, (*_TEST_PART, _TEST_MASKS).__contains__)
    if not {*_TEST_PART} <= arrays.keys():
        return None
    columns = columns_of_labels(arrays[_TEST_PART[1]])
    masks = Masks.of(arrays[_TEST_MASKS]) if _TEST_MASKS in arrays else None
    return ImageRecords(arrays[_TEST_PART[0]], columns, masks=masks)


def _given(context: typer.Context) -> list[str]:
    """The parameters that were named on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return [name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"]


def _refuse_options_of_tables(given: Sequence[str], path: Path, allowed: Sequence[str]) -> None:
    for name in given:
        if name in allowed:
            continue
        option = {"identifiers": "--id"}.get(name, f"--{name.replace('_', '-')}")
        if name in _UNITS:
            raise PrivacyError(
                f"{option} must be for a table, however: {path} are images, each of which is a unit; leave it out"
            )
        raise ConfigError(f"{option} must be for a table, however: {path} are images; leave it out")
