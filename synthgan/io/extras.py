"""Imports packages that only some formats need, and says how to install one that is not there."""

from __future__ import annotations

import importlib
from typing import Any

from synthgan.errors import DataError


def required(package: str, extra: str) -> Any:
    """Gives a package that reads or writes a format.

    Raises:
        DataError: it is not installed; the message says how to.
    """
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise DataError(
            f"files of this format need the package {package}, however: it is not installed; pip install 'synthgan[{extra}]'"
        ) from error
