"""The synthesizer as people use it: fit, sample, save, load, resume."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from helpers.generators import small
from sklearn.base import clone

from synthgan import Autoregressive, Chains, Distilled, Network, Pooled, Schema, Synthesizer
from synthgan.distributed.scanning import Scanned, scanned
from synthgan.errors import ConfigError, DataError, ModelFileError, NotFittedError
from synthgan.gan.updates import StandardUpdates
from synthgan.io import modelfile
from synthgan.io.checkpoint import UNFINISHED
from synthgan.tabular import checkpoint
from synthgan.tabular.base import UNCHECKED
from synthgan.tabular.chains import chains as learning
from synthgan.tabular.registry import GENERATORS

RNG = np.random.default_rng(0)
ROWS = 600
SEX = RNG.choice(["F", "M"], ROWS, p=[0.6, 0.4])
TABLE = pd.DataFrame(
    {
        "sex": SEX,
        "height": (RNG.normal(163, 6, ROWS) + 13 * (SEX == "M")).round(1),
        "children": pd.array(RNG.poisson(1.5, ROWS), dtype="Int64"),
        "seen": pd.Timestamp("2021-03-01", tz="Europe/Rome") + pd.to_timedelta(RNG.integers(0, 300, ROWS), "D"),
        "group": pd.Categorical(RNG.choice(["x", "y", "z"], ROWS)),
        "score": RNG.normal(size=ROWS).astype("float32"),
    }
)
TABLE.loc[::7, "children"] = pd.NA


OPTIONS = {
    "chains": {"generator": Chains(chains=6), "seed": 3},
    "network": {"generator": Network(steps=30, check_every=10), "seed": 3},
    "pooled": {"generator": Pooled(chains=6), "seed": 3},
    "autoregressive": {"generator": Autoregressive(networks=2, width=32, updates=300), "seed": 3},
    "distilled": {"generator": Distilled(teacher=Pooled(chains=6), student=Chains(chains=6), times=3), "seed": 3},
}
of_both = pytest.mark.parametrize("generator", GENERATORS)
of_network = pytest.mark.parametrize("fitted", ["network"], indirect=True)
of_chains = pytest.mark.parametrize("fitted", ["chains"], indirect=True)


@pytest.fixture(scope="module", params=GENERATORS)
def fitted(request: pytest.FixtureRequest) -> Synthesizer:
    return Synthesizer(**OPTIONS[request.param]).fit(TABLE)  # type: ignore[arg-type]


def assert_same_model(one: Synthesizer, other: Synthesizer) -> None:
    tensors, others = one.model_.tensors(), other.model_.tensors()
    assert tensors.keys() == others.keys()
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, others[name], name)
    assert one.manifest() == other.manifest()


def test_sample_has_the_dtypes_columns_and_kind_of_the_table(fitted: Synthesizer) -> None:
    rows = fitted.sample(500)
    assert len(rows) == 500
    pd.testing.assert_series_equal(rows.dtypes, TABLE.dtypes)
    assert rows.height.between(TABLE.height.min(), TABLE.height.max()).mean() > 0.97
    assert (rows.height.round(1) == rows.height).all()
    assert rows.children.isna().any()


@of_both
def test_polars_and_arrow_come_back_as_themselves(generator: str) -> None:
    plain = pd.DataFrame({"sex": SEX, "height": TABLE.height})
    synthesizer = Synthesizer(generator=small(generator, chains=2, steps=2))
    frame = synthesizer.fit(pl.DataFrame(plain.to_dict("list"))).sample(10)
    assert isinstance(frame, pl.DataFrame)
    assert frame.schema == pl.DataFrame(plain.to_dict("list")).schema
    table = pa.table(plain.to_dict("list"))
    rows = synthesizer.fit(table).sample(10)
    assert isinstance(rows, pa.Table)
    assert rows.schema == table.schema


def test_a_path_can_be_fitted(tmp_path: Path) -> None:
    TABLE.to_parquet(tmp_path / "t.parquet")
    rows = Synthesizer(generator=Chains(chains=4)).fit(tmp_path / "t.parquet").sample(5)
    pd.testing.assert_series_equal(rows.dtypes, TABLE.dtypes)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, fitted: Synthesizer) -> None:
    again = clone(fitted).fit(TABLE)
    for name, synthesizer in (("a", fitted), ("b", again)):
        synthesizer.save(tmp_path / f"{name}.synthgan")
        synthesizer.sample(200).to_parquet(tmp_path / f"{name}.parquet")
    for end in ("synthgan", "parquet"):
        assert (tmp_path / f"a.{end}").read_bytes() == (tmp_path / f"b.{end}").read_bytes()
    other = clone(fitted).set_params(seed=4).fit(TABLE)
    assert not other.sample(200).equals(fitted.sample(200))
    assert not fitted.sample(200, seed=1).equals(fitted.sample(200))


def test_batches_add_up_to_the_whole(fitted: Synthesizer) -> None:
    parts = list(fitted.sample_batches(140_000))
    assert len(parts) > 1
    assert sum(map(len, parts)) == 140_000


def test_a_loaded_model_samples_the_same_rows(tmp_path: Path, fitted: Synthesizer) -> None:
    fitted.save(tmp_path / "m.synthgan")
    loaded = Synthesizer.load(tmp_path / "m.synthgan")
    where = {"sex": "F", "height": (160, 170)}
    pd.testing.assert_frame_equal(loaded.sample(100, where=where), fitted.sample(100, where=where))
    assert loaded.manifest() == fitted.manifest()
    read, given = (repr({**each.get_params(), "device": "", "generator": None}) for each in (loaded, fitted))
    assert read == given


def test_the_manifest_is_json_and_tells_where_the_model_comes_from(fitted: Synthesizer) -> None:
    manifest = json.loads(json.dumps(fitted.manifest(), allow_nan=False))
    assert manifest["rows"] == ROWS
    assert manifest["seed"] == 3
    assert manifest["privacy"] is None
    assert manifest["config"] == {
        name: value
        for name, value in fitted.get_params(deep=False).items()
        if name not in {"seed", "device", "generator", "executor", "learn_rows", "shift_dates"}
    }
    generator = manifest["generator"]
    assert GENERATORS[generator["name"]] is type(fitted.generator)
    assert generator["config"] == fitted.generator.stated()
    assert {"synthgan", "torch", "python"} <= set(manifest["versions"])
    assert Schema.from_dict(manifest["schema"]) == fitted.schema_


def test_hyper_parameters_are_stored_untouched_and_cloned() -> None:
    synthesizer = Synthesizer(generator=Network(objective="hinge", steps=7))
    copy = clone(synthesizer).set_params(seed=9)
    assert copy.generator is not synthesizer.generator
    assert {**copy.get_params(), "generator": synthesizer.generator} == {**synthesizer.get_params(), "seed": 9}
    with pytest.raises(ConfigError, match="objective"):
        Synthesizer(generator=Network(objective="nonsense")).fit(TABLE)


@pytest.mark.parametrize("objective", ["relativistic", "wasserstein", "hinge", "standard"])
def test_every_objective_fits_a_table(objective: str) -> None:
    sizes = {"steps": 8, "check_every": 4, "critic_steps": 2, "packing": 4}
    synthesizer = Synthesizer(generator=Network(objective=objective, **sizes)).fit(TABLE)
    assert synthesizer.manifest()["training"]["steps"] == 8
    assert set(synthesizer.sample(300).sex) == {"F", "M"}


@pytest.mark.parametrize(
    "options",
    [
        {"modes": "gmm"},
        {"max_modes": 1},
        {"generator__classes": 3},
        {"generator__penalty_every": 4},
        {"generator__holdout_share": 0},
    ],
    ids=str,
)
def test_options_of_a_network_fit_and_sample(options: dict[str, object]) -> None:
    rows = Synthesizer(generator=Network(steps=8)).set_params(**options).fit(TABLE).sample(300)
    assert rows.height.mean() == pytest.approx(TABLE.height.mean(), abs=3)


@pytest.mark.parametrize(
    "options",
    [
        {"max_modes": 1},
        {"generator__chain_share": 1.0},
        {"generator__chain_share": 1e-9},
        {"generator__leaf_rows": 1},
        {"generator__rounds": 0},
    ],
    ids=str,
)
def test_options_of_chains_fit_and_sample(options: dict[str, object]) -> None:
    """The standard error of the mean of 300 heights is .5."""
    rows = Synthesizer(generator=Chains(chains=2)).set_params(**options).fit(TABLE).sample(300)
    assert rows.height.mean() == pytest.approx(TABLE.height.mean(), abs=3)


def test_links_between_columns_are_learned(fitted: Synthesizer) -> None:
    """Men are 13 taller; the standard error of the difference in 4,000 rows is .2."""
    rows = fitted.sample(4_000)
    means = rows.groupby("sex").height.mean()
    assert means["M"] - means["F"] == pytest.approx(13, abs=4)


def test_an_unfitted_synthesizer_says_what_to_do() -> None:
    for use in (lambda s: s.sample(1), lambda s: s.save("x"), lambda s: s.manifest()):
        with pytest.raises(NotFittedError, match="call fit"):
            use(Synthesizer())


@pytest.mark.parametrize("n", [0, -5, 1.5, True, "10"])
def test_a_senseless_number_of_rows_is_refused(fitted: Synthesizer, n: object) -> None:
    with pytest.raises(ConfigError, match="n must be a whole number"):
        fitted.sample(n)  # type: ignore[arg-type]


def test_identifiers_constants_and_empty_columns() -> None:
    table = TABLE.assign(
        patient_id=[f"P-{number:05d}" for number in RNG.permutation(10**5)[:ROWS]],
        country="IT",
        empty=None,
        note="free",
    )
    rows = Synthesizer(generator=Chains(chains=2)).fit(table, drop=["note"]).sample(250)
    assert rows.patient_id.is_unique
    assert not set(rows.patient_id) & set(table.patient_id)
    assert rows.patient_id.str.fullmatch(r"P-\d{5,}").all()
    assert (rows.country == "IT").all()
    assert rows["empty"].isna().all()
    assert "note" not in rows
    numbers = Synthesizer(generator=Chains(chains=2)).fit(table, identifiers=["children"], drop=["note"]).sample(50)
    assert numbers.children.dropna().is_unique


@of_both
def test_identifiers_stay_unique_across_batches(generator: str) -> None:
    table = TABLE[["sex"]].assign(patient_id=range(100_000, 100_000 + ROWS))
    synthesizer = Synthesizer(generator=small(generator, steps=0)).fit(table)
    parts = [part.patient_id for part in synthesizer.sample_batches(200_000)]
    assert len(parts) > 1
    assert pd.concat(parts).is_unique


@pytest.mark.parametrize("rows", [1, 5, 19])
def test_too_few_rows_are_refused(rows: int) -> None:
    with pytest.raises(DataError, match=f"at least 20 rows to learn from, however: {rows}"):
        Synthesizer().fit(TABLE.head(rows))


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(DataError, match="must have a column to learn"):
        Synthesizer().fit(pd.DataFrame({"a": ["x"] * 50, "b": [None] * 50}))


@of_both
@pytest.mark.parametrize("column", ["sex", "height"])
def test_one_column_is_enough(column: str, generator: str) -> None:
    assert Synthesizer(generator=small(generator, steps=3)).fit(TABLE[[column]]).sample(20).shape == (20, 1)


@of_both
def test_twenty_rows_are_enough(generator: str) -> None:
    table = pd.DataFrame({"a": ["x", "y"] * 10, "b": np.arange(20.0) / 7})
    assert Synthesizer(generator=small(generator, steps=5)).fit(table).sample(7).shape == (7, 2)


@pytest.mark.parametrize(  # of which all others are made
    ("generator", "columns"),
    [
        ("chains", 300),
        *(pytest.param(name, 1_000, marks=pytest.mark.slow) for name in ("chains", "autoregressive", "network")),
    ],
)
def test_a_wide_table(generator: str, columns: int) -> None:
    values = RNG.normal(size=(200, columns)).round(2)
    table = pd.DataFrame(values, columns=[f"c{index}" for index in range(columns)])
    rows = Synthesizer(generator=small(generator, chains=1, rounds=0, steps=2, batch_rows=64)).fit(table).sample(30)
    assert rows.shape == (30, columns)


@of_both
def test_no_rare_level_no_extreme_and_no_exact_number_enters_the_file(tmp_path: Path, generator: str) -> None:
    table = TABLE.assign(
        diagnosis=np.where(np.arange(ROWS) == 5, "zebra-disease", RNG.choice(["flu", "cold"], ROWS)),
        income=np.where(np.arange(ROWS) == 9, 987_654_321.5, RNG.lognormal(10, 1, ROWS)),
    )
    synthesizer = Synthesizer(generator=small(generator, chains=2, steps=2))
    synthesizer.fit(table).save(tmp_path / "m")
    content = (tmp_path / "m").read_bytes()
    assert b"zebra" not in content
    assert b"flu" in content
    _, tensors = modelfile.read(tmp_path / "m")
    stored = np.concatenate([tensor.ravel().astype(float) for tensor in tensors.values()])
    assert not np.isin(stored, table.income).any()
    synthesizer.set_params(keep_extremes=True).fit(table).save(tmp_path / "k")
    manifest, tensors = modelfile.read(tmp_path / "k")
    assert any(np.isin(tensor.ravel().astype(float), table.income.max()).any() for tensor in tensors.values())
    assert any("keep_extremes" in disclosure for disclosure in manifest["disclosures"])


def test_the_manifest_says_whether_the_file_keeps_rows() -> None:
    chains = Synthesizer(generator=Chains(chains=1, rounds=0)).fit(TABLE).manifest()
    assert chains["confidential"] is True
    assert any("read back" in disclosure for disclosure in chains["disclosures"])
    network = Synthesizer(generator=Network(steps=1)).fit(TABLE)
    assert network.manifest()["confidential"] is True
    assert network.manifest()["disclosures"] == [Network.keeps_rows]
    network.model_.privacy = {"epsilon": 1.0}
    assert network.manifest()["confidential"] is False
    assert network.manifest()["disclosures"] == []


def test_a_class_says_of_itself_alone_that_it_keeps_no_rows() -> None:
    class Sound(Chains):
        keeps_rows = None

    class Derived(Sound):
        pass

    sound, derived = (
        Synthesizer(generator=kind(chains=1, rounds=0)).fit(TABLE).manifest() for kind in (Sound, Derived)
    )
    assert (sound["confidential"], sound["disclosures"]) == (False, [])
    assert (derived["confidential"], derived["disclosures"]) == (True, [UNCHECKED])


@of_both
def test_a_checkpoint_is_confidential_whatever_its_model_says(tmp_path: Path, generator: str) -> None:
    path = tmp_path / "fit.checkpoint"
    stage, step = (
        {"network": "training", "distilled": "growing (student)", "autoregressive": "learning"}.get(
            generator, "growing"
        ),
        1,
    )
    synthesizer = Synthesizer(generator=small(generator, chains=2, steps=3))
    steps = synthesizer.fit_steps(TABLE, checkpoint=path)
    for progress in steps:
        if (progress.stage, progress.step) == (stage, step):
            break
    steps.close()
    manifest, _ = modelfile.read(path)
    assert manifest["confidential"] is True
    assert manifest["disclosures"][-1] == UNFINISHED


def test_a_schema_decides(tmp_path: Path) -> None:
    schema = json.loads(Schema.infer(TABLE).to_json())
    for column in schema["columns"]:
        if column["name"] == "height":
            column |= {"minimum": 140, "maximum": 200}
        if column["name"] == "group":
            column["levels"] = ["z", "y", "x", "never seen"]
    rows = Synthesizer(generator=Chains(chains=4)).fit(TABLE, schema=Schema.from_json(json.dumps(schema))).sample(3_000)
    assert rows.height.between(140, 200).all()
    assert list(rows.group.cat.categories) == ["z", "y", "x", "never seen"]


def put_down(synthesizer: Synthesizer, path: Path, stage: str, step: int) -> None:
    """Leave a fit at that step."""
    steps = synthesizer.fit_steps(TABLE, checkpoint=path)
    for progress in steps:
        if (progress.stage, progress.step) == (stage, step):
            break
    steps.close()


@pytest.mark.parametrize(
    ("fitted", "stage", "step", "earlier"),
    [
        ("chains", "growing", 2, {}),
        ("chains", "growing", 2, {"minutes": 60}),
        ("chains", "growing", 6, {}),
        ("chains", "growing", 6, {"minutes": 60}),
        ("network", "training", 17, {}),
        ("network", "training", 17, {"generator__steps": 20, "minutes": 60, "generator__patience": 9}),
    ],
    indirect=["fitted"],
)
def test_a_resumed_fit_equals_an_uninterrupted_one(
    tmp_path: Path, fitted: Synthesizer, stage: str, step: int, earlier: dict[str, int]
) -> None:
    path = tmp_path / "fit.checkpoint"
    put_down(clone(fitted).set_params(**earlier), path, stage, step)
    assert Synthesizer.load(path).sample(5).shape == (5, 6)  # usable as it is
    resumed = clone(fitted)
    seen = [p.step for p in resumed.fit_steps(TABLE, checkpoint=path, resume=True) if p.stage == stage]
    assert seen[0] == (step if stage == "growing" else step + 1)
    assert_same_model(resumed, fitted)
    pd.testing.assert_frame_equal(resumed.sample(300), fitted.sample(300))
    assert not path.exists()


@of_chains
def test_a_game_of_chains_that_was_left_is_played_anew(tmp_path: Path, fitted: Synthesizer) -> None:
    table = TABLE.assign(height=TABLE.height + 30 * TABLE.score.astype(float).round(2))
    independent = clone(fitted).set_params(generator__leaf_rows=ROWS)
    steps = independent.fit_steps(table, checkpoint=tmp_path / "c")
    while next(steps).stage != "playing":
        pass
    steps.close()
    resumed = clone(independent)
    seen = [p.stage for p in resumed.fit_steps(table, checkpoint=tmp_path / "c", resume=True)]
    assert seen.count("growing") == 1
    assert "playing" in seen
    assert_same_model(resumed, clone(independent).fit(table))


@of_chains
def test_chains_are_kept_once_in_a_while(tmp_path: Path, fitted: Synthesizer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no interrupt announces, a power cut say, costs the last minute's chains alone."""
    kept = []
    for seconds in (60, 0):
        monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN_WRITES", seconds)
        steps = clone(fitted).fit_steps(TABLE, checkpoint=tmp_path / "c")
        kept.append([(tmp_path / "c").exists() for progress in steps if progress.stage == "growing"])
    assert kept == [[False] * 7, [False] + [True] * 6]


@of_chains
def test_an_interrupt_while_a_chain_grows_keeps_those_before_it(
    tmp_path: Path, fitted: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, grow = tmp_path / "fit.checkpoint", learning.grow_chain

    def interrupt_in_the_third(*arguments: object) -> object:
        if arguments[-2] == 2:  # its place among the chains
            signal.raise_signal(signal.SIGINT)
        return grow(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(learning, "grow_chain", interrupt_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        list(clone(fitted).fit_steps(TABLE, checkpoint=path))
    monkeypatch.undo()
    kept = modelfile.read(path)[0]["checkpoint"]["chains"]
    assert 0 < kept < 6
    resumed = clone(fitted)
    list(resumed.fit_steps(TABLE, checkpoint=path, resume=True))
    assert_same_model(resumed, fitted)


def test_a_fit_left_before_its_first_chain_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_down(Synthesizer(generator="chains"), tmp_path / "c", "growing", 0)
    assert not (tmp_path / "c").exists()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learning, "grow_chain", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(Synthesizer().fit_steps(TABLE, checkpoint=tmp_path / "c"))
    assert not (tmp_path / "c").exists()


@of_network
def test_an_interrupted_step_is_finished_before_it_is_kept(
    tmp_path: Path, fitted: Synthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between the critic's and the generator's turn: the resumed fit still equals an uninterrupted one."""
    path, turn, updates = tmp_path / "fit.checkpoint", StandardUpdates.generator, []

    def interrupt_in_the_middle(*arguments: object) -> float:
        updates.append(len(updates))
        if len(updates) == 12:
            signal.raise_signal(signal.SIGINT)
        return turn(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(StandardUpdates, "generator", interrupt_in_the_middle)
    with pytest.raises(KeyboardInterrupt):
        list(clone(fitted).fit_steps(TABLE, checkpoint=path))
    monkeypatch.undo()
    resumed = clone(fitted)
    list(resumed.fit_steps(TABLE, checkpoint=path, resume=True))
    pd.testing.assert_frame_equal(resumed.sample(300), fitted.sample(300))


@pytest.mark.parametrize(
    ("fitted", "stage", "setting", "words"),
    [
        ("chains", "growing", {"generator__leaf_rows": 20}, "leaf_rows was None and is 20"),
        ("chains", "growing", {"rare_below": 7}, "rare_below was 10 and is 7"),
        ("chains", "growing", {"generator": "network"}, "generator was 'chains' and is 'network'"),
        ("chains", "growing", {"seed": 4}, "seed was 3 and is 4"),
        ("network", "training", {"generator__learning_rate": 0.1}, r"learning_rate was 0\.0005 and is 0\.1"),
    ],
    indirect=["fitted"],
)
def test_resuming_refuses_other_data_other_settings_and_models(
    tmp_path: Path, fitted: Synthesizer, stage: str, setting: dict[str, float], words: str
) -> None:
    path = tmp_path / "fit.checkpoint"
    with pytest.raises(ModelFileError, match="must find a checkpoint"):
        list(clone(fitted).fit_steps(TABLE, checkpoint=path, resume=True))
    fitted.save(path)
    with pytest.raises(ModelFileError, match="a finished model"):
        list(clone(fitted).fit_steps(TABLE, checkpoint=path, resume=True))
    put_down(clone(fitted), path, stage, 1)
    with pytest.raises(DataError, match="same data"):
        list(clone(fitted).fit_steps(TABLE.tail(500), checkpoint=path, resume=True))
    with pytest.raises(DataError, match=words):
        list(clone(fitted).set_params(**setting).fit_steps(TABLE, checkpoint=path, resume=True))


def test_a_plan_counts_the_time_of_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that only a scan moves on."""
    now = [0.0]

    def slowly(*args: Any, **options: Any) -> Scanned:
        now[0] += 5_000
        return scanned(*args, **options)

    monkeypatch.setattr("synthgan.tabular.synthesizer.time", SimpleNamespace(perf_counter=lambda: now[0]))
    monkeypatch.setattr("synthgan.tabular.synthesizer.scanned", slowly)
    assert 5_000 < Synthesizer(generator=Chains(chains=1, rounds=0)).plan(TABLE).seconds < 6_000


def test_plan_fits_nothing(fitted: Synthesizer) -> None:
    synthesizer = clone(fitted)
    plan = synthesizer.plan(TABLE)
    assert plan.rows == ROWS
    assert plan.schema == fitted.schema_
    assert plan.seconds > 0
    assert plan.memory_bytes > 10**8
    assert not hasattr(synthesizer, "model_")
