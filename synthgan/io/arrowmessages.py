"""Says how large the messages of an Arrow file or stream are once unpacked, before any of them is."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.ipc

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK: Final = b"ARROW1"  # of a file; a stream has none
# Where the parts of the footer and of a message stand in their flatbuffers (File.fbs, Message.fbs of the Arrow format).
_BLOCKS: Final = (2, 3)  # of dictionaries and of record batches
_BLOCK: Final = struct.Struct("<qixxxxq")
_FOOTER_LENGTH: Final = struct.Struct("<i")
_HEADER: Final = 2
_DATA_OF_DICTIONARY: Final = 1
_BUFFERS, _COMPRESSION = 2, 3
_BUFFER: Final = struct.Struct("<qq")
_LENGTH: Final = struct.Struct("<q")


def unpacked_bytes_of(content: pa.Buffer) -> int:
    """Adds up the lengths that compressed buffers state; what is not compressed takes no memory of its own.

    pyarrow checks the structure of each message here, and reserves later what the message states.

    Args:
        content: the whole file or stream.

    Raises:
        pyarrow.ArrowException, OSError: it is damaged.
    """
    is_file = content[: len(MARK)].to_pybytes() == MARK
    messages = _of_file(content) if is_file else _of_stream(content)
    return sum(_unpacked_bytes(message) for message in messages if message.type in {"record batch", "dictionary"})


def _of_stream(content: pa.Buffer) -> Iterator[pa.ipc.Message]:
    reader = pyarrow.ipc.MessageReader.open_stream(content)
    while True:
        try:
            yield reader.read_next_message()
        except StopIteration:
            return


def _of_file(content: pa.Buffer) -> Iterator[pa.ipc.Message]:
    """The messages that the footer of a file points to."""
    pyarrow.ipc.open_file(content)  # which checks the structure of the footer
    end = content.size - len(MARK) - _FOOTER_LENGTH.size
    (length,) = _FOOTER_LENGTH.unpack(content[end : end + _FOOTER_LENGTH.size].to_pybytes())
    footer = content[end - length : end].to_pybytes()
    try:
        root = _child(footer, None, 0)
        for index in _BLOCKS:
            if not _field(footer, root, index):
                continue
            for offset, head, body in _structs(footer, _child(footer, root, index), _BLOCK):
                if min(offset, head, body) < 0 or offset + head + body > content.size:
                    raise pa.ArrowInvalid("a message lies outside of the file")
                yield pyarrow.ipc.read_message(content[offset : offset + head + body])
    except struct.error as error:
        raise pa.ArrowInvalid("the footer is cut short") from error


def _unpacked_bytes(message: pa.ipc.Message) -> int:
    data = message.metadata.to_pybytes()
    try:
        batch = _child(data, _child(data, None, 0), _HEADER)
        if message.type == "dictionary":
            batch = _child(data, batch, _DATA_OF_DICTIONARY)
        if not _field(data, batch, _COMPRESSION):
            return 0
        places = _structs(data, _child(data, batch, _BUFFERS), _BUFFER)
        return sum(_stated(message.body, offset) for offset, length in places if length)
    except struct.error as error:
        raise pa.ArrowInvalid("a message is cut short") from error


def _stated(body: pa.Buffer, offset: int) -> int:
    """The unpacked length of a compressed buffer, which stands before it; -1 where it was left as it is."""
    if not 0 <= offset <= body.size - _LENGTH.size:
        raise pa.ArrowInvalid("a buffer lies outside of its message")
    (stated,) = _LENGTH.unpack(body[offset : offset + _LENGTH.size].to_pybytes())
    if stated < -1:
        raise pa.ArrowInvalid("a buffer has a length below zero")
    return max(stated, 0)


def _structs(data: bytes, vector: int, kind: struct.Struct) -> Iterator[tuple[int, ...]]:
    """The entries of a vector of structs."""
    (count,) = struct.unpack_from("<I", data, vector)
    return (kind.unpack_from(data, vector + 4 + index * kind.size) for index in range(count))


def _field(data: bytes, table: int, index: int) -> int:
    """Where a field of a flatbuffer table stands; 0 where it is left out."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    (size,) = struct.unpack_from("<H", data, vtable)
    if 4 + 2 * index >= size:
        return 0
    (offset,) = struct.unpack_from("<H", data, vtable + 4 + 2 * index)
    return table + offset if offset else 0


def _child(data: bytes, table: int | None, index: int) -> int:
    """Where the table or vector lies that a field points to; the root of the flatbuffer where there is no table."""
    place = 0 if table is None else _field(data, table, index)
    return place + struct.unpack_from("<I", data, place)[0]
