"""Draws how processor time and memory grow with the rows of a folder, from what ``benchmarks scale`` measured.

``python -m benchmarks growth benchmarks/results/scale.json docs/images/growth.svg``. Both axes are logarithmic: a line that rises by one
step where the rows grow tenfold grows as they do, one that is flat does not grow.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Results = dict[str, Any]

SIZE, MARGIN, GAP = 300, 56, 74
STAGES = {"scan": ("all rows looked at", "#3b82c4"), "fit": ("chains fitted and saved, too", "#d9622b")}
PANELS = (("processor_seconds", 1.0, "processor seconds"), ("peak_megabytes", 1e-3, "peak memory, GB"))
STYLE = (
    "text{font-family:system-ui,sans-serif;fill:#444}.title{font-size:16px;font-weight:600}.axis{font-size:12px}"
    "polyline{fill:none;stroke-width:2}.frame{fill:none;stroke:#bbb}.grid{stroke:#e5e5e5}"
)


def decades(values: Sequence[float]) -> tuple[int, int]:
    """The powers of ten that values lie between."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def panel(found: Results, figure: str, factor: float, title: str, left: float) -> list[str]:
    """One figure of all stages over the rows, as SVG elements."""
    lines = {
        stage: [
            (run["rows"], max(run[figure], 0.01) * factor) for run in sorted(found[stage], key=lambda one: one["rows"])
        ]
        for stage in STAGES
        if stage in found
    }
    points = [point for line in lines.values() for point in line]
    across, up = (decades([point[at] for point in points]) for at in (0, 1))

    def at(x: float, y: float) -> tuple[float, float]:
        share = [(math.log10(one) - low) / (high - low) for one, (low, high) in ((x, across), (y, up))]
        return left + share[0] * SIZE, MARGIN + (1 - share[1]) * SIZE

    parts = [f'<text x="{left}" y="{MARGIN - 16}" class="title">{title}</text>']
    for power in range(across[0], across[1] + 1):
        x, _ = at(10**power, 10 ** up[0])
        parts.append(f'<line x1="{x:.1f}" y1="{MARGIN}" x2="{x:.1f}" y2="{MARGIN + SIZE}" class="grid"/>')
        parts.append(
            f'<text x="{x:.1f}" y="{MARGIN + SIZE + 18}" class="axis" text-anchor="middle">{10**power:,}</text>'
        )
    for power in range(up[0], up[1] + 1):
        _, y = at(10 ** across[0], 10**power)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + SIZE}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" class="axis" text-anchor="end">{10.0**power:,.7g}</text>')
    parts.append(f'<rect x="{left}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" class="frame"/>')
    for stage, line in lines.items():
        colour, steps = STAGES[stage][1], [at(*point) for point in line]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in steps)}" stroke="{colour}"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in steps]
    return parts


def draw(found: Results) -> str:
    """The whole picture."""
    width, height = 2 * SIZE + GAP + 2 * MARGIN, SIZE + MARGIN + 76
    parts = [one for index, given in enumerate(PANELS) for one in panel(found, *given, MARGIN + index * (SIZE + GAP))]
    parts.append(f'<text x="{MARGIN}" y="{MARGIN + SIZE + 38}" class="axis">rows of the folder, of ten columns</text>')
    for index, (words, colour) in enumerate(STAGES.values()):
        x, y = MARGIN + 200 * index, height - 12
        parts.append(
            f'<circle cx="{x + 5}" cy="{y - 4}" r="5" fill="{colour}"/><text x="{x + 16}" y="{y}" class="axis">{words}</text>'
        )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
            "<title>Processor time and memory by rows</title>",
            f"<style>{STYLE}</style>",
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
            *parts,
            "</svg>",
            "",
        ]
    )


def main() -> None:
    """Draw from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("results", type=Path, help="what `python -m benchmarks scale --output` wrote")
    parser.add_argument("target", type=Path, help="the SVG file")
    given = parser.parse_args()
    given.target.write_text(draw(json.loads(given.results.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main()
