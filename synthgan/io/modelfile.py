"""The one file a model lives in: safetensors with a JSON manifest, written atomically, checked byte by byte on reading."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from synthgan.errors import ModelFileError
from synthgan.io.atomic import write_files
from synthgan.io.deflate import deflated, inflated
from synthgan.io.format1 import renamed, upgraded
from synthgan.io.memory import check_memory
from synthgan.io.plain import plain_file
from synthgan.io.reasons import told

FORMAT_VERSION = 3
_READ = (1, 2, FORMAT_VERSION)
_METADATA_KEY = "synthgan"
_UNSEALED = "0" * 64
_LENGTH_BYTES = 8


def tensors_sha256(tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 over the names, dtypes, shapes and bytes of all tensors, in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = np.ascontiguousarray(tensors[name])
        digest.update(f"{name}:{tensor.dtype.str}:{tensor.shape}:".encode())
        digest.update(tensor.data)
    return digest.hexdigest()


def write(path: str | Path, manifest: dict[str, Any], tensors: dict[str, np.ndarray]) -> None:
    """Write a model file atomically: either the whole new file stands there afterwards, or what stood there before.

    The manifest gains ``format`` (its version), ``tensors_sha256`` and ``file_sha256``, the SHA-256 of the whole file
    with that digest itself replaced by zeros: so any changed byte shows. Tensors that DEFLATE makes smaller are compressed;
    ``packed`` says which, and what they are.

    Raises:
        ModelFileError: if the path cannot be written.
        ResourceError: if the disk is full.
    """
    written, packed = deflated({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
    sealed = {**manifest, "format": FORMAT_VERSION, "tensors_sha256": tensors_sha256(tensors), "file_sha256": _UNSEALED}
    text = json.dumps(sealed | {"packed": packed}, sort_keys=True, ensure_ascii=True, allow_nan=False)
    content = save_tensors(written, metadata={_METADATA_KEY: text})
    digest = hashlib.sha256(content).hexdigest()
    content = content.replace(_digest_field(_UNSEALED), _digest_field(digest), 1)
    write_files({Path(path): content}, kind=ModelFileError, private=True)


def read(path: str | Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a model file: its manifest and its tensors by name. Nothing in the file can run code.

    A file of an earlier format is read as if it were of this one; ``format`` says which it is.

    Raises:
        ModelFileError: if the file is missing, not a model file, damaged, or of a newer format.
    """
    path = Path(path)
    content = _read_bytes(path)
    manifest = _read_manifest(path, content)
    found = manifest.get("format")
    if found not in _READ:
        raise ModelFileError(
            f"{path}: the model format must be {FORMAT_VERSION} or earlier, however: format {found!r}; "
            f"open it with the synthgan version that wrote it ({_writer(manifest)})"
        )
    stated = str(manifest.get("file_sha256", ""))
    unsealed = content.replace(_digest_field(stated), _digest_field(_UNSEALED), 1)
    if hashlib.sha256(unsealed).hexdigest() != stated:
        raise ModelFileError(f"{path}: the file is damaged (its SHA-256 does not match); fetch or fit it again")
    try:
        tensors = inflated(load_tensors(content), manifest.pop("packed", {}), path)
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: the file is damaged ({told(error)}); fetch or fit it again") from error
    if manifest.get("tensors_sha256") != tensors_sha256(tensors):
        raise ModelFileError(
            f"{path}: the file is damaged (the SHA-256 of its tensors does not match); fetch or fit it again"
        )
    if found == 1:
        return upgraded(manifest, frozenset(tensors)), renamed(tensors)
    return manifest, tensors


def _writer(manifest: dict[str, Any]) -> str:
    """The version that wrote a file, as far as it says it."""
    versions = manifest.get("versions")
    return ascii(str(versions.get("synthgan", "unknown") if isinstance(versions, dict) else "unknown"))[1:-1]


def _plain(constant: str) -> float:
    raise ValueError(f"numbers must be finite, however: {constant}")


def _digest_field(digest: str) -> bytes:
    """The manifest's digest as it stands in the file: JSON inside a JSON string."""
    return f'\\"file_sha256\\": \\"{digest}\\"'.encode()


def _read_bytes(path: Path) -> bytes:
    if not path.exists():
        raise ModelFileError(f"{path}: no such model file; fit a table and save it there first")
    check_memory(path, 2 * plain_file(path, "a model file", ModelFileError))  # the file, and its tensors
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path}: the model file cannot be read ({error.strerror})") from error


def _read_manifest(path: Path, content: bytes) -> dict[str, Any]:
    """The manifest of a safetensors file, read without believing any of its lengths."""
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    if content[_LENGTH_BYTES : _LENGTH_BYTES + 1] != b"{" and (content[:2] == b"PK" or content[:1] == b"\x80"):
        raise ModelFileError(
            f"{path}: must be a synthgan model, however: it is a pickle or zip archive; it was not opened"
        )
    if len(content) < _LENGTH_BYTES or length > len(content) - _LENGTH_BYTES:
        raise ModelFileError(f"{path}: must be a synthgan model, however: it is cut short or of another kind")
    try:
        header = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])
        manifest = json.loads(header["__metadata__"][_METADATA_KEY], parse_constant=_plain)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ModelFileError(f"{path}: must be a synthgan model, however: it holds no synthgan manifest") from error
    if not isinstance(manifest, dict):
        raise ModelFileError(f"{path}: must be a synthgan model, however: its manifest is not a JSON object")
    return manifest
