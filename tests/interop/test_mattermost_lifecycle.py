"""Does a plugin live under a real go-plugin host, from the handshake to exit 0, with every hook?"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from kit.interop.filled import filled
from kit.interop.mattermost_host import PLUGINS, MattermostHost
from mattermost_plugin.hooks import HOOKS

EVERY_HOOK = PLUGINS / "every_hook.py"
UNARY = [spec for spec in HOOKS.specs.values() if spec.family != "http"]


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


@pytest.fixture(scope="module")
def plugin(host: MattermostHost) -> dict[str, Any]:
    return host.activate(EVERY_HOOK)


def test_start_activate_serve_stop(host: MattermostHost) -> None:
    started = host.activate(EVERY_HOOK, "life")
    assert (started["version"], started["tls"]) == (1, False)
    assert len(started["implemented"]) == 41
    assert sorted(HOOKS.specs) == started["implemented"]
    assert host.hook("OnDeactivate", target="life")["code"] == "OK"
    stopped = host.stop("life")
    assert stopped["took_ms"] < 1500
    print(f"spawn to handshake {started['handshake_ms']:.0f} ms, ", end="")
    print(f"connect {started['connect_ms']:.0f} ms, stop {stopped['took_ms']:.0f} ms")


def stored_arguments(host: MattermostHost, hook: str) -> list[Any]:
    seen = host.request("api_log", method="KVSet")["requests"]
    values = [r["request"].get("value", "") for r in seen if r["request"]["key"] == hook]
    arguments: list[Any] = json.loads(base64.b64decode(values[-1]))
    return arguments


def sent(value: Any, source: str) -> Any:
    """A request's field as `every_hook.py` stores the argument made of it."""
    if source.startswith("json:"):
        return json.loads(getattr(value, source.removeprefix("json:")))
    if hasattr(value, "SerializeToString"):
        data = value.SerializeToString(deterministic=True)
        return {"message": base64.b64encode(data).decode()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if not isinstance(value, str | int | float):
        return [sent(item, "value") for item in value]
    return value


def canonical(value: Any, cls: Any) -> Any:
    """Maps have no order on the wire."""
    if isinstance(value, dict) and "message" in value:
        message = cls.FromString(base64.b64decode(value["message"]))
        return {"message": base64.b64encode(message.SerializeToString(deterministic=True)).decode()}
    return [canonical(item, cls) for item in value] if isinstance(value, list) else value


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize("spec", UNARY, ids=lambda spec: spec.name)
def test_every_field_reaches_the_handler_and_comes_back(host: MattermostHost, spec: Any) -> None:
    request = filled(spec.request, without=("context",))
    answer = host.request("call", method=spec.name, request_b64=request.SerializeToString())
    assert (answer["code"], answer["message"]) == ("OK", "")
    stored = stored_arguments(host, spec.name)
    assert len(stored) == len(spec.arguments)
    for name, source, got in zip(spec.arguments, spec.sources, stored, strict=True):
        field = request.DESCRIPTOR.fields_by_name[name]
        cls = message_class(field.message_type)
        assert canonical(got, cls) == canonical(sent(getattr(request, name), source), cls), name
    data = base64.b64decode(answer.get("response_b64", ""))
    response = HOOKS.package.codec(spec.response).message.FromString(data)
    assert response == expected(spec)


def message_class(descriptor: Any) -> Any:
    return descriptor and HOOKS.package.codec(descriptor.full_name).message


def expected(spec: Any) -> Any:
    response = HOOKS.package.codec(spec.response).message()
    if spec.family == "reject":
        response.rejection_reason = f"refused by {spec.name}"
    whole = filled(spec.response)
    for name in spec.results:
        part = type(response)()
        part.CopyFrom(whole)
        for field in whole.DESCRIPTOR.fields:
            if field.name != name:
                part.ClearField(field.name)
        response.MergeFrom(part)
    if spec.name == "ConfigurationWillBeSaved":
        config = response.modified_config
        text = json.dumps(json.loads(config.config_json), ensure_ascii=False, separators=(",", ":"))
        config.config_json = text.encode()
    return response


@pytest.mark.usefixtures("plugin")
def test_serve_http_knows_request_plugin_and_folder(host: MattermostHost) -> None:
    headers = [{"key": "X-Test", "values": ["yes"]}]
    init = {"method": "POST", "url": "/a?b=c", "headers": headers}
    sends = [
        {"message": {"init": init, "body_chunk": b"abc"}},
        {"message": {"body_complete": True}},
    ]
    answer = host.request(
        "stream", method="ServeHTTP", sends=sends, read={"body_path": "body_chunk"}
    )
    assert answer["code"] == "OK"
    assert answer["body"]["size"] == len("POST /a?b=c yes 3")
    head = answer["received"][0]["response"]["init"]
    assert head["status_code"] == 201
    names = {h["key"].lower(): h["values"] for h in head["headers"]}
    assert names["x-plugin"] == ["com.example.plugin"]
    assert names["x-path"] == [str(PLUGINS)]
