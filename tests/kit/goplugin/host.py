"""How does a test act as the go-plugin host of a real plugin process?

In: the source of a tiny plugin. Out: `start_plugin`, which spawns it as a host does and reads its
handshake, and `Host`, which has the process, its log and a grpc channel. The messages are encoded
here by other means than the runtime's, so that an error in its descriptors shows.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import json
import os
import queue
import struct
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
from kit.places import RUNTIME

COOKIE = {"PLUGIN_COOKIE": "sesame"}
LIMITS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
DIALLED = [*LIMITS, ("grpc.default_authority", "localhost")]  # as by grpc-go

PROLOGUE = """
import asyncio, ctypes, logging, os, signal, subprocess, sys, threading, time
from plugwright_runtime.styles import goplugin
spec = goplugin.PluginSpec("PLUGIN_COOKIE", "sesame", log_level_variables=("LOG_LEVEL",), **OPTIONS)
goplugin.prepare(spec)
"""
EPILOGUE = """
import grpc
calls = {name[4:]: fn for name, fn in list(globals().items()) if name.startswith("rpc_")}
def register(context):
    global plugin
    plugin = context
    handlers = {name: grpc.unary_unary_rpc_method_handler(fn) for name, fn in calls.items()}
    app = grpc.method_handlers_generic_handler("test.App", handlers)
    context.server.add_generic_rpc_handlers((app,))
    extra = globals().get("extra_register")
    return extra() if extra else None
goplugin.run(spec, register, on_stop=globals().get("on_stop"), reattach="--reattach" in sys.argv)
"""


def program(body: str = "", options: str = "{}") -> str:
    """A plugin whose coroutines `rpc_<Name>(request, context)` serve `/test.App/<Name>`, bytes to
    bytes.
    """
    return f"OPTIONS = {options}\n{PROLOGUE}\n{textwrap.dedent(body)}\n{EPILOGUE}"


class Host:
    """A plugin process, its handshake and its log; `channel` opens at first use."""

    def __init__(self, process: subprocess.Popen[bytes], fields: list[str]) -> None:
        self.process = process
        self.fields = fields
        self.log: list[str] = []
        self.ended = threading.Event()  # nobody has stderr open any more
        self._arrived = threading.Condition()

    @functools.cached_property
    def channel(self) -> Any:
        return grpc.insecure_channel(target_of(*self.fields[2:4]), options=DIALLED)

    def call(self, path: str, request: bytes = b"", timeout: float = 5.0) -> bytes:
        result: bytes = self.channel.unary_unary(path)(request, timeout=timeout)
        return result

    def app(self, name: str, request: bytes = b"", timeout: float = 5.0) -> bytes:
        return self.call(f"/test.App/{name}", request, timeout)

    def shut_down(self) -> int:
        """Stop as go-plugin does; the exit code."""
        self.call("/plugin.GRPCController/Shutdown")
        self.channel.close()
        return self.process.wait(5)

    def wait_for_log(self, text: str, timeout: float = 5.0) -> dict[str, Any]:
        """The first JSON log record whose line contains `text`."""
        with self._arrived:
            found = self._arrived.wait_for(
                lambda: next((line for line in self.log if text in line), None), timeout
            )
        assert found, f"no log line with {text!r} in {self.log}"
        record: dict[str, Any] = json.loads(found)
        return record

    def wait_for_raw(self, text: str, timeout: float = 20.0) -> None:
        """Until a line of stderr, which need be no record, contains `text`."""
        with self._arrived:
            assert self._arrived.wait_for(
                lambda: any(text in line for line in self.log), timeout
            ), f"no line with {text!r} in {self.log}"

    def read_log(self, stream: Any) -> None:
        for line in stream:
            with self._arrived:
                self.log.append(line.decode())
                self._arrived.notify_all()
        self.ended.set()

    @property
    def address(self) -> str:
        return self.fields[3]


def spawn(
    source: str,
    path: Path,
    *arguments: str,
    stdin: int = subprocess.DEVNULL,
    **env: str,
) -> subprocess.Popen[bytes]:
    """Start a plugin program with these variables added to the environment."""
    script = path / "plugin_main.py"
    script.write_text(source)
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PLUGIN_")}
    return subprocess.Popen(
        [sys.executable, str(script), *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ | {"PYTHONPATH": str(RUNTIME), "PYTHONUNBUFFERED": ""} | env,
    )


def short_directory() -> Iterator[Path]:
    """A fixture for tests with sockets, whose paths are limited and pytest's `tmp_path` is long."""
    with tempfile.TemporaryDirectory(prefix="pw-") as name:
        yield Path(name)


def target_of(network: str, address: str) -> str:
    return "unix:" + quote(address) if network == "unix" else address


def read_handshake(process: subprocess.Popen[bytes]) -> list[str]:
    """The fields of the first stdout line; fails with the plugin's stderr if there is none."""
    assert process.stdout
    assert process.stderr
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f"no handshake; stderr: {process.stderr.read().decode()}")
    return line.decode().rstrip("\n").split("|")


@contextlib.contextmanager
def start_plugin(
    source: str, path: Path, *, stdin: int = subprocess.DEVNULL, **env: str
) -> Iterator[Host]:
    """A running plugin; ended at the end if it still runs."""
    with spawn(source, path, stdin=stdin, **(COOKIE | env)) as process:
        try:
            host = Host(process, read_handshake(process))
            reader = threading.Thread(target=host.read_log, args=(process.stderr,), daemon=True)
            reader.start()
            try:
                yield host
            finally:
                if "channel" in vars(host):
                    host.channel.close()
                end(process)
                reader.join(5)
                if process.returncode < 0:  # it could not
                    Path(host.address).unlink(missing_ok=True)
        finally:
            end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """By SIGTERM, twice if need be, so that the plugin removes its sockets; by SIGKILL at last."""
    for stop in (process.terminate, process.terminate, process.kill):
        if process.poll() is None:
            stop()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.8)


def gone(pid: int, seconds: float) -> float | None:
    """Wait until a process (not our child) has ended; how long it took, None if it did not."""
    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return time.monotonic() - begin
        if state == "Z":
            return time.monotonic() - begin
        time.sleep(0.02)
    return None


def padded(text: str) -> bytes:
    """Bytes of unpadded standard base64."""
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def conn_info(service_id: int, network: str, address: str) -> bytes:
    """A plugin.ConnInfo."""
    texts = ((0x12, network.encode()), (0x1A, address.encode()))
    return (
        b"\x08"
        + varint(service_id)
        + b"".join(bytes([tag]) + varint(len(text)) + text for tag, text in texts)
    )


def read_fields(data: bytes) -> dict[int, int | bytes]:
    """The varint and length-delimited fields of a message, the last of each number."""
    fields: dict[int, int | bytes] = {}
    position = 0

    def number() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(data):
        tag = number()
        value = number()
        if tag & 7 == 2:
            fields[tag >> 3] = data[position : position + value]
            position += value
        else:
            fields[tag >> 3] = value
    return fields


class BrokerStream:
    """The host's side of StartStream: `send` offers, `receive` gets the plugin's."""

    def __init__(self, channel: Any) -> None:
        self._outgoing: queue.Queue[bytes | None] = queue.Queue()
        self._call = channel.stream_stream("/plugin.GRPCBroker/StartStream")(
            iter(self._outgoing.get, None)
        )
        self._call.initial_metadata()  # the plugin has taken the stream

    def send(self, info: bytes) -> None:
        self._outgoing.put(info)

    def receive(self) -> tuple[int, str, str]:
        fields = read_fields(next(self._call))
        service_id, network, address = fields[1], fields[2], fields[3]
        assert isinstance(service_id, int)
        assert isinstance(network, bytes)
        assert isinstance(address, bytes)
        return service_id, network.decode(), address.decode()

    def close(self) -> None:
        self._outgoing.put(None)
        self._call.cancel()


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = 4


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """An HTTP/2 frame, for peers that grpc's own client cannot play."""
    head = struct.pack(">L", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">L", stream)
    return head + payload


def greeting(window: int = 65535) -> bytes:
    """What an HTTP/2 client sends first, with flow-control windows of this size."""
    settings = frame(SETTINGS, 0, 0, struct.pack(">HL", 4, window))
    return PREFACE + settings + frame(8, 0, 0, struct.pack(">L", max(window - 65535, 1)))


def call_headers(stream: int, path: bytes) -> bytes:
    """The HEADERS frame of a grpc call, in plain literals."""
    block = b"".join(
        b"\x00" + bytes([len(name)]) + name + bytes([len(value)]) + value
        for name, value in (
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", path),
            (b":authority", b"x"),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        )
    )
    return frame(1, 4, stream, block)


def resident(pid: int) -> int:
    """Bytes of memory in use."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def stdio(channel: Any) -> Any:
    """The call of StreamStdio."""
    return channel.unary_stream("/plugin.GRPCStdio/StreamStdio")(b"", timeout=10)


def read_output(call: Any, until: bytes) -> bytes:
    """What the plugin printed, up to and including `until`."""
    output = b""
    while until not in output:
        fields = read_fields(next(call))
        assert fields[1] == 1, "user prints belong to channel stdout"
        data = fields[2]
        assert isinstance(data, bytes)
        output += data
    return output
