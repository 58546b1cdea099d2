"""Walks of few and shallow chains, so that a fit of linked rows takes seconds."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest import mock

from synthgan.relational import fitting as databases
from synthgan.relational import learning
from synthgan.relational.branch import BranchConfig

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def small_walks() -> Iterator[None]:
    """Fits of groups and of databases take two chains and one round, whatever they would take."""
    small = BranchConfig(chains=2, rounds=1)
    with (
        mock.patch.object(learning, "BranchConfig", return_value=small),
        mock.patch.object(databases, "BranchConfig", return_value=small),
    ):
        yield
