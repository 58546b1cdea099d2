"""Tensors that DEFLATE (RFC 1951) makes smaller, in fewer bytes; and back, without believing what a file says of their size."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from synthgan.io.contract import Array, Listed, MisfitError, Record, Text, Whole, check
from synthgan.io.memory import check_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LEVEL: Final = 6
LEAST_BYTES, LEAST_SHARE = 1 << 12, 0.9  # what is smaller, or hardly gets smaller, stays as it is
_TRIED = 1 << 16  # bytes, by which it is seen whether a tensor gets smaller
_MOST = 1_032  # times smaller: no stream of DEFLATE can hold more
_TYPES = tuple(
    np.dtype(kind).str
    for kind in ("b1", *(f"{kind}{size}" for kind in "iu" for size in (1, 2, 4, 8)), "f2", "f4", "f8")
)

_BYTES = Array("u1", ("bytes",))

Tensors = dict[str, np.ndarray]


def deflated(tensors: Mapping[str, np.ndarray]) -> tuple[Tensors, dict[str, dict[str, Any]]]:
    """The tensors as they are written, and what those are, by name, that stand there as compressed bytes.

    Example:
        >>> written, packed = deflated({"codes": np.zeros((100, 100), np.int64), "few": np.zeros(3)})
        >>> packed, written["codes"].dtype
        ({'codes': {'dtype': '<i8', 'shape': [100, 100]}}, dtype('uint8'))
    """
    written, packed = {}, {}
    for name, tensor in tensors.items():
        written[name] = tensor
        if tensor.dtype.str in _TYPES and _gets_smaller(content := tensor.tobytes()):
            written[name] = np.frombuffer(zlib.compress(content, LEVEL), np.uint8)
            packed[name] = {"dtype": tensor.dtype.str, "shape": list(tensor.shape)}
    return written, packed


def inflated(tensors: Mapping[str, np.ndarray], packed: Any, path: Path) -> Tensors:
    """The tensors that ``deflated`` wrote.

    Args:
        tensors: as they stand in the file.
        packed: what the file says of those that are compressed.
        path: of the file, for a refusal.

    Raises:
        MisfitError: if what is said is not so.
        ResourceError: if they do not fit into memory.
    """
    check(packed, Record(others=Record({"dtype": Text(among=_TYPES), "shape": Listed(Whole())})), "packed")
    sizes = {}
    for name, said in packed.items():
        check(tensors.get(name), _BYTES, name)
        sizes[name] = int(np.prod([np.dtype(said["dtype"]).itemsize, *said["shape"]], dtype=object))
        if sizes[name] > _MOST * tensors[name].nbytes:
            raise MisfitError(f"{name} must be no larger than its bytes can say, however: {sizes[name]:,} bytes")
    check_memory(path, sum(sizes.values()))
    return {
        name: _unpacked(name, tensor, packed[name], sizes[name]) if name in packed else tensor
        for name, tensor in tensors.items()
    }


def _gets_smaller(content: bytes) -> bool:
    begin = content[:_TRIED]
    return len(content) >= LEAST_BYTES and len(zlib.compress(begin, LEVEL)) < LEAST_SHARE * len(begin)


def _unpacked(name: str, tensor: np.ndarray, said: dict[str, Any], size: int) -> np.ndarray:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(tensor.tobytes(), size + 1)
    except zlib.error as error:
        raise MisfitError(f"{name} must be a stream of DEFLATE, however: it is none") from error
    if len(content) != size or not inflater.eof or inflater.unused_data:
        raise MisfitError(f"{name} must hold {size:,} bytes, however: it holds other than that")
    return np.frombuffer(bytearray(content), said["dtype"]).reshape(said["shape"])
