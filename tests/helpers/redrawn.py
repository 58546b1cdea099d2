"""Rows drawn from a table's codecs alone, each column by itself: what values can come back, without a generator to train."""

import numpy as np

from synthgan.config import EncodingConfig
from synthgan.data.table import Table
from synthgan.runtime import Streams
from synthgan.tabular.encoding.continuous import FINE
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.encoding.table import TableTransform


def redrawn(frame, rows=5_000, *, cut=FINE, schema=None, seed=0, **options):
    """A frame of rows whose modes are as frequent as in the table, and whose residuals are normal."""
    table = Table.read(frame, schema)
    transform = TableTransform.fit(table, EncodingConfig(**options), Streams(seed), cut)
    known = transform.transform(table, Streams(seed))
    rng = np.random.default_rng(seed)
    codes = np.column_stack([rng.choice(column, rows) for column in known.codes.T]).astype(np.int32)
    residuals = rng.normal(size=(rows, known.residuals.shape[1])).astype(np.float32)
    return transform.inverse(Encoded(codes, residuals), Streams(seed + 1)).frame()
