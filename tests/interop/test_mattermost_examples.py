"""Do the examples run under a real host, as they are?"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from kit.interop.gohost import Result
from kit.interop.mattermost_host import MattermostHost
from kit.places import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


def test_hello(host: MattermostHost) -> None:
    user = {"user": {"id": "u1", "username": "ada", "first_name": "Ada"}}
    missing = {
        "error": {
            "id": "app.user.missing",
            "message": "no such user",
            "status_code": 404,
        }
    }
    answers: dict[str, Any] = {
        "GetUser": {"response": user},
        "GetUserByUsername": {"response": missing},
    }
    host.request("api_set", answers=answers)
    started = host.activate(EXAMPLES / "hello" / "plugin.py")
    assert started["implemented"] == ["ExecuteCommand", "OnActivate"]
    registered = host.request("api_log", method="RegisterCommand")["requests"]
    assert registered[0]["request"]["command"]["trigger"] == "hello"
    host.request("logs", contains="say /hello", level="info", at_least=1)
    for command, text in (
        ("/hello", "Hello, Ada!"),
        ("/hello bob", "There is no bob here."),
    ):
        answer = host.hook("ExecuteCommand", {"args": {"command": command, "user_id": "u1"}})
        assert answer["response"]["response"]["text"] == text
    stopped = host.stop()
    print(f"hello: handshake {started['handshake_ms']:.0f} ms, stop {stopped['took_ms']:.0f} ms")


def test_moderation(host: MattermostHost) -> None:
    seven = base64.b64encode(b"7").decode()
    answers: dict[str, Any] = {
        "KVGet": {"response": {"value": seven}},
        "KVCompareAndSet": [{"response": {}}, {"response": {"success": True}}],
    }
    host.request("api_set", answers=answers)
    host.activate(EXAMPLES / "moderation" / "plugin.py")

    def posted(message: str) -> Any:
        answer = host.hook("MessageWillBePosted", {"post": {"message": message}})
        assert answer["code"] == "OK"
        return answer["response"]

    assert posted("good morning") == {}
    assert posted("WHY DOES NOBODY ANSWER") == {"rejection_reason": "Please do not shout."}
    dismissed = "plugin.message_will_be_posted.dismiss_post"
    assert posted("!silence") == {"rejection_reason": dismissed}
    edited = posted("use ghp_0123456789")
    assert edited == {"modified_post": {"message": "use [secret removed]"}}
    seen = host.request("api_log", method="KVCompareAndSet")["requests"]
    written = [(r["request"]["key"], base64.b64decode(r["request"]["new_value"])) for r in seen]
    again = [("rejected", b"8")] * 2  # the first attempt was in vain
    assert written == [*again, ("dropped", b"8"), ("edited", b"8")]
    host.request("api_stop", name="api")
    assert "try again" in posted("!silence")["rejection_reason"]
    host.stop()


def fetch(host: MattermostHost, method: str, url: str, body: int = 0) -> tuple[int, bytes]:
    init = {"method": method, "url": url, "request_uri": url, "content_length": body}
    parts = {"path": "body_chunk", "total": body, "first": {"init": init}}
    sends = [{"body": {**parts, "last": {"body_complete": True}}}]
    answer: Result = host.request("stream", method="ServeHTTP", sends=sends, read={"keep": "json"})
    assert answer["code"] == "OK", answer
    messages = [m["response"] for m in answer["received"]]
    chunks = [base64.b64decode(m.get("body_chunk", "")) for m in messages]
    return messages[0]["init"]["status_code"], b"".join(chunks)


def test_http(host: MattermostHost) -> None:
    found = {"response": {"user": {"id": "u1", "username": "ada"}}}
    lost = {"status": {"code": "NOT_FOUND", "message": "app.user.missing: no user"}}
    host.request("api_set", answers={"GetUser": [found, lost]})
    host.activate(EXAMPLES / "http" / "plugin.py")
    status, body = fetch(host, "GET", "/users/u1")
    assert (status, json.loads(body)) == (200, {"id": "u1", "username": "ada"})
    assert fetch(host, "GET", "/users/u2")[0] == 404
    assert fetch(host, "POST", "/size", 2_000_000) == (200, b'{"size":2000000}')
    assert fetch(host, "GET", "/numbers/4") == (200, b"0\n1\n2\n3\n")
    host.stop()


def test_async(host: MattermostHost) -> None:
    answers: dict[str, Any] = {
        "EnsureBotUser": {"response": {"bot_user_id": "bot"}},
        "GetUser": {
            "gate": "together",
            "response": {"user": {"id": "u1", "username": "ada"}},
        },
        "GetTeam": {
            "gate": "together",
            "response": {"team": {"display_name": "Engines"}},
        },
        "GetDirectChannel": {"response": {"channel": {"id": "c1"}}},
        "CreatePost": {"response": {"post": {}}},
    }
    host.request("api_set", answers=answers)
    host.activate(EXAMPLES / "async" / "plugin.py")
    member = {"team_member": {"user_id": "u1", "team_id": "t1"}}
    joining = host.submit("call", method="UserHasJoinedTeam", request=member)
    host.request("gate", name="together", await_waiting=2, open=True)
    assert joining.result(10)["code"] == "OK"
    (request,) = host.request("api_log", method="CreatePost")["requests"]
    post = {"user_id": "bot", "channel_id": "c1", "message": "Welcome to Engines, ada!"}
    assert request["request"] == {"post": post}
    assert host.hook("OnDeactivate")["code"] == "OK"
    host.stop()
