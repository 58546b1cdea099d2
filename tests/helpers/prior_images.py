"""Drafts of a prior, as the tests of the open and of the private one draw them."""

from __future__ import annotations

import torch

from synthgan.image.prior import Condition


def drafts_of(prior, classes, seed=0):
    source = torch.Generator().manual_seed(seed)
    classes = torch.as_tensor(classes)
    parts = prior.parts_of(classes, source)
    return prior(
        Condition(classes, classes[:, None].float()),
        parts,
        torch.randn(len(classes), prior.noise_width, generator=source),
    )
