"""What a run stands on: devices, named and seeded random streams, and steps that an interrupt cannot tear."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from synthgan.errors import ConfigError
from synthgan.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import FrameType

    import torch

T = TypeVar("T")
_DEVICES = ("auto", "cpu", "cuda", "mps")
_INTERRUPTS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def resolve_device(name: str) -> torch.device:
    """The torch device for ``"auto"`` (a GPU where there is one), ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.

    Raises:
        ConfigError: if no such device exists on this machine.
    """
    import torch

    if name == "auto":
        own = os.environ.get(
            "LOCAL_RANK"
        )  # of processes that torchrun began on this machine: each has a GPU of its own
        name = "cpu" if not torch.cuda.is_available() else "cuda" if own is None else f"cuda:{own}"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(
            f"device must be auto, cpu or a GPU of this machine, however: device={name!r}",
            remedy="" if str(name).partition(":")[0] in _DEVICES else did_you_mean(name, _DEVICES),
            parameter="device",
        ) from error
    return device


@dataclass(frozen=True)
class Streams:
    """Independent random streams, each named, all derived from one seed.

    A stream is addressed by its name and an index (a step, a chunk), so a run that is interrupted and resumed draws
    what an uninterrupted one would have drawn, and no generator state has to be kept.

    Example:
        >>> Streams(0).numpy("rows", 3).random() == Streams(0).numpy("rows", 3).random()
        True
        >>> Streams(0).numpy("rows", 3).random() == Streams(0).numpy("noise", 3).random()
        False
    """

    seed: int

    def __post_init__(self) -> None:
        """Check the seed.

        Raises:
            ConfigError: if the seed is not a whole number of at least 0.
        """
        if isinstance(self.seed, bool) or not isinstance(self.seed, (int, np.integer)) or self.seed < 0:
            raise ConfigError(
                f"seed must be a whole number of at least 0, however: seed={self.seed!r}", parameter="seed"
            )

    def below(self, name: str, index: int = 0) -> Streams:
        """Streams of their own for what happens in ``name`` at ``index``."""
        return Streams(self.key(name, index))

    def key(self, name: str, index: int = 0) -> int:
        """A 63-bit key for the stream ``name`` at ``index``."""
        digest = hashlib.sha256(f"{int(self.seed)}/{name}/{index}".encode()).digest()
        return int.from_bytes(digest[:8], "little") >> 1

    def numpy(self, name: str, index: int = 0) -> np.random.Generator:
        """A fresh NumPy generator for the stream."""
        return np.random.default_rng(self.key(name, index))

    def torch(self, name: str, index: int = 0, device: torch.device | str = "cpu") -> torch.Generator:
        """A fresh torch generator for the stream on the device."""
        import torch

        return torch.Generator(device=device).manual_seed(self.key(name, index))


@contextmanager
def initial_weights(streams: Streams) -> Iterator[None]:
    """Draw initial weights from a named stream: torch's modules only know the global one, so it is borrowed and given back."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(streams.key("initial weights"))
        yield


@contextmanager
def deferred_interrupts() -> Iterator[None]:
    """Hold interrupts (Ctrl-C, a polite kill, a closed terminal) back until the block is done.

    What is half-changed in memory when an interrupt strikes could not be kept. Does nothing outside the main thread,
    where Python delivers no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[tuple[int, FrameType | None]] = []
    handlers = {number: signal.getsignal(number) for number in _INTERRUPTS}
    deferred = [number for number, handler in handlers.items() if callable(handler)]
    for number in deferred:
        signal.signal(number, lambda *received: waiting.append(received))
    try:
        yield
    finally:
        for number in deferred:
            signal.signal(number, handlers[number])
    for number, frame in waiting:
        handlers[number](number, frame)  # type: ignore[operator,misc]


def whole_steps(steps: Iterator[T]) -> Iterator[T]:
    """The same steps, each of which is either not begun or done when an interrupt is seen."""
    while True:
        with deferred_interrupts():
            step = next(steps, None)
        if step is None:
            return
        yield step


def put_below(parts: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    """What several parts hold in one dictionary, each name after that of its part and ``/``."""
    return {f"{part}/{name}": tensor for part, held in parts.items() for name, tensor in held.items()}


def below(tensors: dict[str, T], name: str) -> dict[str, T]:
    """Those whose names start with ``name/``, without that start."""
    start = f"{name}/"
    return {key[len(start) :]: tensor for key, tensor in tensors.items() if key.startswith(start)}
