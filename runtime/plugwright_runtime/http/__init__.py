"""HTTP over a gRPC stream: what does a plugin answer web requests with?

Handlers get a `Request` and return a `Response`, a `JSONResponse` or a `StreamingResponse`; `asgi`
and `wsgi` mount whole applications. `serve` is for the generated SDK: frames in, frames out.
"""

from plugwright_runtime.http.asgi import CONTEXT_KEY, ASGIMount, asgi, close_mounts
from plugwright_runtime.http.engine import Handler, HTTPHandler, serve
from plugwright_runtime.http.errors import (
    BodyTooLarge,
    ClientDisconnected,
    InvalidStream,
    ResponseAborted,
)
from plugwright_runtime.http.exchange import Exchange, HTTPResult, Mount
from plugwright_runtime.http.fields import Headers, MultiDict
from plugwright_runtime.http.frames import (
    CHUNK_BYTES,
    RequestFrame,
    RequestHead,
    ResponseFrame,
    ResponseHead,
)
from plugwright_runtime.http.lifespan import LifespanFailed
from plugwright_runtime.http.request import BODY_LIMIT, Request
from plugwright_runtime.http.responses import (
    JSONResponse,
    Response,
    StreamingResponse,
    not_found,
)
from plugwright_runtime.http.wsgi import WSGIMount, wsgi

__all__ = [
    "BODY_LIMIT",
    "CHUNK_BYTES",
    "CONTEXT_KEY",
    "ASGIMount",
    "BodyTooLarge",
    "ClientDisconnected",
    "Exchange",
    "HTTPHandler",
    "HTTPResult",
    "Handler",
    "Headers",
    "InvalidStream",
    "JSONResponse",
    "LifespanFailed",
    "Mount",
    "MultiDict",
    "Request",
    "RequestFrame",
    "RequestHead",
    "Response",
    "ResponseAborted",
    "ResponseFrame",
    "ResponseHead",
    "StreamingResponse",
    "WSGIMount",
    "asgi",
    "close_mounts",
    "not_found",
    "serve",
    "wsgi",
]
