"""The hyper-parameters of an image fit, as frozen values that check themselves at birth."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from synthgan.checks import is_whole, require, require_whole
from synthgan.gan.config import TrainConfig
from synthgan.image.clips import MAX_FRAMES
from synthgan.image.limits import MASKS
from synthgan.image.resampling import Target
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

AUGMENTATIONS = ("translation", "cutout", "intensity", "flip")
SOURCES = "sources"
_MIN_SIDE = 4
_SIDES = (2, 3)  # of images, of volumes


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageConfig:
    """The sizes of both networks, their training, and what attributes it gets of the images.

    Attributes:
        resolution: the size that images are brought to, in pixels: of all sides, or of each (height and width, with the depth
            before them in a volume). Each is scaled until it just fits and padded around its middle with the darkest value
            of its own; None takes them as they are.
        spacing: millimetres from one pixel to the next that images are resampled to, before they are padded or cropped around
            their middle to ``resolution`` or, without one, padded to the largest; None takes them as they are.
        frames: how many frames of each clip are learned, evenly from the first to the last; None takes as many as the shortest
            has, 16 at most. One makes images of clips.
        base: the longest side, in pixels, of what large images are learned at first, from which further networks enlarge them; one
            as long as theirs learns them directly. None takes what the device learns at once.
        condition: the column whose levels images are drawn under; or a list of columns, of which the first holds the classes
            and the others anything that tables can: both networks are told of all, and rows of them are learned as a
            table is; None learns images without.
        rare_below: no class, darkest or brightest value held by fewer images than this enters a model.
        objective: see ``synthgan.gan.config.TrainConfig``, as for those below.
        steps: generator steps at most.
        batch_images: images in each real and each generated batch; of clips, which are many images each, as many frames, but 8
            clips at least; of images with many pixels as many as have 2**21 together, but 4 at least.
        learning_rate: Adam's, for both networks.
        penalty: weight of the objective's gradient penalty; None lets it fall in the run and grow with the resolution.
        penalty_every: critic steps from one penalty to the next.
        ema_halflife_images: images seen after which an old weight counts half in the average that is sampled from.
        augment: what the critic sees real and generated images through, parted by commas: ``translation``, ``cutout``,
            ``intensity`` and ``flip`` (left to right: leave it out where the side of a body matters); empty for nothing.
        width: channels after two doublings of the base, which has four times as many.
        noise_width: noise dimensions.
        style: map the noise to styles that weigh the channels at every resolution, rather than to the coarsest image.
        grow: begin at the coarsest resolution and add one after the other.
        condition_image: what images are made from: ``"sources"`` for images given beside them, ``"masks"`` for their own masks,
            a whole number for themselves shrunk by that factor (super-resolution); None for noise alone, together with their
            masks where they have some.
        structures: what the structures of masks are called, in the order of their numbers; None leaves the names they have.
        check_every: see ``synthgan.gan.config.TrainConfig``, as for those below: how near generated images are to held-out ones.
        patience: looks without gain before training stops early.
        holdout_share: share of the images held out for those looks (1,000 at most); 0 switches judging off.
        minutes: wall-clock limit; None is no limit.
        check: look how much the file gives away of the images learned, and begin with a coarser prior until it is little.
    """

    resolution: int | Sequence[int] | None = None
    spacing: float | None = None
    frames: int | None = None
    base: int | None = None
    condition: str | Sequence[str] | None = "label"
    rare_below: int = 10
    objective: str = "relativistic"
    steps: int = 700
    batch_images: int = 64
    learning_rate: float = 1e-3
    penalty: float | None = None
    penalty_every: int = 8
    ema_halflife_images: int = 3840
    augment: str = ""
    width: int = 16
    noise_width: int = 64
    style: bool = False
    grow: bool = False
    condition_image: int | str | None = None
    structures: Sequence[str] | None = None
    check_every: int = 100
    patience: int = 20
    holdout_share: float = 0.1
    minutes: float | None = None
    check: bool = True

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        usable = self.base is None or (is_whole(self.base) and self.base >= _MIN_SIDE)
        require(usable, "base", f"a whole number of at least {_MIN_SIDE}, or None", self.base)
        require_whole(self, rare_below=2, batch_images=2, ema_halflife_images=0, width=1, noise_width=1)
        rule = f"a whole number of at least {_MIN_SIDE}, or one for each side"
        require(self.resolution is None or _are_sides(self.resolution), "resolution", rule, self.resolution)
        rule = "a length above 0 in millimetres"
        require(self.spacing is None or _is_length(self.spacing), "spacing", rule, self.spacing)
        frames = self.frames is None or (is_whole(self.frames) and 1 <= self.frames <= MAX_FRAMES)
        require(frames, "frames", f"a whole number from 1 to {MAX_FRAMES}, or None", self.frames)
        named = self.condition is None or isinstance(self.condition, str) or _are_names(self.condition)
        require(named, "condition", "the name of a column, a list of different ones or None", self.condition)
        wanted = self.augmentations if isinstance(self.augment, str) else (self.augment,)
        unknown = [name for name in wanted if name not in AUGMENTATIONS]
        hint = did_you_mean(unknown[0], AUGMENTATIONS) if unknown else ""
        rule = f"some of {', '.join(AUGMENTATIONS)}, parted by commas"
        require(not unknown, "augment", rule, self.augment, hint)
        require(isinstance(self.style, bool), "style", "True or False", self.style)
        require(isinstance(self.grow, bool), "grow", "True or False", self.grow)
        require(isinstance(self.check, bool), "check", "True or False", self.check)
        made = self.condition_image
        shrunk = is_whole(made) and made >= 2  # noqa: PLR2004
        rule = '"sources", "masks", a factor of 2 or more, or None'
        require(made in (None, SOURCES, MASKS) or shrunk, "condition_image", rule, made)
        named = self.structures is None or _are_names(self.structures)
        require(named, "structures", "a list of different names or None", self.structures)
        self.training()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the condition, that of the classes first; none where images are learned without."""
        if self.condition is None or isinstance(self.condition, str):
            return () if self.condition is None else (self.condition,)
        return tuple(self.condition)

    @property
    def augmentations(self) -> tuple[str, ...]:
        """What the critic sees images through, in the order given."""
        return tuple(word.strip() for word in self.augment.split(",") if word.strip())

    def training(self) -> TrainConfig:
        """The training, as the loop takes it; raises ConfigError where that refuses a field."""
        return TrainConfig(
            objective=self.objective,
            steps=self.steps,
            batch_rows=self.batch_images,
            learning_rate=self.learning_rate,
            penalty=self.penalty,
            penalty_every=self.penalty_every,
            ema_halflife_steps=round(self.ema_halflife_images / self.batch_images),
            check_every=self.check_every,
            patience=self.patience,
            holdout_share=self.holdout_share,
            minutes=self.minutes,
        )

    def as_json(self) -> dict[str, Any]:
        """All fields in one flat mapping, as the manifest holds them."""
        listed = {} if self.condition is None or isinstance(self.condition, str) else {"condition": [*self.columns]}
        sides = (
            {} if self.resolution is None or isinstance(self.resolution, int) else {"resolution": [*self.resolution]}
        )
        named = {} if self.structures is None else {"structures": [*self.structures]}
        return asdict(self) | listed | sides | named

    @property
    def target(self) -> Target | None:
        """The size that images are brought to; None where they are taken as they are."""
        return Target.of(self.resolution, self.spacing)


def _are_sides(given: object) -> bool:
    """Whether this is a side in pixels, or a list of two or three."""
    sides = given if isinstance(given, (list, tuple)) else [given, given]
    whole = all(is_whole(side) and side >= _MIN_SIDE for side in sides)
    return whole and len(sides) in _SIDES


def _is_length(given: object) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool) and math.isfinite(given) and given > 0


def _are_names(given: object) -> bool:
    """Whether these are different names in a list."""
    if not isinstance(given, (list, tuple)) or not all(isinstance(name, str) for name in given):
        return False
    return 0 < len(given) == len(set(given))
