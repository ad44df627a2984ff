"""Does the Go test host do what its commands promise?

The plugin is in this file, written by hand on grpcio without the runtime under test: handshake,
health, controller, stdio, broker and an echo service. `python test_gohost_smoke.py` is the plugin.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from kit.interop.gohost import GoHost, HostDied, HostRefusal, Result

grpc: Any = importlib.import_module("grpc")  # grpcio carries no types

COOKIE = {"key": "SMOKE_PLUGIN", "value": "let me in"}
API_TARGET = "SMOKE_API_TARGET"
NOTE = "smoke.v1.Note"
TESTS = Path(__file__).resolve().parents[1]


def descriptor_set() -> bytes:
    """A Note of four fields, a service of the plugin and one of the host."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="smoke.proto", package="smoke.v1", syntax="proto3"
    )
    note = file.message_type.add(name="Note")
    kinds = [
        ("text", 9),
        ("number", 3),
        ("data", 12),
        ("last", 8),
    ]  # string, int64, bytes, bool
    for number, (name, kind) in enumerate(kinds, 1):
        note.field.add(
            name=name,
            number=number,
            type=field.Type.ValueType(kind),
            label=field.Label.ValueType(1),
        )
    methods = {"Echo": [("Unary", False), ("Both", True)], "API": [("Ask", False)]}
    for service, members in methods.items():
        added = file.service.add(name=service)
        for name, streams in members:
            added.method.add(
                name=name,
                input_type=f".{NOTE}",
                output_type=f".{NOTE}",
                client_streaming=streams,
                server_streaming=streams,
            )
    return descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()


def note_class() -> Any:
    """The message class, from a private pool."""
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set()).file:
        pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(NOTE))


# --- the plugin ---------------------------------------------------------------------------------


def serve_plugin() -> None:
    """Serve until Shutdown; messages of go-plugin's own services are written as bytes."""
    if os.environ.get(COOKIE["key"]) != COOKIE["value"]:
        sys.exit("this is a plugin, start it from the host")
    stop = threading.Event()
    server = grpc.server(ThreadPoolExecutor(16), options=[("grpc.max_receive_message_length", -1)])
    server.add_generic_rpc_handlers((*control_handlers(stop), echo_handler()))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"1|1|tcp|127.0.0.1:{port}|grpc|", flush=True)
    record = {"@level": "warn", "@message": "serving", "port": port}
    print(json.dumps(record), file=sys.stderr, flush=True)
    stop.wait()
    server.stop(0.2).wait()


def control_handlers(stop: threading.Event) -> list[Any]:
    def check(_request: bytes, _context: Any) -> bytes:
        return b"\x08\x01"  # status: SERVING

    def shutdown(_request: bytes, context: Any) -> bytes:
        context.add_callback(stop.set)  # after the answer
        return b""

    def stdio(_request: bytes, _context: Any) -> Iterator[bytes]:
        yield b"\x08\x01\x12\x08printed\n"  # channel: stdout, data
        stop.wait()

    def broker(_requests: Iterator[bytes], _context: Any) -> Iterator[bytes]:
        stop.wait()
        yield from ()

    unary, down, both = (
        grpc.unary_unary_rpc_method_handler,
        grpc.unary_stream_rpc_method_handler,
        grpc.stream_stream_rpc_method_handler,
    )
    services = {
        "grpc.health.v1.Health": {"Check": unary(check)},
        "plugin.GRPCController": {"Shutdown": unary(shutdown)},
        "plugin.GRPCStdio": {"StreamStdio": down(stdio)},
        "plugin.GRPCBroker": {"StartStream": both(broker)},
    }
    return [grpc.method_handlers_generic_handler(name, rpcs) for name, rpcs in services.items()]


def echo_handler() -> Any:
    """Unary answers its request, but forwards "ask" to the host's API and fails on "fail"."""
    note = note_class()
    target = os.environ.get(API_TARGET)
    channel = grpc.insecure_channel(target) if target else None

    def unary(request: Any, context: Any) -> Any:
        if request.text == "fail":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "told to fail")
        if request.text == "ask" and channel is not None:
            ask = channel.unary_unary(
                "/smoke.v1.API/Ask",
                request_serializer=note.SerializeToString,
                response_deserializer=note.FromString,
            )
            return ask(request, metadata=[("from", "plugin")], timeout=5)
        return request

    def both(requests: Iterator[Any], _context: Any) -> Iterator[Any]:
        yield from requests

    wire = {
        "request_deserializer": note.FromString,
        "response_serializer": note.SerializeToString,
    }
    return grpc.method_handlers_generic_handler(
        "smoke.v1.Echo",
        {
            "Unary": grpc.unary_unary_rpc_method_handler(unary, **wire),
            "Both": grpc.stream_stream_rpc_method_handler(both, **wire),
        },
    )


# --- the tests ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def host() -> Iterator[GoHost]:
    with GoHost(descriptor_set()) as host:
        yield host


def start(host: GoHost, name: str = "plugin", **fields: Any) -> Result:
    # As a program it finds what tests share only if it is told where.
    code = f"import sys; sys.path.insert(0, {str(TESTS)!r}); import runpy; "
    code += f"runpy.run_path({str(Path(__file__).resolve())!r}, run_name='__main__')"
    argv = [sys.executable, "-c", code]
    return host.request("start", name=name, argv=argv, cookie=COOKIE, **fields)


@pytest.fixture(scope="module")
def plugin(host: GoHost) -> Result:
    """The plugin "plugin", calling the API server "api" of the same host."""
    api = host.request("serve_api", answers={"Ask": {"copy": {"number": "number"}}})
    return start(host, env={API_TARGET: api["address"]})


def test_start_reports_what_was_negotiated(host: GoHost, plugin: Result) -> None:
    assert (plugin["version"], plugin["network"], plugin["tls"]) == (1, "tcp", False)
    os.kill(plugin["pid"], 0)
    assert plugin["handshake_ms"] > 1
    print(f"spawn to handshake: {plugin['handshake_ms']:.0f} ms, {host.versions}")
    assert host.request("health")["status"] == "SERVING"
    assert "printed\n" in host.request("stdio", contains="printed")["text"]
    records = host.request("logs", contains="serving", level="warn", at_least=1)["records"]
    assert records[0]["fields"]["port"] == int(plugin["address"].split(":")[1])


@pytest.mark.usefixtures("plugin")
def test_call_shows_json_bytes_and_status(host: GoHost) -> None:
    request = {"text": "grüße", "number": 2**62, "data": b"\0\xff"}
    answer = host.request("call", method="smoke.v1.Echo/Unary", request=request)
    expected = {**request, "number": str(2**62), "data": "AP8="}
    assert (answer["code"], answer["response"]) == ("OK", expected)
    wire = note_class()(**request).SerializeToString()
    assert base64.b64decode(answer["response_b64"]) == wire
    failed = host.request("call", method="Unary", request={"text": "fail"})
    assert (failed["code"], failed["message"]) == (
        "FAILED_PRECONDITION",
        "told to fail",
    )
    malformed = host.request("call", method="Unary", request_b64=b"\xff\xff")
    assert malformed["code"] == "INTERNAL"


@pytest.mark.usefixtures("plugin")
def test_stream_generates_and_sums_bodies(host: GoHost) -> None:
    total = 5 * 2**20 + 1
    body = {
        "path": "data",
        "total": total,
        "first": {"text": "a"},
        "last": {"last": True},
    }
    sends = [{"body": body}]
    answer = host.request("stream", method="Both", sends=sends, read={"body_path": "data"})
    assert (answer["code"], answer["body"]) == ("OK", answer["sent"]["body"])
    assert (answer["body"]["size"], answer["received_count"]) == (total, 81)
    assert answer["received"][0]["response"] == {"text": "a"}
    assert answer["received"][-1]["response"] == {"last": True}


@pytest.mark.usefixtures("plugin")
def test_stream_waits_and_cancels(host: GoHost) -> None:
    sends = [
        {"message": {"number": 1}},
        {"await_received": 1, "gate": "g", "cancel": True},
    ]
    running = host.submit("stream", method="Both", sends=sends)
    host.request("gate", name="g", await_waiting=1)
    assert not running.done()
    host.request("gate", name="g", open=True)
    assert running.result(5)["code"] == "CANCELLED"
    idle = host.submit(
        "stream", method="Both", sends=[{"message": {"number": 2}}, {"gate": "never"}]
    )
    host.request("gate", name="never", await_waiting=1)
    host.abort(idle)
    assert idle.result(5)["code"] == "CANCELLED"


@pytest.mark.usefixtures("plugin")
def test_load_counts_every_call(host: GoHost) -> None:
    answer = host.request(
        "load",
        method="Unary",
        request={"text": "x"},
        count=1000,
        concurrency=16,
        counter_path="number",
        expect_path="number",
    )
    assert (answer["codes"], answer["distinct"], answer["wrong"]) == (
        {"OK": 1000},
        1000,
        0,
    )
    assert 0 < answer["p50_ms"] <= answer["p99_ms"] <= answer["max_ms"]
    print(f"load: {answer['per_second']:.0f}/s, p50 {answer['p50_ms']}, p99 {answer['p99_ms']} ms")


@pytest.mark.usefixtures("plugin")
def test_api_answers_records_and_changes(host: GoHost) -> None:
    ask = {"text": "ask", "number": 9}
    assert host.request("call", method="Unary", request=ask)["response"] == {"number": "9"}
    seen = host.request("api_log", method="Ask")["requests"][-1]
    assert seen["request"] == {"text": "ask", "number": "9"}
    assert seen["metadata"]["from"] == ["plugin"]
    assert 4000 < seen["deadline_ms"] < 5100  # grpcio rounds deadlines up on the wire
    host.request("api_set", answers={"Ask": {"response": {"text": "new"}}})
    assert host.request("call", method="Unary", request=ask)["response"] == {"text": "new"}
    host.request("api_set", answers={"Ask": {"status": {"code": "NOT_FOUND", "message": "gone"}}})
    assert "gone" in host.request("call", method="Unary", request=ask)["message"]


def test_concurrent_commands_and_refusals(host: GoHost, plugin: Result) -> None:
    notes = [{"number": str(n)} for n in range(1, 50)]
    futures = [host.submit("call", method="Unary", request=note) for note in notes]
    assert [future.result(10)["response"] for future in futures] == notes
    with pytest.raises(HostRefusal, match='"txt"'):
        host.request("call", method="Unary", request={"txt": "x"})
    with pytest.raises(HostRefusal, match="still runs"):
        start(host)
    os.kill(plugin["pid"], 0)


def test_kill_reports_the_exit(host: GoHost) -> None:
    started = start(host, name="second")
    stopped = host.request("kill", name="second")
    assert (stopped["exited"], stopped["code"], stopped["forced"]) == (True, 0, False)
    print(f"stop: {stopped['took_ms']:.0f} ms")
    with pytest.raises(ProcessLookupError):
        os.kill(started["pid"], 0)


def test_plugin_that_dies_is_noticed(host: GoHost) -> None:
    started = start(host, name="third")
    os.kill(started["pid"], signal.SIGKILL)
    ended = host.request("wait_exit", name="third", timeout_ms=5000)
    assert (ended["exited"], ended["signal"]) == (True, "killed")


def test_host_that_dies_fails_what_waits() -> None:
    host = GoHost(descriptor_set())
    waiting = host.submit("gate", name="g", await_waiting=1)
    os.kill(host.pid, signal.SIGKILL)
    with pytest.raises(HostDied, match="-9"):
        waiting.result(5)
    with pytest.raises(HostDied):
        host.request("info")
    host.close()


if __name__ == "__main__":
    serve_plugin()
