"""What does a gRPC client send, as a server sees it that is no gRPC library?

`Serving` answers unary calls on a listening socket over plain HTTP/2. It is as strict as servers on
Rust's h2 and tonic: a request whose pseudo headers they refuse has its stream reset. `requests` are
the headers that came, refused or not.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError

# RFC 3986, without percent-encoding and user: what a server takes for its own name.
AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=-]+)(:[0-9]+)?")


@dataclass(frozen=True)
class Reply:
    """The message of an answer, or a gRPC status and its text; or nothing but a reset."""

    message: bytes = b""
    status: int = 0
    text: str = ""
    reset: ErrorCodes | None = None


Answer = Callable[[str, bytes], Reply]  # of the path and the message


def empty(path: str, message: bytes) -> Reply:
    return Reply()


class Serving:
    """A server in threads of its own, from now on until `stop`, which closes the socket."""

    def __init__(
        self,
        listening: socket.socket,
        answer: Answer = empty,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[dict[str, str]] = []
        self._listening = listening
        self._answer = answer
        self._tls = tls
        listening.listen()
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def authorities(self) -> set[str]:
        return {request[":authority"] for request in self.requests}

    def stop(self) -> None:
        """Take no more connections; those that are open end with their clients."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(accepted,), daemon=True).start()

    def _connection(self, accepted: Any) -> None:
        with contextlib.suppress(OSError, ProtocolError):
            if self._tls is not None:
                accepted = self._tls.wrap_socket(accepted, server_side=True)
            with accepted:
                self._serve(accepted)

    def _serve(self, connection: Any) -> None:
        http = H2Connection(
            # What a client sends is to be looked at first.
            H2Configuration(
                client_side=False,
                header_encoding="utf-8",
                validate_inbound_headers=False,
            )
        )
        http.initiate_connection()
        connection.sendall(http.data_to_send())
        calls: dict[int, tuple[str, bytearray]] = {}
        while data := connection.recv(65536):
            for event in http.receive_data(data):
                self._handle(http, event, calls)
            connection.sendall(http.data_to_send())

    def _handle(
        self, http: H2Connection, event: Any, calls: dict[int, tuple[str, bytearray]]
    ) -> None:
        if isinstance(event, RequestReceived):
            request = dict(event.headers)
            self.requests.append(request)
            if is_legal(request):
                calls[event.stream_id] = (request[":path"], bytearray())
            else:
                http.reset_stream(event.stream_id, ErrorCodes.PROTOCOL_ERROR)
        elif isinstance(event, DataReceived):
            length, stream = event.flow_controlled_length, event.stream_id
            http.acknowledge_received_data(length, stream)
            if stream in calls:
                calls[stream][1].extend(event.data)
        elif isinstance(event, StreamEnded) and event.stream_id in calls:
            path, body = calls.pop(event.stream_id)
            send(http, event.stream_id, self._answer(path, bytes(body[5:])))


def is_legal(request: dict[str, str]) -> bool:
    """Whether these servers read a request on."""
    return (
        AUTHORITY.fullmatch(request.get(":authority", "")) is not None
        and request.get(":scheme") in ("http", "https")
        and request.get(":method") == "POST"
        and request.get("te") == "trailers"
        and request.get("content-type", "").startswith("application/grpc")
    )


def send(http: H2Connection, stream: int, reply: Reply) -> None:
    if reply.reset is not None:
        http.reset_stream(stream, reply.reset)
        return
    http.send_headers(stream, [(":status", "200"), ("content-type", "application/grpc")])
    if not reply.status:
        data = b"\0" + len(reply.message).to_bytes(4, "big") + reply.message
        for start in range(0, len(data), http.max_outbound_frame_size):
            http.send_data(stream, data[start : start + http.max_outbound_frame_size])
    told = [("grpc-status", str(reply.status)), ("grpc-message", quote(reply.text))]
    http.send_headers(stream, told, end_stream=True)


@contextlib.contextmanager
def serving(listening: socket.socket, tls: ssl.SSLContext | None = None) -> Iterator[Serving]:
    """A server that answers empty messages, until the block ends."""
    server = Serving(listening, tls=tls)
    try:
        yield server
    finally:
        server.stop()
