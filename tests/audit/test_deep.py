"""The deep audit: a maker that copies its rows is found out, one that ignores them is not, and the real one can be refitted."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from synthgan import Processes, Synthesizer, Threads, deep_audit
from synthgan.audit.deep import Refit, TableRows, audit_steps, shadow_steps
from synthgan.errors import ConfigError, DataError, SchemaError
from synthgan.runtime import Streams


def numbers(rows, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, 4)), columns=list("abcd"))


def copies(rows, count, seed):
    """The rows themselves, in another order."""
    return rows.sample(count, random_state=seed % 2**32)


def strangers(rows, count, seed):
    """Rows that owe nothing to those learned."""
    return numbers(count, seed)


def forgetful(share):
    """A maker that copies each row with that chance, and makes strangers in the place of the others."""

    def make(rows, count, seed):
        made = strangers(rows, count, seed + 1)
        copied = np.random.default_rng(seed).random(count) < share
        made[copied] = rows[copied]
        return made

    return make


def audited(make, *, rows=200, refits=8, targets=32, exposed=(), seed=0):
    """The report, and the progress there was."""
    steps, seen = shadow_steps(TableRows(numbers(rows), make, None), refits, targets, exposed, Streams(seed)), []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def test_copies_are_found_out():
    report, _ = audited(copies)
    assert report["shadow_auc"].value == 1
    assert report["shadow_tpr_at_1pct_fpr"].value == 1
    # 2 pairs of refits attack 32 rows: 64 decisions a side, none of them wrong, prove so much and no more.
    nobody = 1 - 0.025 ** (1 / 64)
    assert report["shadow_epsilon_lower_bound"].value == pytest.approx(math.log((1 - nobody) / nobody))
    assert "proves that much" in report["shadow_epsilon_lower_bound"].reading
    assert "from 8 refits, for 32 of the most exposed rows" in report["shadow_auc"].reading


def test_without_a_leak_alarms_are_rare():
    """A bound above 0 is promised in at most one audit of twenty; more than 4 of 30 would then come with a chance of .016. The AUC's
    interval leaves out .5 in as many."""
    found = [audited(strangers, rows=80, targets=20, seed=seed)[0] for seed in range(30)]
    assert sum(report["shadow_epsilon_lower_bound"].value > 0 for report in found) <= 4
    assert sum(report["shadow_auc"].low > 0.5 for report in found) <= 4
    quiet = next(report for report in found if report["shadow_epsilon_lower_bound"].value == 0)
    assert (
        "not detected; 20.0% of these rows, beyond doubt in 4 refits, would be"
        in quiet["shadow_epsilon_lower_bound"].reading
    )


def test_a_share_of_copies_is_the_share_that_is_found():
    """Of rows copied with a chance of .4, as many are found for sure, and of the others the half: an AUC of .7."""
    found = [audited(forgetful(0.4), targets=50, refits=16, seed=seed)[0] for seed in range(3)]
    # 200 decisions a side: a share has a standard error of .035, the AUC one of .025; the means of three .02 and .015.
    assert np.mean([report["shadow_tpr_at_1pct_fpr"].value for report in found]) == pytest.approx(0.4, abs=0.08)
    assert np.mean([report["shadow_auc"].value for report in found]) == pytest.approx(0.7, abs=0.06)
    assert all(report["shadow_epsilon_lower_bound"].value > 1 for report in found)


def test_refits_learn_all_rows_but_the_targets_left_out():
    learned = []

    def watched(rows, count, seed):
        learned.append((len(rows), count, seed))
        return strangers(rows, count, seed)

    _, seen = audited(watched, rows=100, refits=4, targets=30)
    # At most a quarter of the rows are targets, an even number of them; half are learned.
    assert [rows for rows, _, _ in learned] == [100 - 12] * 4
    assert len({seed for _, _, seed in learned}) == 4
    assert seen[0] == Refit(0, 4)
    assert [step.done for step in seen] == [0, 1, 2, 3, 4]


def test_the_rows_named_are_attacked_first():
    seen = set()

    def watched(rows, count, seed):
        seen.add(frozenset(set(range(100)) - set(rows["row"])))
        return rows

    frame = pd.DataFrame({"x": np.random.default_rng(0).normal(size=100), "row": np.arange(100.0)})
    for _ in shadow_steps(TableRows(frame, watched, None), 4, 4, (3, 50, 3), Streams(0)):
        pass
    left_out = set().union(*seen)
    assert len(left_out) == 4
    assert {3, 50} <= left_out


def test_the_same_seed_gives_the_same_audit():
    first, again, other = (audited(forgetful(0.5), seed=seed)[0].to_json() for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("executor", [Threads(3), pytest.param(Processes(2), marks=pytest.mark.slow)])
def test_refits_come_to_the_same_on_any_executor(people, tiny_options, executor):
    frame, options = people.head(60), {"refits": 4, "targets": 4}
    spread = deep_audit(frame, Synthesizer(**tiny_options, executor=executor), **options)
    assert spread.to_json() == deep_audit(frame, Synthesizer(**tiny_options), **options).to_json()


@pytest.mark.parametrize(
    ("error", "match", "options"),
    [
        (ConfigError, "refits must be a multiple of 4, at least 4, however: refits=6", {"refits": 6}),
        (ConfigError, "refits must be a multiple of 4, at least 4, however: refits=0", {"refits": 0}),
        (ConfigError, "refits must be a whole number, however: refits=True", {"refits": True}),
        (ConfigError, "targets must be at least 2, however: targets=1", {"targets": 1}),
        (ConfigError, "targets must be a whole number, however: targets=2.5", {"targets": 2.5}),
        (ConfigError, "exposed must be rows of the table, 0 to 199, however: found 200", {"exposed": (3, 200)}),
        (DataError, "a table to audit must have at least 40 rows, however: 39", {"rows": 39}),
    ],
)
def test_what_cannot_be_audited_is_refused_in_one_line(error, match, options):
    with pytest.raises(error, match=match):
        audited(strangers, **options)


def test_a_synthesizer_is_refitted_with_its_own_options_and_schema(people, tiny_options):
    original = Synthesizer(**tiny_options).fit(people.head(120), identifiers=["patient_id"], drop=["admitted"])
    report = deep_audit(people.head(120), original, refits=4, targets=16)
    assert report["shadow_auc"].value is not None
    assert "from 4 refits, for 16 of the most exposed rows" in report["shadow_auc"].reading
    # Another table does not fit the schema that the refits take over, so it was taken over.
    with pytest.raises(SchemaError, match="'ward'"):
        next(iter(audit_steps(people.drop(columns="ward"), original)))


def test_it_stands_on_the_face_and_leaves_the_synthesizer_as_it_was(people, tiny_options):
    original = Synthesizer(**tiny_options, seed=5)
    deep_audit(people.head(60), original, refits=4, targets=4, seed=3)
    assert original.seed == 5
    assert not hasattr(original, "model_")
