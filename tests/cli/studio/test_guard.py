"""Nobody but the user's own page may speak to the studio."""

import pytest
from starlette.testclient import TestClient

from synthgan_cli.studio import guard

PORT, TOKEN = 8765, "a-token"
BASE = f"http://127.0.0.1:{PORT}"

PATHS = ["/", "/progress", "/made/model.synthgan", "/static/../app.py"]


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_shown(app, path):
    answer = TestClient(app, base_url=BASE).get(path)
    assert answer.status_code in {403, 404}
    assert "csrf" not in answer.text


@pytest.mark.parametrize("token", ["", "a-toke", "a-token2", "ä", "%00"])
def test_a_wrong_token_lets_nobody_in(app, projects, token):
    assert TestClient(app, base_url=BASE).get(f"/?token={token}").status_code == 403
    assert not list(projects)


def test_the_token_leaves_the_address_and_the_cookie_is_out_of_reach(app):
    answer = TestClient(app, base_url=BASE, follow_redirects=False).get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert TOKEN not in cookie
    assert all(word in cookie for word in ("httponly", "samesite=strict", f"synthgan_studio_{PORT}"))


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", "127.0.0.1", ""])
def test_another_name_for_this_machine_is_refused(enter, host):
    """DNS rebinding: a page of evil.example has its own name point to 127.0.0.1."""
    client = enter()
    assert client.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:1"]
)
@pytest.mark.parametrize("path", ["/table", "/fit", "/sample", "/judge", "/stop"])
def test_another_page_cannot_make_the_browser_act(enter, csrf, ordered, origin, path):
    client = enter()
    answer = client.post(path, data={"csrf": csrf(client)}, headers={"origin": origin})
    assert (answer.status_code, ordered) == (403, [])


def test_a_frame_of_another_site_cannot_act(enter, csrf, ordered):
    client = enter()
    answer = client.post("/fit", data={"csrf": csrf(client)}, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, ordered) == (403, [])


@pytest.mark.parametrize("path", ["/table", "/fit", "/sample", "/judge", "/stop"])
def test_a_form_needs_the_mark_of_its_own_user(enter, csrf, ordered, path):
    client, other = enter(), enter()
    for mark in (csrf(other), "", None):
        answer = client.post(path, data={} if mark is None else {"csrf": mark})
        assert (answer.status_code, ordered) == (400, [])


def test_every_answer_forbids_scripts_frames_and_caches(enter):
    client = enter()
    for path in ("/", "/progress", "/static/studio.css", "/nothing", "/made/report.html"):
        headers = client.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "same-origin"


def test_an_upload_that_says_it_is_huge_is_refused_unread(enter, csrf, ordered, monkeypatch):
    monkeypatch.setattr(guard, "MAX_UPLOAD", 2**20)
    client = enter()
    answer = client.post("/table", data={"csrf": csrf(client)}, files={"table": ("a.csv", b"x" * (2**20 + 1))})
    assert (answer.status_code, ordered) == (413, [])
    assert "synthgan fit" in answer.text


def test_an_upload_that_hides_its_size_is_cut_off(enter, csrf, ordered, projects, monkeypatch):
    monkeypatch.setattr(guard, "MAX_UPLOAD", 2**20)
    client = enter()
    head = f'--b\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf(client)}\r\n'
    head += '--b\r\nContent-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\n'

    def parts():
        yield head.encode()
        for _ in range(40):
            yield b"x" * 2**16
        yield b"\r\n--b--\r\n"

    answer = client.post("/table", content=parts(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, ordered) == (413, [])
    (project,) = projects
    assert not list(project.folder.iterdir())


def test_too_many_users_are_turned_away(enter, app):
    from synthgan_cli.studio.projects import MAX_PROJECTS

    for _ in range(MAX_PROJECTS):
        enter()
    assert TestClient(app, base_url=BASE).get(f"/?token={TOKEN}").status_code == 503
