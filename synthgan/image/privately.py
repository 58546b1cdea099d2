"""A private fit of images: opened unread, its budget shared out, asked, learned; and what may be said of it beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgan.image.intake import FrameAsker, open_unread, take_in
from synthgan.image.io.unread import UnreadImages
from synthgan.image.plan import ImagePlan
from synthgan.image.private.budget import FRAMES, Budget, plan_budget
from synthgan.image.private.learning import learn_privately
from synthgan.image.records import ImageRecords, describe_kind
from synthgan.privacy.curator import check_delta
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.sealing import sealed_call, sealed_steps

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    import torch

    from synthgan.gan.train import Progress
    from synthgan.image.config import ImageConfig
    from synthgan.image.model import ImageModel
    from synthgan.image.private.config import ImagePrivacy
    from synthgan.privacy.spent import Account
    from synthgan.runtime import Streams

    Images = ImageRecords | UnreadImages


def private_steps(
    data: ImageRecords | str | Path,
    config: ImageConfig,
    privacy: ImagePrivacy,
    streams: Streams,
    device: torch.device,
    account: Account,
) -> Generator[Progress, None, ImageModel]:
    """Take images in under epsilon; gives the steps that learn them, which end with the model and hold no image themselves.

    Whatever touches an image is charged to the account.
    """
    images = _opened(data, config, account)
    budget = _budget(images, config, privacy)
    asker = FrameAsker(privacy.bounds, noise=budget.noise("frames", FRAMES), delta=budget.level_delta)
    ledger = PrivacyLedger(privacy.delta, "one image", account=account)
    intake = sealed_call(lambda: take_in(images, config, asker, ledger, i_know=privacy.i_know), account)
    return sealed_steps(learn_privately(intake, config, privacy, budget, streams, device), account)


def plan_privately(data: ImageRecords | str | Path, config: ImageConfig, privacy: ImagePrivacy) -> ImagePlan:
    """What a private fit would learn, as far as it is public; no image is looked at."""
    images = _opened(data, config)
    _budget(images, config, privacy)
    if isinstance(images, UnreadImages):
        return ImagePlan("images whose size, kind and number are measured with noise; no file was opened")
    kind = describe_kind(images.pixels.shape[1:], images.pixels.dtype, clips=images.clips)
    return ImagePlan(f"{kind}, whose number is measured with noise")


def _opened(data: ImageRecords | str | Path, config: ImageConfig, account: Account | None = None) -> Images:
    return sealed_call(lambda: open_unread(data, next(iter(config.columns), None), config.target), account)


def _budget(images: Images, config: ImageConfig, privacy: ImagePrivacy) -> Budget:
    """What a private fit may ask at which noise; a delta that no number of images gives a meaning is refused unasked."""
    check_delta(privacy.delta, config.rare_below, "images at least", i_know=privacy.i_know)
    asked = {"sought": config.condition is not None, "framed": isinstance(images, UnreadImages)}
    return plan_budget(float(privacy.epsilon or 0), privacy.delta, **asked, dpsgd=privacy.mechanism == "dpsgd")
