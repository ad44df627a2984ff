"""Which permissions does code need? Found out with its calls, or without making them."""

from __future__ import annotations

import asyncio
from typing import Any

import mattermost_plugin as sdk
from kit.mattermost.host import ScriptedHost
from plugwright_runtime.policy import Audit, Permission, Permissions
from plugwright_runtime.policy.files import parse


def program(api: sdk.PluginAPIClient) -> str:
    for key in api.kv_list(per_page=5):
        api.kv_delete(key)
    user = api.get_user_by_username("ann")
    api.kv_set("seen", user.id.encode())
    api.kv_set("seen", b"again")
    with open_stream(user) as stream:
        return f"{stream[0].name}{len(stream)}"


def open_stream(user: Any) -> Any:
    return user.anything(3)


def test_code_is_audited_without_a_single_call() -> None:
    audit = Audit()
    program(audit.stub(sdk.PluginAPIClient, "mm"))
    assert [entry.method for entry in audit.needed] == ["kv_list", "get_user_by_username", "kv_set"]


def test_coroutines_are_audited_too() -> None:
    async def program(api: sdk.AsyncPluginAPIClient) -> None:
        user = await api.get_user("u")
        async for _ in user.any_stream():  # type: ignore[attr-defined]
            raise AssertionError("there is nothing")
        async with user.any_context():  # type: ignore[attr-defined]
            await api.kv_delete("k")

    audit = Audit()
    asyncio.run(program(audit.stub(sdk.AsyncPluginAPIClient, "mm")))
    assert audit.needed == (Permission("mm", "get_user"), Permission("mm", "kv_delete"))


def test_an_audit_of_calls_that_are_made(host: ScriptedHost, api: sdk.PluginAPIClient) -> None:
    audit = Audit(arguments=True)
    guarded = audit.guard(api, "mm")
    guarded.kv_set("a", b"1")
    guarded.kv_set("b", b"1")
    guarded.kv_set("a", b"1")
    assert len(host.seen) == 3
    assert audit.needed == (
        Permission("mm", "kv_set", ("a", "1")),
        Permission("mm", "kv_set", ("b", "1")),
    )


def test_what_was_needed_is_enough_and_can_be_kept_in_a_file(
    host: ScriptedHost, api: sdk.PluginAPIClient
) -> None:
    audit = Audit(arguments=True)
    audit.guard(api, "mm").kv_set('"quoted"\n', b"\\")
    permissions = parse(audit.toml()).permissions
    assert permissions.granted is not None
    permissions.guard(api, "mm").kv_set('"quoted"\n', b"\\")
    assert len(host.seen) == 2
    assert Permissions(audit.needed).explain("mm", "kv_set", '"quoted"\n', b"\\")
