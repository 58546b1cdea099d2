"""Real patients for the demonstration: the Wisconsin breast cancer data, split into rows to learn and rows to hold out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synthgan.io.writers import write_table

if TYPE_CHECKING:
    from pathlib import Path

TARGET = "diagnosis"
HOLDOUT_SHARE = 0.2
_SEED = 0


def patients() -> pd.DataFrame:
    """All 569 patients as a frame.

    Source: Wisconsin Diagnostic Breast Cancer, W. H. Wolberg, W. N. Street and O. L. Mangasarian (1995), as scikit-learn
    bundles it: 30 measurements of cell nuclei in an image of each tumour, and whether it proved malignant.

    Returns:
        ``patient_id`` (text; numbers of our own, since scikit-learn leaves the original ones out), 30 measurements
        (float64, with as many decimals as were published), ``diagnosis`` (category: benign, malignant). 32 columns.
    """
    from sklearn.datasets import load_breast_cancer

    bundle = load_breast_cancer()
    names = [name.replace(" ", "_") for name in bundle.feature_names]
    frame = pd.DataFrame(bundle.data, columns=names)
    frame.insert(0, "patient_id", [f"WDBC-{number:04d}" for number in range(1, len(frame) + 1)])
    frame[TARGET] = pd.Categorical(bundle.target_names[bundle.target])
    return frame


def write_patients(learn: Path, hold_out: Path) -> tuple[int, int]:
    """Writes the patients to two Parquet files, four fifths to learn from and one fifth that nothing is fitted on.

    Args:
        learn: the file for the larger part.
        hold_out: the file for the smaller part.

    Returns:
        The rows of each.

    Raises:
        DataError: if a file cannot be written.
        ResourceError: if the disk is full.
    """
    frame = patients()
    order = np.random.default_rng(_SEED).permutation(len(frame))
    held_out = int(HOLDOUT_SHARE * len(frame))
    parts = (np.sort(order[held_out:]), np.sort(order[:held_out]))
    rows = [
        write_table(frame.iloc[part].reset_index(drop=True), path)
        for part, path in zip(parts, (learn, hold_out), strict=True)
    ]
    return rows[0], rows[1]
