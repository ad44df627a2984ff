"""Does every one of the 236 API calls work, sync and async, over a real channel?

Each is called with every parameter filled and must reach the server whole; its answer must come
back whole; each way to fail must raise the right exception with all its fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import grpc
import mattermost_plugin as sdk
import pytest
from kit.mattermost.facts import API, JSON_FIELDS, NULLABLE, Rpc, message_class
from kit.mattermost.host import AsyncSurface, ScriptedHost, Status, Surface
from kit.mattermost.requests import arguments, tree_with_json
from kit.mattermost.values import Tree, attribute, descriptor, filled, same, to_model, to_pb
from plugwright_runtime.errors import PluginAPIError

CLASSES: dict[int, type[PluginAPIError]] = {
    400: sdk.ValidationError,
    401: sdk.PermissionDeniedError,
    403: sdk.PermissionDeniedError,
    404: sdk.NotFoundError,
    409: sdk.AlreadyExistsError,
    429: sdk.UnavailableError,
    503: sdk.UnavailableError,
    0: sdk.PluginAPIError,
    405: sdk.PluginAPIError,
    500: sdk.PluginAPIError,
    501: sdk.PluginAPIError,
    -7: sdk.PluginAPIError,
}
# gRPC code -> (class, the HTTP status that stands for it)
STATUSES: dict[grpc.StatusCode, tuple[type[PluginAPIError], int]] = {
    grpc.StatusCode.NOT_FOUND: (sdk.NotFoundError, 404),
    grpc.StatusCode.PERMISSION_DENIED: (sdk.PermissionDeniedError, 403),
    grpc.StatusCode.UNAUTHENTICATED: (sdk.PermissionDeniedError, 401),
    grpc.StatusCode.INVALID_ARGUMENT: (sdk.ValidationError, 400),
    grpc.StatusCode.FAILED_PRECONDITION: (sdk.ValidationError, 400),
    grpc.StatusCode.OUT_OF_RANGE: (sdk.ValidationError, 400),
    grpc.StatusCode.ALREADY_EXISTS: (sdk.AlreadyExistsError, 409),
    grpc.StatusCode.UNAVAILABLE: (sdk.UnavailableError, 503),
    grpc.StatusCode.DEADLINE_EXCEEDED: (sdk.UnavailableError, 504),
    grpc.StatusCode.RESOURCE_EXHAUSTED: (sdk.UnavailableError, 0),  # 413 or 429
    grpc.StatusCode.CANCELLED: (sdk.PluginAPIError, 499),
    grpc.StatusCode.UNKNOWN: (sdk.PluginAPIError, 500),
    grpc.StatusCode.ABORTED: (sdk.PluginAPIError, 409),
    grpc.StatusCode.UNIMPLEMENTED: (sdk.PluginAPIError, 501),
    grpc.StatusCode.INTERNAL: (sdk.PluginAPIError, 500),
    grpc.StatusCode.DATA_LOSS: (sdk.PluginAPIError, 500),
}

every_rpc = pytest.mark.parametrize("rpc", API, ids=lambda rpc: rpc.name)


@pytest.fixture(scope="module")
def host() -> Iterator[ScriptedHost]:
    host = ScriptedHost()
    yield host
    host.server.stop()


@pytest.fixture(scope="module", params=[Surface, AsyncSurface], ids=lambda s: s.name)
def api(request: pytest.FixtureRequest, host: ScriptedHost) -> Iterator[Surface]:
    surface: Surface = request.param(host.address)
    yield surface
    surface.stop()


def seen_request(rpc: Rpc, host: ScriptedHost) -> Any:
    """The last request the server saw, its JSON text in one spelling."""
    assert host.last.path == host.path(rpc.name)
    message = message_class(rpc.request).FromString(host.last.data)
    for name in JSON_FIELDS & set(message.DESCRIPTOR.fields_by_name):
        setattr(message, name, json.dumps(json.loads(getattr(message, name))).encode())
    return message


def raised(api: Surface, rpc: Rpc) -> PluginAPIError:
    """The exception of calling `rpc`; nothing of gRPC may be seen of it, not as cause either."""
    with pytest.raises(PluginAPIError) as caught:
        api.call(rpc.method, **arguments(rpc, tree_with_json(rpc.request)))
    assert not isinstance(caught.value, grpc.RpcError)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value


# ------------------------------------------------------------------ what goes out


@every_rpc
def test_every_request_field_reaches_the_server(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    host.answer = to_pb(rpc.response, _answer(rpc)).SerializeToString()
    tree = tree_with_json(rpc.request)
    api.call(rpc.method, **arguments(rpc, tree))
    message = seen_request(rpc, host)
    assert message == to_pb(rpc.request, tree)
    unset = [
        f.name
        for f in message.DESCRIPTOR.fields
        if f.name not in {set_field.name for set_field, _ in message.ListFields()}
    ]
    assert not unset


def _flags(rpc: Rpc) -> list[str]:
    return [f["name"] for f in rpc.parameters if f["type"] == "bool"]


@pytest.mark.parametrize("rpc", [r for r in API if len(_flags(r)) > 1], ids=lambda rpc: rpc.name)
def test_flags_are_not_mixed_up(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    """True is the only way to fill a bool, so each is sent alone as well."""
    flags = _flags(rpc)
    host.answer = to_pb(rpc.response, _answer(rpc)).SerializeToString()
    for flag in flags:
        tree = tree_with_json(rpc.request) | {f: f == flag for f in flags}
        api.call(rpc.method, **arguments(rpc, tree))
        assert seen_request(rpc, host) == to_pb(rpc.request, tree)


# ------------------------------------------------------------------ what comes back


def _answer(rpc: Rpc) -> Tree:
    """The tree of a response with its payload filled, and no error."""
    return {n: v for n, v in tree_with_json(rpc.response).items() if n != "error"}


def _result(rpc: Rpc, tree: Tree) -> Any:
    """What the client method must return for the response in `tree`."""
    if not rpc.payload:
        return None
    if len(rpc.payload) > 1:
        return to_model(rpc.response, tree)
    name = rpc.payload[0]["name"]
    if name in JSON_FIELDS:
        return json.loads(tree[name])
    return attribute(descriptor(rpc.response).fields_by_name[name], tree[name])


@every_rpc
def test_every_payload_is_read_back(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    tree = _answer(rpc)
    host.answer = to_pb(rpc.response, tree).SerializeToString()
    result = api.call(rpc.method, **arguments(rpc, tree_with_json(rpc.request)))
    expected = _result(rpc, tree)
    assert same(result, expected), f"{result!r} is not {expected!r}"


@every_rpc
def test_an_empty_answer(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    """Zero values are results; a payload that could be there, but is not, is the host's fault."""
    host.answer = b""
    kwargs = arguments(rpc, tree_with_json(rpc.request))
    names = [row["name"] for row in rpc.payload]
    field: Any = descriptor(rpc.response).fields_by_name[names[0]] if names else None
    if rpc.name in NULLABLE:
        assert api.call(rpc.method, **kwargs) is None
    elif len(names) == 1 and field.has_presence:
        error = raised(api, rpc)
        assert type(error) is PluginAPIError
        assert rpc.name in str(error)
        assert field.name in str(error)
        assert error.rpc == rpc.name
    else:
        zero = {} if JSON_FIELDS & set(names) else _zero(rpc)
        assert same(api.call(rpc.method, **kwargs), zero)


def _zero(rpc: Rpc) -> Any:
    if len(rpc.payload) != 1:
        return to_model(rpc.response, {}) if rpc.payload else None
    row = rpc.payload[0]
    if row["type"].startswith("map<"):
        return {}
    if row.get("label") == "repeated":
        return []
    zeros = {"string": "", "bytes": b"", "bool": False, "int32": 0, "int64": 0}
    return zeros[row["type"]]


# ------------------------------------------------------------------ failures in the answer


def _error(status: int) -> Tree:
    return filled("AppError") | {"status_code": status}


@every_rpc
def test_every_embedded_error_is_raised_whole(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    for status in (400, 401, 403, 404, 409, 429, 503, 500):
        tree = _error(status)
        # An error wins over a payload that is there, too.
        response = to_pb(rpc.response, _answer(rpc) | {"error": tree})
        host.answer = response.SerializeToString()
        error = raised(api, rpc)
        assert type(error) is CLASSES[status], status
        found = {name: getattr(error, name) for name in tree}
        assert same(found, tree)
        assert (error.rpc, error.code) == (rpc.name, grpc.StatusCode.OK)
        assert str(error) == f"{tree['message']} [{tree['id']}] ({status})"


@every_rpc
def test_an_error_without_content_is_one(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    """Presence means failure, whatever the id."""
    response = to_pb(rpc.response, _answer(rpc) | {"error": {}})
    host.answer = response.SerializeToString()
    error = raised(api, rpc)
    assert type(error) is PluginAPIError
    assert (error.message, error.id, error.status_code, error.params) == (
        "",
        "",
        0,
        None,
    )


@pytest.mark.parametrize("status", CLASSES)
def test_class_by_http_status(status: int, api: Surface, host: ScriptedHost) -> None:
    rpc = next(r for r in API if r.name == "GetUser")
    host.answer = to_pb(rpc.response, {"error": _error(status)}).SerializeToString()
    assert type(raised(api, rpc)) is CLASSES[status]


# ------------------------------------------------------------------ failures as a status


@every_rpc
def test_every_status_is_raised(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    for code, (cls, http) in STATUSES.items():
        host.answer = Status(code, "app.user.missing_account.const: no such üser: 7")
        error = raised(api, rpc)
        assert type(error) is cls, code
        assert error.id == "app.user.missing_account.const"
        assert error.message == "no such üser: 7"
        assert (error.status_code, error.code) == (http, code)
        assert error.rpc == rpc.name


def test_all_statuses_are_covered() -> None:
    assert {*STATUSES, grpc.StatusCode.OK} == set(grpc.StatusCode)


@pytest.mark.parametrize(
    ("details", "id", "message"),
    [
        ("plain text", "", "plain text"),
        ("", "", ""),
        ("note: this is prose", "", "note: this is prose"),
        ("a.b: c\nd", "a.b", "c\nd"),
        ("api.x.y.app_error: ", "api.x.y.app_error", ""),
        ("no space.at all: but prose", "", "no space.at all: but prose"),
        ("x" * 4000, "", "x" * 4000),
    ],
)
def test_id_recovered_from_status_text(
    details: str, id: str, message: str, api: Surface, host: ScriptedHost
) -> None:
    rpc = next(r for r in API if r.name == "GetUser")
    host.answer = Status(grpc.StatusCode.NOT_FOUND, details)
    error = raised(api, rpc)
    assert (error.id, error.message) == (id, message)


@pytest.mark.parametrize("said", ["Timeout expired", "Received RST_STREAM with error code 8"])
def test_a_server_that_keeps_the_deadline_says_no_more_than_ours(
    said: str, api: Surface, host: ScriptedHost
) -> None:
    """In words of tonic, or because grpc-go resets the stream."""
    rpc = next(r for r in API if r.name == "GetUser")
    host.answer = Status(grpc.StatusCode.CANCELLED, said)
    assert raised(api, rpc).code is grpc.StatusCode.DEADLINE_EXCEEDED


def test_an_answer_that_is_no_message(api: Surface, host: ScriptedHost) -> None:
    rpc = next(r for r in API if r.name == "GetUser")
    for data in (b"\xff", b"\x0a\x05ab", b"\x0a\x02\x0a\xff"):
        host.answer = data
        error = raised(api, rpc)
        assert "GetUserResponse" in str(error)
        assert error.rpc == "GetUser"
    # Text that is not UTF-8 inside of a message that is well formed.
    host.answer = b"\x12\x04\x0a\x02\xff\xfe"
    assert "GetUserResponse" in str(raised(api, rpc))


# ------------------------------------------------------------------ JSON in bytes

_JSON_CALLS = [r for r in API if any(f["name"] in JSON_FIELDS for f in r.payload)]


@pytest.mark.parametrize("rpc", _JSON_CALLS, ids=lambda rpc: rpc.name)
def test_json_that_is_none(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    name = rpc.payload[0]["name"]
    deep = b"[" * 100_000
    for text in (b"{", b"\xff{}", b"[1]", b"7", b'"x"', b"true", b"{} {}", deep):
        host.answer = to_pb(rpc.response, {name: text}).SerializeToString()
        error = raised(api, rpc)
        assert type(error) is PluginAPIError
        assert "JSON" in str(error)
        assert error.rpc == rpc.name


@pytest.mark.parametrize("rpc", _JSON_CALLS, ids=lambda rpc: rpc.name)
def test_json_null_is_nothing(rpc: Rpc, api: Surface, host: ScriptedHost) -> None:
    name = rpc.payload[0]["name"]
    for text in (b"null", b" null\n"):
        host.answer = to_pb(rpc.response, {name: text}).SerializeToString()
        assert api.call(rpc.method) == (None if rpc.name in NULLABLE else {})


def test_json_calls_of_the_table() -> None:
    assert sorted(r.name for r in _JSON_CALLS) == [
        "GetCloudLimits",
        "GetConfig",
        "GetLicense",
        "GetUnsanitizedConfig",
        "LoadPluginConfiguration",
    ]


@pytest.mark.parametrize("value", [None, [], "{}", b"{}", 7, {"x": object()}, {"x": {1, 2}}])
def test_a_config_that_is_no_json_object(value: Any, api: Surface, host: ScriptedHost) -> None:
    host.seen.clear()
    with pytest.raises(sdk.FieldError, match="JSON"):
        api.call("save_config", value)
    assert not host.seen
