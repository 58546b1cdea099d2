"""Attacks through what reads the data: neighbouring tables and images, told apart by anything but charged answers.

Each check runs a private fit on two data sets, the second with the first one's answers (see ``neighbours``), and compares files,
messages, exit codes and questions. No false alarms: nothing in them is left to chance. Of images, it also counts which the curator
holds otherwise because of one more, as answers about many are noised for one. Fits are short, and the ledger is compared
by its charges: what they come to is a function of them.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from PIL import Image

from benchmarks.attacks.bounds import Finding
from benchmarks.attacks.neighbours import command, leaks
from synthgan import Schema, Synthesizer
from synthgan.data.codebook import public_schema
from synthgan.data.schema import Column, Kind
from synthgan.image.queries import PixelRecords
from synthgan.privacy.ledger import PrivacyLedger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from benchmarks.attacks.neighbours import Run

ROWS, IMAGES, SIDE = 30, 12, 6
RUNS = 4  # each data set is first once
EPSILON = 1e4  # so that a few rows and images show
BUDGET = ("--epsilon", str(EPSILON), "--i-know", "--seed", "0", "-o", "m.synthgan")
SHORT = {"rounds.FIRST_STEPS": 2, "rounds.ROUND_STEPS": 2, "rounds.LAST_STEPS": 2, "marginals.CLASSES": 10}
CODEBOOK = [
    {"name": "age", "kind": "integer", "minimum": 0, "maximum": 99},
    {"name": "sex", "kind": "category", "levels": ["F", "M"]},
]


@contextlib.contextmanager
def quickly() -> Iterator[None]:
    """Hardly any steps, and a ledger that is not added up."""
    with contextlib.ExitStack() as patches:
        for name, value in SHORT.items():
            patches.enter_context(mock.patch(f"synthgan.tabular.private.{name}", value))
        patches.enter_context(mock.patch.object(PrivacyLedger, "to_dict", _not_added_up))
        patches.enter_context(mock.patch("synthgan_cli.console.PLAIN_AFTER_SECONDS", float("inf")))
        yield


def _not_added_up(ledger: PrivacyLedger) -> dict[str, Any]:
    """The ledger as a manifest holds it, but for what its charges come to together."""
    charges = [str(charge) for charge in ledger.charges]
    return {"epsilon": EPSILON, "delta": ledger.delta, "unit": ledger.unit, "charges": charges}


def told(check: str, run: Run, first: Any, second: Any, *, ends_well: bool = False) -> Finding:
    """What tells two data sets apart, in either order; of runs that must end well, also whether one of the four did not."""
    made = []

    def watched(data: Any, folder: Path) -> object:
        ending = run(data, folder)
        made.append((folder / "m.synthgan").exists())
        return ending

    with quickly():
        found = leaks(watched, first, second) + leaks(watched, second, first)
    evidence = found[0][:200] if found else "nothing differs"
    return Finding(check, not found and (sum(made) == RUNS or not ends_well), f"{evidence}; {sum(made)} models")


def columns(rows: int = ROWS) -> dict[str, list[Any]]:
    """A small table."""
    return {"age": [20 + row % 40 for row in range(rows)], "sex": ["F", "M", "F"] * (rows // 3)}


def with_row(**odd: Any) -> dict[str, list[Any]]:
    """The same, with one row more."""
    return {name: [*values, odd.get(name, values[0])] for name, values in columns().items()}


def fitted(schema: Schema | None = None, **options: Any) -> Run:
    """A private fit with all that it says on the way."""

    def run(data: Any, folder: Path) -> list[str]:
        model = Synthesizer(**({"epsilon": EPSILON, "i_know": True, "seed": 0} | options))
        said = [str(step) for step in model.fit_steps(data, schema=schema)]
        model.save(folder / "m.synthgan")
        return said

    return run


def csv_cells_say_nothing() -> Finding:
    """(g) A CSV file with a declared schema, and a row of a number, a level and text that do not fit it."""

    def write(side: dict[str, list[Any]], folder: Path) -> None:
        pd.DataFrame(side).to_csv(folder / "t.csv", index=False)
        names = pa.schema([(name, pa.string()) for name in side])
        (folder / "t.json").write_text(public_schema(names, CODEBOOK, typed=False).to_json())

    sides = columns(), with_row(age="43.5", sex="X (HIV clinic)")
    run = command("fit", "t.csv", "--schema", "t.json", *BUDGET)
    return told("cells of CSV files say nothing", run, *(partial(write, side) for side in sides))


def csv_types_say_nothing() -> Finding:
    """(g) A CSV file without a schema: what its cells look like decides nothing, not even which refusal comes."""
    sides = columns(), with_row(age="maybe")
    run = command("fit", "t.csv", *BUDGET)
    writes = [lambda folder, side=side: pd.DataFrame(side).to_csv(folder / "t.csv", index=False) for side in sides]
    return told("types of CSV files say nothing", run, *writes)


def objects_say_nothing() -> Finding:
    """(g) A pandas frame of Python objects, and one with a row of other ones."""
    sides = [pd.DataFrame(side, dtype=object) for side in (columns(), with_row(age=43.5, sex=7))]
    return told("types of objects say nothing", fitted(), *sides)


def undeclared_levels_say_nothing() -> Finding:
    """(g) Declared levels and bounds, and a row outside of all of them: no refusal says what it found."""
    declared = (
        Column("age", Kind.INTEGER, "int64", minimum=0, maximum=99),
        Column("sex", Kind.CATEGORY, "object", levels=("F", "M")),
    )
    sides = [pd.DataFrame(side) for side in (columns(), with_row(age=-7, sex="X (HIV clinic)"))]
    return told("values that were not declared say nothing", fitted(Schema("pandas", declared)), *sides)


def gaps_of_parquet_say_nothing() -> Finding:
    """(g) Whole numbers that pandas wrote to Parquet: one that is missing makes them floats in its own reader."""
    sides = [pd.DataFrame(side).astype({"age": "Int64"}) for side in (columns(), with_row(age=None))]

    def write(side: pd.DataFrame, folder: Path) -> None:
        plain = pa.Table.from_pandas(pd.DataFrame(columns())).schema.metadata  # of a frame without gaps
        pyarrow.parquet.write_table(pa.Table.from_pandas(side).replace_schema_metadata(plain), folder / "t.parquet")

    run = command("fit", "t.parquet", *BUDGET)
    return told("gaps of Parquet say nothing", run, *(partial(write, side) for side in sides))


def keys_say_nothing() -> Finding:
    """(g) A column that counts the rows, and one in which two numbers are the same."""
    sides = [pd.DataFrame({**columns(), "row": np.arange(ROWS)}), None]
    sides[1] = pd.concat([sides[0], sides[0].head(1)], ignore_index=True)
    return told("what looks like a key says nothing", fitted(), *sides)


def numbers_of_rows_say_nothing() -> Finding:
    """(g) A delta that is a licence for one row more: about as many rows are counted with noise, and nothing else is told of them."""
    frame = pd.DataFrame(columns())
    more = pd.concat([frame, frame.head(1)], ignore_index=True)
    run = fitted(epsilon=20.0, i_know=False, delta=1 / (ROWS + 0.5))
    return told("the number of rows says nothing", run, frame, more)


def picture(index: int, top: int = 200) -> np.ndarray:
    """Dark, with a bright half: the left one in class 0, the upper one in class 1."""
    pixels = np.random.default_rng(index).integers(0, 40, (SIDE, SIDE))
    (pixels if index % 2 else pixels.T)[: SIDE // 2] += top
    return pixels


def make_dicom(path: Path, pixels: np.ndarray, slope: float = 1.0) -> None:
    """A slice of computed tomography, as small as it may be."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(str(path), {}, file_meta=meta, preamble=bytes(128))
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Modality, file.PhotometricInterpretation, file.SamplesPerPixel = "CT", "MONOCHROME2", 1
    file.BitsAllocated, file.BitsStored, file.HighBit, file.PixelRepresentation = 16, 16, 15, 0
    file.RescaleSlope, file.RescaleIntercept = slope, 0
    file.Rows, file.Columns = pixels.shape
    file.PixelData = pixels.astype("<u2").tobytes()
    file.save_as(path, enforce_file_format=False)


def make_nifti(path: Path, pixels: np.ndarray, slope: float = 1.0) -> None:
    """A volume of four equal slices."""
    import nibabel

    image = nibabel.Nifti1Image(np.repeat(pixels.astype(np.int16)[..., None], 4, axis=2), np.eye(4))
    image.header.set_slope_inter(slope, 0.0)
    nibabel.save(image, path)


def make_png(path: Path, pixels: np.ndarray, slope: float = 1.0) -> None:  # noqa: ARG001 (pictures have none)
    """A grey picture."""
    Image.fromarray(pixels.astype(np.uint8)).save(path)


def folder_of(make: Callable[..., None], ending: str, odd: tuple[Any, ...], folder: Path) -> None:
    """A folder for each class; where there is an odd image, it is the first of all."""
    for index in range(IMAGES):
        path = folder / "scans" / str(index % 2) / f"{index}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        make(path, picture(index))
    if odd:
        make(folder / "scans" / "0" / f"!{ending}", *odd)


def images_told(check: str, first: Callable[[Path], None], second: Callable[[Path], None], *words: str) -> Finding:
    """As ``told``, and how many images of the first set are not the same, with the same class, in the second."""
    run = command("fit", "scans", "--device", "cpu", "--set", "width=4", "--set", "noise_width=8", *BUDGET, *words)
    held: list[Counter[tuple[bytes, str]]] = []
    begin = PixelRecords.__init__

    def watched(records: PixelRecords, pixels: np.ndarray, labels: Any, *others: Any) -> None:
        held.append(Counter((image.tobytes(), repr(label)) for image, label in zip(pixels, labels, strict=True)))
        begin(records, pixels, labels, *others)

    with mock.patch.object(PixelRecords, "__init__", watched):
        found = told(check, run, first, second)
    moved = sum((held[0] - held[1]).values()) if len(held) > 1 else 0
    return Finding(check, found.holds and moved == 0, f"{found.evidence}; one more moves {moved} others")


def dicom_grids_say_nothing() -> Finding:
    """(g) Slices, and one more with a value of a million."""
    sides = [partial(folder_of, make_dicom, ".dcm", odd) for odd in ((), (np.where(np.eye(SIDE), 62_500, 0), 16.0))]
    return images_told("one voxel of a million in DICOM", *sides)


def nifti_grids_say_nothing() -> Finding:
    """(g) Volumes, and one more with a value of a million."""
    sides = [partial(folder_of, make_nifti, ".nii", odd) for odd in ((), (np.where(np.eye(SIDE), 15_625, 0), 64.0))]
    return images_told("one voxel of a million in NIfTI", *sides)


def sizes_of_pictures_say_nothing() -> Finding:
    """(g) PNG files, and one more of another size that comes first."""
    sides = [partial(folder_of, make_png, ".png", odd) for odd in ((), (np.zeros((SIDE + 3, SIDE)),))]
    return images_told("the size of the first picture", *sides)


def metadata_say_nothing() -> Finding:
    """(g) Classes of whole numbers in lines of JSON, and one more that is text."""

    def write(labels: tuple[object, ...], folder: Path) -> None:
        (folder / "scans").mkdir()
        lines = []
        for index, label in enumerate((*(index % 2 for index in range(IMAGES)), *labels)):
            make_png(folder / "scans" / f"{index}.png", picture(index))
            lines.append(json.dumps({"file_name": f"{index}.png", "label": label}))
        (folder / "scans" / "metadata.jsonl").write_text("\n".join(lines))

    return images_told("types of JSON metadata", partial(write, ()), partial(write, ("maybe",)))


FAST = (
    csv_cells_say_nothing,
    csv_types_say_nothing,
    objects_say_nothing,
    undeclared_levels_say_nothing,
    gaps_of_parquet_say_nothing,
    keys_say_nothing,
    numbers_of_rows_say_nothing,
    dicom_grids_say_nothing,
    nifti_grids_say_nothing,
    sizes_of_pictures_say_nothing,
    metadata_say_nothing,
)
