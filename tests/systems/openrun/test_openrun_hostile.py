"""Can anything that a server sends crash the provider, or end in a status that nobody meant?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from kit.openrun.calls import Calls
from openrun_plugin import Struct, models, to_star
from openrun_plugin.extras.testing import ProviderHost
from plugwright_runtime.codec import encode

SERVICE = "openrun.plugin.v1.PluginProvider"
# What is not there, or not initialised, is a status on purpose.
MEANT = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION}

VALUE = to_star(
    [
        1,
        -(2**70),
        2.5,
        "text",
        b"bytes",
        (None, True),
        {"k": {1, "a"}},
        Struct("t", f=[{}]),
    ]
)
CALL = models.CallRequest(
    module="failing",
    function="echo",
    args=[VALUE],
    kwargs=[models.Kwarg(name="value", value=VALUE)],
    thread=models.ThreadState(request_id="r", groups=["g"]),
    session_id="s",
)
REQUESTS: dict[str, bytes] = {
    "Call": encode(CALL),
    "InitModule": encode(
        models.InitModuleRequest(module="failing", account="a", settings={"k": VALUE})
    ),
    "CursorNext": encode(models.CursorNextRequest(session_id="s", cursor_id="c", max_items=9)),
    "CursorClose": encode(models.CursorCloseRequest(session_id="s", cursor_id="c")),
    "EndSession": encode(models.EndSessionRequest(session_id="s", failed=True)),
}


@pytest.fixture(scope="module")
def channel() -> Iterator[Any]:
    with ProviderHost(Calls) as host:
        host.initialise("failing")
        target = host.client._target  # pyright: ignore[reportPrivateUsage]
        with grpc.insecure_channel(target) as channel:
            yield channel
        host.client.check_health()
        with host.session() as app:
            assert app.call("failing", "echo", 1) == 1


def damaged(data: bytes, rnd: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(rnd.randint(1, 6)):
        found[rnd.randrange(len(found))] = rnd.randrange(256)
    if rnd.random() < 0.3:
        del found[rnd.randrange(len(found)) :]
    if rnd.random() < 0.3:
        found += data[rnd.randrange(len(data)) :]
    return bytes(found)


@pytest.mark.parametrize("rpc", REQUESTS)
def test_damaged_requests_are_answered(channel: Any, rpc: str) -> None:
    send = channel.unary_unary(f"/{SERVICE}/{rpc}")
    rnd = random.Random(rpc)
    calls = [send.future(damaged(REQUESTS[rpc], rnd), timeout=20) for _ in range(400)]
    codes = {call.code() for call in calls}
    assert grpc.StatusCode.OK in codes
    assert codes <= MEANT | {grpc.StatusCode.OK}


def deep(levels: int, width: int = 1) -> models.StarValue:
    value = to_star(1)
    for _ in range(levels):
        values = models.ValueList(values=[value] * width)
        value = models.StarValue(kind=models.StarValue.Kind.List(values))
    return value


@pytest.mark.parametrize("levels", [100, 101, 150, 209, 250])
def test_deep_values_are_answered(channel: Any, levels: int) -> None:
    send = channel.unary_unary(f"/{SERVICE}/Call")
    request = models.CallRequest(module="failing", function="echo", args=[deep(levels)])
    answer = models.CallResponse.__codec__.parse(send(encode(request), timeout=20))
    assert bool(answer.error) == (levels > 100)
    assert "nest" in answer.error or levels == 100


def framed(tag: int, content: bytes) -> bytes:
    """A field with a length."""
    length, head = len(content), bytearray([tag])
    while length > 127:
        head.append(length & 127 | 128)
        length >>= 7
    return bytes(head) + bytes([length]) + content


def test_thousands_of_levels_are_answered(channel: Any) -> None:
    value = b"\x18\x01"
    for _ in range(5000):
        value = framed(0x42, framed(0x0A, value))  # StarValue.list, ValueList.values
    request = encode(models.CallRequest(module="failing", function="echo"))
    send = channel.unary_unary(f"/{SERVICE}/Call")
    data = send(request + framed(0x22, value), timeout=20)
    answer = models.CallResponse.__codec__.parse(data)
    assert "messages nest more than 420 levels deep" in answer.error
    assert answer.error_code == 1
