"""The commands do what they say, and print nothing but data on stdout."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from conftest import PEOPLE

import synthgan
from synthgan import demo
from synthgan.metrics.details import Details
from synthgan_cli import verdicts, views
from synthgan_cli.console import Screen
from synthgan_cli.manifests import check_found, more_than_learned

COMMANDS = ("fit", "sample", "evaluate", "inspect", "schema", "split", "impute", "complete", "balance", "tune", "demo")
FLAGS = {
    "fit": ["-o", "--query", "--schema", "--seed", "--generator", "--set", "--epsilon", "--delta", "--mechanism", "--unit",
            "--max-rows-per-unit", "--i-know", "--minutes", "--device", "--id", "--drop", "--keep-extremes", "--resume",
            "--dry-run"],
    "sample": ["-n", "-o", "--where", "--seed", "--continue", "--until"],
    "evaluate": ["--holdout", "--target", "--survival", "--schema", "--unit", "--report", "--model", "--internal", "--audit",
                 "--refits", "--workers", "--ray", "--json"],
    "inspect": ["--json"],
    "schema": ["-o", "--public", "--codebook", "--json-schema"],
    "split": ["--share", "--unit", "--train", "--holdout", "--seed", "--force"],
    "impute": ["--model", "--column", "-o", "--seed", "--force"],
    "complete": ["--keep", "--model", "-o", "--seed", "--force"],
    "balance": ["--target", "-o", "--ratio", "--seed", "--generator", "--set", "--force"],
    "tune": ["--trials", "--minutes", "--generator", "--schema", "--unit", "--epsilon", "--delta", "--public", "--study",
             "--resume", "--workers", "--ray", "--seed", "--json", "--force"],
    "demo": ["--folder"],
}  # fmt: skip
CONTRACTED_SCORES = {
    "shape_error",
    "trend_error",
    "pair_tvd",
    "c2st_train",
    "c2st_holdout",
    "utility_real",
    "utility_synthetic",
    "exact_copies",
    "membership_tpr_at_1pct_fpr",
    "epsilon_lower_bound",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_and_its_flags(run, command):
    done = run(command, "--help")
    assert done.code == 0
    assert done.err == ""
    assert "example" in done.out.lower()
    assert f"synthgan {command}" in done.out
    assert [flag for flag in FLAGS[command] if flag not in done.out] == []


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_names_every_command(run, words):
    done = run(*words)
    assert (done.code, done.err) == (0, "")
    assert [command for command in COMMANDS if command not in done.out] == []


def test_version(run):
    assert run("--version").out == f"synthgan {synthgan.__version__}\n"


@pytest.mark.usefixtures("small")
def test_fit_writes_a_model_named_after_the_table_and_says_what_to_type_next(run, table, folder):
    done = run("fit", table)
    assert done.code == 0, done.err
    assert done.out == ""
    assert sorted(path.name for path in folder.iterdir()) == ["people.parquet", "people.synthgan"]
    assert f"{PEOPLE} rows" in done.err
    assert "never learned: patient_id" in done.err
    assert done.lines[-2] == f"Next: synthgan sample people.synthgan -n {PEOPLE}"
    assert (
        "Keep people.synthgan as you keep the table: every training row can be read back out of the leaves of the chains."
        in done.lines[-1]
    )
    assert "Samples carry no guarantee either: test them with `synthgan evaluate`" in done.lines[-1]


@pytest.mark.usefixtures("small")
def test_fit_takes_its_options_to_the_model(run, table, folder):
    done = run(
        "fit",
        table,
        "-o",
        "m.synthgan",
        "--seed",
        7,
        "--drop",
        "ward",
        "--id",
        "age",
        "--keep-extremes",
        "--minutes",
        5,
    )
    assert done.code == 0, done.err
    inspected = run("inspect", "m.synthgan", "--json")
    assert inspected.code == 0, inspected.err
    manifest = json.loads(inspected.out)
    kinds = {column["name"]: column["kind"] for column in manifest["schema"]["columns"]}
    assert "ward" not in kinds
    assert kinds["age"] == "identifier"
    assert manifest["seed"] == 7
    assert manifest["config"]["keep_extremes"] is True
    assert manifest["config"]["minutes"] == 5
    assert manifest["privacy"] is None


@pytest.mark.usefixtures("small")
def test_fit_follows_an_edited_schema(run, table, folder):
    run("schema", table, "-o", "people.json")
    schema = json.loads((folder / "people.json").read_text())
    schema["columns"] = [column for column in schema["columns"] if column["name"] != "ward"]
    (folder / "people.json").write_text(json.dumps(schema))
    assert run("fit", table, "--schema", "people.json").code == 0
    assert run("sample", "-n", 5).code == 0
    assert "ward" not in pd.read_parquet("people.synthetic.parquet").columns


@pytest.mark.usefixtures("small")
def test_same_seed_same_bytes(run, table, folder):
    for name in ("a", "b"):
        assert run("fit", table, "-o", f"{name}.synthgan", "--seed", 3).code == 0
        assert run("sample", f"{name}.synthgan", "-n", 50, "-o", f"{name}.csv").code == 0
    assert (folder / "a.synthgan").read_bytes() == (folder / "b.synthgan").read_bytes()
    assert (folder / "a.csv").read_bytes() == (folder / "b.csv").read_bytes()


def test_dry_run_shows_schema_memory_and_time_and_writes_nothing(run, table, folder):
    done = run("fit", table, "--dry-run")
    assert done.code == 0, done.err
    assert [word for word in ("patient_id", "identifier", "memory", "time") if word not in done.out] == []
    assert [path.name for path in folder.iterdir()] == ["people.parquet"]


def test_sample_finds_the_only_model_and_names_the_output_after_it(run, model, folder, people):
    done = run("sample", "-n", 40)
    assert done.code == 0, done.err
    assert done.out == ""
    assert "40 rows" in done.lines[-2]
    assert "people.synthgan is as confidential as the table" in done.lines[-1]
    synthetic = pd.read_parquet(folder / "people.synthetic.parquet")
    assert len(synthetic) == 40
    pd.testing.assert_series_equal(synthetic.dtypes, people.dtypes)


def test_sample_says_what_more_rows_than_were_learned_mean(run, model, folder):
    assert "more than" not in run("sample", model, "-n", PEOPLE, "-o", "a.csv").err
    for output in ("b.csv", "-"):
        done = run("sample", model, "-n", PEOPLE + 1, "-o", output)
        assert done.code == 0, done.err
        assert f"{PEOPLE + 1} are more than the {PEOPLE} rows learned" in done.lines[-1]


def test_drawing_much_from_a_private_model_says_nothing_more():
    assert more_than_learned({"privacy": {"epsilon": 1}, "rows": 5, "schema": {}}, 6) is None
    assert "6 are more than the 5 images learned" in more_than_learned({"privacy": None, "rows": 5}, 6)


def test_sample_streams_csv_to_stdout(run, model, folder, people):
    done = run("sample", model, "-n", 7, "-o", "-")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].replace('"', "") == ",".join(people.columns)
    assert len(lines) == 8
    assert [path.name for path in folder.iterdir()] == ["people.synthgan"]


def test_sample_meets_every_condition(run, model, folder):
    done = run(
        "sample",
        model,
        "-n",
        60,
        "-o",
        "few.csv",
        "--where",
        "sex=F",
        "--where",
        "age>=50",
        "--where",
        "ward=north|west",
    )
    assert done.code == 0, done.err
    few = pd.read_csv(folder / "few.csv")
    assert len(few) == 60
    assert set(few["sex"]) == {"F"}
    assert few["age"].min() >= 50
    assert set(few["ward"]) <= {"north", "west"}


def test_sample_takes_the_seed_of_the_fit_unless_told_otherwise(run, model):
    texts = [run("sample", model, "-n", 20, "-o", "-", *words).out for words in ((), (), ("--seed", 9), ("--seed", 9))]
    assert texts[0] == texts[1]
    assert texts[2] == texts[3]
    assert texts[0] != texts[2]


def test_evaluate_prints_a_readable_table(run, table):
    done = run("evaluate", table, table, "--all")
    assert done.code == 0, done.err
    assert done.out.split()[0] == "STOP"
    assert [name for name in CONTRACTED_SCORES if name not in done.out] == []


def test_evaluate_takes_the_columns_of_times_and_events(run, table):
    done = run("evaluate", table, table, "--survival", "age,ill", "--json")
    assert done.code == 0, done.err
    assert "hazard_overlap" in {score["name"] for score in json.loads(done.out)["scores"]}


def test_evaluate_holds_the_rules_of_a_schema_against_each_row(run, table, tmp_path):
    assert run("schema", table, "-o", "s.json").code == 0
    said = json.loads((tmp_path / "s.json").read_text())
    (tmp_path / "s.json").write_text(json.dumps(said | {"rules": ["age >= 200"]}))
    done = run("evaluate", table, table, "--schema", "s.json", "--json")
    assert done.code == 0, done.err
    (score,) = [one for one in json.loads(done.out)["scores"] if one["name"] == "rules_broken"]
    assert score["value"] == 1


def test_evaluate_prints_json_for_machines(run, table):
    done = run("evaluate", table, table, "--holdout", table, "--target", "ill", "--json")
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert report["version"] == 1
    assert {score["name"] for score in report["scores"]} >= CONTRACTED_SCORES
    assert all({"name", "value", "low", "high", "reference", "goal"} <= set(score) for score in report["scores"])


def test_the_most_exposed_rows_are_named_on_the_console_alone(capfd):
    """Their numbers are told whoever sits at the screen, and no file."""
    report = synthgan.Report((), details=Details(exposed=(17, 403, *range(30)), giveaway_rows=(5, 3)))
    verdicts.show_report(Screen(), report, as_json=False, everything=True)
    out, err = capfd.readouterr()
    assert "rows of SYNTHETIC that most look made: 5, 3 (counted from 0)" in err
    assert "most exposed rows of REAL: 17, 403, 0, 1," in err
    assert ", 17 and 12 more (counted from 0" in err
    assert "exposed" not in out
    verdicts.show_report(Screen(), report, as_json=True)
    assert "exposed" not in "".join(capfd.readouterr())
    verdicts.show_report(Screen(), synthgan.Report(()), as_json=False)
    assert "exposed" not in "".join(capfd.readouterr())


def test_inspect_says_of_a_network_that_it_may_remember(run, folder):
    table = pd.DataFrame({"age": range(100), "sex": ["F", "M"] * 50})
    network = synthgan.Network(steps=1, classes=2, generator_width=8, critic_width=8)
    synthgan.Synthesizer(generator=network).fit(table).save(folder / "m.synthgan")
    assert "as confidential as the table: the weights of a network may remember training rows" in " ".join(
        run("inspect", "m.synthgan").out.split()
    )


def test_help_speaks_of_what_newcomers_look_for(run):
    fit, sample = (" ".join(run(command, "--help").out.replace("│", " ").split()) for command in ("fit", "sample"))
    assert "folder of images, or an .npz file" in fit
    assert "chains=4, rounds=0 (of chains); steps=5000, objective=hinge (of network)" in fit
    assert "may tell of one row" in fit
    assert "All rows of one value are protected together" in fit
    assert "an epsilon above 20, or a delta above 1 in the number of rows" in fit
    assert "values of single people" in fit
    assert '--where "age>=15" --where "age<=18"' in sample


def test_inspect_is_readable(run, model):
    done = run("inspect", model)
    told = " ".join(done.out.split())
    assert "as confidential as the table: every training row can be read back out of the leaves of the chains" in told
    assert (done.code, done.err) == (0, "")
    wanted = ("300 rows", "no guarantee", "patient_id", "identifier", "decimals 1", "torch")
    assert [word for word in wanted if word not in done.out] == []


def test_inspect_says_what_a_file_gives_away(run, folder):
    rng = np.random.default_rng(2)
    people = pd.DataFrame({f"x{at}": rng.normal(size=500).round(2) for at in range(4)})
    people[:200].to_parquet("learned.parquet")
    people[200:].to_parquet("holdout.parquet")
    synthgan.Synthesizer(generator=synthgan.Chains(chains=2, rounds=0)).fit(people[:200]).save(folder / "m.synthgan")
    words = ("inspect", "m.synthgan", "--attack", "learned.parquet", "--holdout", "holdout.parquet")
    told = " ".join(run(*words).out.split())
    assert "found by the file alone" in told
    assert "and by a reference of 150 rows" in told
    assert "of 200 learned rows, where 1 % of 150 others are taken for one; chance is 1 %" in told
    attack = json.loads(run(*words, "--json").out)["attack"]
    assert (attack["learned"], attack["others"], attack["reference"]) == (200, 150, 150)
    assert f"leak {'detected' if attack['p_value'] <= 0.01 else 'not detected'}" in told
    scored = run(
        "evaluate",
        "learned.parquet",
        "learned.parquet",
        "--holdout",
        "holdout.parquet",
        "--model",
        "m.synthgan",
        "--json",
    )
    scores = {score["name"]: score["value"] for score in json.loads(scored.out)["scores"]}
    assert scores["file_tpr_at_1pct_fpr"] == attack["plain"]["value"]
    assert scores["file_calibrated_tpr_at_1pct_fpr"] == attack["calibrated"]["value"]
    assert scores["file_p_value"] == attack["p_value"]
    done = run("inspect", "m.synthgan", "--attack", "learned.parquet")
    assert (done.code, done.out) == (2, "")
    assert "--holdout must be given with --attack, however: it is not" in done.err


def test_inspect_says_what_holds_in_every_row(run, folder):
    rng = np.random.default_rng(0)
    low, celsius = rng.normal(size=300).round(2), rng.normal(37, 1, 300).round(2)
    table = {"low": low, "high": low + rng.exponential(size=300).round(2), "celsius": celsius}
    table |= {"fahrenheit": (1.8 * celsius + 32).round(3), "gap": (table["high"] - low).round(2)}
    synthgan.Synthesizer(generator=synthgan.Chains(chains=1)).fit(pd.DataFrame(table)).save(folder / "related.synthgan")
    out = run("inspect", "related.synthgan").out
    computed = [line.split(maxsplit=1) for line in out.splitlines()]
    assert ["fahrenheit", "1.8 * celsius + 32"] in computed
    assert ["high", "low + gap"] in computed


@pytest.mark.parametrize(
    ("parts", "constant", "text"),
    [
        ([["a", 1.0], ["b", 1.0]], 0.0, "a + b"),
        ([["a", -1.0], ["b", 1.0]], 0.0, "b - a"),
        ([["a", -1.0], ["b", -2.5]], 1.0, "1 - a - 2.5 b"),
        ([["a", -1.0]], 0.0, "-a"),
        ([[3, 86400.0]], -2.0, "86400 3 - 2"),
    ],
)
def test_sums_are_written_as_people_write_them(parts, constant, text):
    assert views._weighted({"parts": parts, "constant": constant}) == text


def test_many_relations_are_cut_short():
    orders = [[f"a{at}", f"b{at}"] for at in range(20)]
    assert views._constraints({"sums": [], "orders": orders}).endswith("; and 14 more (--json)")
    assert views._constraints(None) == "no constraint between numeric columns found"


def test_hidden_columns_have_a_line_where_there_are_any():
    distances = [{"column": {"name": "discharged after admitted"}}, {"column": {"name": "c after b or a"}}]
    assert views._hidden("distances", distances) == [("distances", "discharged after admitted; c after b or a")]
    equal = [{"column": {"name": "paid = bill"}}]
    assert views._hidden("equal in some rows", equal) == [("equal in some rows", "paid = bill")]
    assert views._hidden("distances", None) == []


def test_inspect_prints_the_manifest(run, model):
    manifest = json.loads(run("inspect", model, "--json").out)
    assert {"format", "schema", "config", "training", "privacy", "seed", "versions", "tensors_sha256"} <= set(manifest)


def test_schema_prints_json_that_reads_back(run, table):
    from synthgan import Schema

    done = run("schema", table)
    assert (done.code, done.err) == (0, "")
    assert "patient_id" in Schema.from_json(done.out).names


def test_schema_writes_a_file_and_says_what_to_type_next(run, table, folder):
    from synthgan import Schema

    done = run("schema", "people.parquet", "-o", "people.json")
    assert (done.code, done.out) == (0, "")
    assert "synthgan fit people.parquet --schema people.json" in done.err
    assert Schema.from_json((folder / "people.json").read_text()).names[0] == "patient_id"


def test_what_a_schema_may_say_is_printed_for_editors_without_a_table(run, folder):
    done = run("schema", "--json-schema")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["title"] == "synthgan schema of a table"
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("small")
def test_demo_leaves_its_files_and_ends_with_the_verdict(run, folder, monkeypatch):
    whole = demo.patients()
    monkeypatch.setattr(demo, "patients", lambda: whole[[*whole.columns[:5], demo.TARGET]])
    done = run("demo", "--folder", "demo")
    assert done.code == 0, done.err
    expected = {"patients.holdout.parquet", "patients.parquet", "patients.synthetic.parquet", "patients.synthgan"}
    assert {path.name for path in (folder / "demo").iterdir()} == expected | {"report.html", "report.json"}
    assert done.out.split()[0] in {"LOOK", "FINE", "STOP"}
    assert "c2st_holdout" in done.out
    assert len(done.out.splitlines()) <= 40
    assert "$ synthgan fit demo/patients.parquet" in done.err


@pytest.mark.usefixtures("small")
def test_a_private_fit_shows_its_ledger(run, table, monkeypatch):
    monkeypatch.setattr("synthgan.tabular.private.marginals.CLASSES", 5)
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(f"synthgan.tabular.private.rounds.{name}", 5)
    words = ("--id", "patient_id", "--epsilon", 20, "--delta", 1e-3)
    done = run("fit", table, *words)
    assert done.code == 0, done.err
    assert re.search(r"Learned about \d+ rows \(a noisy count\) and 7 columns", done.err)
    assert "carry no guarantee" not in done.err
    shown = run("inspect", "people.synthgan").out
    assert re.search(r"about \d+ rows \(a noisy count\), 8 columns", shown)
    kept = "this file and all its samples keep the promise above (epsilon 20 for one row)"
    assert kept in re.sub(r"epsilon (19|20)[.\d]*", "epsilon 20", " ".join(shown.split()))
    assert "delta 0.001 when one row is added or removed" in shown
    assert "how 'age' is distributed" in shown
    assert "sex × age" in shown
    assert "exponential" in shown
    assert "os.urandom" in shown
    ledger = json.loads(run("inspect", "people.synthgan", "--json").out)["privacy"]
    assert ledger["epsilon"] <= 20
    assert {"stage", "mechanism", "epsilon"} <= set(ledger["charges"][0])
    assert run("sample", "people.synthgan", "-n", 5, "--where", "sex=F").code == 0


@pytest.mark.parametrize("dry", [(), ("--dry-run",)], ids=["fit", "dry run"])
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--delta", 1e-5), "--delta must come with --epsilon"),
        (("--mechanism", "dpsgd"), "--mechanism must come with --epsilon"),
        (("--unit", "patient_id"), "--unit must come with --epsilon"),
        (("--max-rows-per-unit", 2), "--max-rows-per-unit must come with --epsilon"),
        (("--i-know",), "--i-know must come with --epsilon"),
        (("--epsilon", 50), "epsilon must be at most 20"),
        (
            ("--epsilon", 1, "--delta", 1e-4, "--keep-extremes"),
            "keep_extremes was given; leave out --keep-extremes",
        ),
        (("--epsilon", 1, "--generator", "chains"), "generator must be 'network' or not named under epsilon"),
        (("--epsilon", 1, "--delta", 1e-4), "'patient_id' must be named under epsilon"),
    ],
)
def test_what_breaks_a_private_promise_is_refused_in_one_line(run, table, folder, words, reason, dry):
    done = run("fit", table, *words, *dry)
    assert done.code == 4
    assert reason in done.lines[-1]
    assert [path.name for path in folder.iterdir()] == ["people.parquet"]


def test_delta_is_held_against_a_count_that_was_paid_for(run, table, folder):
    """A fit compares a noisy count, and what it has spent stays; a plan, which is not private, the true one."""
    words = ("--epsilon", 1, "--delta", 0.1, "--id", "patient_id")
    planned, fitted = run("fit", table, *words, "--dry-run"), run("fit", table, *words)
    assert (planned.code, fitted.code) == (4, 4)
    assert "delta must be below one in 300 rows to mean anything" in planned.lines[-1]
    assert re.search(r"delta must be below one in \d+ rows \(a noisy count\) to mean anything", " ".join(fitted.lines))
    assert "people.synthgan.spent.json" in " ".join(path.name for path in folder.iterdir())


CODEBOOK = "name,kind,levels,minimum,maximum\nage,integer,,0,40\nsex,,F|M,,\nwhen,date,,,\n"
VISITS = "age,sex,when\n43,F,2020-01-01\n43.5,X (HIV clinic),2020-01-01T10:00:00\n"


def test_a_csv_file_gets_a_public_schema_for_a_private_fit(run, folder):
    (folder / "v.csv").write_text(VISITS)
    (folder / "codebook.csv").write_text(CODEBOOK)
    refused = run("fit", "v.csv", "--epsilon", 1)
    assert refused.code == 4
    assert "`synthgan schema --public v.csv -o FILE.json`" in refused.lines[-1]
    done = run("schema", "--public", "v.csv", "--codebook", "codebook.csv", "-o", "v.json")
    assert done.code == 0, done.err
    assert "fit v.csv --schema v.json --epsilon 1" in done.err
    kinds = {column["name"]: column["kind"] for column in json.loads((folder / "v.json").read_text())["columns"]}
    assert kinds == {"age": "integer", "sex": "category", "when": "date"}
    planned = run("fit", "v.csv", "--schema", "v.json", "--epsilon", 1, "--dry-run")
    assert planned.code == 0, planned.err
    assert "NOT private" in planned.err
    counted = [line.split() for line in planned.out.splitlines()[-3:]]
    assert counted == [["age", "1", "1", "0"], ["sex", "0", "0", "1"], ["when", "1", "0", "0"]]
    assert "HIV" not in planned.out + planned.err


def test_a_codebook_is_for_public_schemas_and_names_columns(run, folder):
    (folder / "v.csv").write_text(VISITS)
    (folder / "codebook.csv").write_text("name,kind\nAge,integer\n")
    alone = run("schema", "v.csv", "--codebook", "codebook.csv")
    assert (alone.code, "--codebook must come with --public" in alone.lines[-1]) == (2, True)
    wrong = run("schema", "--public", "v.csv", "--codebook", "codebook.csv")
    assert (wrong.code, "found 'Age'; did you mean 'age'?" in wrong.lines[-1]) == (3, True)


def test_a_private_fit_is_not_resumed(run, table, folder):
    done = run("fit", table, "--epsilon", 1, "--delta", 1e-4, "--resume")
    assert done.code == 4
    assert "must be made in one go" in done.lines[-1]
    assert [path.name for path in folder.iterdir()] == ["people.parquet"]


def test_what_a_fit_gives_away_is_said_by_every_command(run, table, folder):
    done = run("fit", table)
    assert done.code == 0, done.err
    assert "an attack on the file finds" in done.lines[-1]
    assert "nothing was measured here" in done.lines[-1]
    told = " ".join(run("inspect", "people.synthgan").out.split())
    assert "nothing was measured here); no proof bounds it" in told
    assert "where 1% is chance (at most, on benchmark tables of this size with these settings" in told
    done = run("sample", "-n", 5)
    assert not any("confidential" in line for line in done.lines)


def test_an_unchecked_fit_is_confidential_and_its_samples_say_so(run, table, folder):
    done = run("fit", table, "--no-check")
    assert done.code == 0, done.err
    assert (
        "Keep people.synthgan as you keep the table: what it gives away of those learned was not checked"
        in done.lines[-1]
    )
    assert json.loads(run("inspect", "people.synthgan", "--json").out)["check"]["by"] == "skipped"
    done = run("sample", "-n", 5)
    assert any("people.synthgan is as confidential as the table" in line for line in done.lines)
    done = run("fit", table, "--no-check", "--epsilon", "1")
    assert (done.code, len(done.lines)) == (4, 1)
    assert "--no-check must stand without --epsilon" in done.err


def test_a_check_that_measured_says_on_what():
    check = {"by": "measured", "found": 0.021, "high": 0.029, "kept_out": 300, "coarser": 1}
    assert check_found({"check": check}) == (
        "an attack on the file finds 2.1% of the rows learned, where 1% is chance (at most 2.9%; 300 rows were kept out to "
        "measure it; made coarser once)"
    )
    assert check_found({"check": None}) is None
