"""Guards the studio: who may speak to it, from where, and how much he may send.

A page on the web can make a browser send requests to 127.0.0.1 (CSRF), and can have its own name point there (DNS rebinding).
So the ``Host`` must be ours, a cookie stands for the token that only the terminal showed, and what changes anything must come
from our own page.
"""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from synthgan_cli.studio.projects import Projects

MAX_UPLOAD: Final = 2**30  # bytes; larger tables are learned by `synthgan fit`
_SMALL: Final = 2**20  # bytes of a form without a file
OWN: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": OWN,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # under "no-referrer" a form's origin is "null", even to its own page
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_SAFE: Final = {"GET", "HEAD"}
_OPEN: Final = "Open the address that `synthgan studio` shows in the terminal."


class TooLargeError(Exception):
    """More was sent than may be."""


class Guard:
    """Lets through what comes from the user's own page, and hardens every answer.

    Args:
        app: the studio.
        projects: whom cookies belong to.
        token: what the address in the terminal ends on.
        port: where the studio listens; browsers send cookies to every port of a host, so the cookie is named by it.
    """

    def __init__(self, app: ASGIApp, *, projects: Projects, token: str, port: int) -> None:
        self._app, self._projects, self._token = app, projects, token
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._cookie = f"synthgan_studio_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        hardened = _hardened(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, hardened)
            return
        await self._app(scope, _limited(receive, _limit(scope)), hardened)

    def _refusal(self, scope: Scope) -> Response | None:
        """What to answer in the place of the page; None where the request may pass."""
        headers = Headers(scope=scope)
        if headers.get("host") not in self._hosts:
            return PlainTextResponse("This address is not the studio's.", 421)
        if scope["method"] not in _SAFE:
            origin, fetched = headers.get("origin", ""), headers.get("sec-fetch-site", "same-origin")
            if origin.removeprefix("http://") not in self._hosts or fetched != "same-origin":
                return PlainTextResponse("Only the studio's own page may ask for this.", 403)
        if scope["path"].startswith("/static/"):
            return None
        project = self._projects.find(_cookie(headers, self._cookie))
        if project is None:
            return self._entry(scope)
        scope["project"] = project
        if scope["path"] == "/" and b"token=" in scope["query_string"]:
            return RedirectResponse("/", 303)  # the token leaves the address line
        limit, length = _limit(scope), headers.get("content-length", "0")
        if not length.isdigit() or int(length) > limit:
            return PlainTextResponse(
                f"At most {limit >> 20} MB can be sent; learn larger tables with `synthgan fit`.", 413
            )
        return None

    def _entry(self, scope: Scope) -> Response:
        """Begin a project for whoever brings the token."""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        if scope["path"] != "/" or not secrets.compare_digest(given.encode(), self._token.encode()):
            return PlainTextResponse(_OPEN, 403)
        cookie = self._projects.open()
        if cookie is None:
            return PlainTextResponse("The studio has too many users at once; end it and start it again.", 503)
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, cookie, httponly=True, samesite="strict", path="/")
        return answer


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return None if found is None else found.value


def _limit(scope: Scope) -> int:
    """How many bytes a request may bring."""
    return MAX_UPLOAD if scope["path"] == "/table" else _SMALL


def _limited(receive: Receive, limit: int) -> Receive:
    """Receive no more than that many bytes, whatever the length was said to be."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLargeError
        return message

    return limited


def _hardened(send: Send) -> Send:
    """Send with the headers that keep other pages out; what a page sets itself stays."""

    async def hardened(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return hardened
