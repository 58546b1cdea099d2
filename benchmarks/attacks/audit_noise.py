"""Attacks on the noise itself: values that it leaves out, chances other than the ledger's, draws that were used before."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chisquare

from benchmarks.attacks.bounds import Finding
from benchmarks.attacks.questions import GivenCells
from synthgan.privacy import curator as curators
from synthgan.privacy import noise as noises
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger

WIDE = 2.0**48  # deviations of second moments in whole steps reach 2**31; wider ones show sooner what is wrong
DIGITS = 52  # of the uniform numbers that normal noise is usually made of


def counts(records: int, cells: int, deviation: float) -> np.ndarray:
    """Noised counts of cells that hold so many records each, float64 ``[cells]``."""
    asked = Curator(np.repeat(np.arange(cells), records), PrivacyLedger(1e-6))
    return asked.count(GivenCells(cells), noise=deviation, stage="", purpose="")


def noise_has_no_holes(draws: int = 5_000) -> Finding:
    """(f) Membership by values that rounded floating-point noise cannot take: an answer less one that has none is proved.

    Counts of nobody and of one record are both tried for values that noise made of 52 random bits cannot take. Exact noise takes them
    with and without the record as often; a difference of five deviations is an alarm, which chance raises once in 1e6.
    """
    impossible = [float(_out_of_reach(counts(records, draws, WIDE)).mean()) for records in (0, 1)]
    doubt = 5 * math.sqrt(sum(share * (1 - share) for share in impossible) / draws) + 1e-9
    told = f"{impossible[1]:.1%} proved to be members, {impossible[0]:.1%} of others"
    return Finding("noise leaves no value out", abs(impossible[1] - impossible[0]) <= doubt, told)


def _out_of_reach(answers: np.ndarray) -> np.ndarray:
    """Whether no uniform number of 52 bits becomes this answer about nobody, bool ``[n]``."""
    about = np.floor(ndtr(answers / WIDE) * 2.0**DIGITS)
    reached = np.zeros(len(answers), dtype=bool)
    for further in range(-6, 7):
        uniform = np.clip((about + further + 0.5) / 2.0**DIGITS, 2.0 ** -(DIGITS + 1), 1 - 2.0 ** -(DIGITS + 1))
        reached |= np.rint(WIDE * ndtri(uniform)) == answers
    return ~reached


def noise_tells_what_the_ledger_says(draws: int = 40_000) -> Finding:
    """(f) At five deviations: noise has the chances of its discrete Gaussian, and that tells no more than the ledger's Gaussian.

    The first by chi-squared tests, false alarms 5e-6; the second by summation (see ``whole_variance``), without any.
    """
    worst, growths = 1.0, []
    for deviation in (0.5, 0.8, 1.0, 3.0, 10.0):
        variance = float(noises.whole_variance(deviation))
        sizes = np.arange(math.ceil(12 * deviation) + 30)
        weights = np.exp(-(sizes**2) / (2 * variance))
        chances = weights / (2 * weights.sum() - 1)
        quantiles = -ndtri(np.cumsum(chances[::-1])[::-1])[: math.ceil(6 * deviation)]
        growths.append(deviation * max(2 * quantiles[1], np.diff(quantiles[1:]).max(initial=0.0)))
        drawn = np.abs(curators.whole_normal(draws, deviation))
        folded = draws * np.append(chances[:1], 2 * chances[1:])
        last = int((folded >= 10).sum()) - 1
        expected = np.append(folded[:last], draws - folded[:last].sum())
        worst = min(worst, chisquare(np.bincount(np.minimum(drawn, last), minlength=last + 1), expected).pvalue)
    holds = bool(worst > 1e-6 and max(growths) <= 1)
    told = f"p = {worst:.2g}; of the Gaussian's reach {max(growths):.4f}"
    return Finding("noise tells what the ledger says", holds, told)


def no_draw_is_used_twice(cells: int = 3_000) -> Finding:
    """(f) No two numbers in two answers of wide noise are the same. False alarms 1e-8."""
    drawn = np.concatenate([counts(0, cells, WIDE) for _ in range(2)])
    repeated = len(drawn) - len(np.unique(np.abs(drawn)))
    return Finding("no draw is used twice", repeated == 0, f"{repeated} of {len(drawn)} numbers were there before")


FAST = (noise_has_no_holes, noise_tells_what_the_ledger_says, no_draw_is_used_twice)
