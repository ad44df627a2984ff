"""What does a gRPC server answer to bytes that no gRPC library would send?

`Stranger` is one connection of plain HTTP/2 to an address, with all of a call in its user's hands:
the headers, how the message is cut into frames, and what else is sent between them.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

SECONDS = 20.0
Headers = list[tuple[str, str]]


def message(content: bytes, compressed: bool = False) -> bytes:
    """A message as gRPC frames it: flag, length, content."""
    return bytes([compressed]) + len(content).to_bytes(4, "big") + content


def headers(path: str, **changes: str | None) -> Headers:
    """The usual headers of a call; `_` in names of changes is `-`, `__name` a pseudo header, None
    leaves one out.
    """
    found: dict[str, str | None] = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
    }
    for name, value in changes.items():
        spelled = name.replace("__", ":", 1) if name.startswith("__") else name
        found[spelled.replace("_", "-")] = value
    return [(name, value) for name, value in found.items() if value is not None]


@dataclass
class Answer:
    """All that came back for one stream."""

    headers: dict[str, str] = field(default_factory=dict)
    data: bytes = b""
    reset: int | None = None
    over: bool = False

    @property
    def status(self) -> int | None:
        found = self.headers.get("grpc-status")
        return None if found is None else int(found)

    @property
    def content(self) -> bytes:
        """The content of the one message."""
        assert self.data[:5] == message(self.data[5:])[:5]
        return self.data[5:]


class Stranger:
    """A connection; `http` is its state, for all that the methods do not cover."""

    def __init__(self, address: str) -> None:
        path = address.removeprefix("unix:")
        if path != address:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.connect(path)
        else:
            host, _, port = address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)))
        self._socket.settimeout(SECONDS)
        lenient = H2Configuration(
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
            header_encoding="utf-8",
        )
        self.http = H2Connection(lenient)
        self.http.initiate_connection()
        self.answers: dict[int, Answer] = {}
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, raw: bytes = b"") -> None:
        """What the state has to send, and then `raw`."""
        self._socket.sendall(self.http.data_to_send() + raw)

    def begin(self, head: Headers) -> int:
        """Open a stream."""
        stream = self.http.get_next_available_stream_id()
        self.http.send_headers(stream, head)
        self.answers[stream] = Answer()
        return stream

    def call(self, head: Headers, *parts: bytes, padding: int | None = None) -> Answer:
        """A whole call, its message in a DATA frame for each part."""
        stream = self.begin(head)
        for part in parts:
            self.http.send_data(stream, part, pad_length=padding)
        self.http.end_stream(stream)
        return self.answer(stream)

    def answer(self, stream: int) -> Answer:
        """What comes for a stream, once it is over, or the connection is."""
        self.send()
        answer = self.answers[stream]
        while not answer.over and not self.closed:
            self.receive()
        return answer

    def receive(self) -> None:
        """Take what has come; TimeoutError if nothing does."""
        data = self._socket.recv(65536)
        self.closed = self.closed or not data
        for event in self.http.receive_data(data) if data else ():
            self._note(event)
        if not self.closed:
            self.send()

    def _note(self, event: object) -> None:
        if isinstance(event, ConnectionTerminated):
            self.closed = True
            return
        answer = self.answers.get(getattr(event, "stream_id", 0) or 0)
        if answer is None:
            return
        if isinstance(event, ResponseReceived | TrailersReceived):
            answer.headers.update(_text(event.headers))
        elif isinstance(event, DataReceived):
            answer.data += event.data
            self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamReset):
            answer.reset, answer.over = event.error_code, True
        elif isinstance(event, StreamEnded):
            answer.over = True


def _text(headers: Iterable[tuple[str | bytes, str | bytes]]) -> dict[str, str]:
    found = {}
    for name, value in headers:
        assert isinstance(name, str)
        assert isinstance(value, str)
        found[name] = value
    return found
