"""Does a failure reach the other side in the form that its service declares, and nothing else?

Servicers of the cases `error_*` raise, clients of them meet it, over real channels: each kind of
RPC, sync and async clients, functions and coroutines as methods.
"""

from __future__ import annotations

import asyncio
import copy
import importlib
import inspect
import logging
import pickle
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NoReturn, TypeAlias

import grpc
import pytest
from kit.bridged_loop import Run, run_bridged
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import write_package
from plugwright import generation
from plugwright.commands.explanation import explain
from plugwright.plan import conventions
from plugwright_runtime import codec, errors
from plugwright_runtime.errors import (
    Abort,
    AlreadyExistsError,
    NotFoundError,
    PermissionDeniedError,
    PluginAPIError,
    StatusError,
    Unimplemented,
    ValidationError,
)
from plugwright_runtime.hooks.dispatch import Dispatcher
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.message.wkt import AnyMessage
from plugwright_runtime.rpc.calling import Running
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

StatusCode: TypeAlias = grpc.StatusCode
DETAILS = "grpc-status-details-bin"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """`package(case)`: the generated package of a case."""
    root = tmp_path_factory.mktemp("conventions")
    names: dict[str, str] = {}
    for case in GOOD:
        if case.name.startswith("error_"):
            names[case.name] = f"{case.name}_{secrets.token_hex(4)}"
            write_package(case.generate(), PACKAGE, root, names[case.name])
    sys.path.insert(0, str(root))
    yield lambda case: importlib.import_module(names[case])
    sys.path.remove(str(root))


class Peer:
    """A served servicer, and a client of it; `act(request)` is what each method does.

    `run` runs coroutines; without it methods are functions, and the client is the sync one.
    `call` gives the result, for a stream of answers the list of them.
    """

    def __init__(self, package: Any, service: str, run: Run | None) -> None:
        self.package = package
        self.models = importlib.import_module(f"{package.__name__}.models")
        self.run = run
        is_async = self.is_async = run is not None
        self.act: Callable[[Any], Any] = lambda request: None
        self.items = 1  # in a stream of requests
        servicers = importlib.import_module(f"{package.__name__}.servicers")
        base: Any = getattr(servicers, f"{service}Servicer")
        self.rpcs = {rpc.method: rpc for rpc in base.__rpcs__}
        methods = {name: self._method(rpc.kind) for name, rpc in self.rpcs.items()}
        self.servicer = type(f"Acting{service}", (base,), methods)()
        self.pool = HandlerPool()
        self.server = BackgroundServer(lambda place: [handlers(self.servicer, self.pool, place)])
        self.address = self.server.start()
        clients = importlib.import_module(f"{package.__name__}.clients")
        name = f"{'Async' if is_async else ''}{service}Client"
        self.client_class: Any = getattr(clients, name)

    def _method(self, kind: str) -> Any:
        peer = self

        def unary(self: Any, request: Any, context: Any) -> Any:
            return peer.act(request)

        def stream(self: Any, request: Any, context: Any) -> Iterator[Any]:
            yield from peer.act(request)

        async def async_unary(self: Any, request: Any, context: Any) -> Any:
            return peer.act(request)

        async def async_stream(self: Any, request: Any, context: Any) -> AsyncIterator[Any]:
            for reply in peer.act(request):
                yield reply

        if kind in ("server_stream", "bidi_stream"):
            return async_stream if self.is_async else stream
        return async_unary if self.is_async else unary

    def stop(self) -> None:
        self.server.stop()
        self.pool.shutdown()

    def arguments(self, method: str) -> tuple[Any, ...]:
        """Something to call `method` with."""
        rpc = self.rpcs[method]
        if rpc.kind in ("client_stream", "bidi_stream"):
            items = [self.package.registry.message(rpc.request)()] * self.items
            return (_items(items) if self.is_async else items,)
        function = getattr(self.client_class, method)
        kinds = inspect.signature(function).parameters.values()
        required = [p for p in kinds if p.kind is p.POSITIONAL_OR_KEYWORD and p.name != "self"]
        if rpc.request.endswith("Request"):
            return ("x",) * len(required)
        return (self.package.registry.message(rpc.request)(),) if required else ()

    def call(self, method: str) -> Any:
        arguments = self.arguments(method)
        streams = self.rpcs[method].kind in ("server_stream", "bidi_stream")
        if self.run is not None:
            return self.run(self._call(method, arguments, streams))
        with self.client_class(self.address) as client:
            result = getattr(client, method)(*arguments)
            return list(result) if streams else result

    async def _call(self, method: str, arguments: tuple[Any, ...], streams: bool) -> Any:
        async with self.client_class(self.address) as client:
            result = getattr(client, method)(*arguments)
            return [item async for item in result] if streams else await result

    def failure(self, method: str) -> PluginAPIError:
        with pytest.raises(PluginAPIError) as caught:
            self.call(method)
        assert caught.value.rpc == self.rpcs[method].name
        return caught.value

    def fail(self, method: str, error: BaseException) -> PluginAPIError:
        """What the client raises when the method raises `error`."""
        self.act = raising(error)
        return self.failure(method)

    def wire(self, method: str) -> Any:
        """The answer to a unary call as it is on the wire."""
        rpc = self.rpcs[method]
        service = self.servicer.__service__
        with grpc.insecure_channel(self.address) as channel:
            data = channel.unary_unary(f"/{service}/{rpc.name}")(b"", timeout=10)
        return codec.decode(self.package.registry.message(rpc.response), data)


async def _items(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item
        await asyncio.sleep(0)


def raising(error: BaseException) -> Callable[[Any], NoReturn]:
    def act(request: Any) -> NoReturn:
        raise error

    return act


@pytest.fixture(params=[None, asyncio.run, run_bridged], ids=["sync", "async", "bridged"])
def peer(
    request: pytest.FixtureRequest, package: Callable[[str], Any]
) -> Iterator[Callable[[str, str], Peer]]:
    """`peer(case, service)`: a peer, served until the test is over."""
    made: list[Peer] = []

    def make(case: str, service: str) -> Peer:
        made.append(Peer(package(case), service, request.param))
        return made[-1]

    yield make
    for one in made:
        one.stop()


# ------------------------------------------------------------------ code


@pytest.fixture
def store(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_code", "Store")


CODED = ["get", "call", "watch", "chat"]
TEXT_ONLY = ["put", "upload"]
WITHOUT = ["count", "plain", "either", "clear"]


@pytest.mark.parametrize("method", CODED + TEXT_ONLY)
def test_code_both_ways(store: Peer, method: str) -> None:
    got = store.fail(method, PermissionDeniedError("not yours", error_code=7))
    assert type(got) is PluginAPIError
    assert (got.message, got.error_code) == ("not yours", 7 if method in CODED else 1)
    assert got.code is StatusCode.OK


@pytest.mark.parametrize("method", WITHOUT)
def test_code_without_the_fields_is_a_status(store: Peer, method: str) -> None:
    got = store.fail(method, NotFoundError("not here", error_code=7))
    assert type(got) is NotFoundError
    assert (got.message, got.error_code) == ("not here", 0)
    assert got.code is StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("code", "told"), [(0, 1), (1, 1), (2, 2), (-3, 1), (2**31, 2**31), (2**40, 1)]
)
def test_code_on_the_wire(store: Peer, code: int, told: int) -> None:
    store.act = raising(PluginAPIError("no", id="a.b", error_code=code))
    answer = store.wire("call")  # uint32
    assert (answer.error, answer.error_code) == ("no", told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "PluginAPIError"),
        ("a\udcffb", "a?b"),
        ("a\0\nb", "a\0\nb"),
        ("é" * 9999,) * 2,
    ],
)
def test_code_text(store: Peer, text: str, told: str) -> None:
    got = store.fail("get", PluginAPIError(text))
    assert (got.message, got.error_code) == (told, 1)


def test_code_keeps_the_rest_of_the_answer(store: Peer) -> None:
    started = store.models.CallResponse(open=["cursor"])
    got = store.fail("call", PluginAPIError("no", error_code=2, response=started))
    assert (got.response.open, got.response.error) == (["cursor"], "no")
    assert (started.error, started.error_code) == (None, 0), "the handler's own changed"
    alien = store.models.GetResponse(value=store.models.Value(text="x"))
    got = store.fail("call", PluginAPIError("no", response=alien))
    assert (got.message, got.response.value) == ("no", None)


def test_code_with_a_rest_that_cannot_be_sent(
    store: Peer, caplog: pytest.LogCaptureFixture
) -> None:
    broken = store.models.CallResponse(open=[7])
    got = store.fail("call", PluginAPIError("no", response=broken))
    assert (got.message, got.response.open) == ("no", [])
    assert "cannot be encoded" in caplog.text


@pytest.mark.parametrize(
    ("fields", "failed"),
    [
        ({}, None),
        ({"error": ""}, None),
        ({"error": "no"}, ("no", 1)),
        ({"error": "no", "error_code": 3}, ("no", 3)),
        ({"error_code": 3}, ("error 3", 3)),
        ({"error": "", "error_code": 1}, ("error 1", 1)),
    ],
)
def test_code_that_a_client_finds(
    store: Peer, fields: dict[str, Any], failed: tuple[str, int] | None
) -> None:
    answer = store.models.CallResponse(**fields)
    store.act = lambda request: answer
    if failed is None:
        assert store.call("call") == answer
    else:
        got = store.failure("call")
        assert (got.message, got.error_code, got.response) == (*failed, answer)


def test_code_unwraps_the_payload(store: Peer) -> None:
    value = store.models.Value(text="x")
    store.act = lambda request: store.models.GetResponse(value=value)
    assert store.call("get") == value
    store.act = lambda request: [store.models.GetResponse(value=value)] * 2
    assert [item.value for item in store.call("watch")] == [value, value]


def test_code_after_the_first_items_of_a_stream(store: Peer) -> None:
    def act(request: Any) -> Iterator[Any]:
        yield store.models.GetResponse(value=store.models.Value(text="first"))
        raise PluginAPIError("then no more", error_code=9)

    store.act = act
    got = store.failure("watch")
    assert (got.message, got.error_code) == ("then no more", 9)


@pytest.mark.parametrize("method", ["get", "watch"])
def test_other_exceptions_are_a_status(
    store: Peer, method: str, caplog: pytest.LogCaptureFixture
) -> None:
    got = store.fail(method, KeyError("secret"))
    assert got.code is StatusCode.INTERNAL
    assert f"{method.capitalize()} failed" in caplog.text
    assert caplog.records[-1].exc_info is not None


@pytest.mark.parametrize("method", CODED + TEXT_ONLY + WITHOUT)
@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (Unimplemented("later"), StatusCode.UNIMPLEMENTED, "later"),
        (Abort("done"), StatusCode.ABORTED, "done"),
        (
            StatusError("first", code=StatusCode.FAILED_PRECONDITION),
            StatusCode.FAILED_PRECONDITION,
            "first",
        ),
    ],
)
def test_status_errors_are_never_embedded(
    store: Peer, method: str, error: StatusError, code: StatusCode, text: str
) -> None:
    got = store.fail(method, error)
    assert (got.code, got.message) == (code, text)


# ------------------------------------------------------------------ no answer


@pytest.mark.parametrize("method", ["put", "clear", "upload"])
def test_none_for_an_answer_without_payload(store: Peer, method: str) -> None:
    store.act = lambda request: None
    assert store.call(method) is None


@pytest.mark.parametrize("method", ["get", "call"])
@pytest.mark.parametrize("wrong", [None, 7, "Value"])
def test_a_forgotten_answer_is_told(
    store: Peer, method: str, wrong: Any, caplog: pytest.LogCaptureFixture
) -> None:
    store.act = lambda request: store.models.Value() if wrong == "Value" else wrong
    name = wrong if isinstance(wrong, str) else type(wrong).__name__
    expected = f"{method.capitalize()} returned {name}, not {method.capitalize()}Response"
    got = store.failure(method)
    assert (got.message, got.error_code) == (expected, 1)
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("method", ["watch", "chat"])
def test_a_forgotten_item_of_a_stream_is_told(store: Peer, method: str) -> None:
    store.act = lambda request: [None]
    assert "returned NoneType, not GetResponse" in store.failure(method).message


@pytest.mark.parametrize(
    ("case", "service", "method"),
    [
        ("error_code", "Store", "count"),
        ("error_code", "Store", "either"),
        ("error_convention", "Things", "get_thing"),
        ("error_diagnostics", "Provider", "plan"),
        ("error_status", "Inbound", "navigate"),
        ("error_status", "Inbound", "watch"),
    ],
)
def test_a_forgotten_answer_is_internal(
    peer: Callable[[str, str], Peer],
    case: str,
    service: str,
    method: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    one = peer(case, service)
    streams = one.rpcs[method].kind == "server_stream"
    one.act = lambda request: [None] if streams else None
    got = one.failure(method)
    assert got.code is StatusCode.INTERNAL
    assert "returned NoneType, not" in got.message
    assert caplog.records[-1].levelno == logging.ERROR


# ------------------------------------------------------------------ embed-all


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text for you")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("the text alone"), "the text alone"),
        (ValueError(), "Show failed"),
        (Mute(), "(an exception without a text)"),
        (OSError("a\udcffb"), "a?b"),
        (NotFoundError("gone"), "gone"),
    ],
)
def test_every_exception_embedded(
    peer: Callable[[str, str], Peer],
    error: Exception,
    text: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outbound = peer("error_status", "Outbound")
    got = outbound.fail("show", error)
    assert (got.message, got.error_code, got.code) == (text, 1, StatusCode.OK)
    logged = [r for r in caplog.records if r.exc_info]
    assert len(logged) == (0 if isinstance(error, PluginAPIError) else 1)
    assert outbound.fail("find", ValueError("x")).code is StatusCode.INTERNAL


# ------------------------------------------------------------------ diagnostics


@pytest.fixture
def provider(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_diagnostics", "Provider")


def diagnostic(peer: Peer, severity: int, summary: str = "", **fields: Any) -> Any:
    model = peer.models.Diagnostic
    return model(severity=model.Severity(severity), summary=summary, **fields)


WITH_LIST = ["plan", "stop", "apply", "follow", "upload", "chat"]


@pytest.mark.parametrize("method", WITH_LIST)
def test_diagnostics_both_ways(provider: Peer, method: str) -> None:
    got = provider.fail(method, PluginAPIError("cannot", detailed_error="because"))
    wanted = diagnostic(provider, 1, "cannot", detail="because")
    assert got.diagnostics == (wanted,)
    assert (got.message, got.detailed_error) == ("cannot", "because")
    assert got.code is StatusCode.OK


@pytest.mark.parametrize("method", ["check", "explain"])
def test_diagnostics_without_the_list_are_a_status(provider: Peer, method: str) -> None:
    got = provider.fail(method, ValidationError("bad"))
    assert (type(got), got.message, got.diagnostics) == (ValidationError, "bad", ())


def test_diagnostics_of_the_handler_are_sent_as_they_are(provider: Peer) -> None:
    warning = diagnostic(provider, 2, "old", path="a.b")
    fatal = diagnostic(provider, 3, "broken", detail="in half")
    got = provider.fail("plan", PluginAPIError("x", diagnostics=[warning, fatal]))
    assert got.diagnostics == (warning, fatal)
    assert (got.message, got.detailed_error) == ("broken", "in half")


def test_diagnostics_that_do_not_fail_get_one_that_does(provider: Peer) -> None:
    warning = diagnostic(provider, 2, "old")
    broken = diagnostic(provider, 1, "\ud800")
    given = [warning, broken, provider.models.StopResponse(), 7]
    got = provider.fail("plan", PluginAPIError("no", diagnostics=given))
    assert got.diagnostics == (warning, diagnostic(provider, 1, "no"))


def test_diagnostics_keep_the_rest_of_the_answer(provider: Peer) -> None:
    done = provider.models.ApplyResponse(state="half", changes=3)
    got = provider.fail("apply", PluginAPIError("stuck", response=done))
    assert (got.response.state, got.response.changes) == ("half", 3)
    assert done.notes == []


def test_warnings_alone_do_not_fail(provider: Peer, caplog: pytest.LogCaptureFixture) -> None:
    notes = [diagnostic(provider, 2, "old"), diagnostic(provider, 99, "new")]
    provider.act = lambda request: provider.models.PlanResponse(planned="this", notes=notes)
    assert provider.call("plan") == "this"
    assert "Plan: old; new" in caplog.text
    answer = provider.models.ApplyResponse(state="all", notes=notes)
    provider.act = lambda request: answer
    assert provider.call("apply") == answer
    provider.act = lambda request: [answer, answer]
    assert provider.call("follow") == [answer, answer]


def test_any_number_of_diagnostics(provider: Peer) -> None:
    notes = [diagnostic(provider, 1, f"no {i}") for i in range(1000)]
    provider.act = lambda request: provider.models.StopResponse(notes=notes)
    got = provider.failure("stop")
    assert len(got.diagnostics) == 1000
    assert got.message.startswith("no 0; no 1; ")
    assert got.message.endswith("no 9; and 990 more")


# ------------------------------------------------------------------ odd exceptions


@pytest.mark.parametrize("method", ["get", "clear", "upload", "watch", "chat"])
@pytest.mark.parametrize(
    "error",
    [
        StopIteration(1),
        GeneratorExit(),
        SystemExit(3),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        StopAsyncIteration(),
        RecursionError("deep"),
        ExceptionGroup("two", [KeyError(1)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_odd_exceptions_are_failures_like_any_other(
    store: Peer, method: str, error: BaseException
) -> None:
    got = store.fail(method, error)
    assert got.code is StatusCode.INTERNAL
    store.act = lambda request: None
    assert store.call("put") is None, "the server did not survive"


# ------------------------------------------------------------------ message


@pytest.mark.parametrize(
    "method", ["get_thing", "delete_thing", "compare", "make_report", "follow"]
)
def test_message_both_ways(peer: Callable[[str, str], Peer], method: str) -> None:
    got = peer("error_convention", "Things").fail(
        method, AlreadyExistsError("twice", id="a.b", status_code=409)
    )
    assert type(got) is AlreadyExistsError
    assert (got.message, got.id, got.code) == ("twice", "a.b", StatusCode.OK)


@pytest.mark.parametrize("method", ["explain", "either"])
def test_a_field_of_that_name_and_another_type_is_no_place(
    peer: Callable[[str, str], Peer], method: str
) -> None:
    got = peer("error_convention", "Things").fail(method, NotFoundError("gone"))
    assert (type(got), got.code) == (NotFoundError, StatusCode.NOT_FOUND)


# ------------------------------------------------------------------ status


@pytest.fixture
def inbound(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_status", "Inbound")


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
    found = [n for n, c in vars(errors).items() if _is_api_error(c)]
    assert sorted(found) == sorted(conventions.EXCEPTIONS)
    codes = {code.name for code in StatusCode} - {"OK"}
    assert set(conventions.STATUSES) == codes


def _is_api_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, PluginAPIError)


# ------------------------------------------------------------------ details

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


# ------------------------------------------------------------------ hooks


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


# ------------------------------------------------------------------ explain


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
    text = explain(generation.planned(found.job(), lambda text: None), rpc)
    assert text is not None
    told = [line.strip() for line in text.splitlines() if "failures:" in line]
    assert told == lines


# ------------------------------------------------------------------ the exception


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
