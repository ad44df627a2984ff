"""How does a failed call end with a status? An exception in, the arguments of `abort` out."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

import grpc

from ..exceptions import PlugwrightError
from ..failure_log import report
from .failures import PluginAPIError, Unimplemented, status_text, text_of

Status: TypeAlias = tuple[grpc.StatusCode, str, tuple[tuple[str, bytes], ...]]

if TYPE_CHECKING:
    from ..message.wkt import AnyMessage

_KEY = "grpc-status-details-bin"
_log = logging.getLogger("plugwright.rpc")


class Ended(PlugwrightError):
    """A call ends with a status, and with the details that `error` carries."""

    def __init__(
        self, code: grpc.StatusCode, text: str, error: BaseException | None = None
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = str(text)  # whatever the application gave its exception for one
        self.error = error

    def status(self, most: int) -> Status:
        """For `abort`: code, text, trailers. `most`: bytes of the details, twice those of the text.

        What cannot be sent of either is named in the text and in the log: a peer may depend on it.
        """
        text = status_text(self.text, most // 2)
        if len(self.text.encode("utf-8", "replace")) > most // 2:
            report(_log, None, "a text is too long to be sent whole: %s", self.text)
        try:
            data = _packed(self.code, text, self.error)
            if len(data) <= most:
                return self.code, text, ((_KEY, data),) if data else ()
            lost = f"they have {len(data)} bytes, max-status-bytes is {most}"
        except BaseException as problem:  # whatever the application takes for details
            lost = text_of(problem)
        note = status_text(f" (its details could not be sent: {lost})", most // 4)
        report(_log, None, "%s%s", text, note)
        room = most // 2 - len(note.encode())
        return self.code, status_text(self.text, room) + note, ()


def _packed(code: grpc.StatusCode, text: str, error: BaseException | None) -> bytes:
    """The bytes of the details that `error` carries, empty if there are none."""
    # Asked of the type: an exception may fail to say what it is.
    if not issubclass(type(error), PluginAPIError):
        return b""
    details: Iterable[AnyMessage] = error.details  # type: ignore[union-attr]
    if not details:
        return b""
    from .status_details import pack  # hardly any error has them

    return pack(code, text, details)


def not_implemented(error: Unimplemented, rpc: str) -> str:
    """The text for `error`; generated methods raise it with the name of their RPC alone."""
    named = error.message in ("", rpc)
    return f"{rpc} is not implemented" if named else error.message
