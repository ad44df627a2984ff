"""Does a request that says `:scheme: file` arrive as one that says `http`, and otherwise as it was?

Streams are made by hpack's encoder and by hand, in every encoding that HPACK has, and decoded again
by hpack's decoder.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator

import pytest
from hpack import Decoder, Encoder, NeverIndexedHeaderTuple
from hpack.hpack import encode_integer
from hpack.huffman import HuffmanEncoder
from hpack.huffman_constants import REQUEST_CODES, REQUEST_CODES_LENGTH
from hpack.table import HeaderTable
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.styles.file_scheme import MAX_HELD, ClientFrames
from plugwright_runtime.styles.header_blocks import STATIC_NAMES, HeaderBlocks, Name, Text, length

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, CONTINUATION = 0, 1, 4, 9
END_HEADERS, PADDED, PRIORITY = 4, 8, 0x20
INCREMENTAL, WITHOUT, NEVER = 0x40, 0, 0x10
FORMS = (INCREMENTAL, WITHOUT, NEVER)

huffman = HuffmanEncoder(REQUEST_CODES, REQUEST_CODES_LENGTH)


def frame(kind: int, flags: int, payload: bytes, stream: int = 1) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes([kind, flags])
    return head + stream.to_bytes(4, "big") + payload


def text(content: bytes, coded: bool) -> bytes:
    if coded:
        content = huffman.encode(content)
    head = encode_integer(len(content), 7)
    head[0] |= 0x80 if coded else 0
    return bytes(head) + content


def literal(form: int, name: int | bytes, value: bytes, coded: bool = True) -> bytes:
    """A field that is spelled out; `name`: an index, or spelled too."""
    index = name if isinstance(name, int) else 0
    head = encode_integer(index, 6 if form == INCREMENTAL else 4)
    head[0] |= form
    spelled = text(name, coded) if isinstance(name, bytes) else b""
    return bytes(head) + spelled + text(value, coded)


def blocks_of(data: bytes) -> Iterator[bytes]:
    """The header blocks of what a client sent."""
    at, block = len(PREFACE), b""
    while at < len(data):
        size, kind, flags = (
            int.from_bytes(data[at : at + 3]),
            data[at + 3],
            data[at + 4],
        )
        payload, at = data[at + 9 : at + 9 + size], at + 9 + size
        if kind not in (HEADERS, CONTINUATION):
            continue
        if kind == HEADERS and flags & PADDED:
            payload = payload[1 : len(payload) - payload[0]]
        if kind == HEADERS and flags & PRIORITY:
            payload = payload[5:]
        block += payload
        if flags & END_HEADERS:
            yield block
            block = b""


def decoded(data: bytes) -> list[list[tuple[str, str]]]:
    decoder = Decoder(max_header_list_size=1 << 20)
    return [list(decoder.decode(block)) for block in blocks_of(data)]


def expected(data: bytes) -> list[list[tuple[str, str]]]:
    file, http = (":scheme", "file"), (":scheme", "http")
    return [[http if f == file else f for f in block] for block in decoded(data)]


def changed(chunks: Iterable[bytes]) -> bytes:
    requests = ClientFrames()
    return b"".join(requests.changed(chunk) for chunk in chunks)


def check(blocks: Iterable[bytes]) -> None:
    """As whole frames, and cut into pieces everywhere."""
    frames = [frame(HEADERS, END_HEADERS, b, 2 * i + 1) for i, b in enumerate(blocks)]
    data = PREFACE + b"".join(frames)
    once = changed([data])
    assert len(once) == len(data)
    assert decoded(once) == expected(data)
    assert changed(data[i : i + 1] for i in range(len(data))) == once


# ------------------------------------------------------------------ encodings


@pytest.mark.parametrize("coded", [True, False], ids=["huffman", "raw"])
@pytest.mark.parametrize("form", FORMS, ids=["incremental", "without", "never"])
@pytest.mark.parametrize("name", [6, 7, b":scheme"])
def test_each_way_to_spell_it(form: int, name: int | bytes, coded: bool) -> None:
    block = literal(form, name, b"file", coded)
    check([block])
    assert b"file" not in changed([PREFACE, frame(HEADERS, END_HEADERS, block)])


@pytest.mark.parametrize("name", [6, b":scheme"])
def test_a_request_that_refers_to_the_table(name: int | bytes) -> None:
    first = literal(INCREMENTAL, name, b"file")
    check([first, bytes([0x80 | 62])])  # the newest entry


def test_a_name_that_refers_to_the_table() -> None:
    """Of an entry behind others, and of one that was spelled out itself."""
    first = literal(INCREMENTAL, b":scheme", b"https")
    other = literal(INCREMENTAL, b"x-other", b"value")
    check([first, literal(INCREMENTAL, 62, b"file"), literal(WITHOUT, 62, b"file")])
    check([first, other, literal(NEVER, 63, b"file"), literal(NEVER, 62, b"file")])


def test_a_table_that_has_changed() -> None:
    """Entries that fell out of it, by its size and by its limit."""
    scheme = literal(INCREMENTAL, b":scheme", b"https")
    large = literal(INCREMENTAL, b"x-large", b"v" * 4000)
    small = literal(INCREMENTAL, b"x-small", b"v")
    use = literal(WITHOUT, 62, b"file")
    check([scheme, large, use])  # which is x-large
    check([scheme, literal(INCREMENTAL, b"x", b"v" * 20_000), scheme, use])
    resized = b"\x3f\x3b"  # to 90
    check([small, scheme, resized + use, small, use])
    check([scheme, b"\x20" + b"\x3f\xe1\x1f" + scheme, use])  # to 0 and back


def test_flags_that_mean_nothing_on_a_continuation() -> None:
    block = literal(WITHOUT, 6, b"file")
    rest = frame(CONTINUATION, END_HEADERS | PADDED | PRIORITY, block[1:])
    data = PREFACE + frame(HEADERS, 0, block[:1]) + rest
    assert decoded(changed([data])) == expected(data) == [[(":scheme", "http")]]


def test_other_schemes_and_fields_stay() -> None:
    check([literal(INCREMENTAL, 6, b"https") + literal(INCREMENTAL, 4, b"file")])
    check([literal(WITHOUT, b"scheme", b"file"), literal(WITHOUT, 6, b"files")])
    check([bytes([0x86, 0x87]), literal(WITHOUT, 6, b"http")])


name_texts = st.one_of(
    st.sampled_from([":scheme", ":path", "user-agent", "x-a", "x-b"]),
    st.text("abc-é", min_size=1, max_size=40),
)
value_texts = st.one_of(
    st.sampled_from(["file", "http", "https", ""]),
    st.text(max_size=60),
    st.integers(0, 900).map(lambda count: "v" * count),
)
fields = st.lists(st.tuples(name_texts, value_texts, st.booleans()), max_size=6)
sizes = st.none() | st.integers(0, 4096)


@given(st.lists(st.tuples(fields, st.booleans(), sizes), max_size=12), st.data())
def test_whatever_a_library_encodes(
    requests: list[tuple[list[tuple[str, str, bool]], bool, int | None]],
    data: st.DataObject,
) -> None:
    encoder = Encoder()
    sent = PREFACE
    for number, (headers, coded, size) in enumerate(requests):
        if size is not None:
            encoder.header_table_size = size
        told = [(":scheme", "file", False), *headers]
        block = encoder.encode(
            [NeverIndexedHeaderTuple(n, v) if never else (n, v) for n, v, never in told],
            huffman=coded,
        )
        sent += framed(block, number, data)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)), max_size=20)))
    chunks = [sent[a:b] for a, b in itertools.pairwise([0, *cuts, len(sent)])]
    assert decoded(changed(chunks)) == expected(sent)


def framed(block: bytes, number: int, data: st.DataObject) -> bytes:
    """A block in frames of any cut, padded or not, with frames of other kinds around it."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(block)), max_size=3)))
    parts = [block[a:b] for a, b in itertools.pairwise([0, *cuts, len(block)])]
    stream = 2 * number + 1
    flags = data.draw(st.sampled_from([0, PADDED, PRIORITY, PADDED | PRIORITY]))
    padding = data.draw(st.integers(0, 20))
    head, tail = b"", b""
    if flags & PADDED:
        head, tail = bytes([padding]), b"\0" * padding
    if flags & PRIORITY:
        head += b"\0\0\0\0\x10"
    payloads = [head + parts[0] + tail, *parts[1:]]
    kinds = [HEADERS] + [CONTINUATION] * (len(parts) - 1)
    out = frame(SETTINGS, 0, b"", 0)
    for i, (kind, payload) in enumerate(zip(kinds, payloads, strict=True)):
        last = END_HEADERS if i == len(parts) - 1 else 0
        out += frame(kind, last | (flags if kind == HEADERS else 0), payload, stream)
    return out + frame(DATA, 1, b"\x94\xd4\x17file" * 50, stream)


# ------------------------------------------------------------------ the tables


def test_the_names_of_the_static_table() -> None:
    table = [name for name, _ in HeaderTable.STATIC_TABLE]
    assert [Name(len(n), n == b":scheme") for n in table] == STATIC_NAMES


@given(st.binary(max_size=300))
def test_the_length_of_a_text_in_huffmans_code(content: bytes) -> None:
    coded = bytearray(huffman.encode(content))
    assert length(coded, Text(0, len(coded), True)) == len(content)


@given(st.binary(max_size=60))
def test_any_bytes_have_a_length(content: bytes) -> None:
    assert 0 <= length(bytearray(content), Text(0, len(content), True)) <= 2 * len(content)


# ------------------------------------------------------------------ strangers


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
def test_bytes_that_are_no_http_2_pass(content: bytes, cuts: list[int]) -> None:
    """Or wait for the rest of a frame; none is lost or changed."""
    ends = [0, *sorted(cuts), max([len(content), *cuts])]
    out = changed(content[a:b] for a, b in itertools.pairwise(ends))
    assert content.startswith(out)


@given(st.binary(max_size=60))
def test_header_blocks_that_are_none(block: bytes) -> None:
    with contextlib.suppress(ValueError):
        HeaderBlocks().change(bytearray(block))
    data = PREFACE + frame(HEADERS, END_HEADERS, block) + frame(DATA, 0, b"x")
    assert len(changed([data])) == len(data)


@pytest.mark.parametrize(
    "frames",
    [
        frame(CONTINUATION, END_HEADERS, b"\x86"),
        frame(HEADERS, 0, b"\x86") + frame(DATA, 0, b""),
        frame(HEADERS, 0, b"\x86") + frame(HEADERS, END_HEADERS, b"\x86"),
        frame(HEADERS, END_HEADERS | PADDED, b"\x09"),
        frame(HEADERS, END_HEADERS | PADDED, b""),
        frame(HEADERS, END_HEADERS | PRIORITY, b"\0"),
        frame(HEADERS, END_HEADERS, b"\x40"),
        frame(HEADERS, END_HEADERS, b"\x46\x84ab"),
        frame(HEADERS, END_HEADERS, b"\x7f\xff\xff\xff\xff\xff\xff"),
        frame(HEADERS, END_HEADERS, b"\x3f\xff\xff\x01"),
        frame(HEADERS, END_HEADERS, literal(WITHOUT, 62, b"file")),
    ],
)
def test_what_http_2_forbids_is_left_to_grpc(frames: bytes) -> None:
    after = frame(HEADERS, END_HEADERS, literal(WITHOUT, 6, b"file"))
    assert changed([PREFACE, frames, after]) == PREFACE + frames + after


def test_a_block_without_end_is_not_held_forever() -> None:
    requests = ClientFrames()
    requests.changed(PREFACE + frame(HEADERS, 0, b""))
    more = frame(CONTINUATION, 0, b"\x86" * 100)
    for _ in range(2 * MAX_HELD // len(more)):
        requests.changed(more)
        assert len(requests._held) <= MAX_HELD
    assert requests._held == b""


def test_a_frame_that_never_ends_is_not_waited_for() -> None:
    requests = ClientFrames()
    large = (1 << 24) - 1
    head = large.to_bytes(3, "big") + bytes([HEADERS, END_HEADERS]) + b"\0\0\0\1"
    assert requests.changed(PREFACE + head) == PREFACE + head
