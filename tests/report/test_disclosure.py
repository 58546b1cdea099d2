"""What may be shown: nothing that fewer than ten people hold, wherever it might slip through."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synthgan.metrics.data.alignment import align
from synthgan.metrics.details import Details, Subgroup
from synthgan.metrics.fidelity.association import association
from synthgan.metrics.fidelity.distributions import distributions
from synthgan.metrics.score import Score
from synthgan.metrics.statistics.intervals import Estimate
from synthgan.report import Report
from synthgan.report.disclosure import released
from synthgan.report.page import render
from synthgan.report.pooling import CELLS_SHOWN, pooled
from synthgan.report.wording import WITHHELD, Withholder, plain
from synthgan.report.writing import fragment, write
from synthgan.runtime import Streams

RARE = "Sankt-Nimmerlein"


def _shown(report, **options):
    document = released(report, **options) | {"privacy": None}
    return json.dumps(document, ensure_ascii=False) + render(document)


def test_levels_that_few_people_hold_are_pooled_and_named_nowhere(report):
    document = released(report)
    ward = document["columns"][0]
    # Three people would be a pool of their own: the next smallest level joins them.
    assert ward["labels"] == ["north", "other (2 levels)"]
    assert ward["real"] == [0.6218, 0.3782]
    assert [group["level"] for group in document["subgroups"]] == ["north", "south"]
    assert RARE not in _shown(report)


def test_internal_shows_them_and_says_that_it_is_not_for_release(report):
    document = released(report, internal=True)
    assert document["columns"][0]["labels"] == ["north", "south", RARE]
    assert [group["people"] for group in document["subgroups"]] == [120, 70, 3]
    assert document["internal"]
    assert "Internal: not for release" in render(document | {"privacy": None})
    assert "not for release" not in render(released(report) | {"privacy": None})


@pytest.mark.parametrize("internal", [False, True])
def test_rows_that_attacks_are_surest_of_are_never_shown(report, internal):
    assert report.details.exposed
    shown = _shown(report, internal=internal)
    assert not [row for row in report.details.exposed if str(row) in shown]


def test_people_are_counted_not_rows(column, report_of):
    visits = column("ward", ["north", "south", RARE], [100, 80, 40], units=[60, 50, 2])
    assert RARE not in _shown(report_of([visits]))
    assert RARE in _shown(report_of([replace(visits, units=visits.real)]))


def test_a_pool_of_people_with_several_rows_is_taken_to_overlap(column):
    # Eight and nine people, but perhaps the same nine: the smallest level that could stand alone joins them.
    found = pooled(column("x", "abcd", [90, 40, 30, 30], units=[50, 20, 9, 8]))
    assert found.labels == ("a", "other (3 levels)")
    assert pooled(column("x", "abcd", [50, 20, 9, 8])).labels == ("a", "b", "other (2 levels)")


def test_people_of_the_holdout_count_as_well(column, report_of):
    ward = column("ward", ["north", "south", RARE], [100, 80, 40], holdout=[50, 40, 4])
    assert pooled(ward).labels == ("north", "other (2 levels)")
    assert RARE not in _shown(report_of([ward]))
    assert pooled(replace(ward, holdout_units=None)).labels == ("north", "other (2 levels)")


def test_what_only_the_synthetic_table_has_is_not_named(column):
    found = pooled(column("ward", ["north", "south", RARE], [100, 80, 0], synthetic=[90, 70, 20]))
    assert found.labels == ("north", "south", "other (1 level)")
    assert found.shares[:, 2].tolist() == [0, 20 / 180]
    assert found.hidden == {RARE}


def test_shares_add_up_and_many_levels_are_pooled_for_room(column):
    found = pooled(column("icd", [f"code {at}" for at in range(50)], range(20, 70)))
    assert len(found.labels) == CELLS_SHOWN
    assert found.labels[-1] == f"other ({50 - CELLS_SHOWN + 1} levels)"
    assert found.labels[0] == "code 39"
    assert np.allclose(found.shares.sum(axis=1), 1)
    assert not found.hidden
    internal = pooled(column("icd", [f"code {at}" for at in range(50)], range(50)), internal=True)
    assert len(internal.labels) == 40
    assert not internal.hidden


def test_a_column_of_which_nothing_may_be_shown_is_one_cell(column):
    assert pooled(column("name", ["Ann", "Bob", "Eve"], [1, 1, 1])).labels == ("all (3 levels)",)


def test_ranges_of_too_few_people_would_be_pooled_too(column):
    edges = np.array([-np.inf, 1.0, 2.0, 3.0, np.inf])
    found = pooled(column("x", ["0 or less", "1", "2", "3 or more"], [40, 30, 20, 2], edges=edges))
    assert found.labels == ("0 or less", "1", "other (2 ranges)")


SENTENCES = {
    "a word": (f"worst of all {RARE}, by 3 %", f"worst of all {WITHHELD}, by 3 %"),
    "part of a word": (f"{RARE}er are many", f"{RARE}er are many"),
    "a quoted number": ("worst of all '7'", f"worst of all '{WITHHELD}'"),
    "a number beside its column": ("worst: kind = 7 (2 %)", f"worst: kind = {WITHHELD} (2 %)"),
    "a number beside its column, with a colon": ("kind: 7, by 2 %", f"kind: {WITHHELD}, by 2 %"),
    "a number that is a figure": ("7 % of 7 columns", "7 % of 7 columns"),
    "a decimal beside the column": ("kind 7.5", "kind 7.5"),
    "two that overlap": ("the old mill house", f"the {WITHHELD}"),
}


@pytest.mark.parametrize(("text", "wanted"), SENTENCES.values(), ids=SENTENCES.keys())
def test_sentences_lose_the_levels_that_must_not_be_named(text, wanted):
    hidden = {"ward": [RARE, "old mill", "mill house", "  "], "kind": ["7"]}
    assert Withholder(hidden).sentence(text) == wanted


def test_the_word_for_a_gap_names_nobody():
    assert Withholder({"ward": ["missing", "ward 7"]}).sentence("ward 7 is missing") == "(a rare level) is missing"


def test_readings_and_notes_and_subgroups_of_other_measures_pass_the_same_gate(column, report_of):
    report = report_of([column("ward", ["north", RARE, "7"], [100, 5, 4])])
    score = Score("subgroup_share_gap", 0.1, None, None, None, "minimize", f"worst for ward: {RARE}")
    groups = (
        Subgroup("ward", "7", 40, 0.1, 0.1),
        Subgroup("sex and ward", f"F, {RARE}", 40, 0.1, 0.1),
        Subgroup("age", "up to 7", 40, 0.1, 0.1),
        Subgroup("age", "over 95", 9, 0.1, 0.1),
    )
    details = replace(report.details, subgroups=groups)
    report = Report((*report.scores, score), (f"{RARE} stands out",), details)
    assert RARE not in _shown(report) + fragment(report)
    assert [group["level"] for group in released(report)["subgroups"]] == ["up to 7"]


def test_a_group_that_several_measures_looked_at_is_one_row(column, report_of):
    groups = (
        Subgroup("ward", "north", 80, 0.5, 0.4, 0.9, 0.8),
        Subgroup("ward", "north", 80, 0.5, 0.4, exposed=Estimate(0.1, 0.05, 0.2)),
        Subgroup("site", "north", 80, 0.5, 0.4),
        Subgroup("ward", "west", 80, 0.5, 0.4),
        Subgroup("ward", "west", 8, 0.5, 0.4),
    )
    first, second = released(report_of([column("x", "ab", [50, 50])], subgroups=groups))["subgroups"]
    assert (first["column"], first["utility_real"], first["exposed"]["value"]) == ("ward", 0.9, 0.1)
    assert (second["column"], second["utility_real"], second["exposed"]) == ("site", None, None)


def test_without_details_there_are_scores_alone():
    document = released(Report((), ("a note",)))
    assert document["rows"] == {"real": None, "synthetic": None, "holdout": None}
    assert document["association"] is None
    assert "this report holds scores only" in render(document | {"privacy": None})


WORDS = st.integers(0, 40).map(lambda number: f"level{number:02d}x")


@st.composite
def tables(draw):
    """Three tables of a discrete column, a number and a person, of any sizes and skews."""

    def table(rows):
        weights = draw(st.lists(st.sampled_from([1, 1, 2, 30]), min_size=1, max_size=8))
        words = draw(st.lists(WORDS, min_size=len(weights), max_size=len(weights), unique=True))
        rng = np.random.default_rng(draw(st.integers(0, 9)))
        scale = draw(st.sampled_from([0.001, 1.0, 1e6]))
        return pd.DataFrame(
            {
                "word": rng.choice(words, rows, p=np.array(weights) / sum(weights)),
                "number": (rng.exponential(scale, rows) + 17_171_717).round(4),
                "person": rng.integers(0, draw(st.sampled_from([5, 40, 400])), rows),
            }
        )

    return [table(rows) for rows in (draw(st.sampled_from([20, 200, 400])), 100, draw(st.sampled_from([30, 150])))]


@settings(max_examples=60)
@given(tables(), st.booleans(), st.booleans())
def test_whatever_the_tables_no_level_of_fewer_than_ten_people_is_shown(frames, by_person, with_holdout):
    real, _, holdout = frames
    aligned, notes = align(*frames[: 3 if with_holdout else 2], unit="person" if by_person else None)
    columns = distributions(aligned, Streams(0))
    every = {label for column in columns for label in column.labels if label.startswith("level")}
    groups = tuple(Subgroup("word", label, 30, 0.1, 0.1) for label in sorted(every))
    score = Score("x", 0.1, None, None, None, "minimize", f"worst of {', '.join(sorted(every))}.")
    details = Details(columns=columns, association=association(aligned, columns, Streams(0)), subgroups=groups)
    shown = _shown(Report((score,), notes, details))
    units = real.assign(row=range(len(real))).groupby("word")["person" if by_person else "row"].nunique()
    rare = every - set(units.index[units >= 10])
    if with_holdout and len(holdout) >= 100:
        among = holdout.assign(row=range(len(holdout))).groupby("word")["person" if by_person else "row"].nunique()
        if holdout["person"].nunique() >= 100 or not by_person:
            rare |= every - set(among.index[among >= 10])
    assert not [label for label in rare if label in shown]
    edges = columns[1].edges[1:-1]
    if len(edges):
        ends = (real[real["number"] < edges[0]], real[real["number"] >= edges[-1]])
        assert min(side["person"].nunique() if by_person else len(side) for side in ends) >= 10


def test_a_whole_evaluation_shows_no_rare_level(evaluated):
    assert any(RARE in column.labels for column in evaluated.details.columns)
    assert RARE not in _shown(evaluated)


def test_text_that_deceives_the_eye_is_written_out():
    assert plain("ab\u202ecd\x00") == "ab\\u202ecd\\x00"
    assert plain("\ud800") == "\\ud800"
    assert plain("a\u200cb") == "a\u200cb"
    assert len(plain("x" * 500)) == 80
    assert plain(7) == "7"


def test_write_takes_the_same_gate(report, tmp_path):
    write(report, tmp_path / "report.html")
    assert not [path.name for path in tmp_path.iterdir() if RARE in path.read_text(encoding="utf-8")]
    write(report, tmp_path / "report.html", internal=True)
    assert len([path.name for path in tmp_path.iterdir() if RARE in path.read_text(encoding="utf-8")]) == 2
