"""Devices and random streams."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from synthgan.errors import ConfigError
from synthgan.runtime import Streams, resolve_device, whole_steps


def test_streams_are_told_apart_by_seed_name_and_place() -> None:
    draws = {
        Streams(seed).numpy(name, index).integers(2**63)
        for seed in range(3)
        for name in ("rows", "noise", "row", "s")
        for index in range(3)
    }
    assert len(draws) == 36


def test_streams_repeat_themselves() -> None:
    first, second = (torch.rand(3, generator=Streams(5).torch("x", 2)) for _ in range(2))
    assert torch.equal(first, second)


def test_global_randomness_is_left_alone() -> None:
    torch.default_generator.manual_seed(1)
    before = torch.get_rng_state()
    state = np.random.get_state()[1].copy()  # noqa: NPY002 (the global state is what is looked at)
    Streams(0).torch("x")
    Streams(0).numpy("x")
    assert torch.equal(before, torch.get_rng_state())
    assert (state == np.random.get_state()[1]).all()  # noqa: NPY002


@pytest.mark.parametrize("seed", [-1, 1.5, True, "0", None])
def test_seeds_are_whole_numbers(seed: object) -> None:
    with pytest.raises(ConfigError, match="seed must be"):
        Streams(seed)  # type: ignore[arg-type]


def test_unknown_devices_are_refused() -> None:
    with pytest.raises(ConfigError, match="device must be"):
        resolve_device("abacus")
    assert resolve_device("cpu").type == "cpu"


def test_each_process_of_torchrun_has_a_gpu_of_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "empty", lambda *_, **__: None)
    assert resolve_device("auto") == torch.device("cuda")
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert resolve_device("auto") == torch.device("cuda:1")


def test_an_interrupt_waits_for_the_step_at_hand() -> None:
    done = []

    def steps() -> Iterator[int]:
        for step in range(1, 4):
            if step == 2:
                signal.raise_signal(signal.SIGINT)
            done.append(step)
            yield step

    seen = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(whole_steps(steps()))
    assert done == [1, 2]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_outside_the_main_thread_steps_are_passed_on() -> None:
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.extend(whole_steps(iter([1, 2]))))
    thread.start()
    thread.join()
    assert seen == [1, 2]
