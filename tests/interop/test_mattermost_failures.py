"""What does the host see when a handler fails, in each hook and each way?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from kit.interop.gohost import Result
from kit.interop.mattermost_host import PLUGINS, MattermostHost
from mattermost_plugin.hooks import HOOKS

UNARY = [spec for spec in HOOKS.specs.values() if spec.family != "http"]
REFUSING = [spec for spec in UNARY if spec.rejected]
TEXTS = {
    "raise": "ValueError: broken {name}",
    "sleep": "the handler of {name} took longer than 0.3 s",
    "wrong type": "{name} returned Odd; accepted: ",
}
STATUS = {"raise": "INTERNAL", "sleep": "DEADLINE_EXCEEDED", "wrong type": "INTERNAL"}


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


def answers(host: MattermostHost, failure: str, **env: str) -> dict[str, Result]:
    """The answer of every hook of a plugin that fails that way, all called at the same time."""
    name = f"{failure} {' '.join(env)}".strip().replace(" ", "-")
    env = {**env, "INTEROP_FAILURE": failure}
    if failure == "sleep":
        env["MATTERMOST_PLUGIN_HOOK_TIMEOUT"] = "0.3"
    host.start(PLUGINS / "failing.py", name, env=env)
    running = {s.name: host.submit("call", target=name, method=s.name) for s in UNARY}
    found = {hook: future.result(30) for hook, future in running.items()}
    assert host.request("health", target=name)["status"] == "SERVING"
    for hook in found:
        host.request("logs", name=name, level="error", contains=hook, at_least=1)
    host.stop(name)
    return found


def snake(name: str) -> str:
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", text).lower()


def check(spec: Any, failure: str, answer: Result) -> None:
    text = TEXTS[failure].format(name=spec.name)
    fields = HOOKS.package.codec(spec.response).message.DESCRIPTOR.fields_by_name
    if "error" not in fields:
        assert answer["code"] == STATUS[failure], spec.name
        assert answer["message"].startswith(text), spec.name
        assert "Traceback" not in answer["message"]
        return
    assert answer["code"] == "OK", spec.name
    error = answer["response"]["error"]
    assert error["message"].startswith(text), spec.name
    assert error["detailed_error"] == error["message"]
    assert (error["id"], error["status_code"], error["where"]) == (
        f"plugin.{snake(spec.name)}.error",
        500,
        spec.name,
    )


@pytest.mark.parametrize("failure", TEXTS)
def test_each_hook_that_fails(host: MattermostHost, failure: str) -> None:
    found = answers(host, failure)
    for spec in UNARY:
        check(spec, failure, found[spec.name])


@pytest.mark.parametrize("failure", TEXTS)
def test_hooks_that_fail_closed(host: MattermostHost, failure: str) -> None:
    found = answers(host, failure, INTEROP_CLOSED="1")
    assert len(REFUSING) == 6
    for spec in REFUSING:
        answer = found[spec.name]
        assert (answer["code"], answer["response"]) == (
            "OK",
            {"rejection_reason": "not today"},
        )


def test_an_sdk_exception_keeps_its_fields(host: MattermostHost) -> None:
    error = answers(host, "api error")["ExecuteCommand"]["response"]["error"]
    assert error == {
        "id": "app.gone",
        "message": "gone",
        "detailed_error": "details",
        "status_code": 404,
        "where": "there",
    }


def test_hooks_that_are_not_implemented(host: MattermostHost) -> None:
    started = host.activate(PLUGINS / "quiet.py", "quiet")
    assert started["implemented"] == ["OnActivate"]
    for spec in UNARY:
        if spec.name != "OnActivate":
            assert host.hook(spec.name, target="quiet")["code"] == "UNIMPLEMENTED", spec.name
    message = {"init": {"method": "GET", "url": "/"}, "body_complete": True}
    answer = host.request(
        "stream", target="quiet", method="ServeHTTP", sends=[{"message": message}]
    )
    assert answer["received"][0]["response"]["init"]["status_code"] == 404
    found = host.request("logs", name="quiet", contains="up", level="info", at_least=1)
    assert found["records"][0]["fields"]["answer"] == 42
    host.stop("quiet")
