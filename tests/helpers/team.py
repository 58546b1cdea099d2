"""What each process of a team does in tests: it joins, learns a table and some images, and says what came of it."""

from __future__ import annotations

import warnings
from datetime import timedelta

import numpy as np
import pandas as pd
import torch
from torch import distributed

from synthgan import ImageRecords, ImageSynthesizer, Network, Synthesizer

SECONDS = 600


def join(rank, meeting):
    """Meets the other process at a file."""
    torch.set_num_threads(1)
    waits = timedelta(seconds=SECONDS)
    distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2, timeout=waits)


def learned(packing=1):
    """Losses of critic and generator at each step, what was judged, and the rows that the network draws then."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=600)
    table = pd.DataFrame({"x": hidden.round(2), "y": np.where(hidden + rng.normal(size=600) > 0, "a", "b")})
    losses = []

    def told(progress):
        if progress.critic_loss is not None:
            losses.append((progress.critic_loss, progress.generator_loss))

    network = Network(steps=12, batch_rows=64, classes=4, check_every=6, packing=packing)
    synthesizer = Synthesizer(generator=network, seed=0, check=False).fit(table, progress=told)
    return np.array(losses), synthesizer.manifest()["training"]["history"], synthesizer.sample(50, seed=0)


def pictured():
    """Images that a network draws which has learned in two steps."""
    rng = np.random.default_rng(1)
    records = ImageRecords(rng.integers(0, 255, (48, 8, 8)).astype("uint8"), {"label": np.arange(48) % 2})
    return ImageSynthesizer(steps=2, batch_images=8, width=8, seed=0).fit(records).sample(4, seed=0).pixels


def second(meeting, pipe):
    """The second of two processes."""
    warnings.simplefilter("ignore")
    join(1, meeting)
    try:
        pipe.send((learned(), learned(packing=2), pictured()))
    finally:
        distributed.destroy_process_group()
