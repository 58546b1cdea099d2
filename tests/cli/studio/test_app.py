"""What the page takes in, shows and hands out."""

import pytest

COLUMNS = [
    {"name": "age", "kind": "integer", "dtype": "int64"},
    {"name": "<script>alert(1)</script>", "kind": "category", "dtype": "str"},
    {"name": "mrn", "kind": "identifier", "dtype": "str"},
]
LOOKED = {"rows": 100, "schema": {"container": "pandas", "columns": COLUMNS}}


@pytest.fixture
def client(enter):
    return enter()


@pytest.fixture
def project(client, projects):
    (project,) = projects
    project.table, project.name, project.looked = project.file("table.csv"), "<b>visits</b>.csv", LOOKED
    return project


@pytest.fixture
def post(client, csrf):
    return lambda path, **fields: client.post(path, data={"csrf": csrf(client), **fields}, follow_redirects=False)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd", "table.csv"),
        ("a/b\\c.PARQUET", "table.parquet"),
        ("visits.csv.gz", "table.csv.gz"),
        ("<img src=x>.xlsx", "table.xlsx"),
        ("x." + "a" * 300, "table.csv"),
        ("x.c/../s", "table.csv"),
    ],
)
def test_of_the_name_of_a_file_only_its_ending_is_used(client, csrf, ordered, projects, name, kept):
    answer = client.post("/table", data={"csrf": csrf(client)}, files={"table": (name, b"a,b\n1,2\n")})
    assert answer.status_code == 200
    (project,) = projects
    assert [path.name for path in project.folder.iterdir()] == [kept]
    assert project.table.stat().st_mode & 0o777 == 0o600
    assert project.folder.stat().st_mode & 0o777 == 0o700
    assert ordered == [("look", {"table": str(project.table)})]


def test_no_file_is_refused_in_a_line(post, ordered):
    answer = post("/table")
    assert (answer.status_code, ordered) == (400, [])
    assert "Choose a file first" in answer.text


def test_names_and_cells_that_are_html_are_text(client, project):
    project.asked = {"schema": LOOKED["schema"], "drop": []}
    project.learned = {"rows": 70, "confidential": False}
    project.sampled = {"rows": 1, "seed": 3, "names": ["<i>a</i>"], "head": [["<script>alert(2)</script>"]]}
    finding = {"grade": "stop", "about": "copies", "sentence": "<u>x</u>", "remedy": "<u>y</u>"}
    project.judged = {"verdict": {"grade": "stop", "sentence": "<u>z</u>", "findings": [finding]}}
    page = client.get("/").text
    assert page.count("<script") == 1  # htmx, from this machine
    assert not any(tag in page for tag in ("<b>", "<i>", "<u>", "alert(1)</script>"))
    assert "&lt;script&gt;alert(1)" in page


def test_a_fit_is_asked_for_as_the_form_says(post, project, ordered):
    assert (
        post("/fit", **{"kind-1": "text", "kind-2": "leave out", "aside": "25", "generator": "chains"}).status_code
        == 303
    )
    ((work, order),) = ordered
    assert work == "fit"
    assert [column["kind"] for column in order["schema"]["columns"]] == ["integer", "text", "identifier"]
    assert (order["drop"], order["aside"], order["generator"], order["minutes"]) == (["mrn"], 0.25, "chains", None)


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/fit", {"kind-0": "nonsense"}, "must be of a kind in the list"),
        ("/fit", {f"kind-{index}": "leave out" for index in range(3)}, "Leave at least one column in"),
        ("/fit", {"aside": "60"}, "must lie between 0 and 50, however: found"),
        ("/fit", {"aside": "nan"}, "must lie between 0 and 50"),
        ("/fit", {"minutes": "soon"}, "Minutes must lie between 0.1 and 1440"),
        ("/fit", {"generator": "pickle"}, "must be one of default, chains"),
        ("/sample", {"n": "10"}, "Learn the table first"),
        ("/judge", {}, "Draw a sample first"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_line(post, project, ordered, path, fields, said):
    answer = post(path, **fields)
    assert (answer.status_code, ordered) == (400, [])
    assert said in answer.text
    assert 'role="alert"' in answer.text


def test_a_sample_and_its_verdict_are_asked_for(post, project, ordered):
    project.asked = {"schema": LOOKED["schema"], "drop": [], "table": "t", "aside": 0.3, "seed": 0, "model": "m"}
    project.learned = {"rows": 70, "confidential": False}
    post("/sample", n="12", where="age>=65\n\n sex=F ", seed="7")
    project.sampled = {"rows": 12, "seed": 7, "names": [], "head": []}
    post("/judge", target="1", attack="on")
    (_, sample), (_, judge) = ordered
    assert (sample["n"], sample["where"], sample["seed"]) == (12, ["age>=65", "sex=F"], 7)
    assert (judge["target"], judge["attack"], judge["kept"]) == (COLUMNS[1]["name"], True, [c["name"] for c in COLUMNS])
    assert post("/judge", target="2").status_code == 400  # an identifier is made anew: nothing to predict


def test_without_a_seed_each_sample_is_another(post, project, ordered):
    project.learned = {"rows": 70, "confidential": False}
    post("/sample", n="5")
    post("/sample", n="5")
    assert ordered[0][1]["seed"] != ordered[1][1]["seed"]


def test_a_new_fit_forgets_what_rests_on_the_old_one(post, project, ordered):
    project.asked = {"schema": LOOKED["schema"], "drop": []}
    project.learned = {"rows": 70, "confidential": False}
    project.sampled = {"rows": 1, "seed": 3, "names": [], "head": []}
    project.judged = {"verdict": {"grade": "fine", "sentence": "", "findings": []}}
    for name in ("model.synthgan", "synthetic.csv.zip", "report.html"):
        project.file(name).write_text("old")
    post("/fit")
    assert (project.learned, project.sampled, project.judged) == (None, None, None)
    assert not list(project.folder.iterdir())


@pytest.mark.parametrize(
    "name", ["table.csv", "%2e%2e/table.csv", "%2e%2e%2ftable.csv", "report.json", "model.synthgan/"]
)
def test_only_what_was_made_is_handed_out(client, project, name):
    project.file("table.csv").write_text("real rows")
    answer = client.get(f"/made/{name}")
    assert answer.status_code == 404
    assert "real rows" not in answer.text


def test_the_report_is_shown_without_scripts_and_kept_as_a_file(client, project):
    project.file("report.html").write_text("<p>aggregates")
    shown, kept = client.get("/made/report.html"), client.get("/made/report.html?keep")
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "attachment" in kept.headers["content-disposition"]


def test_two_users_see_nothing_of_each_other(enter, project):
    project.file("model.synthgan").write_text("mine")
    other = enter()
    assert "visits" not in other.get("/").text
    assert other.get("/made/model.synthgan").status_code == 404
