"""Does every field of every call arrive, in both directions? Compared as protobuf sees them."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from clapshot_organizer import (
    AsyncClapshotClient,
    ClapshotClient,
    NotFoundError,
    PluginAPIError,
    ValidationError,
)
from clapshot_organizer.clients import OrganizerInboundClient
from grpc import StatusCode
from kit.clapshot.peer import Connection, Outbound
from kit.clapshot.play import server_for
from kit.clapshot.server import ClapshotServer
from kit.clapshot.wire import (
    INBOUND,
    OUTBOUND,
    VARIANTS,
    Rpc,
    filled,
    message_class,
    rpcs,
)
from plugwright_runtime import codec
from plugwright_runtime.message.package import package_of

PACKAGE = package_of("clapshot_organizer")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClapshotServer]:
    """The server of an organizer that writes down requests, and answers with `filled`."""
    folder = tmp_path_factory.mktemp("c")
    for rpc in rpcs(INBOUND):
        answer = filled(rpc.response).SerializeToString()
        (folder / f"{rpc.name}.response").write_bytes(answer)
    server = server_for(folder, "filled.py", migrate=False)
    server.database.touch()
    with server:
        yield server


def name_of(rpc: Any) -> str:
    return rpc.name if isinstance(rpc, Rpc) else ""


def model_of(message: Any) -> Any:
    """The SDK's model of a protobuf message."""
    cls = PACKAGE.message(message.DESCRIPTOR.full_name)
    return codec.decode(cls, message.SerializeToString())


def as_written(model: Any) -> Any:
    """The protobuf message that the SDK makes of a model."""
    return message_class(model.__proto__).FromString(codec.encode(model))


@pytest.mark.parametrize("rpc", rpcs(INBOUND), ids=name_of)
def test_an_inbound_call(running: ClapshotServer, rpc: Rpc) -> None:
    connection = Connection(running.target)
    for variant in range(VARIANTS):
        request = filled(rpc.request, variant)
        answer = filled(rpc.response, variant)
        if rpc.name == "handshake":  # that the server can be called back it must be true
            request.backchannel.CopyFrom(running.server_info().backchannel)
        (running.folder / f"{rpc.name}.response").write_bytes(answer.SerializeToString())
        assert connection.call(rpc.name, request) == answer
        written = (running.folder / f"{rpc.name}.request").read_bytes()
        assert message_class(rpc.request).FromString(written) == request
    connection.close()


def test_the_sdk_can_play_the_server_too(running: ClapshotServer) -> None:
    """`OrganizerInboundClient` is what the test harness calls an organizer with."""
    with OrganizerInboundClient(running.target) as client:
        for rpc in rpcs(INBOUND):
            if rpc.name == "handshake":
                continue
            answer = filled(rpc.response)
            (running.folder / f"{rpc.name}.response").write_bytes(answer.SerializeToString())
            found = getattr(client, rpc.name)(**arguments(rpc, model_of(filled(rpc.request))))
            assert_answer(rpc, found, answer)


def arguments(rpc: Rpc, model: Any) -> dict[str, Any]:
    """The parameters of a client's method: the fields of an envelope, or the whole."""
    name = rpc.request.rpartition(".")[2]
    if name.endswith("Request"):
        return {field: getattr(model, field) for field in model.__field_names__}
    return {} if name == "Empty" else {"organizer_info": model}


def assert_answer(rpc: Rpc, found: Any, answer: Any) -> None:
    """A method returns None for an answer without fields, the field of an envelope that has one, or
    the answer.
    """
    fields = [f.name for f in answer.DESCRIPTOR.fields]
    if not fields:
        assert found is None
    elif len(fields) == 1 and rpc.response.endswith("Response"):
        assert found == getattr(model_of(answer), fields[0])
    else:
        assert as_written(found) == answer


@pytest.fixture(scope="module")
def outbound() -> Iterator[tuple[Outbound, str]]:
    service = Outbound(lenient=True)
    server, port = service.serve_tcp()
    yield service, f"127.0.0.1:{port}"
    server.stop()


@pytest.mark.parametrize("flavour", [ClapshotClient, AsyncClapshotClient])
@pytest.mark.parametrize("rpc", rpcs(OUTBOUND), ids=name_of)
def test_an_outbound_call(outbound: tuple[Outbound, str], rpc: Rpc, flavour: type[Any]) -> None:
    service, target = outbound
    for variant in range(VARIANTS):
        request = filled(rpc.request, variant)
        answer = filled(rpc.response, variant)
        service.answers[rpc.name] = lambda _, answer=answer: answer
        found = call(flavour, target, rpc, arguments(rpc, model_of(request)))
        assert service.calls[-1] == (rpc.name, request)
        assert_answer(rpc, found, answer)


def call(flavour: type[Any], target: str, rpc: Rpc, fields: dict[str, Any]) -> Any:
    names = {name.replace("_", "").lower(): name for name in dir(flavour)}
    method = names[rpc.name.replace("_", "").lower()]

    async def ask() -> Any:
        client = flavour(target)
        result = getattr(client, method)(**fields)
        result = await result if inspect.isawaitable(result) else result
        closing = client.close()
        if inspect.isawaitable(closing):
            await closing
        return result

    return asyncio.run(ask())


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (StatusCode.INVALID_ARGUMENT, ValidationError),
        (StatusCode.NOT_FOUND, NotFoundError),
        (StatusCode.INTERNAL, PluginAPIError),
    ],
)
def test_an_outbound_call_that_fails(
    outbound: tuple[Outbound, str], code: StatusCode, error: type[Exception]
) -> None:
    service, target = outbound
    service.answers["DbGetComments"] = lambda _: code
    for flavour in (ClapshotClient, AsyncClapshotClient):
        with pytest.raises(PluginAPIError, match="DbGetComments failed as") as caught:
            call(flavour, target, Rpc("DbGetComments", "", ""), {})
        assert type(caught.value) is error
        assert caught.value.code is code


def test_every_field_was_filled() -> None:
    """Of all messages of both services each field has a value in one of the variants."""
    missing: set[str] = set()
    for rpc in (*rpcs(INBOUND), *rpcs(OUTBOUND)):
        for name in (rpc.request, rpc.response):
            seen = {
                f.name for variant in range(VARIANTS) for f, _ in filled(name, variant).ListFields()
            }
            every = {f.name for f in message_class(name).DESCRIPTOR.fields}
            missing |= {f"{name}.{field}" for field in every - seen}
    assert not missing


def test_presence_is_kept(running: ClapshotServer) -> None:
    """`max_ver=""` is not the same as none: it changes the server's plan."""
    response = message_class("clapshot.organizer.CheckMigrationsResponse")(name="x")
    with_limit = response.pending_migrations.add().dependencies.add(name="a")
    with_limit.max_ver = ""
    response.pending_migrations.add().dependencies.add(name="b")
    path = running.folder / "check_migrations.response"
    path.write_bytes(response.SerializeToString())
    request = message_class("clapshot.organizer.CheckMigrationsRequest")()
    connection = Connection(running.target)
    one, other = connection.call("check_migrations", request).pending_migrations
    connection.close()
    assert one.dependencies[0].HasField("max_ver")
    assert not one.dependencies[0].HasField("min_ver")
    assert not other.dependencies[0].HasField("max_ver")
