"""``--generator`` and ``--set`` reach every hyper-parameter, and a wrong one is refused in one line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from synthgan import ConfigError, ImageSynthesizer, Synthesizer
from synthgan.io import modelfile
from synthgan.tabular.registry import GENERATORS
from synthgan_cli.settings import read_settings, value_of, with_settings

SMALL = ("--generator", "network", "--set", "steps=2", "--set", "classes=3", "--set", "generator_width=8",
         "--set", "critic_width=8", "--set", "check_every=1")  # fmt: skip


def test_the_generator_and_its_parameters_stand_in_the_model(run, table, folder):
    done = run("fit", table, *SMALL, "--set", "objective=hinge", "--set", "penalty=none", "--set", "rare_below=7")
    assert done.code == 0, done.err
    manifest = modelfile.read(folder / "people.synthgan")[0]
    assert manifest["generator"]["name"] == "network"
    asked = {"steps": 2, "classes": 3, "generator_width": 8, "objective": "hinge", "penalty": None}
    assert asked.items() <= manifest["generator"]["config"].items()
    assert manifest["config"]["rare_below"] == 7
    assert manifest["confidential"] is True
    shown = run("inspect", folder / "people.synthgan", "--json")
    assert json.loads(shown.out)["generator"]["name"] == "network"


@pytest.mark.parametrize("name", GENERATORS)
def test_every_parameter_of_every_generator_can_be_set(name):
    kind = GENERATORS[name]
    for parameter, usual in kind().get_params().items():
        settings = read_settings([f"{parameter}={usual}"], ["seed", "epsilon"])
        synthesizer = with_settings(Synthesizer(generator=name), settings)
        assert synthesizer.get_params()[f"generator__{parameter}"] == usual
        assert type(synthesizer.generator) is kind


def test_every_parameter_of_a_fit_has_a_flag_or_can_be_set(run):
    from synthgan_cli.remedies import flags_of

    flags = flags_of(["fit"])
    for parameter in Synthesizer().get_params(deep=False):
        if parameter not in flags:
            assert with_settings(Synthesizer(), {parameter: 7}).get_params()[parameter] == 7
    assert "--set" in flags.values()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("--set", "steps=10"),
            (
                "error: steps must be a parameter of the generator network, however: the generator is distilled; "
                "--generator network --set steps=10"
            ),
        ),
        (
            ("--generator", "network", "--set", "rounds=1"),
            (
                "error: rounds must be a parameter of the generator chains, however: the generator is network; "
                "--generator chains --set rounds=1"
            ),
        ),
        (
            ("--set", "chians=10"),
            (
                "error: chians must be a parameter of the generator distilled, however: there is none of that name; "
                "--generator chains --set chains=10 (did you mean 'chains'?)"
            ),
        ),
        (
            ("--set", "rare_belwo=10"),
            (
                "error: rare_belwo must be a parameter of the generator distilled, however: there is none of that name; "
                "did you mean 'rare_below'?"
            ),
        ),
        (
            ("--set", "stpes=5"),
            (
                "error: stpes must be a parameter of the generator distilled, however: there is none of that name; "
                "--generator network --set steps=5 (did you mean 'steps'?)"
            ),
        ),
        (
            ("--set", "ziphone=5"),
            (
                "error: ziphone must be a parameter of the generator distilled, however: there is none of that name; "
                "known: student, teacher, times, max_modes, modes, rare_below"
            ),
        ),
        (
            ("--generator", "chains", "--set", "chains=many"),
            "error: chains must be a whole number of at least 1, however: chains='many'",
        ),
        (("--set", "modes=gaus"), "error: modes must be one of quantile, gmm, however: modes='gaus'"),
        (
            ("--generator", "netwrok"),
            (
                "error: --generator must be one of chains, network, pooled, distilled, autoregressive, however: 'netwrok'; "
                "did you mean 'network'?"
            ),
        ),
        (
            ("--generator", "netwrok", "--set", "steps=3"),
            (
                "error: --generator must be one of chains, network, pooled, distilled, autoregressive, however: 'netwrok'; "
                "did you mean 'network'?"
            ),
        ),
        (("--set", "check=false"), "error: check must be given by its own flag, however: --set gave it; --no-check"),
        (
            ("--set", "executor=2"),
            "error: executor must be given by its own flag, however: --set gave it; --workers N or --ray ADDRESS",
        ),
        (("--set", "steps"), "error: --set must be like steps=5000, however: 'steps'"),
        (("--set", "=5"), "error: --set must be like steps=5000, however: '=5'"),
        (("--set", "seed=5"), "error: --seed must be given by its own flag, however: --set gave it; --seed 5"),
        (
            ("--set", "keep-extremes=true"),
            "error: --keep-extremes must be given by its own flag, however: --set gave it; --keep-extremes",
        ),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_in_one_line(run, table, folder, words, line):
    done = run("fit", table, *words)
    assert done.lines == [line]
    assert done.code == 2
    assert not (folder / "people.synthgan").exists()


def test_a_private_fit_refuses_what_its_plan_does_not_read(run, table):
    done = run("fit", table, "--epsilon", "1", "--set", "steps=5")
    assert done.code == 4
    assert done.lines == [
        (
            "error: steps must be left alone under epsilon with mechanism='marginals', however: steps=5; "
            "a private fit has a plan of its own"
        )
    ]
    done = run("fit", table, "--epsilon", "1", "--set", "chains=2")
    assert done.code == 4
    assert done.lines == [
        (
            "error: chains must be left out under epsilon, however: it is of the generator chains, which a private fit does not read; "
            "leave it out"
        )
    ]
    done = run("fit", table, "--epsilon", "1", "--generator", "chains")
    assert done.code == 4
    assert done.lines == [
        "error: generator must be 'network' or not named under epsilon, however: it is 'chains'; --generator network"
    ]


def test_a_dry_run_takes_them_too(run, table):
    assert run("fit", table, *SMALL, "--dry-run").code == 0
    assert run("fit", table, "--dry-run", "--set", "stpes=3").code == 2


@pytest.fixture
def images(folder):
    rng = np.random.default_rng(0)
    pixels, labels = rng.integers(0, 255, (40, 8, 8), np.uint8), rng.integers(0, 2, (40, 1))
    np.savez(folder / "scans.npz", train_images=pixels, train_labels=labels)
    return folder / "scans.npz"


def test_parameters_of_images_can_be_set(run, images, folder):
    done = run("fit", images, "--set", "steps=1", "--set", "width=1", "--set", "noise-width=2", "--set", "style=true")
    assert done.code == 0, done.err
    config = modelfile.read(folder / "scans.synthgan")[0]["config"]
    assert {"steps": 1, "width": 1, "noise_width": 2, "style": True}.items() <= config.items()
    for parameter, usual in ImageSynthesizer().get_params().items():
        assert with_settings(ImageSynthesizer(), {parameter: usual}).get_params()[parameter] == usual


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ("--set", "stpes=1"),
            ("error: stpes must be a parameter of ImageSynthesizer, however: there is none of that name; "
            "did you mean 'steps'?"),
        ),
        (
            ("--set", "condition_image=4"),
            ("error: condition_image must be given by its own flag, however: --set gave it; "
            "--sources IMAGES, --from-masks or --enlarge N"),
        ),
        (("--generator", "network"), "error: --generator must be for a table, however: scans.npz are images; leave it out"),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_setting_of_images_is_refused_in_one_line(run, images, words, line):
    done = run("fit", images.name, *words)
    assert done.lines == [line]
    assert done.code == 2


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7", 7),
        ("-1", -1),
        ("0.5", 0.5),
        ("1e-3", 1e-3),
        ("True", True),
        ("false", False),
        ("None", None),
        ("hinge", "hinge"),
        ("translation,cutout", "translation,cutout"),
        ("", ""),
    ],
)
def test_values_are_read_as_what_they_look_like(text, value):
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


def test_the_last_of_two_settings_counts_and_a_value_may_hold_an_equals_sign():
    assert read_settings(["steps=1", "generator__steps=2", "a = b=c"], []) == {"steps": 2, "a": "b=c"}
    with pytest.raises(ConfigError, match="--set must be like"):
        read_settings([" = 3"], [])
