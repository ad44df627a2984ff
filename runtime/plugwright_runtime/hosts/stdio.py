"""What has a go-plugin printed? `StreamStdio` in; records of the loggers `plugin.<name>.stdout` and
`.stderr` out. The stream is read whether or not anybody listens: a plugin waits for its reader.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

import grpc

from ..styles.goplugin import protos
from .lines import Lines
from .log_lines import safe

CHANNELS = {1: "stdout", 2: "stderr"}
END_SECONDS = 0.2  # for what is still on its way when the plugin has ended
QUIET = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNIMPLEMENTED,
)

_log = logging.getLogger("plugwright.hosts")


class Stdio:
    """The stream of one plugin; for the loop of hosts."""

    def __init__(self, name: str) -> None:
        self._loggers = {n: f"plugin.{name}.{stream}" for n, stream in CHANNELS.items()}
        self._lines = {number: Lines() for number in CHANNELS}
        self._reading: asyncio.Task[None] | None = None

    def open(self, channel: Any) -> None:
        call = channel.unary_stream(
            "/plugin.GRPCStdio/StreamStdio", response_deserializer=protos.StdioData.FromString
        )
        self._reading = asyncio.create_task(self._read(call(b"")), name="plugin-stdio")

    async def close(self) -> None:
        """Take what is on its way, then end the stream."""
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=END_SECONDS)
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        for number, lines in self._lines.items():
            if lines.unfinished:
                self._tell(number, lines.end())

    async def _read(self, call: Any) -> None:
        try:
            async for chunk in call:
                if chunk.channel in self._lines:
                    for line in self._lines[chunk.channel].feed(chunk.data):
                        self._tell(chunk.channel, line)
        except grpc.RpcError as error:
            code = error.code()
            if code is grpc.StatusCode.UNIMPLEMENTED:
                _log.warning("the plugin has no GRPCStdio: what it prints is lost")
            elif code not in QUIET:
                _log.warning("what the plugin prints cannot be read: %s", error.details())

    def _tell(self, number: int, line: bytes) -> None:
        name = self._loggers[number]
        logging.getLogger(name).info("%s", safe(line.decode("utf-8", "backslashreplace")))
