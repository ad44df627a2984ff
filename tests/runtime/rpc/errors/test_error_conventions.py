"""Do hooks, `explain` and the exceptions themselves keep to the convention of a service?"""

from __future__ import annotations

import copy
import importlib
import logging
import pickle
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import grpc
import pytest
from kit.generating.cases import GOOD
from plugwright import generation
from plugwright.commands.explanation import explain
from plugwright_runtime.errors import (
    Abort,
    NotFoundError,
    PluginAPIError,
)
from plugwright_runtime.hooks.dispatch import Dispatcher
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.message.wkt import AnyMessage
from plugwright_runtime.rpc.calling import Running
from plugwright_runtime.testing import BackgroundServer

StatusCode: TypeAlias = grpc.StatusCode
SOME = (AnyMessage("type.googleapis.com/a.B", b"\x08\x01"), AnyMessage("x/y", b""))


@pytest.fixture
def hooked(package: Callable[[str], Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """What the hooks raise or return, and a client of them."""
    name = package("error_hooks").__name__
    sdk = importlib.import_module(f"{name}.hooks")
    script: dict[str, Any] = {}

    class Plugin(importlib.import_module(f"{name}.plugin").Plugin):  # type: ignore[misc]
        @sdk.hook("List")  # type: ignore[untyped-decorator]
        def list(self, folder: str) -> Any:
            return self.act()

        @sdk.hook("Stop")  # type: ignore[untyped-decorator]
        def stop(self) -> Any:
            return self.act()

        @sdk.hook("Ask")  # type: ignore[untyped-decorator]
        def ask(self) -> Any:
            return self.act()

        def act(self) -> Any:
            if isinstance(script["act"], BaseException):
                raise script["act"]
            return script["act"]

    pool = HandlerPool()
    log = logging.getLogger("plugin")
    plugin = Plugin()
    server = BackgroundServer(
        lambda place: [Dispatcher(plugin, sdk.HOOKS, log, Running(pool, place)).handlers()]
    )
    client = importlib.import_module(f"{name}.clients").HooksClient(server.start())
    yield script, client
    client.close()
    server.stop()
    pool.shutdown()


def test_hooks_answer_by_the_convention_of_their_service(
    hooked: tuple[dict[str, Any], Any],
) -> None:
    script, client = hooked
    script["act"] = "a, b"
    assert client.list(folder="x") == "a, b"
    script["act"] = PluginAPIError("no such folder", error_code=4)
    with pytest.raises(PluginAPIError) as caught:
        client.list(folder="x")
    assert (caught.value.message, caught.value.error_code) == ("no such folder", 4)
    script["act"] = ValueError("bad")
    with pytest.raises(PluginAPIError) as caught:
        client.stop()
    assert (caught.value.message, caught.value.error_code) == ("ValueError: bad", 1)
    with pytest.raises(PluginAPIError) as caught:
        client.ask()
    assert caught.value.code is StatusCode.INTERNAL


def test_status_errors_of_hooks_are_never_embedded(
    hooked: tuple[dict[str, Any], Any],
) -> None:
    script, client = hooked
    script["act"] = Abort("done", details=SOME)
    for call in (client.list, client.stop, client.ask):
        with pytest.raises(PluginAPIError) as caught:
            call()
        got = caught.value
        assert (got.code, got.message) == (StatusCode.ABORTED, "done")
        assert got.details == SOME


@pytest.mark.parametrize(
    ("case", "rpc", "lines"),
    [
        (
            "error_code",
            "Store.Get",
            ["failures: told by error, error_code of the response (style 'code')"],
        ),
        ("error_code", "Store.Count", []),
        (
            "error_diagnostics",
            "Provider.Follow",
            ["failures: told by notes of the response (style 'diagnostics')"],
        ),
        (
            "error_status",
            "Outbound.Show",
            [
                "failures: told by error, error_code of the response (style 'code')",
                "failures: the status NOT_FOUND is Unimplemented",
            ],
        ),
    ],
)
def test_explain_says_how_a_call_fails(case: str, rpc: str, lines: list[str]) -> None:
    found = next(c for c in GOOD if c.name == case)
    text = explain(generation.plan(found.job(), lambda text: None), rpc)
    assert text is not None
    told = [line.strip() for line in text.splitlines() if "failures:" in line]
    assert told == lines


def test_an_exception_can_be_copied_and_pickled(
    package: Callable[[str], Any],
) -> None:
    models = importlib.import_module(f"{package('error_code').__name__}.models")
    error = NotFoundError(
        "m",
        id="i",
        params={"a": 1},
        code=StatusCode.NOT_FOUND,
        error_code=3,
        diagnostics=[models.Value(text="d")],
        details=SOME,
        response=models.CallResponse(error="m"),
    )
    error.add_note("seen")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is NotFoundError
        assert twin == error
        assert (str(twin), hash(twin)) == (str(error), hash(error))
        assert (twin.details, twin.__notes__) == (SOME, ["seen"])
