"""The studio in a real browser: by keyboard alone, on a phone, with nothing asked for elsewhere."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

BROWSER = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LONG = 120_000  # ms, on a busy machine

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium: apt-get install chromium, or name one in CHROMIUM"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A studio, ended by a polite kill; nothing that was brought may be left."""
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "synthgan_cli", "studio", "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(home)},
    )
    yield process.stdout.readline().strip()
    brought = list(home.glob("synthgan-studio-*/*/table*"))
    process.send_signal(signal.SIGINT)
    out, messages = process.communicate(timeout=30)
    assert brought
    assert process.returncode == 0
    assert not list(home.iterdir())
    assert "token" not in out + messages


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    rng = np.random.default_rng(0)
    age = rng.integers(20, 90, 400)
    frame = pd.DataFrame(
        {"age": age, "<b>sex</b>": rng.choice(["F", "M"], 400), "sbp": (100 + age / 2 + rng.normal(0, 9, 400)).round()}
    )
    path = tmp_path_factory.mktemp("table") / "visits.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture
def page(browser, address):
    """A user of his own, on a phone; fails where anything is asked for elsewhere, or the page complains."""
    seen, complaints = [], []
    context = browser.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.on("request", lambda request: seen.append(request.url))
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in {"error", "warning"} else None
    )
    page.on("filechooser", lambda _: None)  # from now on the browser hands choosers to the test, before the first key
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    yield page
    own = address.split("?")[0]
    assert [url for url in seen if not url.startswith((own, "data:"))] == []
    assert complaints == []
    context.close()


def tab_to(page, selector):
    """Moves on by the tabulator until an element has the focus, as somebody without a mouse does."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def check(page):
    """Nothing is wider than the phone, and axe finds no fault."""
    from axe_playwright_python.sync_playwright import Axe

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]})
    assert found.response["violations"] == []


def bring(page, path):
    tab_to(page, "#table")
    with page.expect_file_chooser(timeout=LONG) as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(path)
    tab_to(page, "form.drop button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#learn", timeout=LONG)


def send(page, form, wait_for):
    tab_to(page, f"form[action='{form}'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector(wait_for, timeout=LONG)


def test_from_a_table_to_the_verdict_by_keyboard_alone(page, table):
    check(page)
    bring(page, table)
    assert "400 rows, 3 columns" in page.inner_text("main")
    assert "<b>sex</b>" in page.inner_text("main")
    check(page)
    tab_to(page, "#generator")
    page.keyboard.press("ArrowDown")
    send(page, "/fit", "#draw")
    check(page)
    tab_to(page, "#where")
    page.keyboard.type("age>=30")
    send(page, "/sample", "text=The first of")
    ages = page.eval_on_selector_all(
        "#draw ~ .scroll tbody tr td:first-child", "cells => cells.map(cell => +cell.innerText)"
    )
    assert len(ages) == 10
    assert min(ages) >= 30
    check(page)
    with page.expect_download(timeout=LONG) as kept:
        tab_to(page, "a[href='/made/synthetic.csv.zip']")
        page.keyboard.press("Enter")
    assert sorted(zipfile.ZipFile(kept.value.path()).namelist()) == ["synthetic.csv", "synthetic.csv.synthetic.json"]
    send(page, "/judge", ".verdict")
    check(page)
    assert page.inner_text(".verdict h3") in {"Stop", "Look", "No alarm"}
    with page.expect_popup() as popup:
        tab_to(page, "a[href='/made/report.html']")
        page.keyboard.press("Enter")
    popup.value.wait_for_load_state()
    assert "synth" in popup.value.content().lower()


def test_a_killed_browser_finds_its_fit_again(browser, page, address, table):
    bring(page, table)
    tab_to(page, "form[action='/fit'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action='/stop']")
    state = page.context.storage_state()
    page.close()
    context = browser.new_context(storage_state=state)
    again = context.new_page()
    again.goto(address.split("?")[0])
    again.wait_for_selector("#draw", timeout=LONG)  # the fit went on, and the page shows what it came to
    context.close()


def test_a_wrong_condition_is_said_in_a_line_and_work_can_be_stopped(page, table):
    bring(page, table)
    tab_to(page, "form[action='/fit'] button")
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action='/stop']")
    tab_to(page, "form[action='/stop'] button")
    page.wait_for_timeout(2500)  # the progress is told anew each second, and must not take the focus away
    assert page.evaluate("document.activeElement.innerText") == "Stop"
    check(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("text=stopped, as you asked", timeout=LONG)
    tab_to(page, "#generator")
    page.keyboard.press("ArrowDown")
    send(page, "/fit", "#draw")
    tab_to(page, "#where")
    page.keyboard.type("weight>3")
    send(page, "/sample", "[role=alert]")
    assert re.search(r"weight", page.inner_text("[role=alert]"))
    check(page)


def test_fifty_megabytes_are_looked_at(page, tmp_path):
    rows = 1_000_000
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(rows, 2)).round(12)
    path = tmp_path / "large.csv"
    pd.DataFrame(
        {"a": numbers[:, 0], "b": numbers[:, 1], "c": rng.integers(0, 10**12, rows), "d": rng.integers(0, 10**6, rows)}
    ).to_csv(path, index=False)
    assert path.stat().st_size > 50_000_000
    bring(page, path)
    assert "1,000,000 rows, 4 columns" in page.inner_text("main")
