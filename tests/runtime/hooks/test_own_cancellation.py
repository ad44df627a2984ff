"""Does a host get its answer when the plugin itself cancels the task of a handler?

Only the host's own cancellation may leave a call unanswered.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from kit.mattermost.facts import message_class
from kit.mattermost.hooks import Host, hosted, logged, web
from kit.mattermost.values import to_pb
from mattermost_plugin import (
    HookName,
    Plugin,
    Reject,
    Request,
    Response,
    StreamingResponse,
    hook,
    models,
)


def cancel_me() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def cancel_all(*but: Any) -> None:
    """As many an example stops its background work."""
    for task in asyncio.all_tasks():
        if task not in but:
            task.cancel()


class Cancelling(Plugin):
    def __init__(self) -> None:
        self.begun = threading.Event()

    @hook(HookName.MessageWillBeUpdated, on_error=Reject("fail closed"))
    async def closed(
        self, context: models.PluginContext, new: models.Post, old: models.Post
    ) -> models.Post | Reject | None:
        return await self._act(new.message)

    @hook(HookName.MessageWillBePosted)
    def late(self, context: models.PluginContext, post: models.Post) -> Any:
        return self._act(post.message)

    @hook(HookName.OnActivate)
    async def embedded(self) -> None:
        await self._act("itself")

    async def _act(self, what: str) -> None:
        if what == "itself":
            cancel_me()
        if what == "all":
            cancel_all()
        if what == "others":
            cancel_all(asyncio.current_task())
            return
        self.begun.set()
        await asyncio.sleep(60)

    @hook(HookName.ServeHTTP)
    async def http(self, request: Request) -> Response | StreamingResponse:
        if request.path == "/begun":
            return StreamingResponse(self._body())
        await self._act(request.path[1:])
        raise AssertionError

    async def _body(self) -> Any:
        yield b"begun"
        await self._act("itself")


@pytest.fixture
def host() -> Iterator[Host]:
    with hosted(Cancelling()) as host:
        yield host


def update(message: str) -> Any:
    return {"new_post": {"message": message}}


@pytest.mark.parametrize("what", ["itself", "all"])
def test_a_filter_whose_task_is_cancelled_stays_shut(host: Host, what: str) -> None:
    answer = host.call("MessageWillBeUpdated", update(what))
    assert answer.rejection_reason == "fail closed"
    assert "CancelledError" in logged(host).getMessage()


@pytest.mark.parametrize("what", ["itself", "all"])
def test_what_a_function_returned_to_be_awaited_fails_as_well(host: Host, what: str) -> None:
    code, text = host.failure("MessageWillBePosted", {"post": {"message": what}})
    assert (code, text) == (grpc.StatusCode.INTERNAL, "CancelledError")


def test_the_error_is_in_the_answer_where_that_has_a_place(host: Host) -> None:
    assert host.call("OnActivate").error.detailed_error == "CancelledError"


def test_calls_that_another_one_cancels_are_answered(host: Host) -> None:
    request = to_pb("MessageWillBeUpdatedRequest", update("wait"))
    waiting = host.send("MessageWillBeUpdated", request.SerializeToString())
    assert host.plugin.begun.wait(10)
    assert not host.call("MessageWillBeUpdated", update("others")).rejection_reason
    answer = message_class("MessageWillBeUpdatedResponse").FromString(waiting.result())
    assert answer.rejection_reason == "fail closed"


@pytest.mark.parametrize("what", ["itself", "all"])
def test_a_web_request_gets_its_500(host: Host, what: str) -> None:
    answers = list(web(host, f"/{what}"))
    assert answers[0].init.status_code == 500
    assert answers[-1].body_complete


def test_a_response_under_way_ends_with_an_error(host: Host) -> None:
    answers = web(host, "/begun")
    assert next(answers).body_chunk == b"begun"
    with pytest.raises(grpc.RpcError) as caught:
        list(answers)
    assert caught.value.code() is grpc.StatusCode.INTERNAL


def test_the_cancellation_of_the_host_is_no_failure(host: Host) -> None:
    request = to_pb("MessageWillBeUpdatedRequest", update("wait"))
    call = host.send("MessageWillBeUpdated", request.SerializeToString())
    assert host.plugin.begun.wait(10)
    call.cancel()
    assert not host.call("MessageWillBeUpdated", update("others")).rejection_reason
    assert host.records == []
