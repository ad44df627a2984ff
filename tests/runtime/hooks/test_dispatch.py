"""Does a handler get what the host sent, and the host what the handler returned?

Every hook once for functions and once for coroutines, with every field of the request set; then
each form a result may take.
"""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import grpc
import pytest
from kit.mattermost.facts import MESSAGES, simple
from kit.mattermost.hooks import (
    ALL,
    DOCUMENT,
    HOOKS,
    JSON_WRAPPERS,
    UNARY,
    Hook,
    each,
    hosted,
    scripted,
)
from kit.mattermost.values import filled, same, to_model, to_pb
from mattermost_plugin import DISMISS, HookName, Plugin, Reject, hook, models

CALLED = [*UNARY.values()]


# ------------------------------------------------------------------ arguments


@each(CALLED)
def test_a_handler_gets_every_field_of_the_request(everything, hook_):
    host, script = everything
    script.behave = lambda *_: result_of(hook_)[0]
    tree = hook_.wire()
    host.call(hook_.name, tree)
    arguments = script.seen.pop(hook_.name)
    assert same(list(arguments), hook_.arguments(tree))


def test_the_wire_table_has_41_hooks_to_handle():
    assert len(HOOKS) == 41
    assert len(CALLED) == 40


@each(CALLED)
def test_an_empty_request_arrives_as_empty_models_and_documents(everything, hook_):
    host, script = everything
    script.behave = lambda *_: result_of(hook_)[0]
    host.call(hook_.name, {})
    arguments = dict(
        zip(
            (f["name"] for f in hook_.parameters),
            script.seen.pop(hook_.name),
            strict=True,
        )
    )
    assert same(arguments, {f["name"]: _empty(f) for f in hook_.parameters})


def _empty(field: dict[str, Any]) -> Any:
    message = simple(field["type"])
    if field["name"] == "actor":
        return None
    if field.get("label") == "repeated":
        return []
    if message in JSON_WRAPPERS:
        return {}
    if message in MESSAGES:
        return to_model(message, {})
    return {"int64": 0, "string": "", "bytes": b"", "bool": False}[field["type"]]


def test_an_actor_that_is_sent_empty_is_no_none(everything):
    host, script = everything
    script.behave = lambda *_: None
    host.call("UserHasJoinedTeam", {"actor": {}})
    assert script.seen["UserHasJoinedTeam"][2] == models.User()


@pytest.mark.parametrize("text", [b"{", b"[1]", b'"x"', b"\xff", b"[" * 100_000])
def test_a_document_that_is_no_json_object_is_a_failure(everything, text):
    host, script = everything
    answer = host.call("ConfigurationWillBeSaved", {"new_config": {"config_json": text}})
    assert answer.error.id == "plugin.configuration_will_be_saved.error"
    assert "JSON" in answer.error.detailed_error
    assert script.seen == {}


def test_bytes_that_are_no_request_are_a_failure(everything):
    host, script = everything
    with pytest.raises(grpc.RpcError) as caught:
        host.send("MessageHasBeenPosted", b"\xff\xff\xff").result()
    assert caught.value.code() is grpc.StatusCode.INTERNAL
    assert script.seen == {}


# ------------------------------------------------------------------ answers


def result_of(hook_: Hook) -> tuple[Any, dict[str, Any]]:
    """A result that a handler of the hook may return, and the response it becomes."""
    outputs = [
        f for f in MESSAGES[hook_.response] if f["name"] not in ("error", "rejection_reason")
    ]
    if not outputs:
        return None, {}
    field = outputs[0]
    name, message = field["name"], simple(field["type"])
    if message in JSON_WRAPPERS:
        text = json.dumps(DOCUMENT, ensure_ascii=False, separators=(",", ":"))
        return DOCUMENT, {name: {JSON_WRAPPERS[message]: text.encode()}}
    if message not in MESSAGES:
        value: Any = {"int64": 2**40, "bool": True}[field["type"]]
        return value, {name: value}
    tree = filled(message)
    if field.get("label") == "repeated":
        return [to_model(message, tree), to_model(message, {})], {name: [tree, {}]}
    return to_model(message, tree), {name: tree}


@each(CALLED)
def test_a_result_arrives_in_its_field_of_the_response(everything, hook_):
    host, script = everything
    result, expected = result_of(hook_)
    script.behave = lambda *_: result
    assert host.call(hook_.name) == to_pb(hook_.response, expected)
    assert host.records == []


NULLABLE = [
    h
    for h in CALLED
    if h.can_refuse
    or h.name in ("ConfigurationWillBeSaved", "MessagesWillBeConsumed")
    or not set(h.outputs) - {"error"}
]


@each(NULLABLE)
def test_none_leaves_things_as_they_are(everything, hook_):
    host, script = everything
    script.behave = lambda *_: None
    assert host.call(hook_.name, hook_.wire()) == to_pb(hook_.response, {})


@each([h for h in CALLED if h.can_refuse])
def test_a_refusal_carries_its_reason(everything, hook_):
    host, script = everything
    script.behave = lambda *_: Reject("no é🙂")
    expected = to_pb(hook_.response, {"rejection_reason": "no é🙂"})
    assert host.call(hook_.name) == expected


def test_dismiss_sends_the_reason_the_host_knows(everything):
    host, script = everything
    script.behave = lambda *_: DISMISS
    answer = host.call("MessageWillBePosted")
    assert answer.rejection_reason == "plugin.message_will_be_posted.dismiss_post"
    assert not answer.HasField("modified_post")


INFO = {"id": "f1", "name": "renamed.txt"}
UPLOADS: dict[str, tuple[Any, dict[str, Any]]] = {
    "info": (to_model("FileInfo", INFO), {"modified_file_info": INFO}),
    "empty info": (models.FileInfo(), {"modified_file_info": {}}),
    "content": (b"new\0", {"modified_content": b"new\0"}),
    "both": (
        (to_model("FileInfo", INFO), b"new"),
        {"modified_file_info": INFO, "modified_content": b"new"},
    ),
    "refusal": (Reject("virus"), {"rejection_reason": "virus"}),
    "none": (None, {}),
}


@pytest.mark.parametrize("form", UPLOADS)
def test_each_form_of_result_for_an_upload(everything, form):
    host, script = everything
    script.behave = lambda *_: UPLOADS[form][0]
    expected = to_pb("FileWillBeUploadedResponse", UPLOADS[form][1])
    assert host.call("FileWillBeUploaded") == expected


def test_lists_may_be_tuples_and_may_be_empty(everything):
    host, script = everything
    script.behave = lambda *_: (models.Post(id="p"),)
    assert [p.id for p in host.call("MessagesWillBeConsumed").posts] == ["p"]
    script.behave = lambda *_: []
    assert host.call("MessagesWillBeConsumed").posts == []


def test_false_is_an_answer(everything):
    host, script = everything
    script.behave = lambda *_: False
    assert host.call("OnSharedChannelsPing").healthy is False
    assert host.records == []


# ------------------------------------------------------------------ what is not known


def test_fields_of_a_newer_host_survive_an_edit():
    """The host sends a post with fields this SDK does not know, at every level."""

    class Editor(Plugin):
        @hook(HookName.MessageWillBePosted)
        def edit(self, context: models.PluginContext, post: models.Post) -> models.Post:
            post.message += " (edited)"
            return post

    newer = b"\xfa\x7f\x03new"  # field 2047, length-delimited
    post = to_pb("Post", filled("Post"))
    post.MergeFromString(newer)
    post.metadata.MergeFromString(newer)
    post.metadata.embeds[0].MergeFromString(newer)
    request = to_pb("MessageWillBePostedRequest", {})
    request.post.CopyFrom(post)
    with hosted(Editor()) as host:
        data = host.send("MessageWillBePosted", request.SerializeToString()).result()
    answer = to_pb("MessageWillBePostedResponse", {})
    answer.MergeFromString(data)
    post.message += " (edited)"
    assert answer.modified_post == post


# ------------------------------------------------------------------ which hooks there are


def test_implemented_lists_what_the_plugin_handles_and_nothing_else():
    class Base(Plugin):
        @hook("OnDeactivate")
        def stop(self) -> None: ...

    class Two(Base):
        @hook(HookName.UserWillLogIn)
        def check(self, context: models.PluginContext, user: models.User) -> None: ...

        def stop(self) -> None: ...

        def helper(self) -> None: ...

    with hosted(Two()) as host:
        assert host.call("Implemented").hooks == ["OnDeactivate", "UserWillLogIn"]


def test_implemented_lists_all_41(everything):
    host, _ = everything
    assert sorted(host.call("Implemented").hooks) == sorted(HOOKS)


@each([ALL["Implemented"], *CALLED])
def test_a_plugin_without_hooks_implements_only_the_list(bare, hook_):
    if hook_.name == "Implemented":
        assert bare.call("Implemented").hooks == []
    else:
        code, text = bare.failure(hook_.name)
        assert code is grpc.StatusCode.UNIMPLEMENTED, text
        assert bare.records == []


@pytest.fixture(scope="module")
def bare():
    with hosted(type("Bare", (Plugin,), {})()) as host:
        yield host


# ------------------------------------------------------------------ where handlers run


def test_functions_run_in_threads_and_coroutines_on_the_loop():
    threads = {}

    class Both(Plugin):
        @hook(HookName.OnActivate)
        def in_a_thread(self) -> None:
            threads["def"] = threading.current_thread()

        @hook(HookName.OnDeactivate)
        async def on_the_loop(self) -> None:
            threads["async"] = threading.current_thread()

    with hosted(Both()) as host:
        host.call("OnActivate")
        host.call("OnDeactivate")
    assert threads["def"] is not threads["async"]


def test_a_function_may_hand_out_a_coroutine():
    class Handing(Plugin):
        async def _later(self) -> int:
            return 5

        @hook(HookName.RunDataRetention)
        def purge(self, now_time: int, batch_size: int) -> Any:
            return self._later()

    with hosted(Handing()) as host:
        assert host.call("RunDataRetention").deleted_count == 5


def test_blocked_functions_do_not_keep_the_list_of_hooks_waiting():
    """Control never waits for user code, not even when every thread is taken."""
    release, started = threading.Event(), threading.Barrier(3)

    class Busy(Plugin):
        @hook(HookName.OnActivate)
        def block(self) -> None:
            started.wait(10)
            release.wait(10)

    with hosted(Busy(), threads=2) as host:
        calls = [host.send("OnActivate", b"") for _ in range(2)]
        started.wait(10)
        assert host.call("Implemented", timeout=5).hooks == ["OnActivate"]
        release.set()
        assert [c.result() for c in calls] == [b"", b""]


def test_functions_run_side_by_side():
    """Each call waits for the other one to have begun."""
    plugin, script = scripted(["OnActivate"], coroutines=False)
    barrier = threading.Barrier(2, timeout=10)

    def meet() -> None:
        barrier.wait()

    script.behave = meet
    assert _both_calls(plugin) == [b"", b""]


def test_coroutines_run_side_by_side():
    plugin, script = scripted(["OnActivate"], coroutines=True)
    barrier = asyncio.Barrier(2)

    async def meet() -> None:
        await asyncio.wait_for(barrier.wait(), 10)

    script.behave = meet
    assert _both_calls(plugin) == [b"", b""]


def _both_calls(plugin: type[Plugin]) -> list[bytes]:
    with hosted(plugin()) as host:
        calls = [host.send("OnActivate", b"") for _ in range(2)]
        return [c.result() for c in calls]
