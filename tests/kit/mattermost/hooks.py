"""What does a host see of a plugin? Its hooks, called with protobuf over a real channel.

In: a plugin class and the messages of the wire table. Out: answers as protobuf messages, statuses
as `grpc.RpcError`. Nothing here goes through the SDK's converters or clients, so both sides of a
comparison have their own source. `HOOKS` is the table of hooks, `Scripted` a plugin that handles
all of them the way a test says.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from kit.mattermost.facts import MESSAGES, PACKAGE, TABLE, message_class, simple
from kit.mattermost.values import Tree, attribute, descriptor, filled, to_pb
from mattermost_plugin import Plugin, hook
from plugwright_runtime.hooks.dispatch import Dispatcher
from plugwright_runtime.rpc.calling import Running
from plugwright_runtime.testing import BackgroundServer

SERVICE = f"{PACKAGE}.PluginHooks"
# The messages that carry JSON text, and the field that does.
JSON_WRAPPERS = {
    "ConfigJson": "config_json",
    "EmailNotificationJson": "notification_json",
    "SamlAssertionInfoJson": "assertion_json",
    "SyncMsgJson": "sync_msg_json",
}
DOCUMENT = {"a": {"b": [1, None, True, "é🙂", 0.5]}, "big": 2**63}


@dataclass(frozen=True)
class Hook:
    """One hook of the wire table."""

    name: str
    request: str
    response: str

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The fields of the request that a handler receives."""
        return [f for f in MESSAGES[self.request] if f["name"] != "context"]

    @property
    def outputs(self) -> list[str]:
        """The fields of the response."""
        return [f["name"] for f in MESSAGES[self.response]]

    @property
    def has_error(self) -> bool:
        return "error" in self.outputs

    @property
    def can_refuse(self) -> bool:
        return "rejection_reason" in self.outputs

    def wire(self) -> Tree:
        """A request with every field set."""
        tree = filled(self.request)
        for field in MESSAGES[self.request]:
            text = JSON_WRAPPERS.get(simple(field["type"]))
            if text:
                tree[field["name"]] = {text: json.dumps(DOCUMENT).encode()}
        return tree

    def arguments(self, tree: Tree) -> list[Any]:
        """What a handler is to receive of the request `tree`."""
        fields = descriptor(self.request).fields_by_name
        return [
            (
                DOCUMENT
                if simple(f["type"]) in JSON_WRAPPERS
                else attribute(fields[f["name"]], tree[f["name"]])
            )
            for f in self.parameters
        ]


def _hooks() -> dict[str, Hook]:
    services = [s for f in TABLE for s in f.get("services", ())]
    (service,) = [s for s in services if s["name"] == "PluginHooks"]
    return {
        m["name"]: Hook(m["name"], simple(m["request"]), simple(m["response"]))
        for m in service["methods"]
    }


ALL = _hooks()
HOOKS = {name: h for name, h in ALL.items() if name != "Implemented"}
UNARY = {name: h for name, h in HOOKS.items() if name != "ServeHTTP"}


class Host:
    """Calls the hooks of one plugin."""

    def __init__(self, plugin: object, channel: grpc.Channel, log_handler: Records) -> None:
        self.plugin: Any = plugin
        self.channel = channel
        self.log_handler = log_handler
        self.records = log_handler.records
        """What the dispatcher logged."""

    def send(self, name: str, request: bytes, timeout: float = 20) -> grpc.Future:
        """Starts a call of a unary hook; its result is the answer in bytes."""
        call = self.channel.unary_unary(f"/{SERVICE}/{name}")
        return call.future(request, timeout=timeout)

    def call(self, name: str, tree: Tree | None = None, timeout: float = 20) -> Any:
        """The answer of a unary hook to the request `tree`, as a protobuf message."""
        request = to_pb(ALL[name].request, tree or {}).SerializeToString()
        answer = self.send(name, request, timeout).result()
        return message_class(ALL[name].response).FromString(answer)

    def failure(self, name: str, tree: Tree | None = None) -> tuple[Any, str]:
        """The status code and the text that a call of the hook ends with."""
        try:
            answer = self.call(name, tree)
        except grpc.RpcError as error:
            return error.code(), error.details() or ""
        raise AssertionError(f"{name} answered {answer!r} instead of failing")


def web(host: Host, path: str) -> Any:
    """The answers to a GET request, as they arrive."""
    call = host.channel.stream_stream(
        f"/{SERVICE}/ServeHTTP",
        request_serializer=lambda tree: to_pb("ServeHTTPRequest", tree).SerializeToString(),
        response_deserializer=message_class("ServeHTTPResponse").FromString,
    )
    head = {"method": "GET", "url": path, "request_uri": path}
    return call(iter([{"init": head, "body_complete": True}]), timeout=20)


def each(hooks: Iterable[Hook]) -> Any:
    """Runs a test with each of `hooks` as its `hook_`."""
    return pytest.mark.parametrize("hook_", hooks, ids=lambda h: h.name)


def logged(host: Host) -> logging.LogRecord:
    """The only record of the log."""
    (record,) = host.records
    assert record.levelno == logging.ERROR
    return record


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@contextmanager
def hosted(plugin: object, threads: int = 4, executor: Executor | None = None) -> Iterator[Host]:
    """A host of the instance `plugin`."""
    log = logging.Logger("plugin under test")
    log.addHandler(handler := Records())
    executor = executor or ThreadPoolExecutor(threads)
    table = type(plugin).__hooks__  # type: ignore[attr-defined]
    server = BackgroundServer(
        lambda place: [Dispatcher(plugin, table, log, Running(executor, place)).handlers()]
    )
    channel = grpc.insecure_channel(server.start())
    try:
        yield Host(plugin, channel, handler)
    finally:
        channel.close()
        server.stop()
        executor.shutdown()


Behaviour = Callable[..., Any]


def raising(error: BaseException) -> Behaviour:
    """The behaviour of a handler that raises `error`."""

    def behave(*_: Any) -> Any:
        raise error

    return behave


class Script:
    """What the hooks of a plugin do next, and which arguments they got."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[Any, ...]] = {}
        self.behave: Behaviour = lambda *_: None

    def run(self, name: str, arguments: tuple[Any, ...]) -> Any:
        self.seen[name] = arguments
        return self.behave(*arguments)


def scripted(names: Any, *, coroutines: bool, **options: Any) -> tuple[type[Plugin], Script]:
    """A plugin class that handles `names` as its script says.

    `options` are those of the `hook` decorator.
    """
    script = Script()
    methods = {f"handle_{name}": _method(name, script, coroutines, options) for name in names}
    return type("Scripted", (Plugin,), methods), script


def _method(name: str, script: Script, coroutine: bool, options: Any) -> Any:
    async def wait(self: Plugin, *arguments: Any) -> Any:
        result = script.run(name, arguments)
        return await result if hasattr(result, "__await__") else result

    def function(self: Plugin, *arguments: Any) -> Any:
        return script.run(name, arguments)

    decorate: Any = hook
    return decorate(name, **options)(wait if coroutine else function)
