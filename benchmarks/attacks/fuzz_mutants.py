"""Makes mutants: of bytes, of JSON, of arrays, and of model files whose hashes are made right again."""

from __future__ import annotations

import copy
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from synthgan.io.deflate import inflated
from synthgan.io.modelfile import tensors_sha256

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_KEY = "synthgan"
_DIGEST = re.compile(rb'(\\"file_sha256\\": \\")([0-9a-f]{64})(\\")')
_UNSEALED = "0" * 64
_DEEP = "a list in a list in a list"
_WORDS = (
    "",
    "x",
    "\x1b[31mred",
    "\x00",
    "../../etc/passwd",
    "\u202egpj",
    "9" * 400,
    "NaN",
    "uuid",
    "int:19",
    "<f8",
    "O",
)
_NUMBERS = (0, -1, 1, 2, 255, 2**16, 2**31, 2**63, 10**30, 0.5, -0.0, 1e-300, 1e308, np.nan, np.inf, -np.inf)
_DTYPES = ("f2", "f4", "f8", "i1", "i4", "i8", "u1", "u2", "u8", "?")
_TEXTS = (
    b'"',
    b",",
    b"\x00",
    b"\r",
    b"\n\n",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"1e999",
    b"=1+1",
    b"{",
    b"]",
    b"null",
    b"\x1b[2J",
)


def byte_mutant(content: bytes, rng: random.Random) -> bytes:
    """Bytes with one to four changes: flipped, set, cut, doubled, moved, filled or with a text put in."""
    held = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at, size = rng.randrange(len(held) + 1), rng.choice((1, 1, 2, 4, 8, 64, 1024))
        part = held[at : at + size]
        match rng.randrange(8):
            case 0 if at < len(held):
                held[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(held):
                held[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
            case 2:
                held[at : at + size] = b""
            case 3:
                held[at:at] = part * rng.choice((1, 1, 100))
            case 4:
                del held[at:]
            case 5:
                held[at : at + len(part)] = bytes([rng.choice((0, 255))]) * len(part)
            case 6:
                held[at:at] = rng.choice(_TEXTS)
            case _:
                other = rng.randrange(len(held) + 1)
                held[at : at + len(part)] = held[other : other + len(part)]
    return bytes(held)


def json_mutant(tree: Any, rng: random.Random) -> Any:
    """A JSON value with one to three changes anywhere in it."""
    whole = {"": json.loads(json.dumps(tree))}
    for _ in range(rng.choice((1, 1, 2, 3))):
        holder, key = rng.choice(_places(whole))
        try:
            _change(whole, holder, key, rng)
        except (IndexError, KeyError):  # an earlier change took it away
            continue
    return whole[""]


def _places(whole: Any) -> list[tuple[Any, Any]]:
    """Every value of a tree, as what holds it and by which key."""
    found, waiting = [], [whole]
    while waiting:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(len(holder))
        found += [(holder, key) for key in keys]
        waiting += [holder[key] for key in keys if isinstance(holder[key], (dict, list))]
    return found


def _change(whole: Any, holder: Any, key: Any, rng: random.Random) -> None:
    value = holder[key]
    match rng.randrange(6):
        case 0:
            holder[key] = rng.choice((None, True, False, [], {}, "", 0, [[[[[1]]]]], _DEEP))
        case 1:
            holder[key] = rng.choice((*_NUMBERS, *_WORDS))
        case 2:
            other, at = rng.choice(_places(whole))
            holder[key], other[at] = copy.deepcopy(other[at]), copy.deepcopy(value)
        case 3:
            _ = holder.pop(key) if key != "" else None
        case 4 if isinstance(holder, dict):
            holder[rng.choice(("strange", *map(str, holder)))] = value
        case 4:
            holder.extend([value] * rng.choice((1, 1, 1_000)))
        case _:
            holder[key] = _alike(value, rng)


def _alike(value: Any, rng: random.Random) -> Any:
    """A value of about the same kind."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, (int, float)):
        return rng.choice((value + 1, value - 1, -value, value * 1_000, value / 2, str(value), [value], float(value)))
    if isinstance(value, str):
        return rng.choice((value[:-1], value + "x", value * 50, value.upper(), value[::-1], [value], " "))
    if isinstance(value, list):
        numbered = {str(at): one for at, one in enumerate(value)}
        return rng.choice((value[::-1], value[1:], value * 2, rng.sample(value, len(value)), numbered))
    return rng.choice((list(value), dict(list(value.items())[1:]), [value]))


def dumped(tree: Any) -> str:
    """A mutant as JSON, deep where it says so."""
    return json.dumps(tree, sort_keys=isinstance(tree, dict)).replace(f'"{_DEEP}"', "[" * 5_000 + "]" * 5_000)


def array_mutant(array: np.ndarray, rng: random.Random) -> np.ndarray:
    """An array with other values, another type or another shape."""
    source = np.random.default_rng(rng.randrange(2**32))
    changed = np.array(array)
    ways: list[Callable[[], np.ndarray]] = [
        lambda: changed.astype(rng.choice(_DTYPES)),
        lambda: source.permuted(changed.reshape(-1)).reshape(changed.shape),
        lambda: changed[::-1].copy() if changed.ndim else changed,
        lambda: changed[:-1] if changed.ndim else changed,
        lambda: changed[:0] if changed.ndim else changed,
        lambda: changed[..., None],
        changed.T.copy,
        lambda: changed.reshape(-1),
        lambda: np.concatenate([changed, changed]) if changed.ndim else changed,
        lambda: np.full_like(changed, _fitting(changed.dtype, rng)),
        lambda: -changed if changed.dtype.kind in "if" else ~changed,
        lambda: changed * changed.dtype.type(100) if changed.dtype.kind in "iuf" else changed,
    ]
    if rng.random() < 0.4 and changed.size:
        flat = changed.reshape(-1)
        flat[rng.randrange(flat.size)] = _fitting(changed.dtype, rng)
        return changed
    with np.errstate(all="ignore"):
        return rng.choice(ways)()


def _fitting(dtype: np.dtype[Any], rng: random.Random) -> Any:
    """A value that an array of that type can hold."""
    if dtype.kind == "f":
        return rng.choice((np.nan, np.inf, -np.inf, 0.0, -1.0, 1e4, np.finfo(dtype).max))
    if dtype.kind == "b":
        return rng.random() < 0.5
    info = np.iinfo(dtype)
    return rng.choice((info.max, info.min, 0, max(-1, info.min), 1, min(1_000, info.max)))


def sealed_mutant(content: bytes, rng: random.Random) -> bytes:
    """A model file with fields, tensors or bytes of its header changed, and with hashes that are right."""
    if rng.random() < 0.1:
        length = int.from_bytes(content[:8], "little")
        header = byte_mutant(content[8 : 8 + length], rng)
        return sealed_bytes(len(header).to_bytes(8, "little") + header + content[8 + length :])
    manifest, tensors = opened(content)
    if rng.random() < 0.5 or not tensors:
        keep = ("format", "file_sha256", "tensors_sha256")
        free = {name: value for name, value in manifest.items() if name not in keep}
        changed = json_mutant(free, rng)
        manifest = changed | {name: manifest[name] for name in keep} if isinstance(changed, dict) else changed
    else:
        for _ in range(rng.choice((1, 1, 2))):
            _change_tensors(tensors, rng)
    return seal(manifest, tensors)


def _change_tensors(tensors: dict[str, np.ndarray], rng: random.Random) -> None:
    name, other = rng.choice(sorted(tensors)), rng.choice(sorted(tensors))
    match rng.randrange(10):
        case 0 if len(tensors) > 1:
            del tensors[name]
        case 1:
            tensors[name], tensors[other] = tensors[other], tensors[name]
        case 2:
            tensors[name + rng.choice(("x", "/0", ""))] = tensors[other]
        case _:
            tensors[name] = array_mutant(tensors[name], rng)


def opened(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The manifest and the tensors of a model file, none of which is packed any more."""
    length = int.from_bytes(content[:8], "little")
    manifest = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_KEY])
    return manifest, inflated(load_tensors(content), manifest.pop("packed", {}), Path())


def seal(manifest: Any, tensors: dict[str, np.ndarray]) -> bytes:
    """A model file of any manifest and any tensors, with hashes that are right."""
    if isinstance(manifest, dict):
        manifest = manifest | {"tensors_sha256": tensors_sha256(tensors), "file_sha256": _UNSEALED}
    held = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    return sealed_bytes(save_tensors(held, metadata={_KEY: dumped(manifest)}))


def sealed_bytes(content: bytes) -> bytes:
    """The bytes of a model file with the digest that they should have."""
    found = _DIGEST.search(content)
    if found is None:
        return content
    before, after = content[: found.start(2)], content[found.end(2) :]
    digest = hashlib.sha256(before + _UNSEALED.encode() + after).hexdigest()
    return before + digest.encode() + after
