"""In a real browser: nothing is fetched, nothing overflows a phone, the keyboard reaches everything, axe finds no fault."""

import os
import re
import shutil

import pytest

from synthgan.report.writing import write

BROWSER = (
    os.environ.get("CHROMIUM")
    or shutil.which("chromium")
    or shutil.which("chromium-browser")
    or shutil.which("google-chrome")
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"phone": {"width": 360, "height": 780}, "desktop": {"width": 1280, "height": 900}}

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium, or name one in CHROMIUM"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=["flat_report", "linked_report"], ids=["one table", "linked tables"])
def report(request):
    """Each page in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def opened(browser, report, tmp_path):
    """Opens the page of the made-up report; fails where it asks for anything or complains."""
    manifest = {"privacy": None, "tensors_sha256": "ab" * 32, "disclosures": []}
    write(report, tmp_path / "report.html", model=manifest)
    address, seen, complaints, pages = (tmp_path / "report.html").as_uri(), [], [], []

    def open_page(size, scheme):
        page = browser.new_page(viewport=SIZES[size], color_scheme=scheme, bypass_csp=False)
        pages.append(page)
        page.on("request", lambda request: seen.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    assert set(seen) == {address}
    assert complaints == []
    for page in pages:
        page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits_and_is_drawn(opened, size, scheme):
    page = opened(size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size]["width"]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(250, 249, 246)" if scheme == "light" else "rgb(20, 23, 28)")
    bars = page.locator(".real.bar, svg.chart rect.real").first.bounding_box()
    assert bars["width"] > 5
    assert page.locator("svg.chart").count() > 8
    for chart in page.locator("svg.chart").all():
        box = chart.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= SIZES[size]["width"]


def test_no_text_of_a_picture_leaves_it(browser, column, report_of, tmp_path):
    names = [f"a column of a rather long name {at}" for at in range(4)]
    labels = [f"a level whose name is longer than a phone is wide, number {at}" for at in range(5)]
    write(report_of([column(name, labels, [50] * 5) for name in names]), tmp_path / "report.html")
    page = browser.new_page(viewport=SIZES["phone"])
    page.goto((tmp_path / "report.html").as_uri())
    beyond = page.evaluate(
        """[...document.querySelectorAll('svg.chart')].flatMap(chart => {
             const around = chart.getBoundingClientRect();
             return [...chart.querySelectorAll('text')].filter(text => {
               const box = text.getBoundingClientRect();
               return box.left < around.left - 1 || box.right > around.right + 1 || box.bottom > around.bottom + 1;
             }).map(text => text.textContent);
           })"""
    )
    assert beyond == []
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES["phone"]["width"]
    page.close()


def test_the_keyboard_reaches_every_link_table_and_summary(opened):
    page = opened("desktop", "light")
    page.bring_to_front()
    page.wait_for_function("document.hasFocus()")  # a key that comes before goes nowhere
    wanted = page.locator("a, summary, [tabindex='0']:not(details:not([open]) [tabindex='0'])").count()
    reached = []
    for _ in range(wanted + 1):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.textContent.trim().slice(0, 60)")
        if page.evaluate("document.activeElement === document.body"):
            break
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", name
        reached.append(name)
    assert len(reached) == wanted
    assert reached[0] == "Skip to the findings"
    assert page.locator("details[open]").count() == 0
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("details[open]")
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/*#main")  # the browser goes there after the key has been taken


AA = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.mark.parametrize(("scheme", "rules"), [("light", AA), ("dark", ["color-contrast"])])
def test_axe_finds_no_fault(browser, report, tmp_path, scheme, rules):
    from axe_playwright_python.sync_playwright import Axe

    write(report, tmp_path / "report.html", internal=True)
    # axe is put into the page, which its policy would refuse; the page itself is the same.
    context = browser.new_context(viewport=SIZES["phone"], color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page, options={"runOnly": rules})
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found.response["violations"]] == []
    assert len(found.response["passes"]) >= (15 if rules == AA else 1)
    context.close()


def test_it_prints(browser, report, tmp_path):
    write(report, tmp_path / "report.html")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    page.close()


def test_what_is_signed_prints_on_two_sides_before_the_appendix(opened):
    page = opened("desktop", "light")
    for part in (".appendix", "footer"):
        page.evaluate(f"document.querySelector('{part}').remove()")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) <= 2
    assert page.locator(".sign").count() == 1
