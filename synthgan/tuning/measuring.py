"""What one setting is worth: how well its samples pass for rows that nothing saw, and how many of those learned they give away."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.data.rows import concat, number_of_rows, take
from synthgan.data.splitting import split_rows
from synthgan.errors import DataError, SynthganError
from synthgan.metrics.data.alignment import align
from synthgan.metrics.fidelity.detection import c2st
from synthgan.metrics.privacy.membership.candidates import draw_candidates
from synthgan.metrics.privacy.membership.density import density_attack
from synthgan.metrics.privacy.membership.rates import true_positives
from synthgan.runtime import Streams
from synthgan.synthesizer import Synthesizer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from synthgan.data import Frame
    from synthgan.data.schema import Schema

FALSE_POSITIVES = 0.01
TIMES = 4  # as many samples as rows learned: an attacker may draw as often as he likes
MIN_ROWS = 200
TEST_SHARE, JUDGE_SHARE = 0.2, 0.5  # of all rows; of the others


@dataclass(frozen=True, slots=True)
class Figures:
    """What a setting scored.

    Attributes:
        fidelity: C2ST against rows that nothing was fitted on; 1 is indistinguishable.
        found: the share of learned rows that an attack by density on the samples finds at 1 % false positives.
    """

    fidelity: float
    found: float


@dataclass(frozen=True)
class Parts:
    """A table in three parts of whole units, and what it is.

    Attributes:
        learn: the rows that trials learn.
        judge: as many, by which trials are judged and attacked.
        test: rows that no trial saw: the last word.
        schema: what the table is.
        privacy: hyper-parameters of a private fit; empty where it is none.
    """

    learn: Frame
    judge: Frame
    test: Frame
    schema: Schema
    privacy: dict[str, Any]

    @classmethod
    def of(cls, frame: Frame, schema: Schema, unit: str | None, seed: int, privacy: dict[str, Any]) -> Parts:
        """Parts a table.

        Raises:
            DataError: if it has too few rows.
        """
        rows = number_of_rows(frame)
        if rows < MIN_ROWS:
            raise DataError(f"a table to tune on must have {MIN_ROWS} rows, however: it has {rows}; keep the defaults")
        rest, test = split_rows(frame, TEST_SHARE, unit=unit, seed=seed)
        learn, judge = split_rows(rest, JUDGE_SHARE, unit=unit, seed=seed)
        return cls(learn, judge, test, schema, privacy)

    def fingerprint(self) -> str:
        """Of the rows and what is promised of them: a search goes on with the same alone."""
        columns, _ = align(self.learn, self.judge, self.test, schema=self.schema)
        hashed = hashlib.sha256(repr(sorted(self.privacy.items())).encode())
        for side in columns:
            hashed.update(np.ascontiguousarray(side.numbers).tobytes())
            hashed.update(np.ascontiguousarray(side.codes).tobytes())
        return hashed.hexdigest()

    def measured(self, parameters: dict[str, Any], *, share: float = 1.0, last: bool = False, seed: int = 0) -> Figures:
        """Fit, draw and judge.

        Args:
            parameters: as ``set_params`` of a synthesizer takes them.
            share: of the rows that are learned: fewer tell less, and sooner.
            last: judge by the test rows, which no trial may see.
            seed: of the fit, the samples and the judging.
        """
        rows = number_of_rows(self.learn)
        learned = take(self.learn, np.arange(max(int(share * rows), MIN_ROWS // 4)))
        synthesizer = Synthesizer(seed=seed, **(self.privacy or {"check": False})).set_params(**parameters)
        synthesizer.fit(learned, schema=self.schema)
        made = concat(list(synthesizer.sample_batches(TIMES * number_of_rows(learned), seed=seed)))
        tables, _ = align(learned, made, self.judge, schema=self.schema)
        streams = Streams(seed).below("tuning")
        judged = tables
        if last:
            judged, _ = align(learned, made, self.test, schema=self.schema)
        assert judged.holdout is not None  # noqa: S101 (it was given)
        estimate = c2st(judged.holdout, judged.synthetic, streams.numpy("detector"))
        candidates = draw_candidates(tables, streams.numpy("candidates"))
        if estimate is None or candidates is None:
            raise DataError("a table to tune on must have columns to judge and rows to attack, however: it lacks them")
        scores = density_attack(candidates.pool, tables.synthetic, streams.numpy("attack"))
        hits = true_positives(scores[candidates.is_member], scores[~candidates.is_member], FALSE_POSITIVES)
        return Figures(float(estimate.value), float(hits.value))


@dataclass(frozen=True)
class Settings:
    """What is measured of several settings: each, with each seed, is a task of an executor.

    Attributes:
        parts: of the table.
        settings: parameters, as ``set_params`` of a synthesizer takes them.
        seeds: of the fits; tasks count the seeds of the first setting, then those of the second, and so on.
        share: of the rows that are learned.
        last: whether the test rows judge.
    """

    parts: Parts
    settings: Sequence[dict[str, Any]]
    seeds: Sequence[int]
    share: float = 1.0
    last: bool = False

    def surely(self, index: int) -> Figures:
        """The figures of one task; raises what ``Synthesizer.fit`` does."""
        setting, seed = divmod(index, len(self.seeds))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of each fit the same: the caller was told of the table
            return self.parts.measured(self.settings[setting], share=self.share, last=self.last, seed=self.seeds[seed])

    def measured(self, index: int) -> Figures | None:
        """The figures of one task; None where such a setting cannot be learned."""
        try:
            return self.surely(index)
        except SynthganError:
            return None
