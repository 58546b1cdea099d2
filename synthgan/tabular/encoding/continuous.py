"""Mode-specific normalization: a number becomes a mode and its residual inside the mode."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.special import ndtr, ndtri

from synthgan.tabular.encoding.gaussians import encode_gaussians, fit_gaussians
from synthgan.tabular.encoding.parts import COARSE, FEW_VALUES, FINE, Cut, tell

if TYPE_CHECKING:
    from synthgan.config import EncodingConfig
    from synthgan.tabular.encoding.quantiles import QuantileFunction

_EDGE = 1e-6  # residuals stay within the normal scores of [_EDGE, 1 - _EDGE], about ±4.75
__all__ = ["COARSE", "FEW_VALUES", "FINE", "Cut", "ModeSpecificNormalizer", "Numbers"]


@dataclass(frozen=True)
class Numbers:
    """Encoded numbers.

    Attributes:
        codes: int32 ``[rows]``, the mode.
        residuals: float32 ``[rows]``, normal score inside the mode; 0 where the mode has no residuals.
    """

    codes: np.ndarray
    residuals: np.ndarray


@dataclass(frozen=True)
class ModeSpecificNormalizer:
    """A numeric column's modes, in this order: spikes by value, smooth modes by value, missing.

    Attributes:
        step: what values are whole multiples of; 0 for any real number.
        spikes: float64 ``[spikes]``, rising: values with a mode of their own.
        smooth: the quantile function of all other values; None where there are too few.
        edges: float64 ``[smooth modes + 1]``: levels of ``smooth`` that quantile modes are cut at; empty for Gaussians.
        means: float64 ``[smooth modes]``: Gaussian components' means; empty for quantile modes.
        deviations: float64 ``[smooth modes]``: their standard deviations; empty for quantile modes.
        masses: float64 ``[modes]``: each mode's share of the rows it was fitted on.
        has_missing: whether the last mode is "missing".
        withheld: how many rows have values that are told of nowhere, and how many of these lie far from all others; it
            stands in no file.
    """

    step: float
    spikes: np.ndarray
    smooth: QuantileFunction | None
    edges: np.ndarray
    means: np.ndarray
    deviations: np.ndarray
    masses: np.ndarray
    has_missing: bool
    withheld: tuple[int, int] = (0, 0)

    levels_only: ClassVar[bool] = False

    @classmethod
    def fit(
        cls,
        values: np.ndarray,
        config: EncodingConfig,
        *,
        step: float,
        minimum: float | None,
        maximum: float | None,
        cut: Cut = COARSE,
        rng: np.random.Generator,
    ) -> ModeSpecificNormalizer:
        """Find the modes of a column.

        Args:
            values: float64 ``[rows]``, NaN where missing, else finite.
            config: which modes to look for, and how many rows must stand behind each.
            step: what the values are whole multiples of; 0 for any real number.
            minimum: a declared lower bound, None where there is none.
            maximum: a declared upper bound, None where there is none.
            cut: how finely to cut quantile modes; ``config.max_modes`` overrides its number of modes.
            rng: randomness for the Gaussian mixture and the jitter of ties.
        """
        present = values[~np.isnan(values)]
        told = tell(present, config, cut, step=step, minimum=minimum, maximum=maximum)
        spikes, smooth, edges = told.spikes, told.smooth, told.edges
        means = deviations = weights = np.empty(0)
        if smooth is not None and config.modes == "gmm":
            means, deviations, weights = fit_gaussians(told.rest, config, rng)
            edges = np.empty(0)
        has_missing = len(present) < len(values) or (smooth is None and not len(spikes))
        weights = np.concatenate([np.zeros(len(spikes)), weights])
        unweighted = cls(step, spikes, smooth, edges, means, deviations, weights, has_missing, told.withheld)
        codes = unweighted.encode(values, rng).codes
        masses = np.bincount(codes, minlength=unweighted.modes) / max(len(values), 1)
        return replace(unweighted, masses=masses)

    @property
    def smooth_modes(self) -> int:
        """How many modes have residuals."""
        return max(len(self.edges) - 1, len(self.means), 0)

    @property
    def modes(self) -> int:
        """How many modes there are in all."""
        return len(self.spikes) + self.smooth_modes + self.has_missing

    @property
    def residuals(self) -> int:
        """1 where there are smooth modes."""
        return int(self.smooth_modes > 0)

    @property
    def discrete(self) -> bool:
        """Whether every value has a mode of its own."""
        return self.smooth is None

    @property
    def emitted(self) -> np.ndarray:
        """Bool ``[modes]``: all modes are generated."""
        return np.ones(self.modes, dtype=bool)

    @property
    def ranks(self) -> np.ndarray:
        """Float32 ``[modes]``: numbers have centers instead."""
        return np.zeros(self.modes, dtype=np.float32)

    @property
    def released(self) -> tuple[float, float]:
        """The lowest and highest value that is ever decoded; infinite where there is none."""
        values = np.concatenate([self.spikes, [] if self.smooth is None else self.smooth.values[[0, -1]]])
        return (float(values.min()), float(values.max())) if len(values) else (-np.inf, np.inf)

    @property
    def has_residual(self) -> np.ndarray:
        """Bool ``[modes]``: which modes have residuals."""
        index = np.arange(self.modes)
        return (index >= len(self.spikes)) & (index < len(self.spikes) + self.smooth_modes)

    def encode(self, values: np.ndarray, rng: np.random.Generator) -> Numbers:
        """Modes and residuals of values, float64 ``[rows]`` with NaN for missing.

        A value that many reals round to gets a random residual among theirs; a value too rare for a mode of its own joins
        the nearest spike where there are no smooth modes.
        """
        rows = len(values)
        codes = np.full(rows, self.modes - 1, dtype=np.int32)
        residuals = np.zeros(rows, dtype=np.float32)
        present = ~np.isnan(values)
        nearest = self._nearest_spike(values)
        is_spike = present & (self.spikes[nearest] == values) if len(self.spikes) else np.zeros(rows, dtype=bool)
        if self.smooth is None and len(self.spikes):
            is_spike = present
        elif self.smooth is not None and len(self.spikes):
            homeless, home = self.smooth.homeless(values, self.step / 2)
            is_spike |= present & homeless & (np.abs(self.spikes[nearest] - values) < np.abs(home - values) - self.step)
        codes[is_spike] = nearest[is_spike]
        rest = present & ~is_spike
        if self.smooth is not None and rest.any():
            codes[rest], residuals[rest] = self._encode_smooth(values[rest], rng)
        return Numbers(codes, residuals)

    def decode(self, codes: np.ndarray, residuals: np.ndarray) -> np.ndarray:
        """Values of modes and residuals: float64 ``[rows]``, NaN for missing, inside the released range.

        Values with a step are still to be rounded to it (which ``build_frame`` does).
        """
        spikes = len(self.spikes)
        values = np.full(len(codes), np.nan)
        is_spike = codes < spikes
        values[is_spike] = self.spikes[codes[is_spike]]
        in_smooth = ~is_spike & (codes < spikes + self.smooth_modes)
        if self.smooth is not None and in_smooth.any():
            mode, index = codes[in_smooth] - spikes, residuals[in_smooth].astype(np.float64)
            if len(self.means):
                raw = self.means[mode] + self.deviations[mode] * index
                values[in_smooth] = self.smooth.homeless(raw)[1]
            else:
                share = _unclip(ndtr(index))
                level = self.edges[mode] + share * (self.edges[mode + 1] - self.edges[mode])
                values[in_smooth] = self.smooth(np.minimum(level, self._last_level[mode]))
        return values

    def within(
        self, bounds: tuple[float, float], on_grid: tuple[float, float] | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which modes hold values between two bounds, both included, of spikes, and of all others, which lie on a grid.

        Returns:
            allowed: bool ``[modes]``; False for missing.
            lowest, highest: float64 ``[modes]``, bounds of the residual; infinite where the mode has no residuals or is not cut.
        """
        allowed = np.zeros(self.modes, dtype=bool)
        lowest, highest = np.full(self.modes, -np.inf), np.full(self.modes, np.inf)
        spikes, hair = len(self.spikes), self.step * 1e-6  # the last bit of a spike
        half = self.step / 2 - hair  # what lies half-way may be rounded either way
        allowed[:spikes] = (self.spikes >= bounds[0] - hair) & (self.spikes <= bounds[1] + hair)
        if self.smooth is None or on_grid is None:
            return allowed, lowest, highest
        (low, high), part = on_grid, slice(spikes, spikes + self.smooth_modes)
        if len(self.means):
            with np.errstate(over="ignore"):
                lowest[part] = (low - half - self.means) / self.deviations
                highest[part] = (high + half - self.means) / self.deviations
            allowed[part] = self.smooth.values[0] <= high + half and self.smooth.values[-1] >= low - half
        else:
            width = np.diff(self.edges)
            first = (self.smooth.level_below(low - half) - self.edges[:-1]) / width
            last = (self.smooth.level_up_to(high + half) - self.edges[:-1]) / width
            allowed[part] = (first < 1) & (last > 0) & (last > first)
            lowest[part] = np.where(first > 0, ndtri(np.clip(first, 0, 1)), -np.inf)
            highest[part] = np.where(last < 1, ndtri(np.clip(last, 0, 1)), np.inf)
        return allowed, lowest, highest

    def scores(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the modes stand on the column's normal-score axis: centers and widths, float32 ``[modes]``.

        A value's normal score is about ``center + width * index``; missing stands at 0.
        """
        middles = np.zeros(len(self.spikes) + self.smooth_modes)
        middles[: len(self.spikes)] = self.spikes
        if self.smooth is not None:
            middle_levels = (self.edges[1:] + self.edges[:-1]) / 2
            middles[len(self.spikes) :] = self.means if len(self.means) else self.smooth(middle_levels)
        order = np.argsort(middles, kind="stable")
        mass = np.maximum(self.masses[: len(middles)], 1e-9)
        mass /= max(mass.sum(), 1e-9)
        after = np.empty(len(middles))
        after[order] = np.cumsum(mass[order])
        before = after - mass
        centers, widths = np.zeros(self.modes), np.zeros(self.modes)
        centers[: len(middles)] = _score((before + after) / 2)
        # On a normal axis a mode's 10 % and 90 % points are 2.563 of its standard deviations apart.
        widths[: len(middles)] = (_score(before + 0.9 * mass) - _score(before + 0.1 * mass)) / (ndtri(0.9) - ndtri(0.1))
        return centers.astype(np.float32), np.where(self.has_residual, widths, 0).astype(np.float32)

    @cached_property
    def _last_level(self) -> np.ndarray:
        """float64 ``[smooth modes]``: the highest level of each quantile mode; where a gap follows, that before it."""
        assert self.smooth is not None  # noqa: S101 (callers have checked)
        before_gap = np.isin(self.edges[1:], self.smooth.jumps)
        return np.where(before_gap, np.nextafter(self.edges[1:], 0), self.edges[1:])

    def _nearest_spike(self, values: np.ndarray) -> np.ndarray:
        """Index of the spike nearest to each value; 0 where there is none."""
        if not len(self.spikes):
            return np.zeros(len(values), dtype=np.int64)
        above = np.clip(np.searchsorted(self.spikes, values), 0, len(self.spikes) - 1)
        below = np.maximum(above - 1, 0)
        return np.where(np.abs(self.spikes[below] - values) < np.abs(self.spikes[above] - values), below, above)

    def _encode_smooth(self, values: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Codes and residuals of values outside the spikes."""
        assert self.smooth is not None  # noqa: S101 (callers have checked)
        if len(self.means):
            jittered = values + self.step * (rng.random(len(values)) - 0.5)
            return encode_gaussians(jittered, self.means, self.deviations, self._smooth_masses(), len(self.spikes), rng)
        low, high = self.smooth.level_below(values - self.step / 2), self.smooth.level_up_to(values + self.step / 2)
        chance = rng.random(len(values))
        level = low + chance * (high - low)
        homeless, home = self.smooth.homeless(values, self.step / 2)
        if homeless.any():
            near = self.smooth.level_up_to(home)
            at_gap = np.isin(near, self.smooth.jumps) & (home < values)
            level = np.where(homeless, np.where(at_gap, np.nextafter(near, 0), level), level)
            reach = self.smooth.values[-1] - self.smooth.values[0]
            level = np.where(
                np.abs(home - values) > reach, chance, level
            )  # known of too few to be told: one of the bulk
        mode = np.clip(np.searchsorted(self.edges, level, side="right") - 1, 0, self.smooth_modes - 1)
        share = (level - self.edges[mode]) / (self.edges[mode + 1] - self.edges[mode])
        return mode + len(self.spikes), _score(share)

    def _smooth_masses(self) -> np.ndarray:
        """Weights of the smooth modes; equal before they are known."""
        weights = self.masses[len(self.spikes) : len(self.spikes) + self.smooth_modes]
        return np.maximum(weights, 1e-6) if len(weights) else np.ones(self.smooth_modes)


def _score(share: np.ndarray) -> np.ndarray:
    """Normal scores of shares of one, kept finite."""
    return ndtri(np.clip(share, _EDGE, 1 - _EDGE))


def _unclip(share: np.ndarray) -> np.ndarray:
    """Shares whose score was cut off at the edge go back to 0 and 1, so that a range's own ends can be reached."""
    return np.where(share <= 2 * _EDGE, 0.0, np.where(share >= 1 - 2 * _EDGE, 1.0, share))
