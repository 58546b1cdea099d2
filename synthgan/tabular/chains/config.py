"""The parameters of chains, as a frozen value that checks itself at birth."""

from __future__ import annotations

from dataclasses import dataclass

from synthgan.checks import require, require_number, require_whole


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainConfig:
    """How many chains there are, how they are grown, and their rounds against boosted critics.

    Attributes:
        chains: how many chains there are, each with an order of the columns of its own.
        chain_share: share of the rows that a tree is grown on; its leaves are filled with all of them.
        leaf_rows: no leaf is shaped by fewer rows; None takes one in a thousand, 20 at most and 5 at least.
        level_leaf_rows: the same where the column drawn is one of levels; None takes ``leaf_rows``.
        rounds: critics that the chains play against at most; 0 means none.
        grown_rows: rows that a tree is grown on at most.
        feature_share: share of the features that each split may choose from, drawn anew for every one.
    """

    chains: int = 16
    chain_share: float = 0.8
    leaf_rows: int | None = None
    level_leaf_rows: int | None = None
    rounds: int = 2
    grown_rows: int = 50_000
    feature_share: float = 1.0

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        require_whole(self, chains=1, rounds=0, grown_rows=2)
        for name in ("leaf_rows", "level_leaf_rows"):
            if getattr(self, name) is not None:
                require_whole(self, **{name: 1})
        for name in ("chain_share", "feature_share"):
            share = getattr(self, name)
            require_number(self, **{name: 0.0})
            require(0 < share <= 1, name, "a share between 0 and 1, above 0", share)
