"""How is a host served whose calls say `:scheme: file`?

That is what tonic sends over an endpoint `file://…`, and grpc's servers refuse such calls. So the
host's socket is that of a relay, which makes `http` of it, and grpc listens on another one, in a
directory of mode 0700. In: a server that has not started. What the relay cannot read as HTTP/2
passes as it came: grpc says what is wrong with it. Called by `socket_address`.
"""

from __future__ import annotations

import asyncio
import math
import os
import shutil
import socket
import tempfile
from typing import Any

from ..exceptions import LaunchError
from ..process.endpoint import Endpoint, bind_grpc, start_listening, temporary_directory
from ..process.relay import Factory, Relay, Side
from .header_blocks import HeaderBlocks

PREFACE = 24  # bytes before the first frame
FRAME_HEAD = 9
HEADERS, CONTINUATION = 1, 9
END_HEADERS, PADDED, PRIORITY = 0x4, 0x8, 0x20
# Bytes of a header block that are held until its end has come; grpc takes 16 KiB at most.
MAX_HELD = 32 * 1024
MAX_CONNECTIONS = 8192  # a host has one for each of its users: descriptors run out before


class Relayed:
    """A grpc server behind a relay."""

    def __init__(self, server: Any) -> None:
        try:
            folder = tempfile.mkdtemp(prefix="plugin-", dir=temporary_directory())
        except OSError as error:
            text = f"cannot make a directory for a socket in {tempfile.gettempdir()}"
            raise LaunchError(f"{text}: {error.strerror}") from error
        self._folder = folder
        self._inner = os.path.join(folder, "grpc.sock")
        bind_grpc(server, Endpoint("unix", self._inner))
        self._listening = socket.socket(socket.AF_UNIX)

    def listen(self, path: str) -> None:
        """Make the host's socket. Raises OSError."""
        self._listening.bind(path)
        start_listening(self._listening)

    def serve(self) -> Relay:
        """Take the host's connections, until the relay is closed."""

        async def connect(factory: Factory) -> object:
            loop = asyncio.get_running_loop()
            return await loop.create_unix_connection(factory, self._inner)

        return Relay(self._listening, None, connect, HostSide, MAX_CONNECTIONS)

    def release(self) -> None:
        """Remove grpc's socket, and listen no more; from any thread."""
        self._listening.close()
        shutil.rmtree(self._folder, ignore_errors=True)


class HostSide(Side):
    """The host's connection."""

    def __init__(self) -> None:
        super().__init__()
        self._sent = ClientFrames()

    def data_received(self, data: bytes) -> None:
        super().data_received(self._sent.changed(data))


class ClientFrames:
    """What a client sends on one connection, with `:scheme: http` for `file`.

    Only header blocks are held back, until all of one is there.
    """

    def __init__(self) -> None:
        self._passing: float = PREFACE  # bytes that go on as they come
        self._held = bytearray()  # from the beginning of a frame on
        self._at = 0  # what of the held bytes has been read
        self._fragments: list[slice] = []  # of the block that is being read
        self._blocks = HeaderBlocks()

    def changed(self, data: bytes) -> bytes:
        """What of it, and of what was held, goes on to the server."""
        passing = len(data)
        if passing > self._passing:
            passing = int(self._passing)
        self._passing -= passing
        if passing == len(data):
            return data
        self._held += data[passing:]
        return data[:passing] + self._ready()

    def _ready(self) -> bytes:
        try:
            ready = self._read()
        except ValueError:
            ready, self._passing = len(self._held), math.inf
        out = bytes(self._held[:ready])
        if ready:
            del self._held[:ready]
            self._at = max(self._at - ready, 0)
            self._fragments = [
                slice(part.start - ready, part.stop - ready) for part in self._fragments
            ]
        return out

    def _read(self) -> int:
        """Read the held frames; how many bytes can go on."""
        ready, held = 0, self._held
        while len(held) - self._at >= FRAME_HEAD:
            kind = held[self._at + 3]
            end = self._at + FRAME_HEAD + int.from_bytes(held[self._at : self._at + 3])
            if (kind == CONTINUATION) != bool(self._fragments):
                raise ValueError("a header block that is interrupted, or begins late")
            if kind in (HEADERS, CONTINUATION):
                if end - ready > MAX_HELD:
                    raise ValueError("a header block that is too large")
                if end > len(held):
                    break
                if not self._read_headers(end):
                    continue
            elif end > len(held):
                self._passing = end - len(held)
                end = len(held)
            self._at = ready = end
        return ready

    def _read_headers(self, end: int) -> bool:
        """Read a frame of a header block; whether it was its last one."""
        held, start = self._held, self._at + FRAME_HEAD
        kind, flags = held[self._at + 3], held[self._at + 4]
        self._at = stop = end
        if kind == HEADERS and flags & PADDED:
            stop -= held[start] if start < end else 0
            start += 1
        if kind == HEADERS and flags & PRIORITY:
            start += 5
        if start > stop:
            raise ValueError("a frame with more padding than bytes")
        self._fragments.append(slice(start, stop))
        if not flags & END_HEADERS:
            return False
        self._change_block()
        return True

    def _change_block(self) -> None:
        block = bytearray().join(self._held[part] for part in self._fragments)
        self._blocks.change(block)
        at = 0
        for part in self._fragments:
            size = part.stop - part.start
            self._held[part] = block[at : at + size]
            at += size
        self._fragments = []
