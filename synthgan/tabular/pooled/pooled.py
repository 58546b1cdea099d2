"""The generator ``pooled``: chains of trees whose leaves hold probabilities, not the codes of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from synthgan.tabular.chains.chains import Chains
from synthgan.tabular.pooled.filling import Pooling

if TYPE_CHECKING:
    from synthgan.tabular.chains.grower import Filler


class Pooled(Chains):
    """Chains whose leaves are larger and hold pooled probabilities: more faithful on small tables, and far less telling.

    Its file still tells members from others: it is a teacher for ``Distilled``.

    Example:
        >>> from synthgan import Pooled, Synthesizer
        >>> Synthesizer(generator=Pooled(leaf_rows=50)).get_params()["generator__leaf_rows"]
        50
    """

    name = "pooled"
    keeps_rows = "the leaves of the trees tell which rows were learned from others"

    def __init__(
        self,
        *,
        chains: int = 16,
        chain_share: float = 0.8,
        leaf_rows: int = 10,
        level_leaf_rows: int = 20,
        rounds: int = 2,
    ) -> None:
        """Store the parameters."""
        super().__init__(chains=chains, chain_share=chain_share, leaf_rows=leaf_rows, rounds=rounds)
        self.level_leaf_rows = level_leaf_rows

    def coarser(self, rows: int) -> Self:  # noqa: ARG002
        """One whose leaves are twice as large."""
        larger = {name: 2 * getattr(self, name) for name in ("leaf_rows", "level_leaf_rows")}
        return type(self)(**self.get_params(deep=False) | larger)

    def _filler(self) -> Filler:
        """Probabilities."""
        return Pooling()
