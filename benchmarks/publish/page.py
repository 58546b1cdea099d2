"""Prints docs/benchmarks.md from the files of benchmarks/results.

``python -m benchmarks page > docs/benchmarks.md``.
"""

from __future__ import annotations

import argparse
import json

from benchmarks.publish.page_images import image_speed, images, members, private_images
from benchmarks.publish.page_linked import leaks_linked, linked
from benchmarks.publish.page_tables import (
    RESULTS,
    ablation,
    conditional,
    containers,
    hard,
    leaks,
    private,
    speed,
    tabular,
)
from benchmarks.publish.page_uses import augmentation, augmentation_peers, tuning

SECTIONS = (
    leaks,
    tabular,
    hard,
    ablation,
    conditional,
    speed,
    containers,
    augmentation,
    augmentation_peers,
    tuning,
    private,
    linked,
    leaks_linked,
    images,
    members,
    image_speed,
    private_images,
)


def main(words: list[str] | None = None) -> None:
    """Print the page."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(words)
    parts = []
    for section in SECTIONS:
        content = json.loads((RESULTS / f"{section.__name__}.json").read_text(encoding="utf-8"))
        parts.append("\n".join(section(content)))
    print("# Benchmarks", "", "Made by `python -m benchmarks page > docs/benchmarks.md`.", "", sep="\n")
    print("\n\n".join(parts))
