"""Draws the four pictures of verdicts in the guide: a copy, a table that leaks, one without an alarm, and a private one.

Usage: ``python examples/verdicts.py docs/images`` (it needs Chromium; CHROMIUM names one).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from synthgan import Synthesizer, evaluate

ROWS = 1_500
SCREEN = {"width": 900, "height": 760}


def patients(seed: int) -> pd.DataFrame:
    """Made-up patients: their age, weight, ward, what they smoke, and whether they came again."""
    rng = np.random.default_rng(seed)
    age = np.round(rng.uniform(18, 95, ROWS), 2)
    smokes = rng.random(ROWS) < 0.35 - age / 400
    weight = np.round(55 + 0.2 * age + rng.normal(0, 12, ROWS), 3)
    ward = rng.choice(["surgery", "medicine", "geriatrics"], ROWS, p=[0.4, 0.4, 0.2])
    again = rng.random(ROWS) < 0.1 + age / 300 + 0.1 * smokes
    return pd.DataFrame({"age": age, "weight": weight, "ward": ward, "smokes": smokes, "again": again})


def leaking(real: pd.DataFrame, drawn: pd.DataFrame) -> pd.DataFrame:
    """A fifth of the rows drawn are real ones, of which one cell was changed."""
    taken = real.sample(len(real) // 5, random_state=0).assign(again=lambda rows: ~rows["again"])
    return pd.concat([drawn.iloc[len(taken) :], taken], ignore_index=True)


def main(folder: Path) -> None:
    """Judge the four tables and take a picture of the top of each page."""
    from playwright.sync_api import sync_playwright

    real, holdout = patients(0), patients(1)
    private = Synthesizer(epsilon=3, delta=1e-4, seed=0).fit(real)
    drawn = patients(2)  # as a generator would draw that learned all that holds, and nobody who was there
    tables = {"copy": real, "leaky": leaking(real, drawn), "fine": drawn, "private": private.sample(ROWS)}
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport=SCREEN)
        for name, table in tables.items():
            report = evaluate(real, table, holdout=holdout, target="again")
            report = replace(report, made=None)  # no day: the same command draws the same picture
            report.to_html(Path(place) / f"{name}.html", model=private.manifest() if name == "private" else None)
            page.goto((Path(place) / f"{name}.html").as_uri())
            page.screenshot(path=folder / f"verdict-{name}.png")
            print(name, report.verdict.grade, report.verdict.sentence)
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
