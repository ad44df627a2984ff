"""Which failures belong to the HTTP stream itself?

`ClientDisconnected` and `BodyTooLarge` are raised inside handlers, `InvalidStream` and
`ResponseAborted` come out of `serve` and tell the gRPC layer how to end the call.
"""

from __future__ import annotations

from ..exceptions import PlugwrightError
from ..failure_log import causes


class ClientDisconnected(PlugwrightError, ConnectionError):
    """The HTTP client went away: raised by every read and write of a handler from then on.

    An `OSError`, because ASGI and WSGI frameworks expect one here.
    """

    def __init__(self, message: str = "the HTTP client went away") -> None:
        super().__init__(message)


class BodyTooLarge(PlugwrightError):
    """The request body has more than `limit` bytes. Not caught by the handler, it becomes a 413."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"the request body exceeds {limit} bytes: raise the limit, or read it piece by piece"
        )
        self.limit = limit


class InvalidStream(PlugwrightError):
    """The host broke the protocol before a handler could run (no message, or no head in the first
    one).

    End the call with INVALID_ARGUMENT and this text.
    """


class ResponseAborted(PlugwrightError):
    """The response broke off after its first byte: no status can be changed any more, so the call
    has to fail.

    End it with INTERNAL and this text, which says nothing about the exception of the handler; that
    one is in the log.
    """


def caused_by_disconnect(error: BaseException | None) -> bool:
    """Whether `error` is a `ClientDisconnected`, or what a framework made of one."""
    return any(isinstance(e, ClientDisconnected) for e in causes(error))
