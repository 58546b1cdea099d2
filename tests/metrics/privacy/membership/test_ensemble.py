"""The ensemble: candidates without labels, the classifier among the attacks, and what they say together."""

from __future__ import annotations

import numpy as np

from synthgan.metrics.data.columns import Tables
from synthgan.metrics.privacy.membership.candidates import MIN_CANDIDATES, draw_candidates
from synthgan.metrics.privacy.membership.classifier import classifier_attack
from synthgan.metrics.privacy.membership.ensemble import AT_FIRST, BY_DENSITY, attack, together
from synthgan.metrics.privacy.membership.exposure import subgroup_exposure
from synthgan.metrics.statistics.intervals import auc
from synthgan.runtime import Streams

RNG = np.random.default_rng


def test_candidates_keep_their_row_numbers_and_come_in_random_order(columns):
    real, holdout = columns([np.arange(100.0)]), columns([np.arange(1_000.0, 1_060.0)])
    found = draw_candidates(Tables(real, real, holdout), RNG(0))
    assert (found.members, found.others) == (60, 60)
    values = found.pool.numbers[:, 0]
    np.testing.assert_array_equal(values, np.where(found.is_member, found.row, found.row + 1_000))
    assert len(set(values.tolist())) == 120
    assert 10 < found.is_member[:60].sum() < 50


def test_without_enough_rows_or_columns_there_are_no_candidates(columns):
    few, enough = (columns([np.arange(float(rows))]) for rows in (MIN_CANDIDATES - 1, MIN_CANDIDATES))
    assert draw_candidates(Tables(enough, enough, few), RNG(0)) is None
    assert draw_candidates(Tables(few, enough, enough), RNG(0)) is None
    assert draw_candidates(Tables(enough, enough, None), RNG(0)) is None
    bare = columns([np.arange(50.0)])
    bare = type(bare)(np.empty((50, 0)), np.empty((50, 0), np.int32), (), (), ())
    assert draw_candidates(Tables(bare, bare, bare), RNG(0)) is None


def test_the_classifier_finds_where_synthetic_rows_are_too_many(columns):
    """Members lie in a corner that synthetic rows fill; giants and gaps do not trouble it."""
    rng = RNG(1)
    corner = rng.random((1_200, 2)) / 2
    everywhere = rng.random((600, 2))
    everywhere = everywhere[(everywhere > 0.5).any(axis=1)]
    pool = np.vstack([corner[:400], everywhere])
    synthetic = corner[400:]
    pool[0], synthetic[0] = [1e300, np.nan], [-1e300, np.nan]
    is_member = np.arange(len(pool)) < 400
    scores = classifier_attack(columns(list(pool.T)), columns(list(synthetic.T)), RNG(2))
    assert auc(is_member, scores)[0] > 0.95


def test_together_the_three_surest_attacks_count():
    rng = RNG(3)
    scores = {str(index): rng.normal(size=1_000) for index in range(9)}
    for name in "012":
        scores[name][7] = 10  # three of nine attacks are sure of row 7
    scores["blind"] = np.zeros(1_000)
    found = together(scores)
    assert found.argmax() == 7
    assert found[7] == np.log(1_000)
    assert together({"blind": np.zeros(10)}).tolist() == [0] * 10


def test_groups_are_chosen_without_looking_at_who_is_a_member(columns):
    """Of level 0 there are 100 candidates, 49 of them members; of level 1 there are 99, of which 60 are."""
    real, holdout = (np.repeat([0, 1, 2], counts) for counts in ([49, 60, 91], [51, 39, 110]))
    tables = Tables(*(columns(codes=[codes], levels=[3]) for codes in (real, real, holdout)))
    found = attack(tables, Streams(0))
    assert [group.code for group in found.groups] == [0, 2]
    none = np.zeros(400, dtype=bool)
    assert [group.level for group in subgroup_exposure(found, none, tables)] == ["2"]


def test_a_leak_of_few_columns_is_found_at_first_sight_and_drowns_among_many(columns):
    """Samples repeat half of the members in two columns of forty; what they say in the others is chance."""
    rng = RNG(5)

    def people(count):
        return [rng.normal(size=count).round(2) for _ in range(40)]

    real, holdout, made = people(150), people(150), people(600)
    for at in (0, 1):
        made[at][:450] = np.tile(real[at][:75], 6)
    names = [f"n{at}" for at in range(40)]
    tables = Tables(*(columns(side) for side in (real, made, holdout)))
    assert tables.real.names == tuple(names)
    found = attack(tables, Streams(0), few=names[:2])
    areas = {name: auc(found.candidates.is_member, found.scores[name])[0] for name in (AT_FIRST, BY_DENSITY)}
    assert areas[AT_FIRST] > 0.6 > areas[BY_DENSITY]
    assert AT_FIRST not in attack(tables, Streams(0)).scores
    assert AT_FIRST not in attack(tables, Streams(0), few=names).scores
