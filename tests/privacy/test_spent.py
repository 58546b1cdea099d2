"""What private fits have spent: kept before the first answer, added to the next ledger, and on every exception."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from helpers.questions import Cells

from synthgan import ImageRecords, ImageSynthesizer, PrivacyError, Synthesizer
from synthgan.image.private.prior import PriorMeasurer
from synthgan.privacy.charges import Charge
from synthgan.privacy.curator import Curator
from synthgan.privacy.ledger import PrivacyLedger
from synthgan.privacy.spent import Account, Spent, check_earlier, from_json, to_json
from synthgan.tabular.private.rounds import PrivateFit

ONE = Spent(epsilon=1.0, delta=1e-6, unit="one row", mechanism="marginals")
TWO = Spent(epsilon=2.0, delta=2e-6, unit="one row", mechanism="dpsgd")


def count_once(ledger):
    ledger.charge(Charge.of_counts("columns", "counts", rows=1, noise=4.0))


def account(**given):
    return Account(epsilon=3, mechanism="marginals", **given)


def test_it_is_kept_before_the_first_charge_and_once():
    ledger, kept = PrivacyLedger(1e-6), []

    def keep(spent):
        assert ledger.charges == []
        kept.append(spent)

    ledger.account = account(keep=keep)
    count_once(ledger)
    count_once(ledger)
    assert kept == [Spent(epsilon=3.0, delta=1e-6, unit="one row", mechanism="marginals")]
    assert len(ledger.charges) == 2


def test_nothing_is_answered_where_it_cannot_be_kept():
    def keep(_spent):
        raise OSError("full")

    ledger = PrivacyLedger(1e-6, account=account(keep=keep))
    with pytest.raises(OSError, match="full"):
        Curator(None, ledger).count(Cells(2), noise=4.0, stage="columns", purpose="counts")
    assert ledger.charges == []
    assert not ledger.account.begun


def test_earlier_fits_are_added_to_the_ledger():
    alone, added = PrivacyLedger(1e-6), PrivacyLedger(1e-6, account=account(earlier=(ONE, TWO)))
    for ledger in (alone, added):
        count_once(ledger)
    own, total = alone.to_dict(), added.to_dict()
    assert total["epsilon"] == pytest.approx(own["epsilon"] + 3, abs=2e-4)
    assert total["delta"] == pytest.approx(4e-6)
    assert total["charges"] == own["charges"]
    assert "earlier" not in own
    assert [(part["epsilon"], part["delta"], part["unit"]) for part in total["earlier"]] == [
        (1.0, 1e-6, "one row"),
        (2.0, 2e-6, "one row"),
    ]
    # What it costs to replace a unit was never declared of earlier fits.
    assert total["epsilon_replace_one"] is None


def test_what_was_spent_on_another_unit_is_never_added():
    ledger = PrivacyLedger(1e-6, "all rows of one patient", account=account(earlier=(ONE,)))
    with pytest.raises(
        PrivacyError, match=r"unit must be that of the earlier fits, however: it is all rows of one patient"
    ):
        count_once(ledger)
    assert ledger.charges == []


def test_it_comes_back_from_its_file():
    assert from_json(to_json([ONE, TWO])) == (ONE, TWO)
    assert set(json.loads(to_json([ONE]))["spent"][0]) == {"epsilon", "delta", "unit", "mechanism", "version"}


def changed(**fields):
    return json.dumps({"format": 1, "spent": [{**json.loads(to_json([ONE]))["spent"][0], **fields}]})


DAMAGED = {
    "empty": "",
    "no JSON": "{",
    "a list": "[]",
    "deep": "[" * 100_000,
    "nothing spent": '{"format": 1, "spent": []}',
    "a later format": to_json([ONE]).replace('"format": 1', '"format": 2'),
    "negative": changed(epsilon=-1),
    "infinite": changed(epsilon=math.inf),
    "no number": changed(epsilon="1"),
    "a truth": changed(epsilon=True),
    "a delta of one": changed(delta=1),
    "no text": changed(unit=3),
    "another field": changed(rows=300),
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused(text):
    with pytest.raises(PrivacyError):
        from_json(text)


def test_earlier_fits_need_a_word_of_the_user():
    check_earlier([], "a.synthgan", i_know=False)
    check_earlier([ONE], "a.synthgan", i_know=True)
    with pytest.raises(PrivacyError) as refused:
        check_earlier([ONE, TWO], "a.synthgan", i_know=False)
    assert str(refused.value) == (
        "a private fit must be the only one of its rows, however: a.synthgan has spent epsilon 1 (delta 1e-06, one row) and "
        "epsilon 2 (delta 2e-06, one row) before; i_know=True (add both up)"
    )


# ---------------------------------------------------------------- in Python


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"ill": rng.random(200) < 0.3, "age": rng.integers(18, 90, 200)})


def ending(monkeypatch, error):
    """Lets private fits end with an error after they have measured the columns."""

    def rounds(_self):
        raise error
        yield

    monkeypatch.setattr(PrivateFit, "rounds", rounds)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), PrivacyError("no"), ValueError("no"), MemoryError()], ids=repr)
def test_an_exception_tells_what_was_spent(rows, monkeypatch, error):
    ending(monkeypatch, error)
    synthesizer = Synthesizer(epsilon=1, delta=1e-4)
    with pytest.raises(BaseException) as raised:  # noqa: PT011 (whatever it is)
        synthesizer.fit(rows)
    own = Spent(epsilon=1.0, delta=1e-4, unit="one row", mechanism="marginals")
    assert raised.value.spent == synthesizer.spent_ == (own,)
    assert raised.value.__notes__ == [
        "This private fit has spent epsilon 1 (delta 0.0001, one row), and what it answered counts: see error.spent."
    ]


def test_an_exception_of_images_tells_it_too(monkeypatch):
    def measure(_self):
        raise KeyboardInterrupt

    monkeypatch.setattr(PriorMeasurer, "measure", measure)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 8, 8), dtype=np.uint8)
    synthesizer = ImageSynthesizer(epsilon=1, delta=1e-4, condition=None, i_know=True)
    with pytest.raises(KeyboardInterrupt) as raised:
        synthesizer.fit(ImageRecords(pixels, {}))
    assert raised.value.spent == synthesizer.spent_
    assert synthesizer.spent_ == (Spent(epsilon=1.0, delta=1e-4, unit="one image", mechanism="moments"),)


def test_a_fit_that_is_closed_early_keeps_what_was_spent(rows):
    synthesizer = Synthesizer(epsilon=1, delta=1e-4)
    steps = synthesizer.fit_steps(rows)
    while next(steps).stage != "measuring":
        pass
    steps.close()
    assert [spent.epsilon for spent in synthesizer.spent_] == [1.0]


@pytest.mark.parametrize("parameters", [{"keep_extremes": True}, {"generator": "chains"}, {"epsilon": 1e-9}], ids=str)
def test_a_refusal_before_the_first_answer_spends_nothing(rows, parameters):
    synthesizer = Synthesizer(**{"epsilon": 1, "delta": 1e-4, **parameters})
    with pytest.raises(PrivacyError) as refused:
        synthesizer.fit(rows)
    assert not hasattr(refused.value, "spent")
    assert synthesizer.spent_ == ()


def test_several_processes_would_spend_it_several_times(rows, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    pixels = np.zeros((40, 8, 8), dtype=np.uint8)
    for synthesizer, data in (
        (Synthesizer(epsilon=1, delta=1e-4), rows),
        (ImageSynthesizer(epsilon=1, delta=1e-4, condition=None), ImageRecords(pixels, {})),
    ):
        with pytest.raises(PrivacyError, match="epsilon must be spent by one process, however: 2 were begun"):
            synthesizer.fit(data)
        assert synthesizer.spent_ == ()


def test_the_next_fit_counts_what_was_spent(rows, monkeypatch):
    with monkeypatch.context() as patched:
        ending(patched, KeyboardInterrupt())
        synthesizer = Synthesizer(epsilon=1, delta=1e-4)
        with pytest.raises(KeyboardInterrupt):
            synthesizer.fit(rows)
    with pytest.raises(PrivacyError, match="this synthesizer has spent epsilon 1"):
        synthesizer.fit(rows)
    monkeypatch.setattr("synthgan.tabular.private.marginals.CLASSES", 5)
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(f"synthgan.tabular.private.rounds.{name}", 5)
    synthesizer.set_params(i_know=True).fit(rows)
    ledger = synthesizer.manifest()["privacy"]
    assert 1.9 < ledger["epsilon"] <= 2
    assert ledger["delta"] == pytest.approx(2e-4)
    assert len(ledger["earlier"]) == 1
    assert synthesizer.spent_ == ()  # the model carries it
