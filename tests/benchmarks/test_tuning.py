"""A line of the page says what was won, what it gives away, and whether it is taken."""

from __future__ import annotations

from benchmarks.runs.tuning import page


def test_a_search_that_won_nothing_says_that_the_defaults_stay():
    scores = {
        "trials": 12, "pruned": 3, "gain": -0.01, "gain_error": 0.004, "parameters": {},
        "default": {"fidelity": 0.8, "found": 0.031}, "best": {"fidelity": 0.79, "found": 0.025},
    }  # fmt: skip
    runs = [
        {"table": "magic", "model": "default", "scores": scores | more}
        for more in ({}, {"parameters": {"generator": "pooled"}})
    ]
    kept, taken = page(runs)[2:]
    assert kept == "| magic, default | 12 (3) | 0.800 | 0.790 | -0.010 ± 0.004 | 3.1% → 2.5% | no, the defaults stay |"
    assert taken.endswith("| yes |")
