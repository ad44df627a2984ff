"""Do protos that no one here wrote give sound packages, which work with the code of others?"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import black
import grpc
import pytest
from kit.generating.foreign import ALL, Foreign
from kit.generating.messages import round_trips
from kit.generating.packages import import_failures, modules, mypy, pyright, registry
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

by_package = pytest.mark.parametrize("foreign", ALL, ids=[f.package for f in ALL])


@pytest.fixture(scope="module")
def sdks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of all packages, on `sys.path`."""
    root = tmp_path_factory.mktemp("foreign")
    for foreign in ALL:
        foreign.generate(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield root


def test_every_module_imports(sdks: Path) -> None:
    names = [m for f in ALL for m in modules(sdks / f.package)]
    assert len(names) > 200
    assert import_failures(sdks, names) == ""


def test_mypy_strict(sdks: Path, tmp_path: Path) -> None:
    assert mypy(sdks, tmp_path) == ""


def test_pyright_strict(sdks: Path) -> None:
    assert pyright(sdks) == ""


@by_package
def test_black_finds_nothing_to_change(foreign: Foreign, sdks: Path) -> None:
    for path in (sdks / foreign.package).rglob("*.py"):
        if path.name != "_descriptors.py":  # data
            text = path.read_text(encoding="utf-8")
            assert black.format_str(text, mode=black.Mode()) == text, path


@by_package
def test_every_message_round_trips(foreign: Foreign, sdks: Path) -> None:
    assert round_trips(registry(foreign.package), examples=6) >= foreign.messages


@by_package
def test_every_service_has_clients_and_a_servicer(foreign: Foreign, sdks: Path) -> None:
    clients, servicers = (
        importlib.import_module(f"{foreign.package}.{part}") for part in ("clients", "servicers")
    )
    wanted = [f"{a}{s}Client" for s in foreign.services for a in ("", "Async")]
    assert sorted(clients.__all__) == sorted(wanted)
    assert sorted(servicers.__all__) == sorted(f"{s}Servicer" for s in foreign.services)
    for name in foreign.services:
        servicer = getattr(servicers, f"{name}Servicer")
        assert servicer.__rpcs__
        for rpc in servicer.__rpcs__:
            for client in (f"{name}Client", f"Async{name}Client"):
                assert callable(getattr(getattr(clients, client), rpc.method))
                assert inspect.getdoc(getattr(servicer, rpc.method))


@pytest.fixture
def server() -> Iterator[str]:
    """The address of grpcio's own health, reflection and channelz services."""
    from grpc_channelz.v1.channelz import add_channelz_servicer
    from grpc_health.v1.health import HealthServicer
    from grpc_health.v1.health_pb2_grpc import add_HealthServicer_to_server
    from grpc_reflection.v1alpha.reflection import enable_server_reflection

    with ThreadPoolExecutor(4) as executor:
        server = grpc.server(executor, options=[("grpc.enable_channelz", 1)])
        add_HealthServicer_to_server(HealthServicer(), server)
        add_channelz_servicer(server)
        enable_server_reflection(["grpc.health.v1.Health"], server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        yield f"127.0.0.1:{port}"
        server.stop(None).wait()


def test_our_client_asks_grpcio_for_its_health(sdks: Path, server: str) -> None:
    health: Any = importlib.import_module("health")
    status = health.models.HealthCheckResponse.ServingStatus
    with health.clients.HealthClient(server) as client:
        assert client.check() is status.SERVING
        assert next(client.watch(service="nobody")).status is status.SERVICE_UNKNOWN
        with pytest.raises(health.NotFoundError):
            client.check(service="nobody")


@pytest.mark.filterwarnings("ignore:grpc.reflection.v1alpha:DeprecationWarning")
def test_our_client_reflects_on_grpcio(sdks: Path, server: str) -> None:
    sdk: Any = importlib.import_module("reflection")
    request = sdk.models.ServerReflectionRequest
    question = request.MessageRequest.ListServices("")
    with sdk.clients.ServerReflectionClient(server) as client:
        [answer] = client.server_reflection_info([request(message_request=question)])
    found = answer.message_response.value.service
    assert [service.name for service in found] == ["grpc.health.v1.Health"]


def test_our_client_sees_grpcio_s_channels(sdks: Path, server: str) -> None:
    sdk: Any = importlib.import_module("channelz")
    with sdk.clients.ChannelzClient(server) as client:
        servers = client.get_servers().server  # other tests of the process may have some
        own = max(servers, key=lambda server: server.ref.server_id)
        assert own.data.calls_started >= 1
        assert own.data.last_call_started_timestamp is not None


def test_opentelemetry_s_stub_calls_our_servicer(sdks: Path) -> None:
    from opentelemetry.proto.collector.trace.v1 import (
        trace_service_pb2,
        trace_service_pb2_grpc,
    )

    sdk: Any = importlib.import_module("opentelemetry_protos")
    seen: list[Any] = []

    class Collector(sdk.servicers.TraceServiceServicer):
        def export(self, request: Any, context: Any, /) -> Any:
            seen.append(request)
            return sdk.models.ExportTraceServiceResponse(
                partial_success=sdk.models.ExportTracePartialSuccess(rejected_spans=1)
            )

    sent = trace_service_pb2.ExportTraceServiceRequest()
    span = sent.resource_spans.add().scope_spans.add().spans.add(name="boot")
    span.attributes.add(key="k").value.array_value.values.add().int_value = -(2**63)
    with ThreadPoolExecutor(1) as executor:
        server = BackgroundServer(lambda place: [handlers(Collector(), executor, place)])
        try:
            with grpc.insecure_channel(server.start()) as channel:
                stub = trace_service_pb2_grpc.TraceServiceStub(channel)
                answer = stub.Export(sent, timeout=5)
        finally:
            server.stop()
    assert answer.partial_success.rejected_spans == 1
    [got] = seen[0].resource_spans[0].scope_spans[0].spans
    assert got.name == "boot"
    [value] = got.attributes[0].value.value.value.values
    assert value.value.value == -(2**63)
