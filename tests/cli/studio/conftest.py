"""A studio without a server: requests go straight to the application."""

import re

import pytest

pytest.importorskip("starlette")
pytest.importorskip("python_multipart")
pytest.importorskip("httpx2")

PORT, TOKEN = 8765, "a-token"
BASE = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def projects(tmp_path, monkeypatch):
    from synthgan_cli.studio import projects

    monkeypatch.setattr(projects.tempfile, "tempdir", str(tmp_path))
    made = projects.Projects()
    yield made
    made.close()


@pytest.fixture
def app(projects):
    from synthgan_cli.studio.app import create_app

    return create_app(projects, token=TOKEN, port=PORT)


@pytest.fixture
def enter(app):
    """Gives a browser that has come in by the address of the terminal; each is another user."""
    from starlette.testclient import TestClient

    def browser():
        client = TestClient(app, base_url=BASE, headers={"origin": BASE})
        client.get(f"/?token={TOKEN}")
        return client

    return browser


@pytest.fixture
def ordered(monkeypatch):
    """The orders that would go to workers; nothing is done."""
    from synthgan_cli.studio.jobs import Job

    orders = []

    def ordered(job, order, folder, done):
        orders.append((job.work, order))
        job.running = False

    monkeypatch.setattr(Job, "start", ordered)
    return orders


@pytest.fixture
def csrf():
    return lambda client: re.search(r'name="csrf" value="([^"]+)"', client.get("/").text)[1]
