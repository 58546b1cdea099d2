"""The page is one file that loads nothing, says everything it should, and lets nothing through but text."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from markupsafe import escape

from synthgan.errors import DataError, ModelFileError
from synthgan.io import modelfile
from synthgan.metrics.score import Score
from synthgan.report import Report
from synthgan.report.disclosure import VERSION, released
from synthgan.report.files import json_beside
from synthgan.report.made import Made
from synthgan.report.methods import method, methods
from synthgan.report.page import _attack_curves, render
from synthgan.report.privacy import privacy_of
from synthgan.report.writing import fragment, write

PRIVATE = Path(__file__).parents[1] / "tabular" / "format1" / "private.synthgan"
HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(2)'>",
    "{{ 7 * 7 }}",
    "ab\u202ecd",
    "]]>&amp;</svg>",
]
LEDGER = {
    "epsilon": 1.5,
    "epsilon_replace_one": 3.0,
    "delta": 1e-6,
    "unit": "one patient",
    "accountant": "privacy loss distributions",
    "charges": [
        {"stage": "marginals", "mechanism": "gaussian", "purpose": "how 'age' is distributed", "steps": 3, "sensitivity": 1.0,
         "replace_sensitivity": 2.0,
         "sigma": 4.2, "epsilon_each": 0.0, "delta": 0.0, "sampling_rate": 1.0, "source": "os", "epsilon": 0.7},
    ],
}  # fmt: skip


class _Tags(HTMLParser):
    """Lists elements and attributes, as a browser would."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attributes]


def _page(report, **options):
    return render(released(report, **options) | {"privacy": None})


def test_the_page_loads_nothing_and_runs_nothing(report):
    page = _page(report)
    tags = _Tags(page)
    assert not {"script", "img", "link", "iframe", "object", "base", "form", "use", "image"} & set(tags.elements)
    assert not [name for _, name, _ in tags.attributes if name in {"src", "style", "srcset"} or name.startswith("on")]
    assert not [value for _, name, value in tags.attributes if name == "href" and not value.startswith("#")]
    assert "url(" not in page
    assert "@import" not in page


def test_the_policy_lets_in_only_the_style_sheet_that_is_there(report):
    page = _page(report)
    style = re.search(r"<style>(.*?)</style>", page, flags=re.DOTALL)[1]
    wanted = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{wanted}';")
    assert "unsafe" not in policy


def test_every_link_has_its_place_and_every_place_one_name(report):
    tags = _Tags(_page(report))
    indices = [value for _, name, value in tags.attributes if name == "id"]
    assert len(indices) == len(set(indices))
    wanted = {value[1:] for _, name, value in tags.attributes if name == "href"}
    wanted |= {value for _, name, value in tags.attributes if name == "aria-labelledby"}
    assert wanted <= set(indices)


def test_hostile_names_and_levels_are_text(column, report_of):
    columns = [column(name, [f"{name} {level}" for level in HOSTILE], [50] * len(HOSTILE)) for name in HOSTILE]
    report = report_of(columns)
    report = Report(
        (*report.scores, Score("x", 0.5, None, None, None, "minimize", HOSTILE[0])), tuple(HOSTILE), report.details
    )
    plain, page = _Tags(_page(report_of([column(name, "abcde", [50] * 5) for name in "abcde"]))), _page(report)
    assert set(_Tags(page).elements) == set(plain.elements)
    assert not [name for _, name, _ in _Tags(page).attributes if name.startswith("on") or name == "src"]
    assert "{{ 7 * 7 }}" in page
    assert "\u202e" not in page
    assert "<script" not in fragment(report)
    assert "<script" not in json.dumps(released(report)).replace("<script>alert(1)", "")


def test_a_page_of_fifty_columns_weighs_less_than_two_megabytes(column, report_of, tmp_path):
    rng = np.random.default_rng(0)
    labels = [f"a level with a rather long name, number {at}" for at in range(40)]
    columns = []
    for index in range(50):
        if index % 2:
            columns.append(
                column(f"column {index} of levels", labels, rng.integers(20, 900, 40), holdout=rng.integers(20, 90, 40))
            )
            continue
        edges = np.array([-np.inf, *range(1_000_000, 1_000_024), np.inf], dtype=np.float64)
        ranges = [f"{at + 1_000_000:,} to {at + 1_000_001:,}" for at in range(25)]
        columns.append(
            column(
                f"column {index} of numbers",
                ranges,
                rng.integers(20, 900, 25),
                holdout=rng.integers(20, 90, 25),
                edges=edges,
            )
        )
    report = report_of(columns)
    noise = rng.random((50, 50))
    object.__setattr__(report.details.association, "real", noise)
    write(report, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 2_000_000
    assert (tmp_path / "report.html").read_text(encoding="utf-8").count("<figure") >= 50


def test_five_questions_come_first_and_each_is_answered(report):
    page = _page(report)
    answers = re.findall(r"<h3>([^<]+\?)</h3><p>([^<]+)</p>", page)[:5]
    assert len(answers) == 5
    assert answers[0][1] == "A column differs by 2\xa0% on average; between two samples of real people, it is 1.5\xa0%."
    assert "what chance alone would bring is not known without a holdout" in answers[1][1]
    assert "picks the synthetic one 55\xa0% of the time" in answers[2][1]
    assert "scores 0.910; trained on real rows, 0.920" in answers[3][1]
    assert answers[4][1].endswith("That proves no ε: not detected; 2 % of members would be.")


def test_answers_follow_the_scores(report):
    def answers(*scores):
        return _page(Report(scores))

    holdout = Score("c2st_holdout", 0.5, None, None, 1.0, "maximize", "")
    assert "a real one, a detector picks the synthetic one 75\xa0% of the time" in answers(holdout)
    assert "between real rows and real rows it would be 50\xa0%" in answers(holdout)
    found = Score("membership_tpr_at_1pct_fpr", 0.3, None, None, 0.01, "reference", "")
    proved = Score("epsilon_lower_bound", 1.25, None, None, 0.0, "minimize", "epsilon of these rows")
    assert "finds 30\xa0% of the members" in answers(found)
    assert "That proves an ε of 1.2 at least (95\xa0%)." in answers(found, proved)
    hidden = Score(
        "epsilon_lower_bound",
        0.0,
        None,
        None,
        0.0,
        "minimize",
        "epsilon of these rows, at least (95 %): leak not detected",
    )
    assert "That proves no ε: leak not detected." in answers(found, hidden)
    absent = Score("utility_synthetic", None, None, None, None, "maximize", "not computed: no target was named")
    assert "Not computed: no target was named." in answers(absent)
    assert "Not asked in this evaluation." in answers()


def test_sections_without_figures_say_why_and_what_to_do(column, report_of):
    page = _page(Report((), (), report_of([column("x", "ab", [50, 50])]).details))
    for remedy in ("--model MODEL.synthgan", "--target COL", "--holdout TABLE", "judge a table with two or more"):
        assert remedy in page
    assert page.count('class="why"') >= 6


def test_every_figure_drawn_has_a_title_and_a_table(report):
    page = _page(report)
    charts = re.findall(r'<svg class="chart[^>]*aria-label="([^"]+)"><title>([^<]+)</title>', page)
    assert len(charts) == page.count('<svg class="chart')
    assert all(label and title for label, title in charts)
    tables = re.findall(r"<summary>(?:<[^>]+>|[^<])*?</summary>", page)
    assert len(tables) == 2 + 5  # columns; pairs, giveaways, importances, calibration, curves
    for figure in ("62\xa0%", "0.120", "0.500"):
        assert figure in page


def test_the_safe_word_is_never_said(report):
    for internal in (False, True):
        words = re.sub(r"<style>.*?</style>", "", _page(report, internal=internal), flags=re.DOTALL)
        assert not re.search(r"\bsafe\b", words, flags=re.IGNORECASE)


def test_every_score_of_evaluate_says_how_it_was_made(evaluated):
    names = [*(score.name for score in evaluated), "sdmetrics_quality"]
    assert [name for name in names if method(name).text == method("nobody").text] == []
    assert all(how.text and how.source and "  " not in how.text for how in methods().values())


def test_scores_that_are_made_alike_are_told_once(report):
    page = _page(report)
    assert page.count("Lopez-Paz and Oquab") == 1
    assert "<code>c2st_train</code>, <code>c2st_holdout</code>" in page


def test_the_json_keeps_to_its_schema(report, tmp_path):
    schema = json.loads(files("synthgan.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    model = {"privacy": LEDGER, "tensors_sha256": "ab", "disclosures": ["keep_extremes"], "seed": 7}
    for manifest in (None, model, model | {"privacy": None}):
        write(report, tmp_path / "report.html", model=manifest)
        found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(found, schema, cls=jsonschema.Draft202012Validator)
    assert found["version"] == VERSION == schema["properties"]["version"]["const"]
    jsonschema.validate(released(Report(())) | {"privacy": None}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found | {"exposed": [1]}, schema)


def test_the_ledger_of_a_private_model_is_shown_and_its_seed_is_not(report, tmp_path):
    manifest = {"privacy": LEDGER, "tensors_sha256": "ab" * 32, "disclosures": [], "seed": 48_151}
    write(report, tmp_path / "report.html", model=manifest)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for words in (
        "ε = 1.5 at δ = 1e-06 when one patient",
        "ε = 3 when replaced",
        "how &#39;age&#39; is distributed",
        "ab" * 32,
    ):
        assert words in page
    assert "48151" not in page + (tmp_path / "report.json").read_text(encoding="utf-8")
    write(report, tmp_path / "report.html", model=manifest | {"privacy": None})
    assert "the model was fitted without" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_model_is_read_from_its_file_and_anything_else_is_refused(tmp_path):
    manifest, tensors = modelfile.read(PRIVATE)
    modelfile.write(tmp_path / "m.synthgan", manifest | {"privacy": LEDGER}, tensors)
    found = privacy_of(tmp_path / "m.synthgan")
    assert found["charges"][0]["epsilon"] == 0.7
    assert found["tensors_sha256"] == modelfile.read(tmp_path / "m.synthgan")[0]["tensors_sha256"]
    assert privacy_of(None) is None
    with pytest.raises(ModelFileError, match="no such model file"):
        privacy_of(tmp_path / "none.synthgan")
    with pytest.raises(ModelFileError, match="found another mapping"):
        privacy_of({"epsilon": 1})


def test_the_same_report_gives_the_same_bytes(report, tmp_path):
    for name in ("one", "two"):
        report.to_html(tmp_path / f"{name}.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_a_notebook_shows_the_scores_and_no_page(report):
    shown = report._repr_html_()
    assert "<table>" in shown
    assert all(score.name in shown for score in report)
    assert not {"html", "head", "body", "style", "script"} & set(_Tags(shown).elements)


def test_figures_go_beside_the_page_and_never_over_it(report, tmp_path):
    assert json_beside("a/report.html").as_posix() == "a/report.json"
    with pytest.raises(DataError, match=r"must not be named \.json"):
        report.to_html(tmp_path / "report.json")


@pytest.mark.parametrize("broken", ["report.html", "report.json"])
def test_where_one_file_cannot_be_written_nothing_is_left(report, tmp_path, broken):
    (tmp_path / broken).mkdir()
    with pytest.raises(
        DataError, match=f"{broken} must be a file to write, however: found a folder; name a file in it"
    ):
        report.to_html(tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == [broken]
    with pytest.raises(DataError, match="there is no folder"):
        report.to_html(tmp_path / "nowhere" / "report.html")


def test_a_full_disk_leaves_what_stood_there(report, tmp_path, monkeypatch):
    from synthgan.errors import ResourceError
    from synthgan.io import atomic as module

    report.to_html(tmp_path / "report.html")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(ResourceError, match="the disk is full"):
        report.to_html(tmp_path / "report.html", internal=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_page_opens_with_the_verdict_and_whom_it_is_of(report, tmp_path):
    (tmp_path / "real.csv").write_text("age\n1\n")
    report = replace(
        report, made=Made.of(real=tmp_path / "real.csv", synthetic="postgresql://ann:s3cret@host/made", by="Ann")
    )
    page = _page(report)
    front = page[: page.index('class="appendix"')]
    assert hashlib.sha256(b"age\n1\n").hexdigest() in front
    assert "for <bdi>Ann</bdi>" in front
    assert "s3cret" not in page
    assert front.index('id="verdict"') < front.index('id="decision"') < front.index('id="headlines"')
    for one in report.verdict.findings:
        assert str(escape(one.sentence)) in front


def test_the_columns_that_are_furthest_off_come_first(column, report_of):
    page = _page(
        report_of(
            [column(name, "ab", [50, 50], error=off) for name, off in (("near", 0.01), ("far", 0.4), ("mid", 0.2))]
        )
    )
    places = [page.index(f'<figure class="card"><h3><bdi>{name}</bdi>') for name in ("far", "mid", "near")]
    assert places == sorted(places)


def test_no_two_lines_of_attacks_look_alike(report):
    many = tuple(replace(report.details.attacks[0], name=f"attack {at}") for at in range(17))
    drawn = released(replace(report, details=replace(report.details, attacks=many)))
    assert len({kind for kind, _, _ in _attack_curves(drawn)}) == 17


def test_what_is_missing_says_why_it_is_missing_here(column, report_of):
    """Nothing to go by is no want of rows: that a list is empty proves nothing about why."""
    page = _page(report_of([column("x", "ab", [50, 50])]))
    assert "The detector found no column to go by" in page
    assert "ten rows or more in each table" not in page
    short = Score("c2st_train", None, None, None, None, "maximize", "not computed: it needs ten rows, however: 4")
    assert "Not computed: it needs ten rows, however: 4." in _page(Report((short,)))


def test_the_ledger_stands_at_the_end_and_folded(report):
    page = render(released(report, privacy=LEDGER | {"private": True}) | {"privacy": _private()})
    assert page.index("Privacy ledger") > page.index('id="subgroups"') > page.index('id="scores"')
    assert '<details class="ledger"><summary>All 1 charges' in page


def _private():
    return privacy_of({"privacy": LEDGER, "tensors_sha256": "ab" * 32, "disclosures": []})
