"""What a model file gives away: whether its own density tells the rows or people that it was learned from, from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgan.audit.asked import asked_of
from synthgan.errors import ConfigError, DataError
from synthgan.metrics.privacy.membership.candidates import MAX_CANDIDATES
from synthgan.metrics.privacy.membership.leaktest import ALARM, leak_test, top_sets
from synthgan.metrics.privacy.membership.rates import true_positives
from synthgan.metrics.score import Score, scored
from synthgan.metrics.scores import Scores
from synthgan.relational.synthesizer import DatabaseSynthesizer
from synthgan.runtime import Streams
from synthgan.synthesizer import Synthesizer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from synthgan.audit.asked import AnySynthesizer
    from synthgan.metrics.privacy.membership.leaktest import LeakTest
    from synthgan.metrics.statistics.intervals import Estimate

MIN_HOLDOUT = 200  # half of it is the yardstick: with fewer, one in a hundred is nobody
FALSE_POSITIVES = 0.01
PLAIN, CALIBRATED = "plain", "calibrated"
NAMES = {PLAIN: "file_tpr_at_1pct_fpr", CALIBRATED: "file_calibrated_tpr_at_1pct_fpr"}
DECISION = "file_p_value"


@dataclass(frozen=True, slots=True)
class FileAttack:
    """What an attacker who has the file finds, at 1 % false positives: shares of those learned, with 95 % intervals.

    Attributes:
        learned: how many learned rows, or people, were tried,
        others: and how many other ones.
        plain: found by the density of the file alone.
        calibrated: found by that density over the one of the same pipeline, learned on ``reference`` other rows.
        reference: how many these were.
        test: the one decision of both: of its p value at most .01 is an alarm, false for one file in a hundred that tells nothing.
        what: ``"rows"``, or ``"people"`` with all rows of theirs.
    """

    learned: int
    others: int
    plain: Estimate
    calibrated: Estimate
    reference: int
    test: LeakTest
    what: str = "rows"

    def to_dict(self) -> dict[str, Any]:
        """The figures, as JSON."""
        rates = {PLAIN: self.plain, CALIBRATED: self.calibrated}
        shares = {name: {"value": rate.value, "low": rate.low, "high": rate.high} for name, rate in rates.items()}
        counts = {"learned": self.learned, "others": self.others, "reference": self.reference}
        counts |= {} if self.what == "rows" else {"what": self.what}  # type: ignore[dict-item]
        return counts | {"false_positive_rate": FALSE_POSITIVES} | shares | {"p_value": self.test.p_value}

    def scores(self) -> Scores:
        """The figures as scores, for a report: the decision, and what each attack finds."""
        verdict = f"leak {'detected' if self.test.alarm else 'not detected'} (p = {self.test.p_value:.2g})"
        decision = (
            f"chance that two attacks on the model file, where it tells nothing, do as well as here: {verdict}, by the {self.test.leader} "
            f"one; an alarm is p of at most {ALARM:g}"
        )
        of = f"{self.learned:,} learned {self.what}"
        found = f"share of {of} found by whoever has the model file, while 1 % of {self.others:,} others are"
        readings = {
            PLAIN: f"{found}: by the density of the file alone",
            CALIBRATED: f"{found}: by that over the density of the same pipeline, learned on {self.reference:,} other {self.what}",
        }
        rates = {PLAIN: self.plain, CALIBRATED: self.calibrated}
        return Scores(
            (
                Score(DECISION, self.test.p_value, None, None, None, "maximize", decision),
                *(
                    scored(NAMES[how], rate, reference=FALSE_POSITIVES, goal="reference", reading=readings[how])
                    for how, rate in rates.items()
                ),
            )
        )


def opened(model: Any, *, linked: bool) -> AnySynthesizer:
    """A fitted synthesizer, or the one of a model file: of linked tables, or of one table, flat or in groups.

    Raises:
        ModelFileError: if the file is damaged, or holds another kind of model.
        ConfigError: if the synthesizer is of another kind.
    """
    kind: type[AnySynthesizer] = DatabaseSynthesizer if linked else Synthesizer
    found = model if hasattr(model, "fit") else kind.load(model)
    if not isinstance(found, kind):
        raise ConfigError(
            f"model must be a {kind.__name__} here, however: it is a {type(found).__name__}", parameter="model"
        )
    return found


def attack_file(
    synthesizer: AnySynthesizer,
    learned: Any,
    holdout: Any,
    *,
    progress: Callable[[str], None] | None = None,
) -> FileAttack:
    """Measure what a model file gives away of the rows that it was learned from; of linked tables and groups, of the people.

    A learned row is found where its density under the model is higher than that of all but one in a hundred others (Yeom et al., "Privacy
    risk in machine learning", 2018). The calibrated attack compares it with the density under a second model: the same
    pipeline, learned on one half of the holdout; the other half are the others (Watson et al., "On the importance of
    difficulty calibration in membership inference attacks", 2022). Nothing found means that these attacks find nothing.

    Args:
        synthesizer: the fitted model, as ``Synthesizer.load`` or ``DatabaseSynthesizer.load`` opens it.
        learned: rows that it was learned from, or some of them; of people all rows of each.
        holdout: as many real rows, or people, or more that it never saw.
        progress: called with the name of each stage as it begins.

    Raises:
        NotFittedError: before ``fit``.
        DataError: if the holdout has fewer than ``MIN_HOLDOUT`` rows or people, or a table cannot be read or lacks a column.
        SchemaError: if a column is of another kind than the one learned.
    """
    tell = progress or (lambda _: None)
    tell("reading")
    asked = asked_of(synthesizer)
    members, unseen = asked.read(learned), asked.read(holdout)
    rows = asked.count(unseen)
    if rows < MIN_HOLDOUT:
        raise DataError(f"holdout must have at least {MIN_HOLDOUT} {asked.what}, however: {rows}")
    order = Streams(synthesizer.seed).numpy("attack").permutation(rows)
    reference, others = (asked.part(unseen, np.sort(half)) for half in (order[: rows // 2], order[rows // 2 :]))
    tell("asking the model")
    plain = [asked.densities(synthesizer, side) for side in (members, others)]
    tell("learning the reference")
    again = asked.learned_again(reference, synthesizer.seed + 1)
    tell("asking the reference")
    calibrated = [own - asked.densities(again, side) for own, side in zip(plain, (members, others), strict=True)]
    return FileAttack(
        len(plain[0]),
        len(plain[1]),
        true_positives(plain[0], plain[1], FALSE_POSITIVES),
        true_positives(calibrated[0], calibrated[1], FALSE_POSITIVES),
        rows // 2,
        _tested({PLAIN: plain, CALIBRATED: calibrated}, synthesizer.seed),
        asked.what,
    )


def _tested(densities: dict[str, list[NDArray[np.float64]]], seed: int) -> LeakTest:
    """Decide for both attacks together, on MAX_CANDIDATES learned rows and others at most; densities of learned rows come first."""
    rng = Streams(seed).numpy("file test")
    sides = [len(side) for side in densities[PLAIN]]
    drawn = [rng.permutation(rows)[:MAX_CANDIDATES] for rows in sides]
    sets = {
        name: top_sets(np.concatenate([side[rows] for side, rows in zip(of, drawn, strict=True)]))
        for name, of in densities.items()
    }
    return leak_test(sets, np.repeat([True, False], [len(rows) for rows in drawn]), rng)


def file_scores(
    synthesizer: AnySynthesizer, learned: Any, holdout: Any, *, progress: Callable[[str], None] | None = None
) -> Scores:
    """What ``attack_file`` finds, as scores of a report; of too small a holdout all are None, and say so.

    Args:
        synthesizer: the fitted model.
        learned: rows, or people, that it was learned from.
        holdout: real ones that it never saw.
        progress: called with the name of each stage as it begins.
    """
    asked = asked_of(synthesizer)
    unseen = asked.read(holdout)
    rows = asked.count(unseen)
    if rows >= MIN_HOLDOUT:
        return attack_file(synthesizer, learned, unseen, progress=progress).scores()
    why = f"cannot be known: an attack on the model file needs a holdout of {MIN_HOLDOUT} {asked.what}, however: {rows}"
    names = (DECISION, *NAMES.values())
    return Scores(tuple(scored(name, None, reference=None, goal="reference", reading=why) for name in names))
