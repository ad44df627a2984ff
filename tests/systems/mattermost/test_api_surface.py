"""Do both clients have the surface that plugin authors were promised?

236 methods each, the same in both; names, parameters, defaults, types and mixins by the rules of
the wire table.
"""

from __future__ import annotations

import inspect
import typing
from typing import Any

import pytest
from kit.mattermost.facts import API, JSON_FIELDS, MESSAGES, NULLABLE, Rpc, simple
from mattermost_plugin import AsyncPluginAPIClient, PluginAPIClient, models

every_rpc = pytest.mark.parametrize("rpc", API, ids=lambda rpc: rpc.name)

# Domain of the table -> name of the mixin.
MIXINS = {
    "User": "Users",
    "Team": "Teams",
    "Channel": "Channels",
    "Post": "Posts",
    "Emoji": "Emoji",
    "KVStore": "KVStore",
    "Configuration": "Configuration",
    "Plugin": "Plugins",
    "Logging": "Logging",
    "File": "Files",
    "Bot": "Bots",
    "Server": "Server",
    "Command": "Commands",
    "Preference": "Preferences",
    "OAuth": "OAuth",
    "Group": "Groups",
    "SharedChannels": "SharedChannels",
    "Property": "Properties",
    "Audit": "Audit",
    "Miscellaneous": "Miscellaneous",
}
_ANYWHERE: dict[str, Any] = {
    "page": 0,
    "per_page": 60,
    "limit": 100,
    "include_deleted": False,
    "sort": "",
    "sort_by": "",
    "view_restrictions": None,
}
_FILTERS = {"roles", "channel_roles", "team_roles"}
_BY_RPC: dict[str, dict[str, Any]] = {
    "KVList": {"per_page": 100},
    "GetUsersInChannel": {"sort_by": "username"},
    "GetUsers": {
        "in_team_id": "",
        "not_in_team_id": "",
        "in_channel_id": "",
        "not_in_channel_id": "",
        "in_group_id": "",
        "not_in_group_id": "",
        "group_constrained": False,
        "without_team": False,
        "inactive": False,
        "active": False,
        "role": "",
        "updated_after": 0,
        **dict.fromkeys(_FILTERS),
    },
    "SearchUsers": {
        "team_id": "",
        "not_in_team_id": "",
        "in_channel_id": "",
        "not_in_channel_id": "",
        "in_group_id": "",
        "not_in_group_id": "",
        "group_constrained": False,
        "allow_inactive": False,
        "without_team": False,
        "role": "",
        **dict.fromkeys(_FILTERS),
    },
    "GetBots": {"options": None},
    "GetFileInfos": {"options": None},
    "GetGroups": {"opts": None},
    "KVSetWithOptions": {"options": None},
    "SearchPropertyFields": {"opts": None},
    "SearchPropertyValues": {"opts": None},
    "PublishPluginClusterEvent": {"opts": None},
    "PublishWebSocketEvent": {"payload": None, "broadcast": None},
    "PluginHTTP": {"headers": None, "body": b""},
    "InstallPlugin": {"replace": False},
    "InviteRemoteToChannel": {"share_if_not_shared": False},
    "LogDebug": {"key_value_pairs": None},
    "LogInfo": {"key_value_pairs": None},
    "LogWarn": {"key_value_pairs": None},
    "LogError": {"key_value_pairs": None},
}
_SCALARS = {"string": str, "bytes": bytes, "bool": bool, "int32": int, "int64": int}


def _defaults(rpc: Rpc) -> dict[str, Any]:
    """The parameters of `rpc` that have a default; all others are required."""
    names = {f["name"] for f in rpc.parameters}
    found = {n: v for n, v in _ANYWHERE.items() if n in names}
    found |= {f["name"]: None for f in rpc.parameters if f.get("label") == "optional"}
    return found | _BY_RPC.get(rpc.name, {})


def _type(row: dict[str, Any]) -> Any:
    """The Python type of a field of the table, when it is set."""
    text = row["type"]
    if row["name"] in JSON_FIELDS or text == "google.protobuf.Struct":
        return dict[str, Any]
    if text.startswith("map<"):
        key, value = text[4:-1].split(", ")
        return dict[_scalar(key), _scalar(value)]  # type: ignore[misc]
    if row.get("label") == "repeated":
        return list[_scalar(text)]  # type: ignore[misc]
    return _scalar(text)


def _scalar(text: str) -> Any:
    return _SCALARS[text] if text in _SCALARS else getattr(models, simple(text))


def _public(client: type) -> set[str]:
    return {name for name in dir(client) if not name.startswith("_")} - {"close"}


def _signature(client: type, rpc: Rpc) -> inspect.Signature:
    return inspect.signature(getattr(client, rpc.method))


def test_the_236_and_no_others() -> None:
    expected = {rpc.method for rpc in API}
    assert len(expected) == 236
    assert _public(PluginAPIClient) == expected
    assert _public(AsyncPluginAPIClient) == expected


@pytest.mark.parametrize(
    ("rpc", "method"),
    [
        ("KVSet", "kv_set"),
        ("GetLDAPUserAttributes", "get_ldap_user_attributes"),
        ("SetUserStatusTimedDND", "set_user_status_timed_dnd"),
        ("GetPluginID", "get_plugin_id"),
        ("PublishWebSocketEvent", "publish_web_socket_event"),
        ("GetOAuthApp", "get_oauth_app"),
        ("PluginHTTP", "plugin_http"),
    ],
)
def test_names_promised_word_for_word(rpc: str, method: str) -> None:
    assert next(r.method for r in API if r.name == rpc) == method


@every_rpc
def test_sync_and_async_are_one_surface(rpc: Rpc) -> None:
    sync = getattr(PluginAPIClient, rpc.method)
    aio = getattr(AsyncPluginAPIClient, rpc.method)
    assert inspect.iscoroutinefunction(aio)
    assert not inspect.iscoroutinefunction(sync)
    assert inspect.signature(sync) == inspect.signature(aio)
    assert sync.__doc__ == aio.__doc__
    assert typing.get_type_hints(sync) == typing.get_type_hints(aio)


def test_constructors_are_one_surface() -> None:
    assert inspect.signature(PluginAPIClient) == inspect.signature(AsyncPluginAPIClient)


@every_rpc
def test_parameters_are_the_request_fields(rpc: Rpc) -> None:
    """Required ones first, in the order of the request; those with a default by keyword only."""
    names = [f["name"] for f in rpc.parameters]
    defaults = _defaults(rpc)
    required = [n for n in names if n not in defaults]
    optional = [n for n in names if n in defaults]
    parameters = list(_signature(PluginAPIClient, rpc).parameters.values())[1:]
    tail = ["timeout", "metadata"]
    assert [p.name for p in parameters] == [*required, *optional, *tail]
    for p in parameters:
        if p.name in required:
            assert p.kind is p.POSITIONAL_OR_KEYWORD, p.name
            assert p.default is p.empty, p.name
        else:
            assert p.kind is p.KEYWORD_ONLY, p.name
            expected = defaults.get(p.name)
            assert type(p.default) is type(expected), p.name
            assert p.default == expected, p.name


@every_rpc
def test_types(rpc: Rpc) -> None:
    hints = typing.get_type_hints(getattr(PluginAPIClient, rpc.method))
    defaults = _defaults(rpc)
    for row in rpc.parameters:
        expected = _type(row)
        if row["name"] in defaults and defaults[row["name"]] is None:
            expected = expected | None
        assert hints[row["name"]] == expected, row["name"]
    assert hints["return"] == _return_type(rpc)
    assert hints["timeout"] == float | None


def _return_type(rpc: Rpc) -> Any:
    if not rpc.payload:
        return type(None)
    if len(rpc.payload) > 1:
        return getattr(models, rpc.response)
    result = _type(rpc.payload[0])
    return result | None if rpc.name in NULLABLE else result


def test_payload_shapes_of_the_table() -> None:
    """60 calls return nothing, 174 one value, 2 a response with several."""
    sizes = [len(rpc.payload) for rpc in API]
    assert (sizes.count(0), sizes.count(1)) == (60, 174)
    several = {rpc.name for rpc in API if len(rpc.payload) > 1}
    assert several == {"GetEmojiImage", "PluginHTTP"}
    assert sum(not MESSAGES[rpc.request] for rpc in API) == 18


def test_the_domains() -> None:
    assert [*MIXINS] == list(dict.fromkeys(rpc.domain for rpc in API))


@pytest.mark.parametrize("domain", MIXINS)
@pytest.mark.parametrize("client", [PluginAPIClient, AsyncPluginAPIClient])
def test_one_mixin_per_domain(domain: str, client: type) -> None:
    prefix = "Async" if client is AsyncPluginAPIClient else ""
    name = f"{prefix}{MIXINS[domain]}Mixin"
    mixin = next(base for base in client.__bases__ if base.__name__ == name)
    defined = [n for n in vars(mixin) if not n.startswith("_")]
    assert defined == [rpc.method for rpc in API if rpc.domain == domain]
    assert mixin.__module__ != client.__module__


def test_clients_are_their_mixins_and_no_more() -> None:
    for client in (PluginAPIClient, AsyncPluginAPIClient):
        assert len(client.__bases__) == len(MIXINS) == 20


@every_rpc
def test_every_parameter_is_documented(rpc: Rpc) -> None:
    doc = inspect.getdoc(getattr(PluginAPIClient, rpc.method)) or ""
    assert doc
    assert not doc.startswith("Call `")  # what stands there without a comment
    missing = [f["name"] for f in rpc.parameters if f"\n    {f['name']}: " not in doc]
    assert not missing
