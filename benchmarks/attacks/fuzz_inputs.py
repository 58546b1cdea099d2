"""Small files of every input format, how mutants of each are made, and what is done with one: read it and learn from it."""

from __future__ import annotations

import gzip
import io
import json
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.attacks.fuzz_children import MEMORY_BYTES, outcome_of
from benchmarks.attacks.fuzz_models import images, table
from benchmarks.attacks.fuzz_mutants import byte_mutant, dumped, json_mutant
from synthgan import Chains, ImageRecords, Schema, Synthesizer
from synthgan.image.config import ImageConfig
from synthgan.image.encoding import ImageEncoding
from synthgan.image.io.writing import write_images
from synthgan.io.memory import memory_bound
from synthgan_cli.schemas import read_schema

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

ROWS = 60
PICTURES = 6
_CONFIG = ImageConfig(rare_below=2, condition=None)


@dataclass(frozen=True)
class InputFile:
    """A kind of input file.

    Attributes:
        name: what it is called.
        file: the name of the file, in the folder that a trial has for itself; the last of several of its kind.
        fill: writes that file and what belongs to it into an empty folder.
        read: reads what stands in the folder, and learns from it as far as is quick.
        mutate: makes a mutant of its bytes.
    """

    name: str
    file: str
    fill: Callable[[Path], object]
    read: Callable[[Path], object]
    mutate: Callable[[bytes, random.Random], bytes] = byte_mutant

    def make(self, folder: Path) -> bytes:
        """The bytes of the sound file; what belongs to it stays in the folder."""
        own = folder / self.name
        if not own.exists():
            own.mkdir()
            self.fill(own)
        return (own / self.file).read_bytes()

    def try_out(self, content: bytes, folder: Path) -> tuple[str, str]:
        """What comes of reading a file of such bytes, in the folder that ``make`` filled."""
        own = folder / self.name
        (own / self.file).write_bytes(content)
        with memory_bound(MEMORY_BYTES // 4):
            return outcome_of(lambda: self.read(own))


def learn_table(path: Path) -> None:
    """Say what a table is, learn it and draw a few rows, all small."""
    Synthesizer(generator=Chains(chains=1, rounds=0), max_modes=4, rare_below=2, device="cpu").fit(path).sample(3)


def learn_images(path: Path) -> None:
    """Read images, and say what they look like."""
    ImageEncoding.fit(ImageRecords.read(path), _CONFIG)


def _learn_by_schema(folder: Path) -> None:
    schema = read_schema(folder / "schema.json")
    generator = Chains(chains=1, rounds=0)
    Synthesizer(generator=generator, max_modes=4, device="cpu").fit(_table(), schema=schema).sample(3)


def _table() -> pd.DataFrame:
    return table().head(ROWS).drop(columns="lasting")  # which text does not hold


def _fill_scans(form: str) -> Callable[[Path], object]:
    return lambda folder: write_images([images(PICTURES, depth=form == "nifti")], folder / "set", form)


def _fill_metadata(folder: Path) -> None:
    _fill_scans("png")(folder)
    frame = pd.read_parquet(folder / "set" / "metadata.parquet")
    (folder / "set" / "metadata.parquet").unlink()
    frame.to_json(folder / "set" / "metadata.jsonl", orient="records", lines=True)


def _fill_stream(folder: Path) -> None:
    whole = pa.Table.from_pandas(_table(), preserve_index=False)
    with pa.OSFile(str(folder / "t.arrow"), "wb") as file, pa.ipc.new_stream(file, whole.schema) as stream:
        stream.write_table(whole)


def _fill_schema(folder: Path) -> None:
    (folder / "schema.json").write_text(Schema.infer(_table()).to_json(), encoding="utf-8")


def _fill_npz(folder: Path) -> None:
    records = images(PICTURES)
    np.savez_compressed(
        folder / "t.npz", images=records.pixels, labels=records.columns["label"], age=records.columns["age"]
    )


def _inside_gzip(content: bytes, rng: random.Random) -> bytes:
    """Half of the mutants are damaged before they are packed."""
    if rng.random() < 0.5:
        return byte_mutant(content, rng)
    return gzip.compress(byte_mutant(gzip.decompress(content), rng), mtime=0)


def _inside_zip(content: bytes, rng: random.Random) -> bytes:
    """Half of the mutants have a part that was damaged before it was packed."""
    if rng.random() < 0.5:
        return byte_mutant(content, rng)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    damaged, buffer = rng.choice(list(parts)), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, byte_mutant(part, rng) if name == damaged else part)
    return buffer.getvalue()


def _with_checksums(content: bytes, rng: random.Random) -> bytes:
    """Half of the mutants of a PNG have checksums that are right, so that decoders go on."""
    mutant = byte_mutant(content, rng)
    if rng.random() < 0.5:
        return mutant
    mended, at = mutant[:8], 8
    while at + 12 <= len(mutant):
        size = min(int.from_bytes(mutant[at : at + 4], "big"), len(mutant) - at - 12)
        body = mutant[at + 4 : at + 8 + size]
        mended += mutant[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + size
    return mended + mutant[at:]


def _json_or_bytes(content: bytes, rng: random.Random) -> bytes:
    """Half of the mutants are JSON still."""
    if rng.random() < 0.5:
        return byte_mutant(content, rng)
    return dumped(json_mutant(json.loads(content), rng)).encode()


def _lines_or_bytes(content: bytes, rng: random.Random) -> bytes:
    """Half of the mutants are lines of JSON still."""
    if rng.random() < 0.5:
        return byte_mutant(content, rng)
    lines = json_mutant([json.loads(line) for line in content.splitlines()], rng)
    return "\n".join(map(dumped, lines if isinstance(lines, list) else [lines])).encode()


def _learn(name: str) -> Callable[[Path], None]:
    return lambda folder: learn_table(folder / name)


INPUTS = (
    InputFile("csv", "t.csv", lambda at: _table().to_csv(at / "t.csv", index=False), _learn("t.csv")),
    InputFile(
        "csv.gz", "t.csv.gz", lambda at: _table().to_csv(at / "t.csv.gz", index=False), _learn("t.csv.gz"), _inside_gzip
    ),
    InputFile("parquet", "t.parquet", lambda at: _table().to_parquet(at / "t.parquet"), _learn("t.parquet")),
    InputFile("arrow", "t.arrow", lambda at: _table().to_feather(at / "t.arrow"), _learn("t.arrow")),
    InputFile(
        "arrow-stream",
        "t.arrow",
        _fill_stream,
        _learn("t.arrow"),
    ),
    InputFile("schema", "schema.json", _fill_schema, _learn_by_schema, _json_or_bytes),
    InputFile("jsonl", "set/metadata.jsonl", _fill_metadata, lambda at: learn_images(at / "set"), _lines_or_bytes),
    InputFile("npz", "t.npz", _fill_npz, lambda at: learn_images(at / "t.npz"), _inside_zip),
    InputFile("png", "set/0000001.png", _fill_scans("png"), lambda at: learn_images(at / "set"), _with_checksums),
    InputFile("dicom", "set/0000001.dcm", _fill_scans("dicom"), lambda at: learn_images(at / "set")),
    InputFile("nifti", "set/0000001.nii.gz", _fill_scans("nifti"), lambda at: learn_images(at / "set"), _inside_gzip),
)
