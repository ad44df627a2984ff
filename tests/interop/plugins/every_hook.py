"""Handles every hook: stores its arguments through the API, answers with every field filled."""

from __future__ import annotations

import base64
import json
from typing import Any

from kit.interop.filled import filled
from mattermost_plugin import Plugin, Reject, Request, Response, run_plugin
from mattermost_plugin.hooks import HOOKS
from plugwright_runtime.codec import decode, encode
from plugwright_runtime.message.model import Model


def packed(value: Any) -> Any:
    """An argument as JSON that the test can compare with what it sent."""
    if isinstance(value, Model):
        return {"message": base64.b64encode(encode(value)).decode()}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return [packed(item) for item in value]
    return value


def answer(name: str) -> Any:
    spec = HOOKS.specs[name]
    if spec.family == "reject":
        return Reject(f"refused by {name}")
    if not spec.results:
        return None
    codec = HOOKS.package.codec(spec.response)
    model = decode(codec.model, filled(spec.response).SerializeToString())
    values = [plain(getattr(model, result)) for result in spec.results]
    return values[0] if len(values) == 1 else tuple(values)


def plain(value: Any) -> Any:
    """What a handler returns for a field: wrappers of JSON are given as dict."""
    names: tuple[str, ...] = getattr(value, "__field_names__", ())
    if len(names) == 1 and names[0].endswith("_json"):
        return json.loads(getattr(value, names[0]))
    return value


def unary(name: str) -> Any:
    def handle(self: EveryHook, *arguments: Any) -> Any:
        self.api.kv_set(name, json.dumps([packed(a) for a in arguments]).encode())
        return answer(name)

    return HOOKS.hook(name)(handle)


class EveryHook(Plugin):
    """Its handlers are added below: forty that look the same."""


def serve_http(self: Any, request: Request) -> Response:
    body = request.read()
    text = f"{request.method} {request.url} {request.headers.get('x-test')} {len(body)}"
    headers = [("X-Plugin", self.plugin_id), ("X-Path", self.plugin_path)]
    return Response(text, 201, headers=headers)


handlers = {
    f"on_{number}": unary(spec.name)
    for number, spec in enumerate(HOOKS.specs.values())
    if spec.family != "http"
}
handlers["serve_http"] = HOOKS.hook("ServeHTTP")(serve_http)
Everything: type[Plugin] = type("Everything", (EveryHook,), handlers)

if __name__ == "__main__":
    run_plugin(Everything)
