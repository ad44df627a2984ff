"""How do the Clapshot server and an organizer talk? Over HTTP/2 as a Rust server does.

`Connection` calls an organizer with the headers that Clapshot 0.8.2 sends; `Outbound` serves
OrganizerOutbound and refuses what h2, tonic and the server's own checks refuse.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import grpc
from kit.clapshot.wire import INBOUND, OUTBOUND, message_class, rpcs
from kit.h2_client import Stranger, headers, message
from kit.h2_server import Reply, Serving

Code = grpc.StatusCode
CODES = {code.value[0]: code for code in Code}
Answer = Callable[[Any], Any]

PSEUDO = {"__scheme": "file", "__authority": "dummy"}
NO_SESSION = "no such session"


class CallFailed(Exception):
    """A call of the server's ended with a status, or with none, which counts as INTERNAL."""

    def __init__(self, code: Code, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self.code = code
        self.details = details


class Connection:
    """A connection to the organizer, for raw calls, one after the other."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._stranger: Stranger | None = None
        self._rpcs = {rpc.name: rpc for rpc in rpcs(INBOUND)}

    def connect(self) -> Stranger:
        """Raises OSError; there is no second attempt."""
        if self._stranger is None:
            self._stranger = Stranger(self._target)
        return self._stranger

    def begin(self, rpc: str, request: Any) -> int:
        """Make a call and do not wait for its answer."""
        stranger = self.connect()
        stream = stranger.begin(headers(f"/{INBOUND}/{rpc}", **PSEUDO))
        stranger.http.send_data(stream, message(request.SerializeToString()), end_stream=True)
        stranger.send()
        return stream

    def call(self, rpc: str, request: Any) -> Any:
        """The answer. Raises CallFailed."""
        stream = self.begin(rpc, request)
        answer = self.connect().answer(stream)
        if answer.status != 0:
            text = unquote(answer.headers.get("grpc-message", "the stream was reset"))
            code = Code.INTERNAL if answer.status is None else CODES[answer.status]
            raise CallFailed(code, text)
        return message_class(self._rpcs[rpc].response).FromString(answer.content)

    def close(self) -> None:
        if self._stranger is not None:
            self._stranger.__exit__(None, None, None)


@dataclass
class Outbound:
    """OrganizerOutbound as a raw service: what it was asked, and what it answers.

    `sessions`: the ids of those that are there, None for any. `lenient`: whatever is asked.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, Any]] = field(default_factory=list)
    sessions: set[str] | None = None
    lenient: bool = False

    def __post_init__(self) -> None:
        self._rpcs = {rpc.name: rpc for rpc in rpcs(OUTBOUND)}

    def requests(self, rpc: str) -> list[Any]:
        return [request for name, request in self.calls if name == rpc]

    def serve(self, path: str) -> Serving:
        """Serve on a Unix socket."""
        Path(path).unlink(missing_ok=True)  # of a former start
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(path)
        return Serving(listening, self._answer)

    def serve_tcp(self) -> tuple[Serving, int]:
        """Serve on a free port."""
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        return Serving(listening, self._answer), listening.getsockname()[1]

    def _answer(self, path: str, data: bytes) -> Reply:
        rpc = self._rpcs[path.removeprefix(f"/{OUTBOUND}/")]
        request = message_class(rpc.request).FromString(data)
        self.calls.append((rpc.name, request))
        refused = () if self.lenient else refusals(rpc.name, request, self.sessions)
        for code, text in refused:
            return Reply(status=code.value[0], text=text)
        empty = message_class(rpc.response)
        made = self.answers.get(rpc.name, lambda _: empty())(request)
        if isinstance(made, Code):
            return Reply(status=made.value[0], text=f"{rpc.name} failed as {made.name}")
        return Reply(made.SerializeToString())


def refusals(rpc: str, request: Any, sessions: set[str] | None) -> Iterator[tuple[Code, str]]:
    """Why the server does not do what it is asked."""
    fields = {field.name for field in request.DESCRIPTOR.fields}
    if "msg" in fields:
        if not request.HasField("msg"):
            yield Code.INVALID_ARGUMENT, "no message"
        if request.WhichOneof("recipient") is None:
            yield Code.INVALID_ARGUMENT, "no recipient"
        refs = request.msg.refs
        yield from not_numbers(refs.comment_id, refs.subtitle_id)
    if "paging" in fields:
        if request.WhichOneof("filter") is None:
            yield Code.INVALID_ARGUMENT, "no filter"
        if request.HasField("paging") and request.paging.page_size == 0:
            yield Code.INVALID_ARGUMENT, "a page of nothing"
    if rpc in ("DbGetComments", "DbGetUserMessages"):
        yield from not_numbers(*request.ids.ids, getattr(request, "comment_id", ""))
    if rpc == "DbDelete":
        yield from not_numbers(
            *request.subtitle_ids, *request.comment_ids, *request.user_message_ids
        )
    if "sid" in fields and sessions is not None:
        addressed = "msg" not in fields or request.HasField("sid")
        if addressed and request.sid not in sessions:
            yield Code.INTERNAL, NO_SESSION


def not_numbers(*ids: str) -> Iterator[tuple[Code, str]]:
    for each in ids:
        if each and not each.isdecimal():
            yield Code.INVALID_ARGUMENT, f"{each!r} is no number"
