"""Training rows and images looked for in files that say that they keep none: the searches that fit what such files hold.

*Climbing*, of tables: rows that the model draws, of which one cell after the other is drawn anew given the rest, and kept where
the row becomes likelier. A model that remembers rows is likeliest at them. *Nearing*, of images: those that the model draws, and
the means of the parts of its prior, which stand in the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from synthgan.image.prior import Prior, resize
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.protocol import Known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgan import ImageRecords, ImageSynthesizer
    from synthgan.runtime import Streams
    from synthgan.tabular.protocol import TableGenerator

    Codes = NDArray[np.int64]

MAX_BEGUN = 2_000  # rows that are drawn and climb
SWEEPS = 3  # times that each cell of a row is drawn anew
SAMPLES_AN_IMAGE = 5
NEAR = 0.5  # of the distance to the nearest other real image: nearer than that is read


def climbed(generator: TableGenerator, columns: int, rows: int, streams: Streams) -> Codes:
    """Codes of rows that the model draws and of the likeliest ones found from there, ``[rows, columns]``, each once."""
    rows = min(rows, MAX_BEGUN)
    parts = list(generator.sample(rows, None, streams.below("start", 0)))
    now = Encoded(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("codes", "residuals")))
    begun, density = now.codes, generator.log_likelihood(now)
    first = streams.numpy("first").integers(columns, size=(rows, 1))
    for step in range(SWEEPS * columns):
        cells = (first + step) % columns != np.arange(columns)
        tried = generator.complete(Known(now, cells), streams.below("climb", step))
        found = generator.log_likelihood(tried)
        better = (found > density)[:, None]
        now = Encoded(np.where(better, tried.codes, now.codes), np.where(better, tried.residuals, now.residuals))
        density = np.maximum(found, density)
    return np.unique(np.concatenate([begun, now.codes]), axis=0).astype(np.int64)


def neared(synthesizer: ImageSynthesizer, members: ImageRecords, unseen: ImageRecords) -> NDArray[np.float64]:
    """How far what a file gives stays from each image, learned ones first: over the distance to the nearest other real image."""
    real = np.concatenate([_flat(part) for part in (members, unseen)])
    drawn = [_flat(batch) for batch in synthesizer.sample_batches(SAMPLES_AN_IMAGE * len(members))]
    given = np.concatenate([*drawn, *_centers(synthesizer)])
    near = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(given).kneighbors(real)[0][:, 0]
    others = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(real).kneighbors(real)[0][:, 1]
    return near / np.maximum(others, 1e-9)


def _flat(records: ImageRecords) -> NDArray[np.float32]:
    return records.pixels.reshape(len(records), -1).astype(np.float32)


def _centers(synthesizer: ImageSynthesizer) -> list[NDArray[np.float32]]:
    """The mean image of each part of the prior."""
    model = synthesizer.model_
    prior = model.generator.prior
    if not isinstance(prior, Prior):
        return []
    centers = prior.centers.flatten(0, 1)
    small = prior.mean + centers @ prior.basis[: centers.shape[1]]
    images = resize(small.unflatten(1, prior.small), prior.size)
    return [_flat(model.encoding.decode(images, torch.zeros(len(images), dtype=torch.int64)))]
