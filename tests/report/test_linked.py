"""The page of linked tables: what is drawn of people over time, and that nothing of few people, or of one, is on it."""

import json
from importlib.resources import files
from itertools import pairwise

import jsonschema
import numpy as np
import pytest

from synthgan.metrics.details import Details
from synthgan.metrics.linkeddetails import LinkedDetails, LinkedTable
from synthgan.report import Report
from synthgan.report.disclosure import released
from synthgan.report.linkedcharts import band, differences, following, hidden_references, schema, survival
from synthgan.report.page import render


@pytest.fixture
def linked(linked_report):
    return released(linked_report)["linked"]


def test_the_page_draws_tables_people_over_time_and_counts(linked_report):
    page = render(released(linked_report) | {"privacy": None})
    for words in (
        "How the tables hang together",
        "How people go on over time",
        "What follows what",
        "What lasts how long",
        "How many rows people have",
        "In five sentences",
        "240 synthetic people",
        "0.910 <span",
    ):
        assert words in page
    charts = page.count('<svg class="chart')
    assert charts == page.count('role="img"') > 8
    assert "How columns go together" not in page
    assert page.count('id="columns"') == 1


def test_figures_drawn_elsewhere_are_not_drawn_again_as_columns(linked_report):
    page = render(released(linked_report) | {"privacy": None})
    assert page.count("<h3><bdi>rows of labs</bdi></h3>") == 1
    assert page.count("<h3><bdi>gaps of labs (hours)</bdi></h3>") == 1


def test_what_few_people_do_is_a_gap_in_lines_and_a_dash_in_tables(linked_report, linked):
    assert linked["bands"][0]["real"][0][-1] is None
    assert linked["transitions"][0]["real"][1][1] is None
    drawn = str(band(linked["bands"][0]))
    assert "nan" not in drawn
    assert drawn.count("<polygon") == 2
    assert (
        "nan" not in render(released(linked_report) | {"privacy": None}).replace("Nan", "").lower().split("</style>")[1]
    )


def test_the_picture_of_the_schema_names_every_table_below_its_owner(linked):
    drawn = str(schema(linked))
    heights = [drawn.index(f">{name}<") for name in ("patients", "admissions", "labs", "items")]
    assert all(first < second for first, second in pairwise(heights))
    assert drawn.count('class="listed"') == 1
    assert "1,200 real rows" in drawn
    assert hidden_references(linked) == 0
    many = linked | {"keys": linked["keys"] + [linked["keys"][-1]] * 20}
    assert hidden_references(many) == 11


def test_lines_of_what_lasts_begin_at_one_and_never_rise(linked):
    drawn = str(survival(linked["survival"][0]))
    assert drawn.count("<polyline") == 2
    assert "days" in drawn


def test_steps_that_are_withheld_do_not_show_in_the_difference(linked):
    one = linked["transitions"][0]
    assert differences(one)[1][1] == 0
    assert differences(one)[0][0] == pytest.approx(0.1)
    assert "shade9 more" in str(following(one, "difference"))


def test_below_two_hundred_people_the_page_says_what_is_not_judged():
    table = LinkedTable("patients", None, None, of_people=True, rows=(60, 60, None))
    details = LinkedDetails("patients", "real", (60, 60, None), judged=False, tables=(table,))
    report = Report((), ("fidelity is not judged: it needs 200 people on each side",), Details(linked=details))
    page = render(released(report) | {"privacy": None})
    assert "fidelity is not judged" in page
    assert 'id="utility"' not in page
    assert 'href="#utility"' not in page
    assert "two hundred people on each side" in page


def test_page_and_console_have_one_json_of_linked_tables_and_its_schema_holds(linked_report, linked):
    described = json.loads(files("synthgan.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(released(linked_report) | {"privacy": None}, described)
    printed = json.loads(linked_report.to_json())
    assert printed["linked"] == json.loads(json.dumps(linked))
    jsonschema.validate(printed["linked"], described["properties"]["linked"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(linked | {"people_shown": [1]}, described["properties"]["linked"])


def test_names_of_tables_are_text(linked_report):
    hostile = "<script>alert(1)</script>"
    table = LinkedTable(hostile, None, None, of_people=True, rows=(300, 300, None))
    details = LinkedDetails(hostile, "real", (300, 300, None), judged=True, tables=(table,))
    page = render(released(Report((), (), Details(linked=details))) | {"privacy": None})
    assert "<script" not in page
    assert np.isnan(linked_report.details.linked.bands[0].real).any()
