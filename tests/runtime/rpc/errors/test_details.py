"""Do the details of a status cross, and does a peer that sends odd ones matter?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypeAlias

import grpc
import pytest
from kit.error_peers import Peer
from plugwright_runtime.errors import (
    Abort,
    NotFoundError,
    PluginAPIError,
    ValidationError,
)
from plugwright_runtime.message.wkt import AnyMessage
from plugwright_runtime.testing import BackgroundServer

StatusCode: TypeAlias = grpc.StatusCode
DETAILS = "grpc-status-details-bin"
INBOUND = ["navigate", "move", "watch", "upload", "chat"]
SOME = (AnyMessage("type.googleapis.com/a.B", b"\x08\x01"), AnyMessage("x/y", b""))


@pytest.mark.parametrize("method", INBOUND)
@pytest.mark.parametrize("error", [Abort, NotFoundError, PluginAPIError])
def test_details_both_ways(inbound: Peer, method: str, error: type[PluginAPIError]) -> None:
    got = inbound.fail(method, error("no", details=SOME))
    assert (type(got), got.details) == (error, SOME)


@pytest.mark.parametrize("method", ["find", "show"])
def test_details_go_with_a_status_only(peer: Callable[[str, str], Peer], method: str) -> None:
    got = peer("error_status", "Outbound").fail(method, ValidationError("no", details=SOME))
    assert got.details == (SOME if method == "find" else ())


@pytest.mark.parametrize(
    "details",
    [
        [AnyMessage("x", bytes(100_000))],
        [AnyMessage("x")] * 10_000,
        ["no detail"],
        [AnyMessage(7, b"")],  # type: ignore[arg-type]
        [AnyMessage("\ud800", b"")],
    ],
)
def test_details_that_cannot_be_sent(
    inbound: Peer, details: list[Any], caplog: pytest.LogCaptureFixture
) -> None:
    got = inbound.fail("navigate", Abort("still told", details=details))
    assert (type(got), got.details) == (Abort, ())
    assert got.message.startswith("still told (its details could not be sent: ")
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("ERROR", got.message)


def test_a_long_text_beside_details_says_how_long_it_was(inbound: Peer) -> None:
    got = inbound.fail("navigate", Abort("x" * 5000, details=["no detail"]))
    assert "xxx... (cut: 5000 bytes) (its details could not be sent: " in got.message
    assert len(got.message.encode()) <= 2048


class Hostile(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Ends every call with a status and the trailers it is told to send."""

    def __init__(self) -> None:
        self.trailers: tuple[tuple[str, Any], ...] = ()
        self.reads = True

    def service(self, details: Any) -> Any:
        if details.method.endswith(("Watch", "Chat")):
            make = grpc.stream_stream_rpc_method_handler
            return make(self.stream)

        async def answer(requests: Any, context: Any) -> None:
            if self.reads:
                await _drained(requests)
            await context.abort(StatusCode.ABORTED, "no", self.trailers)

        return grpc.stream_unary_rpc_method_handler(answer)

    async def stream(self, requests: Any, context: Any) -> AsyncIterator[bytes]:
        if self.reads:
            await _drained(requests)
            yield b""
        await context.abort(StatusCode.ABORTED, "no", self.trailers)


async def _drained(requests: AsyncIterator[bytes]) -> None:
    async for _ in requests:
        pass


@pytest.fixture
def hostile(inbound: Peer) -> Iterator[tuple[Hostile, Peer]]:
    handler = Hostile()
    server = BackgroundServer(lambda _: [handler])
    inbound.address, served = server.start(), inbound.address
    yield handler, inbound
    inbound.address = served
    server.stop()


MALFORMED = {
    "empty": b"",
    "zero": b"\0",
    "one tag": b"\x1a",
    "too short": b"\x1a\x7f\x00",
    "another wire type": b"\x18\x01",
    "no Any": b"\x1a\x01\xff",
    "no UTF-8": b"\x1a\x04\x0a\x02\xff\xfe",
    "groups": b"\x1b" * 1000,
    "endless number": b"\x08" + b"\xff" * 20,
    "text that is no UTF-8": b"\x12\x02\xff\xfe",
    "base64 of something": b"GgA=",
    "random": bytes(range(256)),
}


@pytest.mark.parametrize("method", ["navigate", "watch", "upload"])
@pytest.mark.parametrize("name", MALFORMED)
def test_hostile_details(hostile: tuple[Hostile, Peer], method: str, name: str) -> None:
    handler, inbound = hostile
    handler.trailers = ((DETAILS, MALFORMED[name]),)
    got = inbound.failure(method)
    assert (type(got), got.message, got.details) == (Abort, "no", ())


def test_details_of_another_implementation(hostile: tuple[Hostile, Peer]) -> None:
    handler, inbound = hostile
    # code, a text that is no UTF-8, an unknown field, two details
    data = b"\x08\x0a\x12\x01\xff\x22\x01x\x1a\x06\x0a\x01t\x12\x01v\x1a\x00"
    handler.trailers = (("x-other", "1"), (DETAILS, data), (DETAILS, b"\xff"))
    got = inbound.failure("chat")
    assert got.details == (AnyMessage("t", b"v"), AnyMessage())


@pytest.mark.parametrize("method", ["upload", "chat"])
def test_a_status_sent_while_requests_are_still_on_their_way(
    hostile: tuple[Hostile, Peer], method: str
) -> None:
    """grpc.aio replaces it by one of its own, about every second time (grpc/grpc#36066)."""
    handler, inbound = hostile
    handler.reads = False
    inbound.items = 3
    for _ in range(30):
        got = inbound.failure(method)
        assert (type(got), got.message) == (Abort, "no")
