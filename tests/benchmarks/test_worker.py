"""Options of a benchmark go to the synthesizer or to its generator."""

from __future__ import annotations

from benchmarks.models import worker


def test_options_reach_the_synthesizer_and_its_generator():
    made = worker.make("ours", 4, {"generator": "network", "steps": 7, "rare_below": 5})
    assert (made.seed, made.rare_below, made.generator.name, made.generator.steps) == (4, 5, "network", 7)
    assert worker.make("ours", 0, {}).generator is None
