"""A new generator is one file and one line: a third one, of independent columns, does all that the others do."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from helpers.independent import Independent
from sklearn.base import clone

from synthgan import Chains, ConfigError, DataError, ModelFileError, Network, Synthesizer, evaluate
from synthgan.io import modelfile
from synthgan.tabular import registry
from synthgan.tabular.base import UNCHECKED
from synthgan.tabular.pooled.pooled import Pooled
from synthgan.tabular.protocol import TableGenerator
from synthgan.tabular.registry import GENERATORS, make_generator, owner_of

LIBRARY = Path(registry.__file__).parents[1]
MAX_FILES = 2  # of the library that a new generator touches: its own, and the registry
RNG = np.random.default_rng(0)
SEX = RNG.choice(["F", "M"], 1_000, p=[0.6, 0.4])
TABLE = pd.DataFrame(
    {
        "sex": SEX,
        "height": (RNG.normal(163, 6, 1_000) + 13 * (SEX == "M")).round(1),
        "children": pd.array(RNG.poisson(1.5, 1_000), dtype="Int64"),
        "born": pd.Timestamp("1980-01-01") + pd.to_timedelta(RNG.integers(0, 9_000, 1_000), unit="D"),
    }
)
TABLE.loc[::9, "children"] = pd.NA


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line."""
    monkeypatch.setitem(GENERATORS, Independent.name, Independent)


@pytest.fixture
def fitted() -> Synthesizer:
    return Synthesizer(generator="independent", seed=3).fit(TABLE)


@pytest.mark.parametrize("kind", [*GENERATORS.values(), Independent])
def test_every_generator_holds_to_the_protocol(kind: type[Any]) -> None:
    """Types cannot tell: scikit-learn's base has none."""
    wanted = {name: value for name, value in vars(TableGenerator).items() if not name.startswith("_")}
    generator = kind()
    for name, value in wanted.items():
        assert hasattr(generator, name), name
        if inspect.isfunction(value):
            asked, has = (list(inspect.signature(each).parameters) for each in (value, getattr(kind, name)))
            assert has == asked, name
    for name in ("name", "cut", "takes_modes", "keeps_rows", "may_change"):
        assert hasattr(kind, name), name
    assert kind.may_change <= set(kind.parameters())
    generator.check()


@pytest.mark.parametrize("kind", [Chains, Network, Independent])
def test_its_parameters_are_stored_untouched_and_cloned(kind: type[Any]) -> None:
    generator = kind()
    assert {name: getattr(generator, name) for name in kind.parameters()} == generator.get_params()
    assert clone(generator).get_params() == generator.get_params()


def test_the_third_generator_learns_samples_and_meets_conditions(fitted: Synthesizer) -> None:
    rows = fitted.sample(5_000)
    pd.testing.assert_series_equal(rows.dtypes, TABLE.dtypes)
    assert (rows.sex == "F").mean() == pytest.approx((SEX == "F").mean(), abs=0.03)
    assert rows.height.mean() == pytest.approx(TABLE.height.mean(), abs=1)
    given = fitted.sample(400, where={"sex": "F", "height": (160, 170), "children": [1, 2]})
    assert set(given.sex) == {"F"}
    assert given.height.between(160, 170).all()
    assert set(given.children) == {1, 2}
    assert fitted.sample(50, where=["children="]).children.isna().all()
    with pytest.raises(DataError, match="'X' never was"):
        fitted.sample(5, where={"sex": "X"})
    assert sum(map(len, fitted.sample_batches(140_000))) == 140_000


def test_the_third_generator_fills_gaps(fitted: Synthesizer) -> None:
    gapped = TABLE.copy()
    gapped.loc[::3, "height"] = np.nan
    gapped.loc[1::3, "sex"] = None
    filled = fitted.impute(gapped)
    assert not filled.isna().any().any()
    there = gapped.notna()
    assert (filled[there] == TABLE[there]).where(there, True).all().all()


def test_the_third_generator_is_saved_and_loaded(fitted: Synthesizer, tmp_path: Path) -> None:
    fitted.save(tmp_path / "m")
    manifest, tensors = modelfile.read(tmp_path / "m")
    assert manifest["generator"] == {"name": "independent", "config": {"added": 0.5}, "state": {}}
    assert manifest["confidential"] is True  # it says nothing of itself
    assert manifest["disclosures"] == [UNCHECKED]
    loaded = Synthesizer.load(tmp_path / "m")
    assert isinstance(loaded.generator, Independent)
    pd.testing.assert_frame_equal(loaded.sample(300), fitted.sample(300))
    again = clone(loaded).fit(TABLE)
    pd.testing.assert_frame_equal(again.sample(300), fitted.sample(300))
    modelfile.write(tmp_path / "b", manifest, tensors | {"generator/counts": tensors["generator/counts"][1:]})
    with pytest.raises(ModelFileError, match="counts must be those of the table"):
        Synthesizer.load(tmp_path / "b")


def test_the_third_generator_is_planned_and_evaluated(fitted: Synthesizer) -> None:
    assert clone(fitted).plan(TABLE).parameters == fitted.model_.transform.layout.modes
    found = {score.name: score.value for score in evaluate(TABLE, fitted.sample(1_000)).scores}
    assert found["shape_error"] < 0.05
    assert found["trend_error"] > found["shape_error"]


def test_the_third_generator_takes_other_kinds_of_frames_and_parameters() -> None:
    frame = pl.DataFrame({"sex": SEX, "age": RNG.integers(20, 90, 1_000)})
    synthesizer = Synthesizer(generator=Independent(added=2.0)).set_params(generator__added=1.5, seed=4)
    assert synthesizer.fit(frame).sample(10).schema == frame.schema
    assert synthesizer.get_params()["generator__added"] == 1.5
    with pytest.raises(ConfigError, match="added must be a number above 0"):
        Synthesizer(generator=Independent(added=0.0)).fit(frame)
    with pytest.raises(
        ConfigError, match=r"added must be a parameter of the generator independent, .*Independent\(added=3\)"
    ):
        Synthesizer(added=3)


def test_a_new_generator_touches_two_files_of_the_library() -> None:
    """Beside its own folder and what is made of it, chains are known to the registry, and to the face, which may leave one out.

    Linked tables grow chains of their own: they are no generator of flat tables.
    """
    naming = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if "synthgan.tabular.chains" in path.read_text(encoding="utf-8")
        and not {"chains", "pooled", "distilled", "autoregressive", "relational"} & {*path.parts}
    }
    own = ["tests/helpers/independent.py"]
    assert naming - {"__init__.py"} == {"tabular/registry.py"}
    assert len([*own, *naming - {"__init__.py"}]) <= MAX_FILES


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (
            lambda: Synthesizer(steps=10),
            (
                "steps must be a parameter of the generator network, however: it was given to Synthesizer; "
                "generator=Network(steps=10)"
            ),
        ),
        (
            lambda: Synthesizer(generator__rounds=1),
            (
                "generator__rounds must be a parameter of the generator chains, however: it was given to Synthesizer; "
                "generator=Chains(rounds=1)"
            ),
        ),
        (
            lambda: Synthesizer().set_params(steps=10),
            (
                "steps must be a parameter of the generator network, however: it was given to Synthesizer; "
                "generator=Network(steps=10)"
            ),
        ),
        (
            lambda: Synthesizer(generator="chains").set_params(generator__steps=10),
            (
                "steps must be a parameter of the generator network, however: the generator is chains; "
                "generator=Network(steps=10)"
            ),
        ),
        (
            lambda: Network(chains=3),
            (
                "chains must be a parameter of the generator chains, however: it was given to Network; "
                "generator=Chains(chains=3)"
            ),
        ),
        (
            lambda: Chains(minutes=3),
            (
                "minutes must be a parameter of Synthesizer, however: it was given to Chains; "
                "write Synthesizer(generator=Chains(), minutes=3)"
            ),
        ),
        (
            lambda: Network(stpes=3),
            "stpes must be a parameter of Network, however: there is none of that name; did you mean 'steps'?",
        ),
        (
            lambda: Synthesizer(generator="netwrok").fit(TABLE),
            (
                "generator must be one of chains, network, pooled, distilled, autoregressive, independent, however: generator='netwrok'; "
                "did you mean 'network'?"
            ),
        ),
        (
            lambda: Synthesizer(generator=Chains).fit(TABLE),
            (
                "generator must be one of chains, network, pooled, distilled, autoregressive, independent or an object like Chains(), "
                "however: generator=<class 'synthgan.tabular.chains.chains.Chains'>"
            ),
        ),
    ],
)
def test_a_parameter_at_the_wrong_place_is_refused_with_the_right_one(make: Any, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == line


def test_each_parameter_has_one_owner() -> None:
    kinds = [kind for kind in GENERATORS.values() if kind is not Pooled]  # whose parameters are those of chains
    owned = [name for kind in kinds for name in kind.parameters()]
    assert len(owned) == len(set(owned))
    assert {owner_of(name) for name in owned} == set(kinds)
    assert not set(owned) & set(Synthesizer().get_params(deep=False))
    assert owner_of("nothing") is None


def test_nested_parameters_are_those_of_scikit_learn() -> None:
    network = Network(steps=500)
    synthesizer = Synthesizer(generator=network, seed=2)
    assert synthesizer.get_params()["generator__steps"] == 500
    assert "generator__steps" not in synthesizer.get_params(deep=False)
    copy = clone(synthesizer).set_params(generator__steps=7, generator__blocks=1)
    assert (copy.generator.steps, copy.generator.blocks, network.steps) == (7, 1, 500)
    assert Synthesizer().set_params(generator="network", generator__steps=7).generator.steps == 7
    assert Synthesizer().set_params(generator__times=7).generator.times == 7
    assert Synthesizer().set_params(epsilon=1.0, generator__blocks=1).generator.blocks == 1
    assert repr(copy) == "Synthesizer(generator=Network(blocks=1, steps=7), seed=2)"


def test_a_fit_leaves_the_generator_that_was_given_as_it_was() -> None:
    given = Chains(chains=1, rounds=0)
    Synthesizer(generator=given).fit(TABLE)
    assert vars(given) == vars(Chains(chains=1, rounds=0))
    assert make_generator(given) is not given


def test_parameters_of_generators_need_no_torch() -> None:
    code = (
        "import sys; import synthgan.tabular.chains.config, synthgan.tabular.network.config, synthgan.gan.config, "
        "synthgan.tabular.config; assert 'torch' not in sys.modules and 'sklearn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
