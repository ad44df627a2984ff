"""Do gRPC handlers on a loop of their own behave as on that of the server?"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kit.handler_calls import (
    THREAD,
    Watch,
    aio,
    grpc,
    here,
    one_by_coroutine,
    run,
    served,
)

SENT = (b"a", b"b")


async def many_by_generator(request: bytes, context: Any) -> AsyncIterator[bytes]:
    for _ in range(3):
        yield request + b" in " + here()


async def many_by_coroutine(request: bytes, context: Any) -> None:
    for _ in range(3):
        await context.write(request + b" in " + here())


async def all_by_loop(requests: Any, context: Any) -> bytes:
    return b"".join([request async for request in requests]) + b" in " + here()


async def all_by_reads(requests: Any, context: Any) -> bytes:
    seen = b""
    while (request := await context.read()) is not aio.EOF:
        seen += request
    return seen + b" in " + here()


async def each_by_generator(requests: Any, context: Any) -> AsyncIterator[bytes]:
    async for request in requests:
        yield request + b" in " + here()


async def each_by_coroutine(requests: Any, context: Any) -> None:
    while (request := await context.read()) is not aio.EOF:
        await context.write(request + b" in " + here())


def one_by_function(request: bytes, context: Any) -> bytes:
    return request + b" in " + here()


def many_by_function(request: bytes, context: Any) -> Iterator[bytes]:
    for _ in range(3):
        yield request + b" in " + here()


def all_by_function(requests: Iterator[bytes], context: Any) -> bytes:
    return b"".join(requests) + b" in " + here()


def each_by_function(requests: Iterator[bytes], context: Any) -> Iterator[bytes]:
    for request in requests:
        yield request + b" in " + here()


ANSWERS = {
    "unary_unary": [b"a"],
    "unary_stream": [b"a"] * 3,
    "stream_unary": [b"ab"],
    "stream_stream": [b"a", b"b"],
}
BEHAVIOURS = [
    ("unary_unary", one_by_coroutine),
    ("unary_stream", many_by_generator),
    ("unary_stream", many_by_coroutine),
    ("stream_unary", all_by_loop),
    ("stream_unary", all_by_reads),
    ("stream_stream", each_by_generator),
    ("stream_stream", each_by_coroutine),
    ("unary_unary", one_by_function),
    ("unary_stream", many_by_function),
    ("stream_unary", all_by_function),
    ("stream_stream", each_by_function),
]


async def receive(call: Any, kind: str, seen: list[bytes]) -> None:
    if kind.endswith("unary"):
        seen.append(await call)
    else:
        async for answer in call:
            seen.append(answer)  # noqa: PERF401 (what came before an error counts)


@pytest.mark.parametrize(
    ("kind", "behaviour"), BEHAVIOURS, ids=lambda value: getattr(value, "__name__", "")
)
def test_every_kind_of_handler(kind: str, behaviour: Any) -> None:
    async def scenario() -> list[bytes]:
        async with served((kind, behaviour)) as app:
            call = app.call(behaviour.__name__)(
                iter(SENT) if kind.startswith("stream") else SENT[0]
            )
            seen: list[bytes] = []
            await receive(call, kind, seen)
            return seen

    answers = [answer.partition(b" in ") for answer in run(scenario)]
    assert [text for text, _, _ in answers] == ANSWERS[kind]
    in_threads = behaviour.__name__.endswith("function")
    assert all((where == THREAD.encode()) is not in_threads for *_, where in answers)


async def metadata(request: bytes, context: Any) -> bytes:
    await context.send_initial_metadata((("first", "1"),))
    context.set_trailing_metadata((("last", "2"),))
    sent = dict(context.invocation_metadata())
    return f"{sent['mine']} {context.peer()}".encode()


def test_metadata() -> None:
    async def scenario() -> None:
        async with served(("unary_unary", metadata)) as app:
            call = app.call("metadata")(b"", metadata=(("mine", "yes"),))
            assert (await call).startswith(b"yes ipv4:127.0.0.1")
            assert ("first", "1") in tuple(await call.initial_metadata())
            assert ("last", "2") in tuple(await call.trailing_metadata())

    run(scenario)


class Gone(grpc.Status):  # type: ignore[misc]
    code = grpc.StatusCode.NOT_FOUND
    details = "gone"
    trailing_metadata = (("why", "because"),)


async def aborts(request: bytes, context: Any) -> bytes:
    if request == b"status":
        await context.abort_with_status(Gone())
    await context.abort(Gone.code, Gone.details, Gone.trailing_metadata)
    return b"unreachable"


async def aborts_after_one(request: bytes, context: Any) -> AsyncIterator[bytes]:
    yield b"one"
    await context.abort(Gone.code, Gone.details, Gone.trailing_metadata)


@pytest.mark.parametrize("how", [b"abort", b"status"])
@pytest.mark.parametrize(
    ("kind", "behaviour"), [("unary_unary", aborts), ("unary_stream", aborts_after_one)]
)
def test_abort(kind: str, behaviour: Any, how: bytes) -> None:
    async def scenario() -> None:
        async with served((kind, behaviour)) as app:
            call = app.call(behaviour.__name__)(how)
            seen: list[bytes] = []
            with pytest.raises(grpc.RpcError):
                await receive(call, kind, seen)
            assert seen == ([b"one"] if kind == "unary_stream" else [])
            assert await call.code() is Gone.code
            assert await call.details() == "gone"
            assert ("why", "because") in tuple(await call.trailing_metadata())

    run(scenario)


def test_done_callbacks_come_back_to_the_loop() -> None:
    """One that raises takes nothing along."""
    threads: list[bytes] = []
    done = threading.Event()

    async def calls(request: bytes, context: Any) -> bytes:
        def fails(of: Any) -> None:
            raise ValueError(of)

        def notes(of: Any) -> None:
            assert of is context
            threads.append(here())
            done.set()

        context.add_done_callback(fails)
        context.add_done_callback(notes)
        return b"called"

    async def scenario() -> None:
        async with served(("unary_unary", calls)) as app:
            for _ in range(2):
                done.clear()
                assert await app.call("calls")(b"") == b"called"
                assert await asyncio.to_thread(done.wait, 5)

    run(scenario)
    assert threads == [THREAD.encode()] * 2


def waiting_handlers(watch: Watch) -> dict[str, tuple[str, Any]]:
    """Handlers that end with their caller only; each has had `SENT` before."""

    async def sleeps(request: bytes, context: Any) -> bytes:
        with watch:
            watch.begun.set()
            await asyncio.Event().wait()
        return b""

    async def yields(request: bytes, context: Any) -> AsyncIterator[bytes]:
        with watch:
            yield b"one"
            watch.begun.set()
            await asyncio.Event().wait()

    async def loops(requests: Any, context: Any) -> bytes:
        with watch:
            async for request in requests:
                if request == SENT[-1]:
                    watch.begun.set()
        return b"half of it, taken for all"

    async def reads(requests: Any, context: Any) -> bytes:
        with watch:
            while await context.read() != SENT[-1]:
                pass
            watch.begun.set()
            while True:
                await context.read()

    async def both(requests: Any, context: Any) -> AsyncIterator[bytes]:
        with watch:
            async for request in requests:
                yield request
                if request == SENT[-1]:
                    watch.begun.set()

    return {
        "sleeps": ("unary_unary", sleeps),
        "yields": ("unary_stream", yields),
        "loops": ("stream_unary", loops),
        "reads": ("stream_unary", reads),
        "both": ("stream_stream", both),
    }


async def sent_and_open() -> AsyncIterator[bytes]:
    for request in SENT:
        yield request
    await asyncio.Event().wait()


@pytest.mark.parametrize("name", waiting_handlers(Watch()))
@pytest.mark.parametrize("leaves", ["by cancelling", "by its deadline"])
def test_a_caller_who_leaves_cancels_the_handler(name: str, leaves: str) -> None:
    watch = Watch()
    kind, behaviour = waiting_handlers(watch)[name]

    async def scenario() -> None:
        async with served((kind, behaviour)) as app:
            request = sent_and_open() if kind.startswith("stream") else b""
            timeout = 0.3 if leaves == "by its deadline" else None
            call = app.call(name)(request, timeout=timeout)
            if kind.endswith("stream"):
                assert await call.read() != aio.EOF
            assert await asyncio.to_thread(watch.begun.wait, 5)
            if timeout is None:
                call.cancel()
            assert await asyncio.to_thread(watch.ended.wait, 5)

    run(scenario)
    assert isinstance(watch.error, asyncio.CancelledError)
    assert watch.cancelling == 1


def test_a_generator_whose_caller_never_reads_is_closed() -> None:
    watch = Watch()

    async def floods(request: bytes, context: Any) -> AsyncIterator[bytes]:
        with watch:
            while True:
                yield bytes(2**20)
                watch.begun.set()

    async def scenario() -> None:
        async with served(("unary_stream", floods)) as app:
            call = app.call("floods")(b"")
            assert await asyncio.to_thread(watch.begun.wait, 5)
            call.cancel()
            assert await asyncio.to_thread(watch.ended.wait, 5)

    run(scenario)
    assert isinstance(watch.error, GeneratorExit | asyncio.CancelledError)


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")


def test_context_variables_do_not_leak() -> None:
    async def sets(request: bytes, context: Any) -> bytes:
        before = variable.get()
        variable.set(request.decode())
        await context.send_initial_metadata(())
        assert variable.get() == request.decode()
        return before.encode()

    async def scenario() -> list[bytes]:
        async with served(("unary_unary", sets)) as app:
            variable.set("outside")  # after the server's start: none of its business
            return [await app.call("sets")(b"%d" % number) for number in range(5)]

    assert run(scenario) == [b""] * 5
    assert variable.get() == ""


ERRORS = [
    ValueError("wrong"),
    SystemExit(3),
    KeyboardInterrupt(),
    GeneratorExit(),
    StopIteration(),
    StopAsyncIteration(),
    asyncio.CancelledError(),
    BaseException("base"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("name", ["raises", "raises_after_one"])
def test_an_exception_ends_the_call_and_no_loop(error: BaseException, name: str) -> None:
    async def raises(request: bytes, context: Any) -> bytes:
        raise error

    async def raises_after_one(request: bytes, context: Any) -> AsyncIterator[bytes]:
        yield b"one"
        raise error

    async def scenario() -> None:
        async with served(
            ("unary_unary", raises),
            ("unary_stream", raises_after_one),
            ("unary_unary", one_by_coroutine),
        ) as app:
            call = app.call(name)(b"", timeout=5)
            kind = "unary_unary" if name == "raises" else "unary_stream"
            seen: list[bytes] = []
            with pytest.raises(grpc.RpcError):
                await receive(call, kind, seen)
            assert seen == ([b"one"] if kind == "unary_stream" else [])
            assert await call.code() is grpc.StatusCode.UNKNOWN
            assert await app.call("one_by_coroutine")(b"next") == b"next in coroutines"

    run(scenario)
