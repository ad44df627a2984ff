"""Can a plugin author test a plugin without a server, the way the README says?"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from mattermost_plugin import (
    DISMISS,
    AsyncPluginAPIClient,
    HookName,
    HookRegistrationError,
    NotFoundError,
    Plugin,
    PluginAPIClient,
    PluginAPIError,
    Reject,
    Request,
    Response,
    hook,
    models,
)
from mattermost_plugin.servicers import PluginAPIServicer
from mattermost_plugin.testing import PluginHarness
from plugwright_runtime.errors import LaunchError
from plugwright_runtime.rpc.servicer import ServerContext


class NoShouting(Plugin):
    @hook(HookName.MessageWillBePosted)
    def check(
        self, context: models.PluginContext, post: models.Post
    ) -> models.Post | Reject | None:
        if post.message.isupper():
            return Reject("please don't shout")
        return None


def test_shouting_is_rejected():
    with PluginHarness(NoShouting) as harness:
        answer = harness.hooks.message_will_be_posted(post=models.Post(message="HEY"))
        assert answer.rejection_reason == "please don't shout"


class MyPlugin(Plugin):
    @hook(HookName.OnActivate)
    def on_activate(self) -> None:
        self.logger.info("hello")


def test_it_starts():
    with PluginHarness(MyPlugin) as harness:
        assert harness.plugin.implemented_hooks() == ["OnActivate"]


class Greeter(Plugin):
    """Uses the API in every way a plugin can."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.client = self.api

    @hook(HookName.OnConfigurationChange)
    def configure(self) -> None:
        self.events.append("configure")

    @hook(HookName.OnActivate)
    async def start(self) -> None:
        self.events.append("start")

    @hook(HookName.OnDeactivate)
    def stop(self) -> None:
        self.events.append("stop")

    @hook(HookName.UserHasBeenCreated)
    def greet(self, context: models.PluginContext, user: models.User) -> None:
        town = self.client.get_channel_by_name_for_team_name("main", "town")
        self.api.create_post(
            models.Post(channel_id=town.id, message=f"hi {user.username}"),
            metadata=[("x-trace", "t1")],
        )

    @hook(HookName.RunDataRetention)
    async def count(self, now_time: int, batch_size: int) -> int:
        return len(await self.aio.kv_list())

    @hook(HookName.MessageWillBePosted)
    def check(
        self, context: models.PluginContext, post: models.Post
    ) -> models.Post | Reject | None:
        try:
            author = self.api.get_user(post.user_id)
        except NotFoundError as error:
            return Reject(f"{error.id}: {error.message}")
        post.message = f"{author.username}: {post.message}"
        return post


# ------------------------------------------------------------------ what the API answers


def test_an_answer_is_a_response():
    with PluginHarness(Greeter) as harness:
        harness.api.on("GetUser", models.GetUserResponse(user=models.User(username="ann")))
        answer = harness.hooks.message_will_be_posted(post=models.Post(message="hey"))
    assert answer.modified_post == models.Post(message="ann: hey")


def test_an_answer_is_an_exception():
    with PluginHarness(Greeter) as harness:
        error = NotFoundError("no such user", id="app.user.missing", status_code=404)
        harness.api.on("GetUser", error)
        answer = harness.hooks.message_will_be_posted(post=models.Post(message="hey"))
    assert answer.rejection_reason == "app.user.missing: no such user"


def test_an_answer_is_a_function_of_the_request():
    def answer(request: models.GetUserRequest) -> models.GetUserResponse:
        return models.GetUserResponse(user=models.User(username=request.user_id * 2))

    with PluginHarness(Greeter) as harness:
        harness.api.on("GetUser", answer)
        post = models.Post(user_id="u", message="hey")
        modified = harness.hooks.message_will_be_posted(post=post).modified_post
    assert modified is not None
    assert modified.message == "uu: hey"


def test_the_last_answer_counts():
    with PluginHarness(Greeter) as harness:
        harness.api.on("KVList", models.KVListResponse(keys=["a"]))
        assert harness.hooks.run_data_retention() == 1
        harness.api.on("KVList", models.KVListResponse(keys=["a", "b"]))
        assert harness.hooks.run_data_retention() == 2


def test_without_an_answer_a_call_is_unimplemented():
    with PluginHarness(Greeter) as harness:
        with pytest.raises(PluginAPIError) as caught:
            harness.hooks.run_data_retention()
        with pytest.raises(PluginAPIError) as inner:
            harness.plugin.api.get_user("u")
    assert "the fake has no answer for KVList" in caught.value.message
    assert (inner.value.rpc, inner.value.status_code) == ("GetUser", 501)


def test_an_answer_to_a_call_that_does_not_exist():
    harness = PluginHarness(Greeter)
    with pytest.raises(ValueError, match=r"no RPC 'GetUsr'; the nearest: GetUser"):
        harness.api.on("GetUsr", models.GetUserResponse())


def test_an_answer_of_another_call():
    harness = PluginHarness(Greeter)
    with pytest.raises(TypeError, match=r"GetUser answers GetUserResponse, .*not GetTeam"):
        harness.api.on("GetUser", models.GetTeamResponse())


# ------------------------------------------------------------------ what the plugin asked


def test_requests_are_recorded():
    with PluginHarness(Greeter) as harness:
        town = models.GetChannelByNameForTeamNameResponse(channel=models.Channel(id="c1"))
        harness.api.on("GetChannelByNameForTeamName", town)
        harness.api.on("CreatePost", models.CreatePostResponse(post=models.Post()))
        for name in ("ann", "bob"):
            harness.hooks.user_has_been_created(user=models.User(username=name))
        posted = harness.api.requests("CreatePost", models.CreatePostRequest)
        assert [r.post for r in posted] == [
            models.Post(channel_id="c1", message="hi ann"),
            models.Post(channel_id="c1", message="hi bob"),
        ]
        assert harness.api.requests("GetUser", models.GetUserRequest) == []
        assert [call.rpc for call in harness.api.calls] == [
            "GetChannelByNameForTeamName",
            "CreatePost",
        ] * 2
        assert ("x-trace", "t1") in harness.api.calls[1].metadata
        assert isinstance(harness.api.calls[0].request.team_name, str)


def test_calls_that_fail_are_recorded_too():
    with PluginHarness(Greeter) as harness:
        with pytest.raises(PluginAPIError):
            harness.plugin.api.get_user("u7")
        (request,) = harness.api.requests("GetUser", models.GetUserRequest)
    assert request.user_id == "u7"


# ------------------------------------------------------------------ a servicer of one's own


class Users(PluginAPIServicer):
    def get_user(
        self, request: models.GetUserRequest, context: ServerContext, /
    ) -> models.GetUserResponse:
        if request.user_id == "u0":
            raise NotFoundError("nobody", id="app.x", status_code=404)
        return models.GetUserResponse(user=models.User(username="from a servicer"))

    async def kv_list(
        self, request: models.KVListRequest, context: ServerContext, /
    ) -> models.KVListResponse:
        return models.KVListResponse(keys=[str(request.page), context.rpc])


def test_a_servicer_may_answer():
    with PluginHarness(Greeter, Users()) as harness:
        assert harness.plugin.api.get_user("u1").username == "from a servicer"
        with pytest.raises(NotFoundError, match=r"nobody \[app.x\] \(404\)"):
            harness.plugin.api.get_user("u0")
        assert harness.plugin.api.kv_list(page=7) == ["7", "KVList"]
        assert len(harness.api.requests("GetUser", models.GetUserRequest)) == 2
        with pytest.raises(PluginAPIError, match="no answer for GetTeam"):
            harness.plugin.api.get_team("t")


def test_an_answer_wins_over_the_servicer():
    with PluginHarness(Greeter, Users()) as harness:
        user = models.User(username="told")
        harness.api.on("GetUser", models.GetUserResponse(user=user))
        assert harness.plugin.api.get_user("u0") == user


# ------------------------------------------------------------------ the life of a plugin


def test_the_harness_activates_and_deactivates():
    with PluginHarness(Greeter) as harness:
        assert harness.plugin.events == ["configure", "start"]
    assert harness.plugin.events == ["configure", "start", "stop"]


def test_a_plugin_can_be_left_asleep():
    with PluginHarness(Greeter, activate=False) as harness:
        assert harness.plugin.events == []
        harness.hooks.on_activate()
    assert harness.plugin.events == ["configure", "start"]


def test_a_plugin_that_refuses_to_start():
    class Refusing(Plugin):
        @hook(HookName.OnActivate)
        def start(self) -> None:
            raise ValueError("no token is set")

    before = threading.active_count()
    with pytest.raises(PluginAPIError, match="no token is set") as caught:
        PluginHarness(Refusing).__enter__()
    assert caught.value.id == "plugin.on_activate.error"
    assert caught.value.rpc == "OnActivate"
    assert threading.active_count() <= before


class Failing(Plugin):
    def __init__(self) -> None:
        raise LookupError("no such file")


def test_a_plugin_that_cannot_be_made():
    before = threading.active_count()
    with pytest.raises(LookupError, match="no such file"):
        PluginHarness(Failing).__enter__()
    assert threading.active_count() <= before


def test_a_limit_that_is_none_ends_the_harness(monkeypatch):
    monkeypatch.setenv("MATTERMOST_PLUGIN_HOOK_TIMEOUT", "soon")
    before = threading.active_count()
    with pytest.raises(LaunchError, match="MATTERMOST_PLUGIN_HOOK_TIMEOUT"):
        PluginHarness(Greeter).__enter__()
    assert threading.active_count() <= before


def test_nothing_is_left_behind():
    with PluginHarness(Greeter) as harness:
        harness.api.on("KVList", models.KVListResponse())
        harness.hooks.run_data_retention()
        assert isinstance(harness.plugin.api, PluginAPIClient)
        assert isinstance(harness.plugin.aio, AsyncPluginAPIClient)
        assert harness.plugin.api is harness.plugin.client
        threads = threading.active_count()
    assert threading.active_count() < threads
    with pytest.raises(PluginAPIError, match="closed"):
        harness.plugin.api.get_user("u")


def test_a_failure_in_the_block_comes_out_of_it():
    with pytest.raises(KeyError, match="mine"), PluginHarness(Greeter) as harness:
        raise KeyError("mine")
    assert harness.plugin.events[-1] == "stop"


def test_two_harnesses_at_once():
    with PluginHarness(Greeter) as one, PluginHarness(Greeter) as two:
        one.api.on("KVList", models.KVListResponse(keys=["a"]))
        two.api.on("KVList", models.KVListResponse())
        assert one.hooks.run_data_retention() == 1
        assert two.hooks.run_data_retention() == 0


def test_the_environment_of_a_real_host_is_not_used(monkeypatch):
    monkeypatch.setenv("MATTERMOST_PLUGIN_API_TARGET", "127.0.0.1:1")
    with PluginHarness(Greeter) as harness:
        harness.api.on("KVList", models.KVListResponse(keys=["a"]))
        assert harness.plugin.api.kv_list() == ["a"]
    assert os.environ["MATTERMOST_PLUGIN_API_TARGET"] == "127.0.0.1:1"


# ------------------------------------------------------------------ calls of hooks


class Many(Plugin):
    @hook(HookName.FileWillBeUploaded)
    def upload(self, context: models.PluginContext, info: models.FileInfo, content: bytes) -> bytes:
        return content.upper()

    @hook(HookName.MessageWillBePosted)
    async def drop(self, context: models.PluginContext, post: models.Post) -> Any:
        return DISMISS

    @hook(HookName.ServeHTTP)
    async def web(self, request: Request) -> Response:
        return Response((await request.body()).upper(), 202)

    @hook(HookName.OnSharedChannelsPing)
    def ping(self, remote: models.RemoteCluster) -> bool:
        raise LookupError("down")


def test_hooks_answer_as_a_host_sees_it():
    with PluginHarness(Many) as harness:
        upload = harness.hooks.file_will_be_uploaded(file_content=b"abc")
        assert upload == models.FileWillBeUploadedResponse(modified_content=b"ABC")
        reason = harness.hooks.message_will_be_posted().rejection_reason
        assert reason == "plugin.message_will_be_posted.dismiss_post"
        assert sorted(harness.hooks.implemented()) == Many.implemented_hooks()


def test_a_failing_hook_is_an_exception_and_a_log_record(caplog):
    with (
        PluginHarness(Many) as harness,
        caplog.at_level(logging.ERROR),
        pytest.raises(PluginAPIError, match="LookupError: down"),
    ):
        harness.hooks.on_shared_channels_ping()
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.exc_info[0] is LookupError


def test_a_hook_that_the_plugin_does_not_have():
    with PluginHarness(Many) as harness, pytest.raises(PluginAPIError) as caught:
        harness.hooks.user_has_been_created()
    assert caught.value.status_code == 501
    assert str(caught.value) == "UserHasBeenCreated is not served there (501)"


def test_a_harness_of_an_instance():
    with pytest.raises(TypeError, match=r"as in PluginHarness\(MyPlugin\), not <"):
        PluginHarness(Many())  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["hooks", "plugin"])
def test_a_harness_without_its_with_statement(name: str):
    with pytest.raises(AttributeError, match=f"{name!r}; not before its with statement"):
        getattr(PluginHarness(Many), name)


def test_web_requests():
    def requests() -> Iterator[models.ServeHTTPRequest]:
        init = models.ServeHTTPRequestInit(method="POST", url="/x")
        yield models.ServeHTTPRequest(init=init, body_chunk=b"abc")
        yield models.ServeHTTPRequest(body_complete=True)

    with PluginHarness(Many) as harness:
        answers = list(harness.hooks.serve_http(requests()))
    assert answers[0].init is not None
    assert answers[0].init.status_code == 202
    assert b"".join(a.body_chunk for a in answers) == b"ABC"


def test_a_class_that_cannot_be_a_plugin_does_not_get_that_far():
    with pytest.raises(HookRegistrationError, match=r"Wrong\.start"):

        class Wrong(Plugin):
            @hook(HookName.OnActivate)  # type: ignore[arg-type]
            def start(self, extra: int) -> None: ...
