"""Whether what is to be saved tells who was learned: rows kept out of the fit say it, before the file is written."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from synthgan.config import EncodingConfig
from synthgan.gan.train import Progress
from synthgan.io.manifest import CHECKED_BY
from synthgan.metrics.privacy.membership.rates import clopper_pearson, threshold
from synthgan.tabular.checkpoint import TableCheckpoint

if TYPE_CHECKING:
    from collections.abc import Generator

    from synthgan.data.table import Table
    from synthgan.runtime import Streams
    from synthgan.tabular.config import Configs
    from synthgan.tabular.protocol import Prepared, TableGenerator

FALSE_POSITIVES = 0.01
MAX_FOUND = 0.05  # the share of learned rows that may be found, with a confidence of 95 %
MIN_ROWS = 2_000  # below, what could be kept out tells too little
KEPT_SHARE, MIN_KEPT, MAX_KEPT = 0.1, 300, 2_000
WEIGHTS = (0.0, 0.5, 1.0)  # of the reference
MAX_TRIED = 5_000  # learned rows that are looked for
MAX_COARSER = 2
MEASURED, PROVED, SKIPPED, NOT_PROVED = CHECKED_BY
# The highest mean of the bench's tables of fewer rows, plain or calibrated: ``python -m benchmarks leaks`` prints it.
PROVED_FOUND = 0.04
_WHY = {
    SKIPPED: "what it gives away of those learned was not checked, as asked",
    NOT_PROVED: f"what it gives away was not checked: below {MIN_ROWS:,} rows only the default settings are known",
}


@dataclass(frozen=True)
class Parts:
    """A table, some of its rows kept out of the fit.

    Attributes:
        learned: the rows to learn.
        kept_out: the others, in random order; None where there are none.
    """

    learned: Table
    kept_out: Table | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about a model before it was saved.

    Attributes:
        by: ``"measured"`` on rows kept out, ``"bench"`` (known of these settings), ``"skipped"`` or ``"not proved"``.
        found: share of the learned rows that the calibrated attack on the file finds at 1 % false positives; None where nobody
            looked.
        high: its upper 95 % limit; None where it was not measured here.
        kept_out: how many rows were not learned for it.
        coarser: how many times the fit was made coarser.
    """

    things: ClassVar[str] = "rows"
    unchecked: ClassVar[dict[str, str]] = _WHY

    by: str
    found: float | None = None
    high: float | None = None
    kept_out: int = 0
    coarser: int = 0

    @property
    def why_confidential(self) -> str | None:
        """Why the file must be kept as the table, in words; None where it need not."""
        if self.by != MEASURED:
            return self.unchecked.get(self.by)
        if self.high is None or self.high <= MAX_FOUND:
            return None
        return (
            f"its density tells {self.found:.1%} of the {self.things} learned from others, where a hundredth would be chance "
            f"(at most {self.high:.1%}; {MAX_FOUND:.0%} are allowed)"
        )

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


def part(table: Table, configs: Configs, streams: Streams) -> Parts:
    """Keep rows out where the fit is to be checked and they tell enough."""
    rows = len(table)
    if not configs.check or not configs.generator.checkable or rows < MIN_ROWS:
        return Parts(table)
    kept = int(np.clip(KEPT_SHARE * rows, MIN_KEPT, MAX_KEPT))
    order = streams.numpy("kept out").permutation(rows)
    return Parts(table.take(np.sort(order[kept:])), table.take(order[:kept]))


def unmeasured(configs: Configs) -> Check | None:
    """What is known of a fit that no rows were kept out of; None where its generator is not one to be checked."""
    generator = configs.generator
    if not generator.checkable:
        return None
    if not configs.check:
        return Check(SKIPPED)
    usual = generator.stated() == type(generator)().stated() and configs.encoding == EncodingConfig()
    return Check(PROVED, PROVED_FOUND) if usual else Check(NOT_PROVED)


def measured(
    generator: TableGenerator, prepared: Prepared, parts: Parts, coarser: int, streams: Streams
) -> Generator[Progress, None, Check]:
    """Attack what was learned, as one who has the file and rows of the same kind would.

    A row is taken for learned where its log density, less that under a reference model, is above that of all but a hundredth of the
    others (Watson et al., "On the importance of difficulty calibration in membership inference attacks", 2022). The reference is the
    same pipeline, learned on one half of what was kept out, in the same encoding; the other half are the others; then the halves
    change places. A reference of few rows is a noisy one, and hides more than it shows: it is tried at several weights, and
    what finds most counts.
    """
    assert parts.kept_out is not None  # noqa: S101 (rows were kept out)
    transform, train = prepared.transform, prepared.train
    kept = transform.transform(parts.kept_out, streams)
    tried = train.take(streams.numpy("tried").permutation(len(train))[:MAX_TRIED])
    hits = np.zeros(len(WEIGHTS), dtype=int)
    for side in range(2):
        reference, others = (kept.take(np.arange(half, len(kept), 2)) for half in (side, 1 - side))
        yardstick = generator.settled()
        lesson = replace(prepared, train=reference, held_out=kept.take(np.arange(0)), fingerprint="")
        for progress in yardstick.fit(lesson, streams.below("yardstick", side), TableCheckpoint()):
            yield Progress("checking", side, 2, message=progress.message)
        members = tried.take(np.arange(side, len(tried), 2))
        own, against = ([model.log_likelihood(rows) for rows in (members, others)] for model in (generator, yardstick))
        for at, weight in enumerate(WEIGHTS):
            mine, its = (log - weight * other for log, other in zip(own, against, strict=True))
            hits[at] += (mine > threshold(its, FALSE_POSITIVES)).sum()
    share = clopper_pearson(int(hits.max()), len(tried))
    return Check(MEASURED, round(share.value, 4), round(float(share.high or 1), 4), len(kept), coarser)
