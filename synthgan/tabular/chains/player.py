"""What every generator of tables does that draws rows, plays against boosted critics, and keeps of its rows what they let pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.gan.generate import generate
from synthgan.gan.train import Progress
from synthgan.tabular.chains.critics import play
from synthgan.tabular.encoding.layout import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from synthgan.runtime import Streams
    from synthgan.tabular.chains.criticised import CriticisedGenerator
    from synthgan.tabular.conditioning.conditions import Evidence
    from synthgan.tabular.protocol import Prepared


class Player:
    """A generator whose ``sampler_`` draws the rows (beside ``synthgan.tabular.base.BaseGenerator``)."""

    sampler_: CriticisedGenerator

    def rows_at_once(self) -> int:
        """How many rows are drawn at once."""
        return self.sampler_.batch_rows

    def sample(self, n: int, evidence: Evidence | None, streams: Streams, first: int = 0) -> Iterator[Encoded]:
        """Draw rows that meet the evidence, batch by batch."""
        sampler, rows = self.sampler_, self.rows_at_once()
        parts = generate(sampler, n, condition=evidence, streams=streams, batch_samples=rows, first=first)
        return (Encoded(codes.numpy().astype(np.int32), residuals.numpy()) for codes, residuals in parts)

    def log_evidence(self, evidence: Evidence) -> float:
        """The log probability that a row meets the evidence, estimated from a few thousand rows."""
        return self.sampler_.log_evidence(evidence)

    def _playing(
        self, prepared: Prepared, rounds: int, streams: Streams, out_of_time: Callable[[], bool]
    ) -> Generator[Progress, None, dict[str, Any]]:
        """Play against critics until they find nothing more; gives what came of it, as JSON."""
        found = []
        games = () if out_of_time() else play(self.sampler_, prepared.train, rounds, streams)
        for index, played in enumerate(games, 1):
            found.append(played)
            yield Progress("playing", index, rounds)
        return {
            "rounds": len(found),
            "critic_gain_nats": [round(played.gain_nats, 5) for played in found],
            "kept_share": round(found[-1].kept_share, 4) if found else 1.0,
        }


def clock(minutes: float | None) -> Callable[[], bool]:
    """Whether so many minutes have passed since; never, if there is no limit."""
    started = time.monotonic()
    return lambda: minutes is not None and time.monotonic() - started > 60 * minutes
