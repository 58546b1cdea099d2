"""The command that opens the studio."""

import socket
import sys

import pytest

from synthgan_cli.studio import command


def test_a_taken_port_is_refused_in_a_line():
    from synthgan import ConfigError
    from synthgan_cli.console import Screen

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ConfigError, match="--port must be a free port, however"):
            command.serve(Screen(), taken.getsockname()[1], browser=False)


def test_without_its_packages_the_remedy_is_named(monkeypatch):
    from synthgan import ConfigError

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ConfigError, match=r"pip install 'synthgan\[studio\]'"):
        command.studio(port=0, browser=False)
