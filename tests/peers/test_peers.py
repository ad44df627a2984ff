"""Do peers that are not grpcio understand us, and we them? tonic and h2, grpc-js, grpc-go.

Each peer calls our plugins and serves our clients, over TCP and Unix sockets; one table says what
must come of each call, whoever makes it. grpcio is lenient with itself: only strangers show what a
server of another kind refuses.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kit.peers.own_calls import AsyncCalls, Outcome, SyncCalls
from kit.peers.own_plugin import plugin
from kit.peers.strict_peers import NAMES, Command, serving
from plugwright_runtime.errors import UnavailableError

OUTCOMES: Outcome = {
    "echo": {"size": 5},
    "empty": {"size": 0},
    "big": {"size": 16 << 20},
    "status": {"code": 5, "message": "gone: ü 100 %\n"},
    "missing": {"code": 12},
    "deadline": {"code": 4},
    "cancel": {"gone": True},
    "download": {"count": 1000, "size": 4_096_000},
    "download fails": {"count": 1000, "code": 5, "message": "no more"},
    "download left": {"count": 3},
    "upload": {"count": 1000, "size": 4_096_000},
    "chat": {"count": 100, "size": 5050},
    "at once": {"right": 200},
}
# tonic's client keeps a deadline by a clock of its own, and calls that CANCELLED. So does its
# server, but our clients tell that for what it is.
BY_PEER = {"rust": {"deadline": [{"code": 4}, {"code": 1}]}}
# How many of the calls that are given up a server notices: nothing tells a function in a thread.
NOTICED = {"functions": 1, "coroutines": 3}

Addresses = Callable[[str], str]
every_transport = pytest.mark.parametrize("transport", ["tcp", "unix"])
every_peer = pytest.mark.parametrize("peer", NAMES)


def differing(found: Outcome, peer: str, left: int) -> Outcome:
    """What is not as the table says."""
    found = dict(found)
    wrong = {}
    if found.pop("given up")["seen"] < left:
        wrong["given up"] = found
    for name, outcome in found.items():
        allowed = BY_PEER.get(peer, {}).get(name, [OUTCOMES[name]])
        if outcome not in allowed:
            wrong[name] = outcome
    return wrong


@every_peer
@every_transport
@pytest.mark.parametrize("flavour", NOTICED)
def test_a_stranger_calls_our_plugin(
    peer: str,
    transport: str,
    flavour: str,
    peers: dict[str, Command],
    sdk_folder: Path,
    addresses: Addresses,
) -> None:
    target, left = addresses(transport), NOTICED[flavour]
    with plugin(sdk_folder, flavour, target):
        done = subprocess.run(
            [*peers[peer], "call", target, str(left)],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == {*OUTCOMES, "given up"}
    assert differing(found, peer, left) == {}


@every_peer
@every_transport
def test_our_sync_client_calls_a_stranger(
    peer: str, transport: str, peers: dict[str, Command], sdk: Any, addresses: Addresses
) -> None:
    with serving(peers[peer], addresses(transport)) as target:
        found = SyncCalls(sdk, target).all(left=2)
    assert set(found) == {*OUTCOMES, "given up"} - {"cancel"}
    assert differing(found, "python", left=2) == {}


@every_peer
@every_transport
def test_our_async_client_calls_a_stranger(
    peer: str, transport: str, peers: dict[str, Command], sdk: Any, addresses: Addresses
) -> None:
    with serving(peers[peer], addresses(transport)) as target:
        found = asyncio.run(AsyncCalls(sdk, target).all(left=3))
    assert set(found) == {*OUTCOMES, "given up"}
    assert differing(found, "python", left=3) == {}


@every_peer
@every_transport
def test_a_stranger_that_ends_is_unavailable_and_its_successor_is_called(
    peer: str, transport: str, peers: dict[str, Command], sdk: Any, addresses: Addresses
) -> None:
    target = addresses(transport)
    payload = sdk.models.Payload(data=b"x")
    with sdk.clients.PeerClient(target) as client:
        with serving(peers[peer], target):
            client.echo(payload)
            stream = client.download(sdk.models.Order(size=1))
            next(stream)
        with pytest.raises(UnavailableError):
            exhaust(stream)
        with pytest.raises(UnavailableError):
            client.echo(payload)
        Path(target.removeprefix("unix:")).unlink(missing_ok=True)
        with serving(peers[peer], target):
            assert answered(client, payload) == payload


def exhaust(stream: Iterator[Any]) -> None:
    for _ in itertools.islice(stream, 1_000_000):
        pass


def answered(client: Any, payload: Any) -> Any:
    """The answer of a peer that was away: gRPC dials again after a pause that grows."""
    for _ in range(60):
        try:
            return client.echo(payload)
        except UnavailableError:
            time.sleep(0.2)
    raise AssertionError("the successor was never called")
