"""What belongs to one HTTP exchange, and who can answer it?

`Exchange` ties request, response writer and threads together; `HTTPResult` is what a handler
returns: a thing that knows how to answer an exchange. Responses and mounted applications are the
two kinds.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from dataclasses import dataclass

from .body import RequestBody
from .request import Request
from .threads import ThreadBridge
from .writer import ResponseWriter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the response to it, on one event loop."""

    request: Request
    body: RequestBody
    writer: ResponseWriter
    threads: ThreadBridge
    logger: logging.Logger

    def close(self) -> None:
        """The exchange is over, in whatever way: all that still waits for the client ends with an
        error.
        """
        self.body.close()
        self.threads.close()
        self.writer.close()


class HTTPResult(ABC):
    """What an HTTP handler returns."""

    @abstractmethod
    async def answer(self, exchange: Exchange) -> None:
        """Writes the response to `exchange.writer`, up to its last frame. Called once, on the event
        loop.
        """


class Mount(ABC):
    """A whole web application as a handler: give it the request, return what it returns."""

    @abstractmethod
    def __call__(self, request: Request) -> HTTPResult:
        """The application's answer to `request`; it runs when the result is returned from the
        handler.
        """
