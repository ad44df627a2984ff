"""What does a host learn when a handler fails? The failure table, hook by hook.

A hook whose response has an error tells of the failure there, with status OK; every other one ends
with a gRPC status, or with a refusal if the plugin asked for that. Each failure is one log record.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import grpc
import pytest
from kit.mattermost.hooks import UNARY, Hook, Host, each, hosted, logged, raising, scripted
from kit.mattermost.values import to_pb
from mattermost_plugin import (
    HookName,
    Plugin,
    Reject,
    hook,
    models,
)
from plugwright_runtime.errors import LaunchError

CALLED = [*UNARY.values()]
EMBEDDING = [h for h in CALLED if h.has_error]
ENDING = [h for h in CALLED if not h.has_error]
REFUSING = [h for h in CALLED if h.can_refuse]

# Written out, not computed: ids that hosts may match on.
ERROR_IDS = {
    "OnActivate": "plugin.on_activate.error",
    "OnDeactivate": "plugin.on_deactivate.error",
    "OnConfigurationChange": "plugin.on_configuration_change.error",
    "OnInstall": "plugin.on_install.error",
    "OnSAMLLogin": "plugin.on_saml_login.error",
    "RunDataRetention": "plugin.run_data_retention.error",
    "ConfigurationWillBeSaved": "plugin.configuration_will_be_saved.error",
    "ExecuteCommand": "plugin.execute_command.error",
    "GenerateSupportData": "plugin.generate_support_data.error",
    "OnSharedChannelsSyncMsg": "plugin.on_shared_channels_sync_msg.error",
    "OnSharedChannelsAttachmentSyncMsg": ("plugin.on_shared_channels_attachment_sync_msg.error"),
    "OnSharedChannelsProfileImageSyncMsg": (
        "plugin.on_shared_channels_profile_image_sync_msg.error"
    ),
}


@pytest.fixture(scope="module")
def closed():
    """The same for a plugin whose hooks refuse when they fail."""
    plugin, script = scripted(
        [h.name for h in REFUSING], coroutines=False, on_error=Reject("try later")
    )
    with hosted(plugin()) as host:
        yield host, script


def check_failure(host: Host, hook_: Hook, text: str, code: grpc.StatusCode) -> None:
    """The next call of the hook fails as the failure table says, with `text`."""
    if hook_.has_error:
        expected = {
            "id": ERROR_IDS[hook_.name],
            "status_code": 500,
            "where": hook_.name,
            "message": text,
            "detailed_error": text,
        }
        assert host.call(hook_.name) == to_pb(hook_.response, {"error": expected})
    else:
        assert host.failure(hook_.name) == (code, text)
    assert logged(host).getMessage() == f"{hook_.name}: {text}"


# ------------------------------------------------------------------ the failure table


def test_every_hook_is_in_one_half_of_the_table():
    assert sorted(ERROR_IDS) == sorted(h.name for h in EMBEDDING)
    assert (len(EMBEDDING), len(ENDING), len(REFUSING)) == (12, 28, 6)
    assert not set(EMBEDDING) & set(REFUSING)


@each(CALLED)
def test_a_handler_that_raises(everything, hook_):
    host, script = everything
    script.behave = raising(ValueError("bad é🙂"))
    check_failure(host, hook_, "ValueError: bad é🙂", grpc.StatusCode.INTERNAL)
    kind, error, traceback = logged(host).exc_info  # type: ignore[misc]
    assert (kind, str(error)) == (ValueError, "bad é🙂")
    assert traceback is not None


@each(CALLED)
def test_a_result_of_the_wrong_type(everything, hook_):
    host, script = everything
    script.behave = lambda *_: 3.5
    text = f"{hook_.name} returned float; accepted: {', '.join(accepted(hook_))}"
    check_failure(host, hook_, text, grpc.StatusCode.INTERNAL)


def accepted(hook_: Hook) -> list[str]:
    """The types of results as an error text lists them."""
    return {
        "RunDataRetention": ["int"],
        "ConfigurationWillBeSaved": ["dict", "None"],
        "ExecuteCommand": ["CommandResponse"],
        "OnSharedChannelsSyncMsg": ["SyncResponse"],
        "GenerateSupportData": ["list[FileData]"],
        "MessageWillBePosted": ["Post", "DISMISS", "Reject", "None"],
        "MessageWillBeUpdated": ["Post", "Reject", "None"],
        "NotificationWillBePushed": ["PushNotification", "Reject", "None"],
        "EmailNotificationWillBeSent": ["EmailNotificationContent", "Reject", "None"],
        "FileWillBeUploaded": [
            "FileInfo",
            "bytes",
            "tuple[FileInfo, bytes]",
            "Reject",
            "None",
        ],
        "UserWillLogIn": ["Reject", "None"],
        "MessagesWillBeConsumed": ["list[Post]", "None"],
        "OnSharedChannelsPing": ["bool"],
    }.get(hook_.name, ["None"])


@each(REFUSING)
@pytest.mark.parametrize("failure", ["raises", "returns"])
def test_a_hook_that_fails_closed_refuses(closed, hook_, failure):
    host, script = closed
    host.records.clear()
    script.behave = raising(KeyError("x")) if failure == "raises" else lambda *_: 3.5
    expected = to_pb(hook_.response, {"rejection_reason": "try later"})
    assert host.call(hook_.name) == expected
    assert logged(host).exc_info is not None


# ------------------------------------------------------------------ time limits


@pytest.fixture(scope="module", params=[False, True], ids=["def", "async"])
def slow(request):
    """A plugin whose handlers wait for an event, and must not take longer than 30 ms."""
    plugin, script = scripted(UNARY, coroutines=request.param, timeout=0.03)
    with hosted(plugin(), threads=8) as host:
        host.call("OnConfigurationChange")  # which comes before OnActivate in any case
        script.behave = wait_on_the_loop if request.param else None
        yield host, script


async def wait_on_the_loop(*_: Any) -> None:
    await asyncio.Event().wait()


@each(CALLED)
def test_a_handler_that_takes_too_long(slow, hook_):
    host, script = slow
    host.records.clear()
    release = threading.Event()
    if script.behave is not wait_on_the_loop:
        script.behave = lambda *_: release.wait(10)
    text = f"the handler of {hook_.name} took longer than 0.03 s"
    try:
        check_failure(host, hook_, text, grpc.StatusCode.DEADLINE_EXCEEDED)
    finally:
        release.set()


@each(REFUSING)
def test_a_hook_that_fails_closed_refuses_when_it_takes_too_long(hook_):
    plugin, script = scripted(
        [hook_.name], coroutines=True, timeout=0.03, on_error=Reject("try later")
    )
    script.behave = wait_on_the_loop
    with hosted(plugin()) as host:
        assert host.call(hook_.name).rejection_reason == "try later"


def test_a_timeout_error_of_the_handler_itself_is_no_time_limit(everything):
    host, script = everything
    script.behave = raising(TimeoutError("the database"))
    code, text = host.failure("UserHasBeenCreated")
    assert (code, text) == (grpc.StatusCode.INTERNAL, "TimeoutError: the database")


@pytest.mark.parametrize("seconds", ["0.03", " 3e-2 "])
def test_the_environment_limits_every_hook(monkeypatch, seconds):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", seconds)
    plugin, script = scripted(["UserHasBeenCreated"], coroutines=True)
    script.behave = wait_on_the_loop
    with hosted(plugin()) as host:
        code, text = host.failure("UserHasBeenCreated")
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert text == "the handler of UserHasBeenCreated took longer than 0.03 s"


def test_the_decorator_wins_over_the_environment(monkeypatch):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", "0.001")
    plugin, script = scripted(["OnActivate"], coroutines=True, timeout=20)
    script.behave = lambda: asyncio.sleep(0.03)
    with hosted(plugin()) as host:
        assert host.call("OnActivate") == to_pb("OnActivateResponse", {})


@pytest.mark.parametrize("value", ["soon", "0", "-1", "nan", "inf", "-inf", "30s", " "])
def test_a_limit_that_is_none_is_an_error_at_start(monkeypatch, value):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", value)
    plugin, _ = scripted(["OnActivate"], coroutines=True)
    with pytest.raises(LaunchError, match="MATTERMOST_PLUGIN_HOOK_TIMEOUT") as caught:
        hosted(plugin()).__enter__()
    assert repr(value) in str(caught.value)


def test_an_empty_limit_is_the_default(monkeypatch):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", "")
    plugin, _ = scripted(["OnActivate"], coroutines=True)
    with hosted(plugin()) as host:
        assert host.call("OnActivate") == to_pb("OnActivateResponse", {})


def test_a_coroutine_that_is_returned_unawaited_is_awaited_by_the_time_limit():
    """A function that returns a coroutine counts as one handler, limit included."""

    class Handing(Plugin):
        @hook(HookName.UserHasBeenCreated, timeout=0.03)
        def later(self, context: models.PluginContext, user: models.User) -> Any:
            return asyncio.sleep(20)

    with hosted(Handing()) as host:
        code, _ = host.failure("UserHasBeenCreated")
    assert code is grpc.StatusCode.DEADLINE_EXCEEDED


# ------------------------------------------------------------------ the host gives up


def test_cancellation_by_the_host_reaches_a_coroutine():
    started, cancelled = threading.Event(), threading.Event()

    class Patient(Plugin):
        @hook(HookName.OnActivate)
        async def wait(self) -> None:
            started.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

    with hosted(Patient()) as host:
        call = host.send("OnActivate", b"")
        assert started.wait(10)
        call.cancel()
        assert cancelled.wait(10)
        assert host.call("Implemented").hooks == ["OnActivate"]
        assert host.records == []


def test_a_deadline_of_the_host_reaches_a_coroutine():
    cancelled = threading.Event()

    class Patient(Plugin):
        @hook(HookName.OnActivate)
        async def wait(self) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

    with hosted(Patient()) as host:
        with pytest.raises(grpc.RpcError) as caught:
            host.call("OnActivate", timeout=0.2)
        assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert cancelled.wait(10)
