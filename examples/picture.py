"""Draws the picture at the top of the README: real patients beside synthetic ones, as a plain SVG.

Usage: ``python examples/picture.py demo docs/images/patients.svg`` after ``synthgan demo --folder demo``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

SIZE, MARGIN, GAP = 300, 46, 34
COLOURS = {"benign": "#3b82c4", "malignant": "#d9622b"}
X, Y = "mean_radius", "worst_texture"


def panel(rows: pd.DataFrame, title: str, left: float, ranges: dict[str, tuple[float, float]]) -> list[str]:
    """One scatter plot as SVG elements."""
    parts = [
        f'<text x="{left}" y="{MARGIN - 16}" class="title">{title}</text>',
        f'<rect x="{left}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" class="frame"/>',
    ]
    unit = {name: (rows[name] - low) / (high - low) for name, (low, high) in ranges.items()}
    for x, y, diagnosis in zip(unit[X], unit[Y], rows["diagnosis"], strict=True):
        if 0 <= x <= 1 and 0 <= y <= 1:
            colour = COLOURS[diagnosis]
            parts.append(
                f'<circle cx="{left + x * SIZE:.1f}" cy="{MARGIN + (1 - y) * SIZE:.1f}" r="2.6" fill="{colour}"/>'
            )
    parts.append(f'<text x="{left + SIZE / 2}" y="{MARGIN + SIZE + 20}" class="axis">{X.replace("_", " ")}</text>')
    return parts


def draw(folder: Path) -> str:
    """The whole picture: real patients on the left, synthetic ones on the right."""
    real = pd.read_parquet(folder / "patients.parquet")
    synthetic = pd.read_parquet(folder / "patients.synthetic.parquet")
    ranges = {name: tuple(np.quantile(real[name], [0.0, 1.0]) + np.array([-0.5, 0.5])) for name in (X, Y)}
    width, height = 2 * SIZE + GAP + 2 * MARGIN, SIZE + MARGIN + 62
    legend = []
    for index, (diagnosis, colour) in enumerate(COLOURS.items()):
        x, y = MARGIN + 110 * index, height - 12
        legend.append(
            f'<circle cx="{x + 5}" cy="{y - 4}" r="5" fill="{colour}"/><text x="{x + 16}" y="{y}" class="key">{diagnosis}</text>'
        )
    style = (
        "text{font-family:system-ui,sans-serif;fill:#444}.title{font-size:16px;font-weight:600}"
        ".axis{font-size:12px;text-anchor:middle}.key{font-size:12px}circle{fill-opacity:.6}.frame{fill:none;stroke:#bbb}"
    )
    middle = MARGIN + SIZE / 2
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            "<title>Real breast-cancer patients beside synthetic ones</title>",
            f"<style>{style}</style>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            f'<text transform="translate(16 {middle}) rotate(-90)" class="axis">{Y.replace("_", " ")}</text>',
            *panel(real, f"{len(real)} real patients", MARGIN, ranges),
            *panel(synthetic, f"{len(synthetic)} synthetic patients", MARGIN + SIZE + GAP, ranges),
            *legend,
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    target.write_text(draw(source))
