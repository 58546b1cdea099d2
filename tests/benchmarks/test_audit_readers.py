"""The audit of noise and of readers: correct code passes, and each fault of old, planted back, turns a check red."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from scipy.special import ndtri

from benchmarks.attacks import audit_noise, audit_readers
from synthgan.data.containers import cells
from synthgan.data.containers.raw import raw_column
from synthgan.data.identifiers import is_key
from synthgan.data.rows import select
from synthgan.data.table import Table
from synthgan.errors import PrivacyError
from synthgan.image.intake import FrameAsker
from synthgan.image.io.unread import UnreadImages
from synthgan.image.records import ImageRecords
from synthgan.io import readers
from synthgan.io.csvfile import read_csv
from synthgan.io.parquet import read_parquet
from synthgan.privacy import curator, noise
from synthgan.privacy.curator import check_delta
from synthgan.privacy.noise import whole_normal
from synthgan.tabular import intake, synthesizer
from synthgan.tabular.private import learning

CHECKS = (*audit_noise.FAST, *audit_readers.FAST)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_correct_code_passes(check):
    """False alarms: less than 1e-5 for all together. All make models but where a schema lacks, or where noise may refuse delta."""
    found = check()
    assert found.holds, found.evidence
    models = found.evidence.partition(" models")[0].rpartition(" ")[2] if "models" in found.evidence else None
    assert models != "0" or check in {audit_readers.csv_types_say_nothing, audit_readers.numbers_of_rows_say_nothing}


def of_52_bits(count, deviation):
    bits = np.random.default_rng().integers(0, 2**52, count)
    return np.rint(deviation * ndtri((bits + 0.5) / 2.0**52)).astype(np.int64)


def too_narrow(count, deviation):
    return whole_normal(count, 0.97 * deviation)


def drawn_twice(count, deviation):
    return np.resize(whole_normal(count // 2, deviation), count)


def read_as_validated(frame, schema, privacy):
    return Table.read(select(frame, schema.names), schema)


def keys_by_rows(frame, schema, *words):
    settled = settle(frame, schema, *words)
    for column in settled:
        if is_key(raw_column(frame, column.name).values, str(column.name)):
            raise PrivacyError(f"column {column.name!r} looks like a key")
    return settled


settle = intake.settle


def delta_by_rows(frame, schema, privacy, *words):
    taken = take_in(frame, schema, privacy, *words)
    check_delta(privacy.delta, len(taken.curator._records), "rows", i_know=False)
    return taken


take_in = intake.take_in


def rows_as_they_are(schema, asked, *words):
    return replace(measure_columns(schema, asked, *words), rows=float(len(asked._records)))


measure_columns = learning.measure_columns


def read_by_cells(path):
    return replace(plain(path), typed=True, read=read_csv)


def read_by_gaps(path):
    return replace(plain(path), read=read_parquet)


plain = readers._plain


def one_grid_for_all(data, condition, target):
    return replace(ImageRecords.read(data), physical=None)


def first_frame(self, asked):
    return asked._records.frames(self.declared)[0]


def labels_by_rows(self):
    whole = all(isinstance(label, int) for label in self._labels)
    return np.array(self._labels) if whole else np.array([str(label) for label in self._labels])


def patched(*targets):
    """All of these at once: (owner, name, fault)."""
    stack = [mock.patch.object(*target) for target in targets]

    class Both:
        def __enter__(self):
            for patch in stack:
                patch.start()

        def __exit__(self, *_):
            for patch in stack:
                patch.stop()

    return Both()


FAULTS = {
    "noise of 52 bits, rounded": (patched((curator, "whole_normal", of_52_bits)), audit_noise.noise_has_no_holes),
    "noise too narrow": (patched((curator, "whole_normal", too_narrow)), audit_noise.noise_tells_what_the_ledger_says),
    "no more variance than charged": (patched((noise, "EXCESS", 0)), audit_noise.noise_tells_what_the_ledger_says),
    "a draw used twice": (patched((curator, "whole_normal", drawn_twice)), audit_noise.no_draw_is_used_twice),
    "types of CSV by rows": (
        patched((readers, "_plain", read_by_cells)),
        audit_readers.csv_types_say_nothing,
    ),
    "a refusal that quotes a value": (
        patched((intake, "read_private", read_as_validated)),
        audit_readers.undeclared_levels_say_nothing,
    ),
    "types of objects by rows": (
        patched((cells, "is_objects", lambda frame, name: False), (cells, "_without_rows", lambda frame: frame)),
        audit_readers.objects_say_nothing,
    ),
    "types of pandas by gaps": (patched((readers, "_plain", read_by_gaps)), audit_readers.gaps_of_parquet_say_nothing),
    "keys by rows": (patched((intake, "settle", keys_by_rows)), audit_readers.keys_say_nothing),
    "delta by the number of rows": (
        patched((synthesizer, "take_in", delta_by_rows)),
        audit_readers.numbers_of_rows_say_nothing,
    ),
    "a count that is printed": (
        patched((learning, "measure_columns", rows_as_they_are)),
        audit_readers.numbers_of_rows_say_nothing,
    ),
    "the grid of DICOM by all scans": (
        mock.patch("synthgan.image.privately.open_unread", one_grid_for_all),
        audit_readers.dicom_grids_say_nothing,
    ),
    "the grid of NIfTI by all scans": (
        mock.patch("synthgan.image.privately.open_unread", one_grid_for_all),
        audit_readers.nifti_grids_say_nothing,
    ),
    "sizes by the first picture": (
        patched((FrameAsker, "ask", first_frame)),
        audit_readers.sizes_of_pictures_say_nothing,
    ),
    "types of JSON by rows": (
        patched((UnreadImages, "labels", labels_by_rows)),
        audit_readers.metadata_say_nothing,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_planted_fault_is_caught(name):
    fault, check = FAULTS[name]
    with fault:
        found = check()
    assert not found.holds, found.evidence
