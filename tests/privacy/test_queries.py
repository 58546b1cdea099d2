"""Questions: what applying one to records might warn of reaches nobody."""

from __future__ import annotations

import warnings

import numpy as np

from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.queries import CellQuery


class Overflowing(CellQuery):
    """Warns twice where there is a large record."""

    @property
    def size(self):
        return 1

    def of(self, records):
        if (records * 1e10 == np.inf).any():
            warnings.warn("a large one", stacklevel=1)
        return np.zeros(len(records), dtype=np.int64)


def test_a_record_raises_no_warning():
    curator = Curator(np.array([1e300, 1.0]), PrivacyLedger(1e-6))
    with warnings.catch_warnings(record=True, action="always") as told:
        curator.count(Overflowing(), noise=1.0, stage="", purpose="")
    assert told == []
