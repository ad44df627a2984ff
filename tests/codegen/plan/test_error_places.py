"""Can a failure be taken for a result, or a result for a failure?"""

from __future__ import annotations

import importlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kit.generating.failing import Outcome, command
from plugwright_runtime.errors import NotFoundError, PluginAPIError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.failures import from_embedded
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

PROTO = """syntax = "proto3";
package t;
message Failure {{ string id = 1; {text} }}
message Thing {{ string id = 1; }}
message GetRequest {{ string id = 1; }}
message GetResponse {{ Failure {field} = 1; {payload} thing = 2; }}
service Store {{ rpc Get(GetRequest) returns (GetResponse); }}
"""
CONFIG = """
[sdk]
package = "{package}"
out = "."
[error]
message = "Failure"
{extra}
[api]
service = "Store"
"""


def generate(
    folder: Path,
    package: str = "sdk",
    *,
    field: str = "error",
    text: str = "string message = 2;",
    payload: str = "Thing",
    extra: str = "",
) -> Outcome:
    proto = PROTO.format(field=field, text=text, payload=payload)
    (folder / "a.proto").write_text(proto)
    (folder / "plugwright.toml").write_text(CONFIG.format(package=package, extra=extra))
    return command(["generate", "plugwright.toml"], folder)


def test_an_error_without_a_text_is_refused(tmp_path: Path) -> None:
    for text in ("", "repeated string message = 2;", "int32 message = 2;"):
        got = generate(tmp_path, text=text)
        assert got.code == 1, text
        assert "Failure has no string field 'message'" in got.stderr
        assert got.after.keys() == {"a.proto", "plugwright.toml"}


def test_a_renamed_error_is_not_a_result(tmp_path: Path) -> None:
    got = generate(tmp_path, field="err", extra='field = "error"')
    assert got.code == 1
    assert "no response has a t.Failure field 'error'; there are: err" in got.stderr
    proto = (tmp_path / "a.proto").read_text()
    proto += "service Other { rpc Find(GetRequest) returns (FoundResponse); }\n"
    (tmp_path / "a.proto").write_text(proto + "message FoundResponse { Failure error = 1; }\n")
    got = command(["generate", "plugwright.toml"], tmp_path)
    assert got.code == 1
    assert "GetResponse has no t.Failure field 'error', but err" in got.stderr
    config = tmp_path / "plugwright.toml"
    told = config.read_text().replace('"error"', '"error"\nwithout = ["Get"]')
    config.write_text(told)
    assert command(["generate", "plugwright.toml"], tmp_path).code == 0


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"message": ""},
        {"message": None},
        {"message": "", "status_code": "404", "params": [1], "id": 7},
    ],
)
def test_an_empty_error_does_not_read_as_ok(fields: dict[str, Any]) -> None:
    error = from_embedded(SimpleNamespace(**fields), "Get")
    assert str(error) == "PluginAPIError"
    told = SimpleNamespace(message="gone", status_code=404)
    assert isinstance(from_embedded(told, "Get"), NotFoundError)


@pytest.fixture
def call(on_path: Path) -> Iterator[Callable[..., Any]]:
    """`call(payload, **answer)`: what `get` makes of the answer."""
    servers: list[BackgroundServer] = []
    pool = HandlerPool()

    def call(payload: str, **answer: Any) -> Any:
        package = f"sdk_{secrets.token_hex(4)}"
        assert generate(on_path, package, payload=payload).code == 0
        sdk = importlib.import_module(package)

        class Store(sdk.servicers.StoreServicer):  # type: ignore[misc, name-defined]
            def get(self, request: Any, context: Any) -> Any:
                return sdk.models.GetResponse(**answer)

        server = BackgroundServer(lambda place: [handlers(Store(), pool, place)])
        servers.append(server)
        with sdk.clients.StoreClient(server.start()) as client:
            return client.get("x")

    yield call
    for server in servers:
        server.stop()
    pool.shutdown()


@pytest.mark.parametrize(("payload", "zero"), [("optional int32", 0), ("optional string", "")])
def test_an_optional_scalar_result_is_none_when_unset(
    call: Callable[..., Any], payload: str, zero: Any
) -> None:
    assert call(payload) is None
    assert call(payload, thing=zero) == zero


def test_an_unset_message_is_no_result(call: Callable[..., Any]) -> None:
    with pytest.raises(PluginAPIError, match="neither an error nor thing"):
        call("Thing")
