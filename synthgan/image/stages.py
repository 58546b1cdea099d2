"""How large images are learned in stages: small ones first, and then how these are enlarged, tile by tile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from synthgan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Sides = tuple[int, ...]

# Sides in pixels of two dimensions, and in voxels of three, that are learned at once: on a processor, and on a GPU.
DIRECT = {2: 64, 3: 32}
DIRECT_ON_GPU = {2: 256, 3: 64}
TILE = {2: 64, 3: 32}
MIN_BASE = 4  # pixels of the longest side
MAX_STAGES = 4
OVERLAP = 4  # tiles share at least this part of their sides with the next


@dataclass(frozen=True)
class Stages:
    """The sizes that images are learned at.

    Attributes:
        sides: of whole images.
        factors: by which each stage enlarges what the one before it gives, the first of these being the base.

    Example:
        >>> stages = Stages((256, 200), (4,))
        >>> stages.sizes, stages.tile(0), stages.padded
        (((64, 50), (256, 200)), (64, 64), (256, 200))
        >>> Stages((91, 109, 91), (4,)).padded, Stages.choose((1024, 1024)).factors, Stages.choose((64, 64)).factors
        ((92, 112, 92), (4, 4), ())
    """

    sides: Sides
    factors: tuple[int, ...]

    @classmethod
    def choose(cls, sides: Sides, base: int | None = None, *, gpu: bool = False) -> Self:
        """The stages of images of a size.

        Args:
            sides: of whole images, two or three.
            base: the longest side of what is learned first; None takes what the device learns at once.
            gpu: whether they are learned on one.

        Raises:
            DataError: if images would be so small that there is nothing to learn.
        """
        most = base or (DIRECT_ON_GPU if gpu else DIRECT)[len(sides)]
        doublings = max(0, math.ceil(math.log2(max(sides) / most)))
        twos = [min(2, doublings - done) for done in range(0, doublings, 2)]
        stages = cls(tuple(sides), tuple(2**two for two in twos))
        if stages.factors and max(stages.sizes[0]) < MIN_BASE:
            raise DataError(f"base must be at least {MIN_BASE} pixels, however: {base}", parameter="base")
        return stages

    @property
    def padded(self) -> Sides:
        """The sides of whole images, continued until each factor divides them."""
        whole = math.prod(self.factors)
        return tuple(math.ceil(side / whole) * whole for side in self.sides)

    @property
    def sizes(self) -> tuple[Sides, ...]:
        """The sides of what each stage gives, those of the base first."""
        shares = [math.prod(self.factors[done:]) for done in range(len(self.factors) + 1)]
        return tuple(tuple(side // share for side in self.padded) for share in shares)

    def tile(self, stage: int) -> Sides:
        """The sides of the tiles in which a stage enlarges; 0 is the first after the base."""
        whole, factor = self.sizes[stage + 1], self.factors[stage]
        return tuple(min(side, TILE[len(whole)] // factor * factor) for side in whole)

    def places(self, stage: int) -> Iterator[Sides]:
        """Where tiles begin that cover an image, in pixels of what is enlarged: evenly, each overlapping the next."""
        factor, small = self.factors[stage], self.sizes[stage]
        starts = [_starts(side, tile // factor) for side, tile in zip(small, self.tile(stage), strict=True)]
        places: list[Sides] = [()]
        for ones in starts:
            places = [(*place, one) for place in places for one in ones]
        yield from places

    def describe(self) -> str:
        """The stages in words; empty where there is but one."""
        if not self.factors:
            return ""
        kind = "pixels" if len(self.sides) == 2 else "voxels"  # noqa: PLR2004
        base, *others = (_times(size) for size in (*self.sizes[:-1], self.sides))
        tiles = " and ".join(_times(self.tile(stage)) for stage in range(len(self.factors)))
        return f"learned at {base} {kind} first, then enlarged to {', then '.join(others)} in tiles of {tiles}"

    def as_json(self) -> dict[str, Any]:
        """What a manifest holds of them, beside the size of whole images."""
        return {"factors": [*self.factors]}


def _starts(side: int, tile: int) -> Sequence[int]:
    """Where tiles begin along a side, evenly from its first to its last pixel."""
    if side <= tile:
        return [0]
    count = math.ceil((side - tile) / max(1, tile - tile // OVERLAP)) + 1
    return [round(index * (side - tile) / (count - 1)) for index in range(count)]


def _times(sides: Sides) -> str:
    return " x ".join(map(str, sides[::-1]))
