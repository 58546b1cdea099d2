"""The searches read rows out of files that keep them, and nothing out of those that say that they do not.

Where no more of the rows learned are read than of unseen ones, the exact test of a search alarms in at most one of a hundred
seeds; seeds are fixed here, so that nothing hangs on chance from run to run.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from helpers.independent import Independent
from sklearn.datasets import load_digits

from benchmarks.attacks import reconstruct
from benchmarks.attacks.leaves import LeafSearch
from synthgan import Chains, ImageRecords, ImageSynthesizer, Synthesizer
from synthgan.data.table import Table
from synthgan.demo import patients
from synthgan.image import model as image_model
from synthgan.metrics.privacy.membership.leaktest import ALARM
from synthgan.runtime import Streams
from synthgan.tabular.encoding.layout import Encoded
from synthgan.tabular.private import rounds
from synthgan.tabular.registry import GENERATORS

PATIENTS = patients().drop(columns="patient_id").iloc[:, [*range(8), -1]]
ORDER = np.random.default_rng(0).permutation(len(PATIENTS))
MEMBERS, UNSEEN = (PATIENTS.iloc[ORDER[part]].reset_index(drop=True) for part in (slice(280), slice(280, 560)))
LEARNED = {"generator": Chains(chains=6, rounds=0), "seed": 1}
RNG = np.random.default_rng(1)
LEVELS = pd.DataFrame({f"c{at}": RNG.choice(list("abcdef"), 240) for at in range(8)})


@pytest.fixture(scope="module")
def chains():
    return reconstruct.reopened(Synthesizer(**LEARNED).fit(MEMBERS))


def test_every_row_is_read_out_of_a_file_of_chains(chains):
    outcome = reconstruct.attack_table(chains, MEMBERS, UNSEEN)
    assert outcome.confidential
    assert outcome.members.mean() >= 0.95
    assert outcome.unseen.mean() <= 0.05


def test_members_are_told_apart_by_what_all_but_a_hundredth_of_others_stay_below():
    others = np.arange(1_000.0)
    assert reconstruct.told_apart(np.array([0.0, 900.0, 995.0, 2_000.0]), others) == 0.5
    assert reconstruct.told_apart(others, others) == pytest.approx(0.01)


def test_counts_leave_little_but_the_rows(chains):
    model = chains.model_
    learned = model.transform.transform(Table.read(MEMBERS, model.transform.schema), Streams(1)).codes
    search = LeafSearch(model.generator.sampler_)
    rows = {row.tobytes() for row in learned.astype(np.int64)}
    found = {row.tobytes() for row in search.rows()}
    assert rows <= found
    assert len(found) <= 1.1 * len(rows)  # of six chains; sixteen leave no other
    # A row that two others give one half each stands in some leaves, but not in all of them.
    other = learned[0].copy()
    other[4:] = learned[1][4:]
    kept = search.exhausted(np.vstack([learned, other]).astype(np.int64))
    assert {row.tobytes() for row in kept} == rows
    assert len(search.rows(seconds=0)) == 0


def test_without_codes_in_the_leaves_nothing_is_read(chains):
    """With the codes of every tree shuffled among its leaves, no row has all of its own."""
    shuffled = reconstruct.reopened(chains)
    rng = np.random.default_rng(0)
    for chain in shuffled.model_.generator.sampler_.chains:
        for root, end in itertools.pairwise([*chain.trees.roots, len(chain.start)]):
            leaf = root + np.flatnonzero(chain.count[root:end])
            entries = slice(chain.start[leaf].min(), (chain.start + chain.count)[leaf].max())
            chain.codes[entries] = rng.permutation(chain.codes[entries])
    assert reconstruct.attack_table(shuffled, MEMBERS, UNSEEN).members.mean() < 0.05


@pytest.mark.parametrize("epsilon", [None, 2.0])
def test_a_file_that_says_it_keeps_no_rows_gives_no_more_of_them_than_of_others(epsilon, monkeypatch):
    class Sound(Independent):
        keeps_rows = None

    monkeypatch.setitem(GENERATORS, Sound.name, Sound)
    for name in ("FIRST_STEPS", "ROUND_STEPS", "LAST_STEPS"):
        monkeypatch.setattr(rounds, name, 20, raising=False)
    frame = LEVELS.iloc[:, :3] if epsilon else LEVELS.iloc[:, :4]
    members, unseen = frame[:120].reset_index(drop=True), frame[120:].reset_index(drop=True)
    private = {"epsilon": epsilon, "delta": 1e-3} if epsilon else {"generator": Sound()}
    synthesizer = reconstruct.reopened(Synthesizer(**private).fit(members, schema=reconstruct.declared(members)))
    outcome = reconstruct.attack_table(synthesizer, members, unseen)
    assert not outcome.confidential
    if epsilon is None:
        assert outcome.members.any()
        assert outcome.keeps_its_word
    # The noise of a private fit is never the same: its bar is one that chance passes once in ten thousand runs.
    assert outcome.p_value > (ALARM if epsilon is None else 1e-4)


class Remembering(Independent):
    """Fills a cell as the learned row has it that is nearest to the rest, and finds rows the likelier the nearer they are."""

    name = "remembering"

    def fit(self, prepared, streams, saved):
        self.rows_ = prepared.train.codes
        return (yield from super().fit(prepared, streams, saved))

    def complete(self, known, streams):
        codes, cells = known.rows.codes, known.cells
        same = (codes[:, None] == self.rows_[None]) & cells[:, None]
        return Encoded(np.where(cells, codes, self.rows_[same.sum(2).argmax(1)]), known.rows.residuals)

    def log_likelihood(self, encoded):
        return (encoded.codes[:, None] == self.rows_[None]).sum(2).max(1).astype(float)


def test_climbing_finds_the_rows_of_a_generator_that_remembers_them():
    members, unseen = (LEVELS[part].reset_index(drop=True) for part in (slice(120), slice(120, 240)))
    outcome = reconstruct.attack_table(Synthesizer(generator=Remembering()).fit(members), members, unseen)
    assert outcome.confidential
    assert outcome.p_value < ALARM
    assert outcome.keeps_its_word
    assert outcome.tpr == 1


def images(part):
    found = load_digits()
    pixels = np.rint(found.images[part] / 16 * 255).astype(np.uint8)
    return ImageRecords(pixels, {"label": found.target[part].astype(str)})


def test_no_image_is_read_out_of_a_prior_but_copies_are(monkeypatch):
    members, unseen = images(slice(300)), images(slice(300, 600))
    synthesizer = reconstruct.reopened(ImageSynthesizer(steps=0).fit(members))
    outcome = reconstruct.attack_images(synthesizer, members, unseen)
    assert outcome.confidential
    assert outcome.p_value > ALARM
    monkeypatch.setattr(image_model.ImageModel, "keeps_rows", None)
    monkeypatch.setattr(ImageSynthesizer, "sample_batches", lambda *_: iter([members]))
    outcome = reconstruct.attack_images(synthesizer, members, unseen)
    assert outcome.members.all()
    assert not outcome.unseen.any()
    assert not outcome.keeps_its_word


def test_the_command_prints_a_line_for_each_file_and_says_whether_all_keep_their_word(tmp_path, capsys, monkeypatch):
    class Liar(Chains):
        keeps_rows = None

    MEMBERS.to_csv(tmp_path / "t.csv", index=False)
    monkeypatch.setitem(reconstruct.FAMILIES, "chains", lambda _: Synthesizer(generator=Chains(chains=6, rounds=0)))
    monkeypatch.setitem(GENERATORS, "chains", Liar)
    monkeypatch.setitem(reconstruct.FAMILIES, "network", lambda _: Synthesizer(generator=Liar(chains=6, rounds=0)))
    words = ["--table", str(tmp_path / "t.csv"), "--rows", "140"]
    with pytest.raises(SystemExit) as left:
        reconstruct.main([*words, "--generator", "network"])
    _, line = capsys.readouterr().out.splitlines()
    assert line.split()[:3] == ["t", "network", "no"]
    assert int(line.split()[3]) >= 133
    assert left.value.code == 1
    monkeypatch.setitem(GENERATORS, "chains", Chains)
    with pytest.raises(SystemExit) as left:
        reconstruct.main([*words, "--generator", "chains"])
    _, line = capsys.readouterr().out.splitlines()
    assert line.split()[2] == "yes"
    assert left.value.code == 0


@pytest.mark.parametrize(
    ("words", "code"), [(["--generator", "trees"], 2), (["--rows", "0"], 2), (["--table", "absent.csv"], 3)]
)
def test_what_cannot_be_attacked_is_refused_in_one_line(words, code, capsys):
    with pytest.raises(SystemExit) as left:
        reconstruct.main(words)
    assert left.value.code == code
    assert "error: " in capsys.readouterr().err.splitlines()[-1]
