"""Networks teach beside trees where most of a table's cells are numbers, and a detector finds them no worse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthgan import Autoregressive, Chains, Distilled, Pooled, Synthesizer
from synthgan.tabular.distilled import teachers
from synthgan.tabular.distilled.teachers import BOTH, chosen

ROWS = 600
STUDENT = Chains(chains=2, rounds=0)


def rings(rows: int, seed: int = 0) -> pd.DataFrame:
    """Numbers that lie around circles: what trees are bad at."""
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, rows), rng.choice([3.0, 6.0], rows)
    place = {"x": radius * np.cos(angle), "y": radius * np.sin(angle), "z": radius + angle}
    return pd.DataFrame({name: value + rng.normal(0, 0.3, rows) for name, value in place.items()})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        teachers, "BOTH", (Pooled(chains=2, rounds=0), Autoregressive(networks=1, updates=20, critics=0))
    )
    monkeypatch.setattr(teachers, "TRIED", (200, 20_000))


def names(parts: tuple[Any, ...]) -> list[str]:
    return [part.name for part in parts]


def test_a_trial_decides_who_teaches() -> None:
    assert names(chosen({})) == ["pooled"]
    assert names(chosen({"trees": 0.5, "trees_and_networks": 0.41})) == ["pooled", "autoregressive"]
    assert names(chosen({"trees": 0.5, "trees_and_networks": 0.39})) == ["pooled"]
    assert all(part is not other for part, other in zip(chosen({}), BOTH, strict=False))


@pytest.mark.usefixtures("quick")
def test_a_table_of_numbers_has_networks_on_trial() -> None:
    training = Synthesizer(generator=Distilled(student=STUDENT), seed=1).fit(rings(ROWS)).manifest()["training"]
    tried = {name: training[f"tried_{name}"] for name in ("trees", "trees_and_networks")}
    assert all(0 <= value <= 1 for value in tried.values())
    assert training["teachers"] == names(chosen(tried))
    assert training["drawn"] == ROWS * (20 if len(training["teachers"]) == 2 else 5)


@pytest.mark.usefixtures("quick")
def test_a_table_of_levels_and_a_tiny_one_have_none() -> None:
    rng = np.random.default_rng(0)
    levels = pd.DataFrame({name: rng.choice(list("abc"), ROWS) for name in "uvw"}).assign(x=rng.normal(size=ROWS))
    for table in (levels, rings(150)):
        training = Synthesizer(generator=Distilled(student=STUDENT), seed=1).fit(table).manifest()["training"]
        assert (training["teachers"], training["drawn"]) == (["pooled"], 5 * len(table))
        assert "tried_trees" not in training


class Ones(Pooled):
    """A teacher that draws the first mode of every column."""

    def sample(self, n: int, evidence: Any, streams: Any) -> Iterator[Any]:
        for part in super().sample(n, evidence, streams):
            yield type(part)(np.zeros_like(part.codes), np.zeros_like(part.residuals))


def test_each_of_several_teachers_draws_its_part(tmp_path: Any) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({name: rng.choice(list("abcd"), 200) for name in "uvwxyz"})
    both = Distilled(teacher=[Pooled(chains=2, rounds=0), Ones(chains=2, rounds=0)], student=STUDENT, times=9)
    synthesizer = Synthesizer(generator=both, seed=1).fit(table)
    share = (synthesizer.sample(2_000) == "a").all(axis=1).mean()
    assert 0.45 < share < 0.55
    assert synthesizer.manifest()["training"]["drawn"] == 1_800
    synthesizer.save(tmp_path / "m")
    again = Synthesizer.load(tmp_path / "m")
    assert [part.name for part in again.generator.teacher] == ["pooled", "pooled"]
    pd.testing.assert_frame_equal(again.sample(50, seed=3), synthesizer.sample(50, seed=3))


def test_what_settled_has_no_trial_left() -> None:
    generator = Distilled()
    generator.teachers_ = chosen({"trees": 0.5, "trees_and_networks": 0.5})
    again = generator.settled()
    assert names(again.teacher) == ["pooled", "autoregressive"]
    assert again.stated()["teacher"][1]["name"] == "autoregressive"
    assert Distilled.of_stated(again.stated()).stated() == again.stated()
    assert Distilled().stated()["teacher"] is None
