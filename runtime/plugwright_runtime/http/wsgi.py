"""How does a WSGI application (Flask, Django …) answer an exchange?

`wsgi(app)` makes a handler of it. The application runs in a thread of the pool from its call to
`close()`. `wsgi.input` blocks until bytes arrive, each block it yields or writes leaves at once and
blocks until the transport took it. When the client leaves, both raise `ClientDisconnected`.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Final, TypeAlias
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication
from wsgiref.util import FileWrapper

from .asgi import CONTEXT_KEY
from .exchange import Exchange, HTTPResult, Mount
from .fields import as_bytes, as_text, split_address
from .frames import CHUNK_BYTES
from .request import Request

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)

_PLAIN_NAMES: Final = {"CONTENT_TYPE", "CONTENT_LENGTH"}


def wsgi(app: WSGIApplication, *, root_path: str = "", scheme: str = "http") -> WSGIMount:
    """Mounts a WSGI application (PEP 3333).

    `root_path` is the public prefix that the host cuts off, such as `/plugins/<id>`; it becomes
    SCRIPT_NAME. `scheme` is the public one.
    """
    return WSGIMount(app, root_path.rstrip("/"), scheme)


class WSGIMount(Mount):
    """A WSGI application and where it is mounted."""

    def __init__(self, app: WSGIApplication, root_path: str, scheme: str) -> None:
        self.app = app
        self.root_path = root_path
        self.scheme = scheme

    def __call__(self, request: Request) -> HTTPResult:
        return _WSGIResult(self, request)


class _WSGIResult(HTTPResult):
    """The application's answer to one request."""

    def __init__(self, mount: WSGIMount, request: Request) -> None:
        self._mount = mount
        self._request = request

    async def answer(self, exchange: Exchange) -> None:
        await exchange.threads.run(self._answer_blocking, exchange)

    def _answer_blocking(self, exchange: Exchange) -> None:
        mount, call = self._mount, _Call(exchange)
        environ = wsgi_environ(self._request, mount.root_path, mount.scheme)
        environ["wsgi.errors"] = _ErrorLog(exchange.logger)
        blocks = mount.app(environ, call.start_response)
        try:
            call.send_all(blocks)
        finally:
            if (close := getattr(blocks, "close", None)) is not None:
                close()


class _Call:
    """`start_response`, `write` and the body of one request, in the application's thread."""

    def __init__(self, exchange: Exchange) -> None:
        self._writer = exchange.writer
        self._block_on = exchange.threads.block_on
        self._start_called = False

    def start_response(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: ExcInfo | None = None,
        /,
    ) -> Callable[[bytes], None]:
        """Keeps status and headers until the first byte, as PEP 3333 asks; returns `write`."""
        if exc_info is not None:
            try:
                if self._writer.started and exc_info[1] is not None:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None  # breaks the cycle between traceback and frame
        elif self._start_called:
            raise RuntimeError("start_response was called again without exc_info")
        self._start_called = True
        fields = [(name, _utf8(value)) for name, value in headers]
        self._writer.start(_status_code(status), fields)
        return self.write

    def write(self, data: bytes) -> None:
        """Sends `data` before it returns."""
        if data:
            self._block_on(self._writer.write(data, flush=True))

    def send_all(self, blocks: Iterable[bytes]) -> None:
        """Sends the body and its end. A list of one block leaves in one frame with the end mark."""
        single = isinstance(blocks, list | tuple) and len(blocks) == 1
        for block in blocks:
            if single:
                self._block_on(self._writer.write(block, last=True))
            else:
                self.write(block)
            if self._writer.bodiless and self._writer.completed:
                break
        if not self._writer.completed:
            self._block_on(self._writer.write(b"", last=True))


def _status_code(status: str) -> int:
    code, _, _ = status.partition(" ")
    if not (code.isascii() and code.isdecimal()):
        raise ValueError(f"WSGI status {status!r} is not valid: it begins with a number")
    return int(code)


def _utf8(native: str) -> str:
    """A WSGI string holds bytes as Latin-1 characters; one that does not is taken for text."""
    try:
        return as_text(native.encode("latin-1"))
    except UnicodeEncodeError:
        return native


def _native(text: str) -> str:
    return as_bytes(text).decode("latin-1")


def wsgi_environ(request: Request, root_path: str, scheme: str) -> dict[str, Any]:
    """The environ of a request, without `wsgi.errors`."""
    head = request.head
    scheme = request.scheme or scheme
    default_port = 443 if scheme == "https" else 80
    server = split_address(head.host) or (head.host, default_port)
    client = split_address(head.remote_addr) or (head.remote_addr, 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": _native(root_path),
        "PATH_INFO": unquote_to_bytes(request.raw_path).decode("latin-1"),
        "QUERY_STRING": _native(request.query_string),
        "REQUEST_URI": _native(head.request_uri or head.url),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": head.proto,
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.input": request.file,
        "wsgi.input_terminated": True,  # reads end with the body, Content-Length or not
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": _file_blocks,
        CONTEXT_KEY: head.context,
    }
    _add_headers(environ, request)
    return environ


def _add_headers(environ: dict[str, Any], request: Request) -> None:
    head = request.head
    if head.content_length >= 0:
        environ["CONTENT_LENGTH"] = str(head.content_length)
    if head.host:
        environ["HTTP_HOST"] = _native(head.host)
    for name in request.headers:
        # `X_User` and `X-User` would become the same variable: the first is a known way to forge
        # the second.
        if "_" in name:
            continue
        key = name.upper().replace("-", "_")
        joint = "; " if name == "cookie" else ","
        value = _native(joint.join(request.headers.get_all(name)))
        environ[key if key in _PLAIN_NAMES else f"HTTP_{key}"] = value


def _file_blocks(file: Any, block_size: int = CHUNK_BYTES) -> Iterable[bytes]:
    """`wsgi.file_wrapper` in blocks that fill a frame: frameworks ask for 8 KiB, which costs eight
    times the trips.
    """
    return FileWrapper(file, max(block_size, CHUNK_BYTES))


class _ErrorLog(io.TextIOBase):
    """`wsgi.errors`: each write is one record, so that a traceback stays in one piece."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def writable(self) -> bool:
        return True

    def write(self, text: str, /) -> int:
        if text.strip():
            self._logger.error("%s", text.rstrip())
        return len(text)
