"""How does a gRPC client call that is no gRPC library?

A `Connection` to a Unix socket makes unary calls over plain HTTP/2, with the headers it is told to
send, whatever a server makes of them.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any, Self

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

HEADERS = {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "localhost",
    ":path": "",
    "te": "trailers",
    "content-type": "application/grpc",
}


class Refused(Exception):
    """The stream or the connection was ended without a status."""


class Connection:
    """A connection in a `with` statement; one call at a time."""

    def __init__(self, path: str, timeout: float = 30.0) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(path)
        self.http = H2Connection(
            H2Configuration(validate_outbound_headers=False, header_encoding="utf-8")
        )
        self.http.initiate_connection()
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def flush(self) -> None:
        self._socket.sendall(self.http.data_to_send())

    def send(self, data: bytes) -> None:
        """Bytes of the caller's own."""
        self._socket.sendall(data)

    def drain(self) -> None:
        """Read on until the server hangs up, or says nothing for a while."""
        self._socket.settimeout(0.5)
        while self._socket.recv(65536):
            pass

    def events(self) -> list[Any]:
        """What the server sends next. Raises `Refused` if it hangs up."""
        data = self._socket.recv(65536)
        if not data:
            raise Refused("the connection was closed")
        events = self.http.receive_data(data)
        for event in events:
            if isinstance(event, DataReceived):
                length = event.flow_controlled_length
                self.http.acknowledge_received_data(length, event.stream_id)
        self.flush()
        return events

    def call(
        self, path: str, message: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[dict[str, str], bytes]:
        """Status and message texts of the trailers, and the answer's message."""
        stream = self.http.get_next_available_stream_id()
        sent = HEADERS | {":path": path} | (headers or {})
        self.http.send_headers(stream, sent.items())
        self._send_message(stream, message)
        return self.answer(stream)

    def _send_message(self, stream: int, message: bytes) -> None:
        body = b"\0" + len(message).to_bytes(4, "big") + message
        while body:
            room = min(
                self.http.local_flow_control_window(stream),
                self.http.max_outbound_frame_size,
            )
            self.http.send_data(stream, body[:room], end_stream=room >= len(body))
            body = body[room:]
            self.flush()
            while body and not self.http.local_flow_control_window(stream):
                self.events()

    def answer(self, stream: int) -> tuple[dict[str, str], bytes]:
        """What ends the call on `stream`. Raises `Refused`."""
        told: dict[str, str] = {}
        body, ended = b"", False
        while not ended:
            for event in self.events():
                if isinstance(event, ConnectionTerminated):
                    raise Refused(f"GOAWAY {event.error_code}")
                if getattr(event, "stream_id", None) != stream:
                    continue
                if isinstance(event, StreamReset):
                    raise Refused(f"RST_STREAM {event.error_code}")
                if isinstance(event, ResponseReceived | TrailersReceived):
                    told |= {k: v for k, v in event.headers if k.startswith("grpc-")}
                elif isinstance(event, DataReceived):
                    body += event.data
                ended = ended or isinstance(event, StreamEnded)
        return told, body[5:]
