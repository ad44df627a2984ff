"""How does a test drive a Python plugin from a real go-plugin host?

`GoHost` builds the Go program of `tests/interop/host` once, starts it and speaks its protocol: one
JSON command per line in, one JSON answer per line out, matched by id. In go descriptor sets and
commands, out come the results as dicts; `tests/interop/host/README.md` lists the commands.

    with GoHost(descriptors) as host:
        host.request("start", argv=[sys.executable, "plugin.py"], cookie={"key": "K", "value": "v"})
        answer = host.request("call", method="OnActivate")
        assert answer["code"] == "OK"

Commands run at the same time: `submit` returns a future, `request` waits for it. A status that a
plugin answers is a result; `HostRefusal` means that the host could not carry out the command, and
`HostDied` that the host itself is gone (its stderr is in the text).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from kit.places import TESTS

Result = dict[str, Any]


SOURCE = TESTS / "interop" / "host"
BUILD_LIMIT_S = 600.0  # a first build compiles gRPC and go-plugin
STDERR_TAIL = 4000  # characters of the host's stderr in error texts

_building = threading.Lock()


class HostRefusal(RuntimeError):
    """The host could not carry out a command; the text names the command and the reason."""


class HostDied(RuntimeError):
    """The host's process ended while it was needed."""


def build_host(cache: Path | None = None) -> Path:
    """Return the host's binary, built if the sources have changed since the last build.

    The binary lies in `cache` (default: the user's cache directory) under a name made from the
    sources, so concurrent sessions and checkouts do not disturb each other. Raises RuntimeError
    with the compiler's output, or if there is no Go toolchain.
    """
    return _build(".", "plugwright-host", cache)


def build_plugin() -> Path:
    """The same for the plugin in Go that the Python host starts."""
    return _build("./plugin", "plugwright-go-plugin", None)


def _build(package: str, name: str, cache: Path | None) -> Path:
    directory = cache or _cache_directory()
    binary = directory / f"{name}-{_source_digest(package)}"
    with _building:
        if binary.exists():
            return binary
        if shutil.which("go") is None:
            raise RuntimeError("the interop tests need a Go toolchain: put `go` on the PATH")
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory) as scratch:
            fresh = Path(scratch) / name
            build = subprocess.run(
                ["go", "build", "-buildvcs=false", "-o", str(fresh), package],
                cwd=SOURCE,
                capture_output=True,
                text=True,
                timeout=BUILD_LIMIT_S,
                check=False,
            )
            if build.returncode != 0:
                raise RuntimeError(f"go build of {name} failed:\n{build.stderr}")
            os.replace(fresh, binary)
    return binary


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "plugwright-tests"


def _source_digest(package: str) -> str:
    """Sixteen hex digits over everything that goes into the binary."""
    digest = hashlib.sha256()
    for path in sorted([*(SOURCE / package).glob("*.go"), *SOURCE.glob("go.*")]):
        if not path.name.endswith("_test.go"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class GoHost:
    """One running host; use it as a context manager. Thread-safe.

    `descriptors` are serialized FileDescriptorSets (bytes) or files that hold one. `pid` is the
    host's process id, for tests that kill it; `versions` maps Go modules to their versions.
    """

    pid: int
    versions: dict[str, str]

    def __init__(self, *descriptors: Path | bytes, binary: Path | None = None) -> None:
        arguments = [str(binary or build_host())]
        self._scratch = tempfile.TemporaryDirectory(prefix="gohost-")
        self._stderr_file = Path(self._scratch.name) / "stderr"
        self._last_stderr = ""  # once the file is gone
        for number, item in enumerate(descriptors):
            arguments += ["-descriptors", str(self._descriptor_file(number, item))]
        with self._stderr_file.open("wb") as stderr:
            self._process = subprocess.Popen(
                arguments,
                # A plugin that is killed leaves its socket: it goes when the host is closed.
                env={**os.environ, "TMPDIR": self._scratch.name},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C is for pytest; closing stdin then ends the host
            )
        self.pid = self._process.pid
        self._ids = itertools.count(1)
        self._lock = threading.Lock()  # guards _waiting, _ended and writes to stdin
        self._waiting: dict[str, tuple[str, Future[Result]]] = {}
        self._ended = False
        self._ready: Future[Result] = Future()
        self._reader = threading.Thread(target=self._read, name="gohost", daemon=True)
        self._reader.start()
        try:
            self.versions = self._ready.result(timeout=30)["versions"]
        except BaseException:
            self.kill()
            raise

    def _descriptor_file(self, number: int, item: Path | bytes) -> Path:
        if isinstance(item, Path):
            return item
        path = Path(self._scratch.name) / f"set-{number}.pb"
        path.write_bytes(item)
        return path

    def submit(self, cmd: str, /, **fields: object) -> Future[Result]:
        """Send a command and return the future of its result.

        Fields may hold bytes (sent as base64) and paths. The future raises HostRefusal or HostDied.
        """
        command_id = str(next(self._ids))
        line = json.dumps({**fields, "id": command_id, "cmd": cmd}, default=_plain)
        future: Future[Result] = Future()
        with self._lock:
            if self._ended:
                raise HostDied(self._obituary())
            self._waiting[command_id] = (cmd, future)
            stdin = cast("IO[bytes]", self._process.stdin)
            try:
                stdin.write(line.encode() + b"\n")
                stdin.flush()
            except OSError as error:
                del self._waiting[command_id]
                raise HostDied(self._obituary()) from error
        return future

    def request(self, cmd: str, /, *, wait_s: float = 60.0, **fields: object) -> Result:
        """Send a command and return its result; TimeoutError after `wait_s` seconds."""
        return self.submit(cmd, **fields).result(timeout=wait_s)

    def abort(self, future: Future[Result]) -> None:
        """Cancel a command under way: its RPC is cancelled, as by a client that leaves."""
        with self._lock:
            ids = [key for key, (_, waiting) in self._waiting.items() if waiting is future]
        if not ids:
            return  # it has already ended
        try:
            self.request("cancel", request=ids[0])
        except HostRefusal:
            if not future.done():  # it may have ended in between
                raise

    def stderr(self) -> str:
        """What the host has written to its stderr: panics and go-plugin's own complaints."""
        if self._stderr_file.exists():
            return self._stderr_file.read_text(errors="replace")
        return self._last_stderr

    def kill(self) -> None:
        """End the host by SIGKILL, as a crash would: its plugins get no word of it."""
        self._process.kill()
        self._finish()

    def close(self) -> None:
        """End the host in order; it kills the plugins that still run."""
        if self._process.poll() is None:
            cast("IO[bytes]", self._process.stdin).close()
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._finish()

    def _finish(self) -> None:
        self._process.wait()
        self._reader.join(timeout=10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):  # a command that nobody read
                    stream.close()
        self._last_stderr = self.stderr()
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self) -> None:
        """Reader thread: hand each answer to its future until the host's stdout ends."""
        for line in cast("IO[bytes]", self._process.stdout):
            answer: Result = json.loads(line)
            if answer.get("event") == "ready":
                self._ready.set_result(answer)
            elif "id" in answer:
                self._settle(answer)
        self._process.wait()
        with self._lock:
            self._ended = True
            orphans = [future for _, future in self._waiting.values()]
            self._waiting.clear()
            obituary = self._obituary()
        if not self._ready.done():
            orphans.append(self._ready)
        for future in orphans:
            future.set_exception(HostDied(obituary))

    def _settle(self, answer: Result) -> None:
        with self._lock:
            cmd, future = self._waiting.pop(str(answer["id"]))
        if answer["ok"]:
            future.set_result(answer["result"])
        else:
            future.set_exception(HostRefusal(f"{cmd}: {answer['error']}"))

    def _obituary(self) -> str:
        tail = self.stderr()[-STDERR_TAIL:]
        return f"test host ended with {self._process.poll()}; its stderr ends:\n{tail}"


def _plain(value: object) -> str:
    """Bytes and paths as JSON has them."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"a command cannot carry a {type(value).__name__}")
