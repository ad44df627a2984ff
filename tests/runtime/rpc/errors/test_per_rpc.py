"""Do RPCs of one service fail each in its own way, as the tables [errors."Service.Rpc"] say?"""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from kit.error_peers import Peer, raising
from plugwright_runtime.errors import Abort, PluginAPIError


@pytest.fixture
def mixed(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_per_rpc", "Provider")


@pytest.mark.parametrize("method", ["plan", "follow", "call", "stop"])
def test_each_answer_carries_the_failure_in_its_own_place(mixed: Peer, method: str) -> None:
    got = mixed.fail(method, PluginAPIError("no good", detailed_error="at all"))
    assert (type(got), got.message) == (PluginAPIError, "no good")
    assert got.code is grpc.StatusCode.OK
    assert got.detailed_error == ("at all" if method in ("plan", "follow") else "")


def test_the_wire_has_what_hosts_look_for(mixed: Peer) -> None:
    mixed.act = raising(PluginAPIError("no good"))
    assert [d.summary for d in mixed.wire("plan").diagnostics] == ["no good"]
    assert mixed.wire("call").error.text == "no good"
    assert mixed.wire("stop").error == "no good"


def test_one_rpc_may_fail_by_a_status(mixed: Peer) -> None:
    got = mixed.fail("ping", Abort("stop it"))
    assert (type(got), got.message, got.code) == (Abort, "stop it", grpc.StatusCode.ABORTED)
