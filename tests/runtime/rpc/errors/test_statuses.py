"""Do statuses mean to either side what their service says?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import grpc
import pytest
from kit.error_peers import Peer
from plugwright.plan import conventions
from plugwright_runtime import errors
from plugwright_runtime.errors import (
    Abort,
    NotFoundError,
    PermissionDeniedError,
    PluginAPIError,
    Unimplemented,
)

StatusCode: TypeAlias = grpc.StatusCode
INBOUND = ["navigate", "move", "watch", "upload", "chat"]


@pytest.mark.parametrize("method", INBOUND)
@pytest.mark.parametrize(
    ("error", "cls", "code"),
    [
        (Unimplemented("no"), Unimplemented, StatusCode.UNIMPLEMENTED),
        (Abort("no"), Abort, StatusCode.ABORTED),
        (NotFoundError("no"), NotFoundError, StatusCode.DATA_LOSS),
        (
            NotFoundError("no", code=StatusCode.NOT_FOUND),
            NotFoundError,
            StatusCode.NOT_FOUND,
        ),
        (
            PermissionDeniedError("no"),
            PermissionDeniedError,
            StatusCode.PERMISSION_DENIED,
        ),
        (PluginAPIError("no"), PluginAPIError, StatusCode.INTERNAL),
    ],
)
def test_statuses_with_a_meaning(
    inbound: Peer, method: str, error: Exception, cls: type, code: StatusCode
) -> None:
    got = inbound.fail(method, error)
    assert (type(got), got.code, got.message) == (cls, code, "no")


def test_what_is_not_served_has_a_meaning_too(inbound: Peer) -> None:
    bare = type(inbound.servicer).__bases__[0]()
    inbound.act = lambda request: bare.navigate(request, None)
    got = inbound.failure("navigate")
    assert (type(got), got.message) == (Unimplemented, "Navigate is not implemented")


def test_a_status_means_nothing_to_a_service_that_does_not_say_so(
    peer: Callable[[str, str], Peer],
) -> None:
    health = peer("error_status", "Health")
    assert type(health.fail("check", Unimplemented())) is PluginAPIError
    assert type(health.fail("check", Abort())) is PluginAPIError
    outbound = peer("error_status", "Outbound")
    assert type(outbound.fail("find", NotFoundError("x"))) is Unimplemented


@pytest.mark.parametrize("method", INBOUND)
def test_a_status_of_another_peer_has_no_meaning_here(inbound: Peer, method: str) -> None:
    for code in (StatusCode.ABORTED, StatusCode.UNIMPLEMENTED):
        nested = PluginAPIError("no", rpc="Show", code=code)
        got = inbound.fail(method, nested)
        assert (type(got), got.code) == (PluginAPIError, StatusCode.INTERNAL)
    nested = NotFoundError("no", rpc="Show", code=StatusCode.NOT_FOUND)
    assert type(inbound.fail(method, nested)) is NotFoundError
    meant = PluginAPIError("no", code=StatusCode.ABORTED)
    assert type(inbound.fail(method, meant)) is Abort


def test_a_subclass_is_told_as_its_base(inbound: Peer) -> None:
    class Mine(Abort):
        pass

    assert type(inbound.fail("navigate", Mine("x"))) is Abort


@pytest.mark.parametrize("length", [10, 1999, 2000, 100_000])
@pytest.mark.parametrize("letter", ["x", "é", "\ud800"])
def test_a_long_status_arrives(
    inbound: Peer, length: int, letter: str, caplog: pytest.LogCaptureFixture
) -> None:
    got = inbound.fail("navigate", Abort(letter * length))
    assert type(got) is Abort
    size = len((letter * length).encode("utf-8", "replace"))
    text, cut, note = got.message.partition("... (cut: ")
    assert set(text) == {"?" if letter == "\ud800" else letter}
    assert bool(cut) == (size > 2048)
    assert not cut or note == f"{size} bytes)"
    told = [record.levelname for record in caplog.records]
    assert told == (["ERROR"] if cut else []), "a text that is meant, and was cut"
    assert len(got.message.encode()) <= 2048
    got = inbound.fail("navigate", ValueError(letter * length))
    assert got.message.startswith("Navigate failed: ValueError: ")


def test_the_tables_of_the_generator_name_what_exists() -> None:
    for name in conventions.EXCEPTIONS:
        assert issubclass(getattr(errors, name), PluginAPIError)
    found = [n for n in errors.__all__ if _is_api_error(getattr(errors, n))]
    assert sorted(found) == sorted({*conventions.EXCEPTIONS, "PluginExited"})  # of hosts alone
    codes = {code.name for code in StatusCode} - {"OK"}
    assert set(conventions.STATUSES) == codes


def _is_api_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, PluginAPIError)
