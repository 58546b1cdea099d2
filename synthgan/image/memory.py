"""The memory that a fit of images takes: that of a training step is tallied on tensors without numbers, which cost nothing."""

from __future__ import annotations

import math
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from synthgan.errors import Remedy, ResourceError
from synthgan.gan.objectives import make_objective
from synthgan.gan.protocols import Batch
from synthgan.image.axes import MAX_EXACT
from synthgan.image.evaluator import MAX_IMAGES
from synthgan.image.grain import ALL_COMPONENTS
from synthgan.image.learning import batch_of
from synthgan.image.networks import ImageCritic, ImageGenerator, ImageNoise
from synthgan.image.prior import Condition, Given, Prior
from synthgan.image.stages import DIRECT
from synthgan.io.memory import bound, in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from synthgan.image.config import ImageConfig
    from synthgan.image.encoding import ImageEncoding

_FLOAT = 4  # bytes
_BASE_BYTES = 500_000_000  # what Python and PyTorch take, and a model of few images
_SLACK = 1.3  # what layers take beside the numbers that they give and keep, as measured
_ROUGH = 0.6  # of that on a GPU, where most numbers are of 16 bits
_SIDES = (512, 384, 320, 256, 192, 160, 128, 112, 96, 80, 64, 48, 32, 24, 16)  # that are suggested
_FEWEST = 2  # images in a batch
_ABOVE = 1.2  # of a guess, for what grows more slowly
_AT_MOST, _WIDTH = (
    12_000,
    16,
)  # bytes that a step takes for each number of a batch, at a width; of large images a quarter


class Tally(TorchDispatchMode):
    """Counts the bytes of all tensors that are made while it is entered, until each is gone.

    Attributes:
        live: bytes now.
        peak: the most that there were.

    Example:
        >>> with Tally() as tally:
        ...     for _ in range(3):
        ...         numbers = torch.zeros(1000, device="meta") + 1
        >>> tally.live, tally.peak
        (4000, 12000)
    """

    def __init__(self) -> None:
        """Nothing has been made yet."""
        super().__init__()  # type: ignore[no-untyped-call]
        self.live = self.peak = 0
        self._known: dict[int, weakref.ref[Any]] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # as torch calls it
        """Do what was asked, and note what came of it."""
        made = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(made):
            if isinstance(tensor, torch.Tensor):
                self._note(tensor.untyped_storage())
        return made

    def _note(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        if key in self._known:
            return

        def gone(_: object) -> None:
            self.live -= size
            del self._known[key]

        self._known[key] = weakref.ref(storage, gone)
        self.live += size
        self.peak = max(self.peak, self.live)


def step_bytes(encoding: ImageEncoding, config: ImageConfig, device: str = "meta") -> int:
    """The most that one training step takes, in bytes: of the critic with its penalty, or of the generator.

    Args:
        encoding: what images look like.
        config: sizes of the networks and batches.
        device: where it is taken; on ``"meta"`` no number is computed.
    """
    count, width, noise_width = batch_of(config, encoding), encoding.attribute_width, config.noise_width
    prior: Prior | Given = Given(encoding.drawn)
    if encoding.sources is None:
        prior = Prior(encoding.shape, encoding.mixtures, 1, 1, 1, encoding.masked, clips=encoding.clips)
    generator = ImageGenerator(prior, width, config)
    critic = ImageCritic(encoding.drawn, width, config, clips=encoding.clips)
    for network in (generator, critic):
        stage = network.stage
        network.to(device).stage = stage  # a number that is read on the way

    def zeros(*sides: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.zeros(*sides, dtype=dtype, device=device)

    *sides, channels = encoding.drawn
    codes = zeros(count, dtype=torch.int64)
    objective = make_objective(config.objective, config.penalty)
    with Tally() as tally:
        guides = None if encoding.sources is None else zeros(count, channels, *sides)
        asked = Condition(codes, zeros(count, width), guides)
        noise = ImageNoise(zeros(count, noise_width), zeros(count, prior.noise_width), codes, asked)
        real = Batch(zeros(count, channels, *sides), asked)
        with torch.no_grad():
            fake = Batch(generator(noise), asked)
        logits = critic(real.sample, asked), critic(fake.sample, asked)
        loss = objective.critic_loss(*logits) + objective.penalty(critic, real, fake, zeros(count))
        loss.backward()
        del loss, logits, fake
        made = generator(noise)
        objective.generator_loss(critic(real.sample, asked), critic(made, asked)).backward()
    return tally.peak


def fit_bytes(encoding: ImageEncoding, config: ImageConfig, images: int, device: torch.device) -> int:
    """The most that a fit takes: of the processor's memory or, on a GPU, of the GPU's alone.

    Args:
        encoding: what images look like.
        config: the hyper-parameters.
        images: how many are learned.
        device: where they are.
    """
    step = step_bytes(encoding, config)
    if device.type != "cpu":
        return int(_SLACK * _ROUGH * step)
    return int(_stored(encoding, config, images) + max(_SLACK * step, _of_prior(encoding, images)))


def _stored(encoding: ImageEncoding, config: ImageConfig, images: int) -> int:
    """What is there all the time: the images, what each is made from, and those that were held out as networks see them."""
    pixels, drawn = math.prod(encoding.shape), math.prod(encoding.drawn)
    each = pixels * (1 if encoding.dtype == "uint8" else 2) + 2 * (drawn - pixels)
    if encoding.sources is not None:  # and its copy while it is shared out
        each += 2 * _FLOAT * drawn
    held = min(MAX_IMAGES, round(config.holdout_share * images))
    return _BASE_BYTES + images * each + _FLOAT * held * drawn


def _of_prior(encoding: ImageEncoding, images: int) -> int:
    """What finding the components of a prior takes: its images in both precisions, and how their values vary together."""
    values = math.prod(encoding.small)
    exact = 3 * 2 * _FLOAT * values**2 if values <= min(images, MAX_EXACT) else 0
    return 0 if encoding.sources else 7 * _FLOAT * values * images + _FLOAT * ALL_COMPONENTS * values + exact


def bound_on(device: torch.device) -> int:
    """The memory that a fit may take there, in bytes."""
    return int(torch.cuda.mem_get_info(device)[0]) if device.type == "cuda" else bound()


def ensure_fit(encoding: ImageEncoding, config: ImageConfig, images: int, device: torch.device) -> None:
    """See that a fit has the memory that it takes; nothing is tallied where there is much more. Raises what ``check_fit`` does."""
    if not surely_fits(encoding, config, images, device):
        check_fit(encoding, config, images, device)


def surely_fits(encoding: ImageEncoding, config: ImageConfig, images: int, device: torch.device) -> bool:
    """Whether there is so much more memory than a fit takes that nothing need be tallied."""
    step = _AT_MOST * max(1.0, config.width / _WIDTH) * batch_of(config, encoding) * math.prod(encoding.drawn)
    return step + _stored(encoding, config, images) <= bound_on(device)


def check_fit(encoding: ImageEncoding, config: ImageConfig, images: int, device: torch.device) -> int:
    """What a fit takes, in bytes, where there is as much.

    Raises:
        ResourceError: if there is not; it names a size that fits.
    """
    most, needed = bound_on(device), fit_bytes(encoding, config, images, device)
    if needed <= most:
        return needed
    sides = encoding.shape[1 if encoding.clips else 0 : -1]
    remedy = Remedy(())
    guess = max(sides) * (most / needed) ** (1 / len(sides)) * _ABOVE  # as memory grows with pixels, about
    fitting = next((side for side in _SIDES if side < guess and _fits(side, encoding, config, images, device)), 0)
    if fitting:
        remedy |= Remedy.option("resolution", fitting, "fits")
        spacing = encoding.physical and encoding.physical.spacing
        if config.spacing is not None and spacing:
            remedy |= Remedy.option("spacing", math.ceil(10 * config.spacing * max(sides) / fitting) / 10, "fits")
    if config.base is not None:
        remedy |= Remedy.option("base", DIRECT[len(sides)], "learns small ones, and how to enlarge them")
    fewer = replace(config, batch_images=_FEWEST)
    if batch_of(config, encoding) > _FEWEST and fit_bytes(encoding, fewer, images, device) <= most:
        remedy |= Remedy.option("batch_images", _FEWEST, "learns from fewer at once")
    raise ResourceError(
        f"images of {' x '.join(map(str, sides[::-1]))} must fit into {in_words(most)} of memory to be learned, however: "
        f"a fit takes about {in_words(needed)}",
        remedy=remedy | "take fewer images",
    )


def _fits(side: int, encoding: ImageEncoding, config: ImageConfig, images: int, device: torch.device) -> bool:
    """Whether images of so long a side would be learned."""
    first = 1 if encoding.clips else 0
    sides = encoding.shape[first:-1]
    small = tuple(max(1, round(length * side / max(sides))) for length in sides)
    other = replace(encoding, shape=(*encoding.shape[:first], *small, encoding.shape[-1]))
    return fit_bytes(other, config, images, device) <= bound_on(device)
