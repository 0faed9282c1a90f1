"""TFRecord files without TensorFlow: framed records with checksums, and tf.train.Example in them.

A record is its length (uint64, little endian), a checksum of that, the bytes, a checksum of those.
Checksums are CRC-32C (Castagnoli), turned and shifted so that a checksum of checksums is no fixed
point. An Example is a protocol buffer: a map from names to lists of values.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEAD = struct.Struct("<QI")
_FOOT = struct.Struct("<I")
_POLYNOMIAL = 0x82F63B78
_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8
_LANES = 2048
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

States = NDArray[np.uint32]


class Damaged(Exception):
    """The bytes are not what they should be; the message says where."""


def record_offsets(path: Path) -> Iterator[int]:
    """Where each record begins; only lengths and their checksums are read.

    Raises:
        Damaged: behind the last good record something else follows.
    """
    size, offset = path.stat().st_size, 0
    with path.open("rb") as file:
        while offset < size:
            length = _length(file.read(_HEAD.size), offset)
            end = offset + _HEAD.size + length + _FOOT.size
            if end > size:
                raise Damaged(f"it is cut off in the record at byte {offset}")
            yield offset
            offset = end
            file.seek(offset)


def read_record(path: Path, offset: int) -> bytes:
    """The bytes of the record that begins at `offset`.

    Raises:
        Damaged: a checksum does not fit, or the file ends.
    """
    with path.open("rb") as file:
        file.seek(offset)
        length = _length(file.read(_HEAD.size), offset)
        data, foot = file.read(length), file.read(_FOOT.size)
    if len(foot) < _FOOT.size or _masked(crc32c(data)) != _FOOT.unpack(foot)[0]:
        raise Damaged(f"the checksum of the record at byte {offset} does not fit")
    return data


def byte_features(example: bytes) -> dict[str, memoryview]:
    """The features of a tf.train.Example that hold bytes: name → the first value.

    Raises:
        Damaged: it is no such message.
    """
    found: dict[str, memoryview] = {}
    for features in _values(memoryview(example), 1):
        for entry in _values(features, 1):
            key, feature = (next(_values(entry, number), None) for number in (1, 2))
            values = next(_values(feature, 1), None) if feature is not None else None
            value = next(_values(values, 1), None) if values is not None else None
            if key is not None and value is not None:
                found[bytes(key).decode("utf-8", "replace")] = value
    return found


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli) of some bytes.

    Long data is cut into lanes that are summed side by side; the sums are joined pair by pair,
    because the sum of a part followed by n zero bytes is a linear map of the sum of the part.
    """
    if len(data) < 4 * _LANES:
        return _short(data)
    width = -(-len(data) // _LANES)
    padded = np.zeros(_LANES * width, np.uint8)  # zeros before the data change nothing
    rows = padded[len(padded) - len(data) :]
    rows[:] = np.frombuffer(data, np.uint8)
    rows[:4] ^= 0xFF  # the same as beginning with all ones
    states = np.zeros(_LANES, np.uint32)
    for column in np.ascontiguousarray(padded.reshape(_LANES, width).T):
        states = _TABLE[(states ^ column) & 0xFF] ^ (states >> np.uint32(8))
    shift = _zeros(width)
    while len(states) > 1:
        states = _applied(shift, states[::2]) ^ states[1::2]
        shift = _applied(shift, shift)
    return int(states[0]) ^ _ONES


def _short(data: bytes) -> int:
    state = _ONES
    for byte in data:
        state = int(_TABLE[(state ^ byte) & 0xFF]) ^ (state >> 8)
    return state ^ _ONES


def _table() -> States:
    states = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        states = (states >> np.uint32(1)) ^ np.where(states & 1, np.uint32(_POLYNOMIAL), 0)
    return states.astype(np.uint32)


_TABLE = _table()


def _zeros(count: int) -> States:
    """What `count` zero bytes do to a state: (32,), the image of each bit."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    power = _TABLE[bits & 0xFF] ^ (bits >> np.uint32(8))
    result = bits
    while count:
        if count & 1:
            result = _applied(power, result)
        power = _applied(power, power)
        count >>= 1
    return result


def _applied(matrix: States, states: States) -> States:
    """A linear map of states, (32,), on each of some states."""
    bits = (states[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    return np.bitwise_xor.reduce(np.where(bits, matrix, np.uint32(0)), axis=1)


def _masked(crc: int) -> int:
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _ONES


def _length(head: bytes, offset: int) -> int:
    if len(head) < _HEAD.size:
        raise Damaged(f"it is cut off at byte {offset}")
    length, checksum = _HEAD.unpack(head)
    if _masked(_short(head[:8])) != checksum:
        raise Damaged(f"the checksum of the length at byte {offset} does not fit")
    return length


def _values(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Values of one field of a message, of those that are bytes or messages."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind, length = key & 7, 0
        if kind == _VARINT:
            _, place = _varint(message, place)
        elif kind == _BYTES:
            length, place = _varint(message, place)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            raise Damaged(f"a record holds a field of the unknown kind {kind}")
        if place + length > len(message):
            raise Damaged("a record holds a field that is longer than the record")
        if kind == _BYTES and key >> 3 == wanted:
            yield message[place : place + length]
        place += length


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise Damaged("a record ends inside a number")
