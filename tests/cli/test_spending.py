"""What private fits have spent, on the command line: a file beside the model, a refusal, a sum."""

from __future__ import annotations

import json
import warnings

import pytest

from synthgan import PrivacyError
from synthgan.privacy.spent import Spent, from_json, to_json
from synthgan.tabular.private.rounds import PrivateFit
from synthgan_cli.spending import SpentFile

VALUE = "X (HIV clinic)"
WORDS = ("--id", "patient_id", "--epsilon", 20, "--delta", 1e-3)
OWN = Spent(epsilon=20.0, delta=1e-3, unit="one row", mechanism="marginals")
SPENT = "people.synthgan.spent.json"


@pytest.fixture(autouse=True)
def quick(monkeypatch, small):
    """Makes private fits take a second."""
    monkeypatch.setattr("synthgan.tabular.private.marginals.CLASSES", 5)
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(f"synthgan.tabular.private.rounds.{name}", 5)


@pytest.fixture
def ending(monkeypatch):
    """Lets the next private fits end with an error after they have measured the columns."""

    def end(error):
        def rounds(_self):
            raise error
            yield

        monkeypatch.setattr(PrivateFit, "rounds", rounds)

    return end


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def privacy_of(run):
    return json.loads(run("inspect", "people.synthgan", "--json").out)["privacy"]


def test_a_fit_that_ends_well_leaves_a_model_alone(run, table, folder):
    assert run("fit", table, *WORDS).code == 0
    assert names(folder) == ["people.parquet", "people.synthgan"]
    assert "earlier" not in privacy_of(run)


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (RuntimeError(VALUE), 1), (MemoryError(), 5)], ids=repr
)
def test_a_fit_that_ends_early_leaves_what_it_spent(run, table, folder, ending, error, code):
    ending(error)
    done = run("fit", table, *WORDS)
    assert done.code == code
    assert f"epsilon 20 (delta 0.001, one row) was spent, as {SPENT} says; nothing else was written" in done.err
    assert names(folder) == ["people.parquet", SPENT]
    assert from_json((folder / SPENT).read_text()) == (OWN,)
    assert VALUE not in done.err


def test_the_next_fit_is_refused_or_counts_both(run, table, folder, ending):
    ending(KeyboardInterrupt())
    run("fit", table, *WORDS)
    refused = run("fit", table, *WORDS)
    assert refused.code == 4
    assert len(refused.lines) == 1
    assert refused.err.startswith(
        "error: a private fit must be the only one of its rows, however: people.synthgan has spent"
    )
    assert refused.err.endswith("epsilon 20 (delta 0.001, one row) before; --i-know (add both up)\n")
    assert run("fit", table, *WORDS, "--i-know").code == 130
    assert from_json((folder / SPENT).read_text()) == (OWN, OWN)


def test_what_aborted_fits_spent_is_added_and_shown(run, table, folder):
    (folder / SPENT).write_text(to_json([OWN, OWN]))
    done = run("fit", table, *WORDS, "--i-know")
    assert done.code == 0, done.err
    assert names(folder) == ["people.parquet", "people.synthgan"]
    ledger = privacy_of(run)
    assert 58 < ledger["epsilon"] <= 60
    assert ledger["delta"] == pytest.approx(3e-3)
    assert [(part["epsilon"], part["delta"], part["unit"]) for part in ledger["earlier"]] == [(20, 1e-3, "one row")] * 2
    shown = " ".join(run("inspect", "people.synthgan").out.split())
    assert "of which earlier fits of the same rows spent epsilon 20 (delta 0.001) and epsilon 20 (delta 0.001)" in shown
    assert "when replaced" not in shown
    report = run("evaluate", table, table, "--report", "page.html", "--model", "people.synthgan")
    assert report.code == 0, report.err
    assert "when replaced" not in (folder / "page.html").read_text()


def test_what_a_replaced_private_model_spent_is_told(run, table, folder):
    first = run("fit", table, *WORDS)
    assert (first.code, "will be replaced" in first.err) == (0, False)
    spent = privacy_of(run)["epsilon"]
    again = run("fit", table, *WORDS, "--force")
    assert again.code == 0
    assert f"holds a private model and will be replaced; epsilon {spent:g} (" in again.err
    assert "earlier" not in privacy_of(run)


def test_other_outputs_and_fits_without_epsilon_are_left_alone(run, table, folder):
    (folder / SPENT).write_text(to_json([OWN]))
    assert run("fit", table).code == 0
    assert run("fit", table, *WORDS, "-o", "other.synthgan").code == 0
    assert names(folder) == ["other.synthgan", "people.parquet", "people.synthgan", SPENT]


def test_one_fit_at_a_time_writes_to_a_model(folder):
    one, other = SpentFile(folder / "people.synthgan"), SpentFile(folder / "people.synthgan")
    one.keep(OWN)
    with pytest.raises(PrivacyError, match="another has begun"):
        other.keep(OWN)
    other.settle()
    assert from_json((folder / SPENT).read_text()) == (OWN,)
    one.settle()
    assert names(folder) == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 2_000_000], ids=["empty", "torn", "no text", "huge"])
def test_a_damaged_record_is_refused_whatever_is_accepted(run, table, folder, content):
    (folder / SPENT).write_bytes(content)
    done = run("fit", table, *WORDS, "--i-know")
    assert done.code == 4
    assert len(done.lines) == 1
    assert "must say what earlier private fits have spent" in done.err
    assert (folder / SPENT).read_bytes() == content


def test_another_unit_is_never_added(run, table, folder):
    (folder / SPENT).write_text(
        to_json([Spent(epsilon=1, delta=1e-6, unit="all rows of one ward", mechanism="marginals")])
    )
    done = run("fit", table, *WORDS, "--i-know")
    assert done.code == 4
    assert "unit must be that of the earlier fits" in done.err
    assert len(from_json((folder / SPENT).read_text())) == 1


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["usual", "debug"])
@pytest.mark.parametrize(
    ("place", "code"),
    [("synthgan.io.sources.read_plainly", 1), ("synthgan.privacy.curator.count_cells", 1)],
    ids=["the reader", "the curator"],
)
def test_no_failure_of_a_private_fit_quotes_a_value(run, table, monkeypatch, debug, place, code):
    def planted(*_words, **_options):
        warnings.warn(VALUE, stacklevel=1)
        try:
            int(VALUE)
        except ValueError as error:
            raise RuntimeError(VALUE) from error

    monkeypatch.setattr(place, planted)
    done = run("fit", table, *WORDS, *debug)
    assert done.code == code
    assert "HIV" not in done.err
    assert "RuntimeError in test_spending.py, line " in done.lines[-1]
    assert "please report it with what `synthgan --debug fit" in done.lines[-1]
    assert ("in planted" in done.err) == bool(debug)
