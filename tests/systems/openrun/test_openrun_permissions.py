"""Does the test kit let an app do what the server lets it, with the settings that it would get?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from kit.openrun.app import Demo, Refusing, made
from openrun_plugin import PluginAPIError
from openrun_plugin.extras.testing import Permission, Permissions, ProviderHost, Refused


def get(patterns: Sequence[str], *args: Any, **kwargs: Any) -> Any:
    """What `store.ex get` answers an app that was granted it with these patterns."""
    granted = Permissions([Permission("store.ex", "get", patterns)])
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        return app.call("store", "get", *args, **kwargs)


# ------------------------------------------------------------------ permissions


def test_a_module_that_was_not_approved_cannot_be_loaded() -> None:
    granted = Permissions([Permission("store.ex", "get"), Permission("x.ex#a", "y")])
    made.clear()
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        for name in ("other", "store#alt", "x"):
            with pytest.raises(Refused, match=r"nothing of \w+\.ex.* was granted"):
                app.ask(name, "ping")
    assert made == []


def test_a_function_that_is_not_listed_is_refused_at_once() -> None:
    granted = Permissions([Permission("store.ex", "get")])
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        assert app.ask("store.ex", "get", 1).value == [1]
        with pytest.raises(Refused, match=r"store\.ex put was not granted$"):
            app.ask("store", "put")


def test_an_account_is_granted_by_its_name() -> None:
    granted = Permissions([Permission("store.ex#alt", "get")])
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        assert app.call("store#alt", "get") == []
        with pytest.raises(Refused, match=r"nothing of store\.ex was granted"):
            app.call("store", "get")


@pytest.mark.parametrize(
    ("patterns", "args"),
    [
        (["a"], ["a"]),
        (["a"], ["a", "more"]),
        (["5", "True", "None", "1.5"], [5, True, None, 1.5]),
        (['["a", 1]', '{"k": ("v",)}'], [["a", 1], {"k": ("v",)}]),
        (["regex:^/tmp/"], ["/tmp/x"]),
        (["regex:b"], ["abc"]),  # found anywhere
        (["", "regex:"], ["", "x"]),
    ],
)
def test_arguments_that_fit_their_patterns(patterns: list[str], args: list[Any]) -> None:
    assert len(get(patterns, *args)) == len(args)


@pytest.mark.parametrize(
    ("patterns", "args", "text"),
    [
        (["a"], ["A"], "argument 1, which is not a"),
        (["a"], ["ab"], "argument 1, which is not a"),
        (["a", "regex:^b$"], ["a", "bb"], "argument 2, which is not regex"),
        (["a", "b"], ["a"], "1 arguments: 2 are checked"),
    ],
)
def test_arguments_that_do_not(patterns: list[str], args: list[Any], text: str) -> None:
    with pytest.raises(Refused, match=text):
        get(patterns, *args)


def test_named_arguments_are_refused_with_patterns() -> None:
    with pytest.raises(Refused, match="the named argument where"):
        get(["a"], "a", where="x")
    assert get([], "a", where="x") == ["a"]


def test_the_first_of_several_that_fits_counts() -> None:
    granted = Permissions(
        [
            Permission("store.ex", "get", ["a"]),
            Permission("store.ex", "get", ["b"], is_read=False),
            Permission("store.ex", "get", ["regex:."]),
        ],
        writes=False,
    )
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        assert app.call("store", "get", "a") == ["a"]
        with pytest.raises(Refused, match="changes something"):
            app.call("store", "get", "b")
        with pytest.raises(Refused, match=r"which is not regex:\."):  # the last says why
            app.call("store", "get", "")


def test_what_the_server_forbids_comes_first() -> None:
    permissions = Permissions(
        [Permission("store.ex", "get"), Permission("other.ex", "ping")],
        forbidden=[Permission("store.ex", "get"), Permission("other.ex", "")],
    )
    with ProviderHost(Demo, permissions=permissions) as host, host.session() as app:
        for module, function in (("store", "get"), ("other", "ping")):
            with pytest.raises(Refused, match="is forbidden"):
                app.call(module, function)


def test_writing_on_the_stage() -> None:
    with (
        ProviderHost(Demo, permissions=Permissions(writes=False)) as host,
        host.session() as app,
    ):
        assert app.call("store", "get", 1) == [1]
        with pytest.raises(Refused, match=r"store\.ex put changes something"):
            app.call("store", "put")
    granted = Permissions([Permission("store.ex", "put", is_read=True)], writes=False)
    with ProviderHost(Demo, permissions=granted) as host, host.session() as app:
        assert app.call("store", "put", "x") == "x"


# ------------------------------------------------------------------ accounts

SETTINGS = {
    "store": {"is": "base"},
    "store#prod": {"is": "prod"},
    "store#alt": {"is": "alt"},
}
ALL_USED = {"store#x": "prod", "store#y": "alt"}  # so that no settings are left over


@pytest.mark.parametrize(
    ("links", "loaded", "expected"),
    [
        ({}, "store", ["", "base"]),
        ({"store": "prod"}, "store", ["", "prod"]),
        ({"store.ex#alt": "alt"}, "store#alt", ["alt", "alt"]),
        ({"store#alt": "store.ex#prod"}, "store#alt", ["alt", "prod"]),
        ({}, "store#alt", ["alt", "base"]),
        ({}, "store#unknown", ["unknown", "base"]),
        ({"store#a": "b", "store#b": "prod"}, "store#a", ["a", None]),  # one hop
        ({"store": "nowhere"}, "store", ["", None]),
    ],
)
def test_which_settings_an_account_gets(
    links: dict[str, str], loaded: str, expected: list[Any]
) -> None:
    with (
        ProviderHost(Demo, settings=SETTINGS, links=ALL_USED | links) as host,
        host.session() as app,
    ):
        account, settings = app.call(loaded, "who")
    assert [account, settings.get("is")] == expected


def test_settings_that_nothing_leads_to_are_refused() -> None:
    text = r"nothing uses the settings of store\.ex#alt.*links=\{'store#alt': 'alt'\}"
    with pytest.raises(ValueError, match=text):
        ProviderHost(Demo, settings={"store": {}, "store.ex#alt": {}})


# ------------------------------------------------------------------ modules that do not start


@pytest.mark.parametrize(
    ("where", "text"), [("init", "cannot be made"), ("on_init", "not this account")]
)
def test_a_module_that_does_not_start_is_closed_at_each_try(
    where: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    Refusing.events.clear()
    settings = {"refusing": {}, "refusing#bad": {where: True}}
    links = {"refusing#bad": "bad"}
    with (
        ProviderHost(Demo, settings=settings, links=links) as host,
        host.session() as app,
    ):
        for _ in range(3):
            ret = app.ask("refusing#bad", "ping")
            assert ret.error == f"error initializing plugin refusing.ex#bad: {text}"
            assert ret.error_code == 1
        assert Refusing.events == ["opened", "closed"] * 3
        assert app.ask("refusing", "ping").value == "pong"
    assert Refusing.events == ["opened", "closed"] * 4
    assert not caplog.records, "what __init__ did not come to is no failure of on_stop"


def test_a_refusal_without_permission_starts_no_module() -> None:
    Refusing.events.clear()
    with (
        ProviderHost(Demo, permissions=Permissions([])) as host,
        host.session() as app,
        pytest.raises(PluginAPIError),
    ):
        app.call("refusing", "ping")
    assert Refusing.events == []
