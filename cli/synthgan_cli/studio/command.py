"""The command that opens the studio."""

from __future__ import annotations

import secrets
import socket
import tempfile
import webbrowser
from typing import TYPE_CHECKING, Annotated

import typer

from synthgan import ConfigError

if TYPE_CHECKING:
    from synthgan_cli.console import Screen

_HOST = "127.0.0.1"


def studio(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where the page is served, on this machine alone. 0: any free port.")
    ] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
) -> None:
    """Do it all on a page in the browser: bring a table, learn it, sample it, read the verdict.

    The page is served to this machine alone. What is brought to it stays in a folder of your own, and is deleted at the end.

    For example:

    [bold]synthgan studio[/]

    [bold]synthgan studio --port 8765 --no-browser[/]
    """
    from synthgan_cli.console import Screen

    try:
        import python_multipart  # noqa: F401 (starlette needs it for forms, and says so only when one comes)
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"the studio needs the package {error.name}, however: it is not installed; pip install 'synthgan[studio]'"
        ) from error
    serve(Screen(), port, browser=browser)


def serve(screen: Screen, port: int, *, browser: bool) -> None:
    """Serve the studio until Ctrl-C; then everything that was brought and made is deleted.

    Raises:
        ConfigError: the port is taken.
    """
    import uvicorn

    from synthgan_cli.studio.app import create_app
    from synthgan_cli.studio.projects import Projects

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"--port must be a free port, however: {port} is taken ({error.strerror}); leave it out to take any"
        ) from error
    port = listener.getsockname()[1]
    token, projects = secrets.token_urlsafe(32), Projects()
    tempfile.tempdir = str(projects.folder)  # what is being sent waits there, too
    app = create_app(projects, token=token, port=port)
    address = f"http://{_HOST}:{port}/?token={token}"
    screen.say("The studio is open; whoever has this address may use it:")
    typer.echo(address)
    screen.say("It serves this machine alone. Ctrl-C ends it, and deletes what was brought and made.")
    screen.flush()
    if browser:
        webbrowser.open(address)
    # No access log: the first address that is asked for holds the token.
    config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False, lifespan="on")
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except KeyboardInterrupt:
        pass  # how a studio ends
    finally:
        projects.close()
        listener.close()
        tempfile.tempdir = None
