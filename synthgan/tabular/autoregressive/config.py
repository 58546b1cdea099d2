"""The parameters of any-order networks, as a frozen value that checks itself at birth."""

from __future__ import annotations

from dataclasses import dataclass

from synthgan.checks import require, require_number, require_whole

_MIN_UPDATES, _MAX_UPDATES = 1_000, 8_000


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoregressiveConfig:
    """How many networks there are, how large they are, how they learn, and their rounds against boosted critics.

    Attributes:
        networks: how many there are; each sets some rows of its own aside, which say when it has learned enough.
        width: units of each hidden layer.
        depth: residual blocks, of two layers each.
        dropout: share of the units that a training step leaves out.
        weight_decay: by which weights shrink in each step, as a share of the learning rate.
        updates: training steps of a network at most; None takes a quarter of the rows, 1,000 at least and 8,000 at most.
        update_rows: rows of one training step.
        waits: looks at the rows aside, one after the other without a gain, that end the training of a network.
        critics: boosted critics that the networks play against at most; 0 means none.
    """

    networks: int = 2
    width: int = 192
    depth: int = 1
    dropout: float = 0.1
    weight_decay: float = 0.05
    updates: int | None = None
    update_rows: int = 128
    waits: int = 8
    critics: int = 2

    def __post_init__(self) -> None:
        """Check every field.

        Raises:
            ConfigError: if a field has a value that cannot be used.
        """
        require_whole(self, networks=1, width=1, depth=0, update_rows=1, waits=1, critics=0)
        if self.updates is not None:
            require_whole(self, updates=1)
        require_number(self, dropout=0.0, weight_decay=0.0)
        require(self.dropout < 1, "dropout", "a share between 0 and 1, below 1", self.dropout)

    def steps(self, rows: int) -> int:
        """Training steps of a network on so many rows, at most."""
        return min(max(rows // 4, _MIN_UPDATES), _MAX_UPDATES) if self.updates is None else self.updates
