"""Watches what a private fit draws, and holds it against what its ledger charges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest import mock

from benchmarks.attacks.bounds import Finding
from synthgan.privacy import curator

if TYPE_CHECKING:
    from collections.abc import Callable

EPSILON = 4.0


def charged_as_drawn(check: str, fit: Callable[[], Any]) -> Finding:
    """Whether of a whole fit each draw has a charge of its size and order, and they come to no more than ``EPSILON``.

    Args:
        check: what was to hold.
        fit: fits a model under that epsilon.
    """
    drawn: list[float] = []

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *words: drawn.append(words[1]) or real(*words)

    with mock.patch.multiple(
        curator,
        whole_normal=watched(curator.whole_normal),
        weighted_choices=watched(curator.weighted_choices),
    ):
        ledger = fit().manifest()["privacy"]
    charged = [charge["sigma"] or charge["steps"] for charge in ledger["charges"]]
    holds = drawn == charged and ledger["epsilon"] <= EPSILON
    return Finding(check, holds, f"{len(drawn)} answers, {len(charged)} charges, epsilon {ledger['epsilon']:.4f}")
