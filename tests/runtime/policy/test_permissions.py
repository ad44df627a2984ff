"""Which calls does a guarded client make, and which does it refuse before anything is sent?"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from typing import Any

import grpc
import mattermost_plugin as sdk
import pytest
from kit.mattermost.host import ScriptedHost
from mattermost_plugin import models
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.policy import Matching, Permission, Permissions, Refused
from plugwright_runtime.rpc.results import CallScope, attempt, attempt_async, scoped


def granted(*entries: Permission, **settings: Any) -> Permissions:
    return Permissions(entries, **settings)


# ------------------------------------------------------------------ over a real channel


def test_what_was_granted_is_called_and_nothing_else(
    host: ScriptedHost, api: sdk.PluginAPIClient
) -> None:
    guarded = granted(Permission("mm", "kv_set")).guard(api, "mm")
    guarded.kv_set("k", b"v")
    with pytest.raises(Refused, match=r"^mm kv_delete was not granted$") as caught:
        guarded.kv_delete("k")
    assert len(host.seen) == 1
    assert isinstance(caught.value, sdk.PermissionDeniedError)


def test_a_guarded_client_is_one_of_its_type_on_the_same_connection(
    api: sdk.PluginAPIClient,
) -> None:
    guarded = granted(Permission("mm", "kv_set")).guard(api, "mm")
    assert isinstance(guarded, sdk.PluginAPIClient)
    assert inspect.signature(guarded.kv_set) == inspect.signature(api.kv_set)
    guarded.kv_set("k", b"v")
    guarded.close()
    with pytest.raises(sdk.UnavailableError, match="closed"):
        api.kv_delete("k")


def test_a_coroutine_is_refused_when_it_is_called(host: ScriptedHost) -> None:
    async def scenario() -> None:
        async with sdk.AsyncPluginAPIClient(host.address) as client:
            guarded = granted(Permission("mm", "kv_set")).guard(client, "mm")
            await guarded.kv_set("k", b"v")
            with pytest.raises(Refused):
                guarded.kv_delete("k")  # not awaited

    asyncio.run(scenario())
    assert len(host.seen) == 1


def test_every_call_of_a_client_is_guarded(host: ScriptedHost, api: sdk.PluginAPIClient) -> None:
    """None may slip through for its name or its kind."""
    guarded = granted().guard(api, "mm")
    names = [n for n in dir(type(api)) if not n.startswith("_") and n != "close"]
    assert len(names) == 236
    for name in names:
        method = getattr(guarded, name)
        given = [
            p.name
            for p in inspect.signature(method).parameters.values()
            if p.default is inspect.Parameter.empty
        ]
        with pytest.raises(Refused, match="was not granted"):
            method(**dict.fromkeys(given))
    assert not host.seen


def test_wrong_arguments_are_a_type_error(api: sdk.PluginAPIClient) -> None:
    guarded: Any = Permissions().guard(api, "mm")
    with pytest.raises(TypeError, match="missing a required argument: 'value'"):
        guarded.kv_set("k")


def test_only_clients_are_guarded() -> None:
    with pytest.raises(TypeError, match="only a client"):
        Permissions().guard(object(), "mm")


# ------------------------------------------------------------------ patterns

PATTERNS = [
    (Permission("mm", "kv_set", ["k"]), True),
    (Permission("mm", "kv_set", ["j"]), False),
    (Permission("mm", "kv_set", ["k", "v"]), True),  # bytes as text
    (Permission("mm", "kv_set", ["regex:[a-z]"]), True),
    (Permission("mm", "kv_set", ["regex:"]), False),  # the whole text has to match
    (Permission("mm", "kv_set", named={"key": "k"}), True),
    (Permission("mm", "kv_set", named={"value": "regex:x.*"}), False),
    (Permission("mm", "kv_set", named={"other": "k"}), False),
]


@pytest.mark.parametrize(("entry", "allowed"), PATTERNS)
@pytest.mark.parametrize("named", [False, True], ids=["by position", "by name"])
def test_patterns_of_arguments(
    api: sdk.PluginAPIClient, entry: Permission, allowed: bool, named: bool
) -> None:
    guarded = granted(entry).guard(api, "mm")
    refusal = contextlib.nullcontext() if allowed else pytest.raises(Refused)
    with refusal:
        if named:
            guarded.kv_set(value=b"v", key="k")
        else:
            guarded.kv_set("k", b"v")


def test_an_argument_that_is_left_out_has_its_default(api: sdk.PluginAPIClient) -> None:
    pages = granted(Permission("mm", "kv_list", named={"page": "0", "per_page": "100"}))
    guarded = pages.guard(api, "mm")
    guarded.kv_list()
    with pytest.raises(Refused, match="argument page, which is not 0"):
        guarded.kv_list(page=3)


def test_a_model_is_matched_as_json(api: sdk.PluginAPIClient) -> None:
    entry = Permission("mm", "create_post", [r'regex:.*"channelId": "town".*'])
    guarded = granted(entry).guard(api, "mm")
    with pytest.raises(PluginAPIError, match="neither an error nor post"):  # it was sent
        guarded.create_post(models.Post(channel_id="town"))
    with pytest.raises(Refused):
        guarded.create_post(models.Post(channel_id="other"))


def test_fewer_arguments_than_patterns_are_refused() -> None:
    verdict = granted(Permission("p", "m", ["a", "b"])).explain("p", "m", "a")
    assert not verdict
    assert str(verdict) == "p m was not granted with 1 arguments: 2 are checked"


def test_more_arguments_than_patterns_are_not() -> None:
    assert granted(Permission("p", "m", ["a"])).explain("p", "m", "a", "b", c=1)


def test_as_the_openrun_server_matches() -> None:
    permissions = granted(
        Permission("p", "m", ["regex:b"]), matching=Matching(whole=False, by_name=False)
    )
    assert permissions.explain("p", "m", "abc")
    assert "only positional ones" in str(permissions.explain("p", "m", "abc", x=1))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (b"\xff", "�"),
        (True, "true"),
        (None, "null"),
        (3, "3"),
        (1.5, "1.5"),
        (["a", 1, None], '["a", 1, null]'),
        ({"k": b"v"}, '{"k": "v"}'),
        ((), "[]"),
        (grpc.StatusCode.OK, "OK"),
    ],
)
def test_the_text_of_an_argument(value: Any, text: str) -> None:
    permissions = granted(Permission("p", "m", [text]))
    assert permissions.explain("p", "m", value)


def test_a_pattern_that_is_no_expression_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match=r"regex:\(: missing \)"):
        Permission("p", "m", ["regex:("])
    with pytest.raises(TypeError, match="is a text, not 3"):
        Permission("p", "m", [3])  # type: ignore[list-item]


# ------------------------------------------------------------------ order


def test_of_several_entries_the_first_that_fits_counts_and_the_last_says_why() -> None:
    permissions = granted(
        Permission("p", "m", ["a"]), Permission("p", "m", ["b"]), Permission("p", "n")
    )
    assert permissions.explain("p", "m", "b").entry == Permission("p", "m", ["b"])
    assert str(permissions.explain("p", "m", "c")).endswith("argument 1, which is not b")


def test_what_is_forbidden_comes_before_what_was_granted() -> None:
    permissions = granted(
        Permission("p", "m"),
        Permission("q", "m"),
        forbidden=[Permission("p", "m", ["secret"]), Permission("q", "")],
    )
    assert permissions.explain("p", "m", "open")
    assert str(permissions.explain("p", "m", "secret")) == "p m is forbidden"
    assert str(permissions.explain("q", "m")) == "q m is forbidden"
    assert not Permissions(forbidden=[Permission("p", "")]).explain("p", "m")


@pytest.mark.parametrize("kwargs", [{"a": "x"}, {}])
def test_a_call_that_cannot_be_told_from_a_forbidden_one_is_forbidden(kwargs: Any) -> None:
    """Else naming an argument, or leaving it out, would get round the list."""
    permissions = Permissions(
        forbidden=[Permission("p", "m", ["secret"])], matching=Matching(by_name=False)
    )
    assert not permissions.explain("p", "m", **kwargs)


def test_the_gate_of_writes() -> None:
    permissions = granted(
        Permission("p", "get"),
        Permission("p#a", "get"),
        Permission("p", "put"),
        Permission("p", "log", is_read=True),
        Permission("p", "get_all", is_read=False),
        reads=["p.get*"],
        writes=False,
    )
    assert permissions.explain("p", "get")
    assert permissions.explain("p#a", "get")
    assert permissions.explain("p", "log")
    assert "only reading is allowed" in str(permissions.explain("p", "put"))
    assert not permissions.explain("p", "get_all")


def test_a_plugin_of_which_nothing_was_granted_cannot_be_loaded() -> None:
    permissions = granted(Permission("p#a", "m"))
    permissions.check_load("p#a")
    with pytest.raises(Refused, match="nothing of p was granted"):
        permissions.check_load("p")
    Permissions().check_load("anything")


# ------------------------------------------------------------------ automatic errors


def test_a_refusal_comes_before_the_failure_of_an_earlier_call(
    host: ScriptedHost, api: sdk.PluginAPIClient
) -> None:
    guarded = granted(Permission("mm", "create_post")).guard(api, "mm")
    with CallScope() as scope:
        first = attempt(guarded.create_post, models.Post())  # answered with nothing: fails
        with pytest.raises(Refused):
            attempt(guarded.kv_delete, "k")
        assert scope.pending() == [first]
        assert not first.ok
    assert len(host.seen) == 1


def test_a_refusal_is_never_a_result(host: ScriptedHost) -> None:
    async def scenario() -> None:
        async with sdk.AsyncPluginAPIClient(host.address) as client:
            guarded = granted().guard(client, "mm")
            with CallScope(), pytest.raises(Refused):
                await attempt_async(guarded.kv_delete, "k")

    asyncio.run(scenario())
    assert not host.seen


def test_an_error_handler_is_told_of_a_refusal(api: sdk.PluginAPIClient) -> None:
    guarded = granted().guard(api, "mm")

    @scoped(on_error=lambda result: result.error)
    def handler() -> Any:
        return attempt(guarded.kv_delete, "k")

    assert handler() == "mm kv_delete was not granted"
