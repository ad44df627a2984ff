"""What does a gRPC client send, as a server sees it that is no gRPC library?

`serving(socket)` answers every unary call on a listening socket with an empty message, or as
`answers` says for its path, over plain HTTP/2. `requests` are the header lists that came.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived, StreamEnded
from h2.exceptions import ProtocolError


@dataclass
class Seen:
    """What came. `answers`: the message for a path, where it is not empty."""

    answers: Mapping[str, bytes] = field(default_factory=dict)
    requests: list[dict[str, str]] = field(default_factory=list)

    def authorities(self) -> set[str]:
        return {request[":authority"] for request in self.requests}


@contextlib.contextmanager
def serving(
    listening: socket.socket,
    answers: Mapping[str, bytes] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[Seen]:
    """Serve until the block ends; the socket is closed then."""
    seen = Seen(answers or {})
    listening.listen()
    accepting = threading.Thread(target=_accept, args=(listening, seen, tls))
    accepting.start()
    try:
        yield seen
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join()
        listening.close()


def _accept(listening: socket.socket, seen: Seen, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            accepted, _ = listening.accept()
        except OSError:
            return
        arguments = (accepted, seen, tls)
        threading.Thread(target=_connection, args=arguments, daemon=True).start()


def _connection(accepted: Any, seen: Seen, tls: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError, ProtocolError):
        if tls is not None:
            accepted = tls.wrap_socket(accepted, server_side=True)
        with accepted:
            _serve(accepted, seen)


def _serve(connection: Any, seen: Seen) -> None:
    http = H2Connection(
        # What a client sends is what is looked at: nothing is refused here.
        H2Configuration(
            client_side=False, header_encoding="utf-8", validate_inbound_headers=False
        )
    )
    http.initiate_connection()
    connection.sendall(http.data_to_send())
    paths: dict[int, str] = {}
    while data := connection.recv(65536):
        for event in http.receive_data(data):
            if isinstance(event, RequestReceived):
                request = dict(event.headers)
                seen.requests.append(request)
                paths[event.stream_id] = request[":path"]
            elif isinstance(event, StreamEnded):
                _answer(http, event.stream_id, seen.answers.get(paths[event.stream_id]))
        connection.sendall(http.data_to_send())


def _answer(http: H2Connection, stream: int, message: bytes | None) -> None:
    head = [(":status", "200"), ("content-type", "application/grpc")]
    http.send_headers(stream, head)
    content = message or b""
    http.send_data(stream, b"\0" + len(content).to_bytes(4, "big") + content)
    http.send_headers(stream, [("grpc-status", "0")], end_stream=True)
