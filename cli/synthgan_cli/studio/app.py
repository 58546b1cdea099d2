"""The pages of the studio: bring a table, correct what it is taken to be, learn it, sample it, read the verdict."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.middleware import Middleware
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from synthgan_cli.studio.forms import Refused, fit_order, judge_order, sample_order
from synthgan_cli.studio.guard import Guard, TooLargeError
from synthgan_cli.studio.pages import page, progress
from synthgan_cli.studio.projects import MADE, Projects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from synthgan_cli.studio.projects import Project

    Endpoint = Callable[[Request], Awaitable[Response]]

_HERE: Final = Path(__file__).parent
_ENDINGS: Final = re.compile(r"(\.[A-Za-z0-9]{1,10}){1,2}$")
_REPORT: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'"


def create_app(projects: Projects, *, token: str, port: int) -> Starlette:
    """The studio as an ASGI application.

    Args:
        projects: where what users bring is kept; closed with the application.
        token: what lets a browser in.
        port: where it listens.
    """

    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            projects.close()

    routes = [
        Route("/", home),
        Route("/progress", tell_progress),
        Route("/table", bring, methods=["POST"]),
        Route("/fit", begins("fit", fit_order), methods=["POST"]),
        Route("/sample", begins("sample", sample_order), methods=["POST"]),
        Route("/judge", begins("judge", judge_order), methods=["POST"]),
        Route("/stop", stop, methods=["POST"]),
        Route("/made/{name}", made),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
    ]
    middleware = [Middleware(Guard, projects=projects, token=token, port=port)]
    handlers: Any = {Refused: _refused, TooLargeError: _too_large}
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers, lifespan=life)


async def home(request: Request) -> Response:
    """The page, as far as the user has come."""
    return HTMLResponse(page(_project(request)))


async def tell_progress(request: Request) -> Response:
    """How far the work has come; once it has ended, the whole page is asked for anew."""
    project = _project(request)
    return HTMLResponse(progress(project)) if project.busy else HTMLResponse("", headers={"HX-Refresh": "true"})


async def bring(request: Request) -> Response:
    """Take a table in and look at it."""
    project = _project(request)
    async with request.form(max_files=1, max_fields=2) as form:
        _check(project, form.get("csrf"))
        brought = form.get("table")
        if not isinstance(brought, UploadFile) or not brought.filename:
            raise Refused("Choose a file first: a table as CSV, Parquet, Excel or another format that synthgan reads.")
        ending = _ENDINGS.search(brought.filename)
        name = (
            f"table{ending[0].lower() if ending else '.csv'}"  # of what the user calls it only the ending names a file
        )
        project.forget(since="look")  # before the table under it changes
        if project.table is not None:
            project.table.unlink(missing_ok=True)
        project.table, project.name = project.file(name), brought.filename
        await run_in_threadpool(_keep, brought, project.table)
    project.start("look", {"table": str(project.table)})
    return RedirectResponse("/", 303)


def begins(work: str, order_of: Callable[[Project, Mapping[str, str]], dict[str, Any]]) -> Endpoint:
    """The answer to a form that asks for some work."""

    async def begin(request: Request) -> Response:
        project, form = await _form(request)
        order = order_of(project, form)
        project.start(work, order)
        if work == "fit":
            project.asked = order
        return RedirectResponse("/", 303)

    return begin


async def stop(request: Request) -> Response:
    """End what goes on."""
    project = _project(request)
    async with request.form() as form:
        _check_csrf(project, form.get("csrf"))
    if project.job is not None:
        await run_in_threadpool(project.job.stop, "stopped, as you asked")
    return RedirectResponse("/", 303)


async def made(request: Request) -> Response:
    """A file that was made: to be kept, or the report to be read."""
    name = request.path_params["name"]
    path = _project(request).file(name)
    if name not in MADE or not path.is_file():
        return PlainTextResponse("There is no such file yet.", 404)
    if name == "report.html" and "keep" not in request.query_params:
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": _REPORT})
    return FileResponse(path, media_type=MADE[name], filename=name)


async def _form(request: Request) -> tuple[Project, dict[str, str]]:
    project = _project(request)
    async with request.form() as form:
        _check(project, form.get("csrf"))
        return project, {name: value for name, value in form.items() if isinstance(value, str)}


def _project(request: Request) -> Project:
    return request.scope["project"]


def _check(project: Project, csrf: object) -> None:
    _check_csrf(project, csrf)
    if project.busy:
        raise Refused("Something is being done already: wait for it, or stop it.")


def _check_csrf(project: Project, csrf: object) -> None:
    if csrf != project.csrf:
        raise Refused("This form is of an earlier page: send it once more.")


def _keep(brought: UploadFile, path: Path) -> None:
    """Copy a file brought to where its owner alone may read it."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as target:  # noqa: PTH123
        shutil.copyfileobj(brought.file, target, 2**20)


async def _refused(request: Request, refusal: Exception) -> Response:
    """The page again, with what was wrong on top."""
    return HTMLResponse(page(_project(request), problem=str(refusal)), 400)


async def _too_large(request: Request, _: Exception) -> Response:
    problem = "The file is larger than the studio takes. Learn it with `synthgan fit`."
    return HTMLResponse(page(_project(request), problem=problem), 413)
