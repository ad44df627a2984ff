"""Which bytes of a request's headers say `:scheme: file`, and what follows from changing them?

In: the HPACK header blocks of one direction of an HTTP/2 connection, in order. Each is changed in
place to say `http`. Both words have four characters and the same length in Huffman's code, so no
length changes, and the tables of sender and receiver keep their sizes: an entry that the sender
refers to later says `http` at the receiver. Everything else stays as it came. RFC 7541. Called by
`file_scheme`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from typing import NamedTuple

# By whether they are in Huffman's code.
SCHEME = {False: b":scheme", True: bytes.fromhex("b8824e5a4b")}
FILE = {False: b"file", True: bytes.fromhex("94d417")}
HTTP = {False: b"http", True: bytes.fromhex("9d29af")}

TABLE_SIZE = 4096  # until a sender is allowed more; grpc's servers do not
ENTRY_OVERHEAD = 32
MAX_DIGITS = 4  # of an integer behind its first byte: more than any length here

_STATIC = """
:authority :method :method :path :path :scheme :scheme :status :status :status :status :status
:status :status accept-charset accept-encoding accept-language accept-ranges accept
access-control-allow-origin age allow authorization cache-control content-disposition
content-encoding content-language content-length content-location content-range content-type cookie
date etag expect expires from host if-match if-modified-since if-none-match if-range
if-unmodified-since last-modified link location max-forwards proxy-authenticate
proxy-authorization range referer refresh retry-after server set-cookie strict-transport-security
transfer-encoding user-agent vary via www-authenticate
"""


class Name(NamedTuple):
    """The name of a field: how many bytes it has, and whether it is `:scheme`."""

    length: int
    is_scheme: bool


class Text(NamedTuple):
    """A text of a block: where it stands, and whether it is in Huffman's code."""

    start: int
    end: int
    huffman: bool


STATIC_NAMES = [Name(len(name), name == ":scheme") for name in _STATIC.split()]


class HeaderBlocks:
    """The blocks of one direction of a connection."""

    def __init__(self) -> None:
        self._table: deque[tuple[int, Name]] = deque()  # (size, name), the newest first
        self._size = 0
        self._limit = TABLE_SIZE

    def change(self, block: bytearray) -> None:
        """Make `:scheme: file` say `http`. Raises ValueError if this is no header block."""
        at = 0
        while at < len(block):
            first = block[at]
            if first & 0x80:  # a whole field of a table
                _, at = integer(block, at, 7)
            elif first & 0xE0 == 0x20:
                limit, at = integer(block, at, 5)
                self._resize(limit)
            else:
                at = self._literal(block, at, keeps=bool(first & 0x40))

    def _literal(self, block: bytearray, at: int, keeps: bool) -> int:
        """A field that stands here; `keeps`: and in the table from now on. Where it ends."""
        index, at = integer(block, at, 6 if keeps else 4)
        if index:
            name = self._name(index)
        else:
            text = text_at(block, at)
            at = text.end
            is_scheme = bytes(block[text.start : at]) == SCHEME[text.huffman]
            name = Name(length(block, text) if keeps else 0, is_scheme)
        value = text_at(block, at)
        said = bytes(block[value.start : value.end])
        if name.is_scheme and said == FILE[value.huffman]:
            block[value.start : value.end] = HTTP[value.huffman]
        if keeps:
            self._keep(name, length(block, value))
        return value.end

    def _name(self, index: int) -> Name:
        if index <= len(STATIC_NAMES):
            return STATIC_NAMES[index - 1]
        index -= len(STATIC_NAMES) + 1
        if index >= len(self._table):
            raise ValueError("a field refers to an entry that is not there")
        return self._table[index][1]

    def _keep(self, name: Name, value: int) -> None:
        size = name.length + value + ENTRY_OVERHEAD
        self._table.appendleft((size, name))
        self._size += size
        self._evict()

    def _resize(self, limit: int) -> None:
        if limit > TABLE_SIZE:
            raise ValueError("a table larger than any that was agreed on")
        self._limit = limit
        self._evict()

    def _evict(self) -> None:
        while self._size > self._limit:
            self._size -= self._table.pop()[0]


def integer(block: bytearray, at: int, bits: int) -> tuple[int, int]:
    """The number whose first byte has this many bits for it, and where it ends."""
    full = (1 << bits) - 1
    value = block[at] & full
    at += 1
    if value < full:
        return value, at
    for digit, byte in enumerate(block[at : at + MAX_DIGITS]):
        value += (byte & 0x7F) << 7 * digit
        if byte < 0x80:
            return value, at + digit + 1
    raise ValueError("a number without end")


def text_at(block: bytearray, at: int) -> Text:
    """The text that begins here with its length."""
    if at >= len(block):
        raise ValueError("a field without a value")
    huffman = bool(block[at] & 0x80)
    count, start = integer(block, at, 7)
    if start + count > len(block):
        raise ValueError("a text longer than its block")
    return Text(start, start + count, huffman)


# ------------------------------------------------------------------ Huffman's code

# How many symbols have a code of this many bits. The code is canonical: numbers of one length
# follow each other, so lengths can be told without knowing what the symbols are.
_COUNTS = {
    5: 10, 6: 26, 7: 32, 8: 6, 10: 5, 11: 3, 12: 2, 13: 6, 14: 2, 15: 3, 19: 3, 20: 8,
    21: 13, 22: 26, 23: 29, 24: 12, 25: 4, 26: 15, 27: 19, 28: 29, 30: 4,
}  # fmt: skip
LONGEST = 30


def _ends() -> list[int]:
    """For each length the first code beyond it, as the beginning of `LONGEST` bits."""
    ends: list[int] = []
    for bits, count in _COUNTS.items():
        ends.append((ends[-1] if ends else 0) + (count << LONGEST - bits))
    return ends


_ENDS = _ends()
_LENGTHS = tuple(_COUNTS)
_ALL_ONES = (1 << LONGEST) - 1


def length(block: bytearray, text: Text) -> int:
    """How many bytes a text has when it is decoded."""
    coded = text.end - text.start
    if not text.huffman:
        return coded
    if coded * 8 > TABLE_SIZE * LONGEST:
        return TABLE_SIZE  # or more: no table has room for it
    count = window = have = 0
    for byte in block[text.start : text.end]:
        window, have = window << 8 | byte, have + 8
        while have >= LONGEST:
            have -= _LENGTHS[bisect_right(_ENDS, window >> have - LONGEST)]
            window &= (1 << have) - 1
            count += 1
    while have >= _LENGTHS[0]:  # what is left, as if ones followed, which pad a text
        missing = LONGEST - have
        padded = window << missing | _ALL_ONES >> have
        bits = _LENGTHS[min(bisect_right(_ENDS, padded), len(_LENGTHS) - 1)]
        if bits > have:
            break
        have -= bits
        window &= (1 << have) - 1
        count += 1
    return count
