"""HTTP over a gRPC stream: what does a plugin answer web requests with?

Handlers get a `Request` and return a `Response`, a `JSONResponse` or a `StreamingResponse`; `asgi`
and `wsgi` mount whole applications. `serve` is for the generated SDK: frames in, frames out.
"""

from .asgi import CONTEXT_KEY, ASGIMount, asgi, close_mounts
from .engine import Handler, HTTPHandler, serve
from .errors import (
    BodyTooLarge,
    ClientDisconnected,
    InvalidStream,
    ResponseAborted,
)
from .exchange import Exchange, HTTPResult, Mount
from .fields import Headers, MultiDict
from .frames import (
    CHUNK_BYTES,
    RequestFrame,
    RequestHead,
    ResponseFrame,
    ResponseHead,
)
from .lifespan import LifespanFailed
from .request import BODY_LIMIT, Request
from .responses import (
    JSONResponse,
    Response,
    StreamingResponse,
    not_found,
)
from .wsgi import WSGIMount, wsgi

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
