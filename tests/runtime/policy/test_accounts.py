"""Which settings does an application get, and what does a file say of that and of permissions?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from plugwright_runtime.policy import Accounts, Permission, PolicyError, UnknownAccount, load
from plugwright_runtime.policy.files import parse

SETTINGS = {"s": {"is": "base"}, "s#prod": {"is": "prod"}, "s#alt": {"is": "alt"}}

# The two columns where the texts of the seed system and its code differ: `unlinked`.
ROWS = [
    ("s", {}, "base", "base"),
    ("s", {"s": "prod"}, "prod", "prod"),
    ("s", {"s": "s#prod"}, "prod", "prod"),
    ("s#alt", {"s#alt": "prod"}, "prod", "prod"),
    ("s#alt", {}, "alt", "base"),
    ("s#a", {"s#a": "alt", "s#alt": "prod"}, "alt", "alt"),  # one hop
    ("unknown", {}, None, None),
    ("s#unknown", {}, None, "base"),
    ("s", {"s": "unknown"}, None, None),
]


@pytest.mark.parametrize(("name", "links", "account", "plugin"), ROWS)
def test_whose_settings_are_used(
    name: str, links: dict[str, str], account: str | None, plugin: str | None
) -> None:
    assert Accounts(SETTINGS, {"/app": links}).settings(name, "/app").get("is") == account
    as_the_server = Accounts(SETTINGS, {"/app": links}, unlinked="plugin")
    assert as_the_server.settings(name, "/app").get("is") == plugin


def test_links_are_those_of_the_application() -> None:
    accounts = Accounts(SETTINGS, {"/a": {"s": "prod"}, "": {"s": "alt"}})
    assert accounts.block("s", "/a") == "s#prod"
    assert accounts.block("s", "/b") == accounts.block("s") == "s#alt"


def test_an_account_that_nobody_has_configured() -> None:
    text = r"s#x is not configured, which /a uses as s#x; add \[plugin.\"s#x\"\]"
    with pytest.raises(UnknownAccount, match=text):
        Accounts(SETTINGS, missing="error").settings("s#x", "/a")
    assert Accounts(SETTINGS, missing="error").settings("other") == {}
    assert Accounts(SETTINGS, missing="plugin").settings("s#x") == {"is": "base"}


def test_settings_cannot_be_changed_by_who_gets_them() -> None:
    settings: Any = Accounts(SETTINGS).settings("s")
    with pytest.raises(TypeError):
        settings["is"] = "mine"


def test_accounts_that_nothing_leads_to() -> None:
    accounts = Accounts(SETTINGS, {"": {"s": "prod"}}, unlinked="plugin")
    assert accounts.unused() == ("s#alt",)
    assert Accounts(SETTINGS).unused() == ()


# ------------------------------------------------------------------ files

FILE = """
permissions = [
    ["store.in", "select", ["notes", "regex:a.*"]],
    ["http.in", "get"],
    {plugin = "store.in", method = "insert", named = {table = "notes"}, is_read = true},
]
forbidden = [["exec.in", ""]]
reads = ["store.in.select*", "http.in.get"]
writes = false

[plugin."store.in"]
db_connection = "sqlite:/tmp/app.db"

[plugin."store.in#archive"]
db_connection = "sqlite:/tmp/archive.db"

[links."/notes"]
"store.in" = "archive"
"""


def test_a_file_has_permissions_and_accounts(tmp_path: Path) -> None:
    path = tmp_path / "apps.toml"
    path.write_text(FILE)
    permissions, accounts = load(path)
    assert permissions.explain("store.in", "select", "notes", "abc")
    assert permissions.explain("store.in", "insert", table="notes")
    assert not permissions.explain("store.in", "insert", table="other")
    assert not permissions.explain("exec.in", "run")
    assert permissions.granted is not None
    assert permissions.granted[2] == Permission(
        "store.in", "insert", named={"table": "notes"}, is_read=True
    )
    assert accounts.settings("store.in")["db_connection"] == "sqlite:/tmp/app.db"
    found = accounts.settings("store.in", "/notes")
    assert found["db_connection"] == "sqlite:/tmp/archive.db"


def test_a_file_without_permissions_grants_everything() -> None:
    assert parse("").permissions.explain("any", "thing")
    assert not parse("permissions = []").permissions.explain("any", "thing")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("permisions = []", "p.toml: permisions: is not known; did you mean permissions?"),
        ("x = 1", "p.toml: x: is not known; known are plugin, permissions, forbidden"),
        ("permissions = 3", "p.toml: permissions: has to be a list of entries, not 3"),
        ("permissions = [['a']]", "p.toml: permissions, entry 1: a list has a plugin, a method"),
        ("permissions = [['a', 3]]", "permissions, entry 1: method: has to be a text, not 3"),
        ("permissions = [{method = 'a'}]", "permissions, entry 1: plugin is missing"),
        ("permissions = [['a', 'b', 'c']]", "entry 1: arguments: has to be a list of texts"),
        ("permissions = [['a', 'b', ['regex:(']]]", "entry 1: regex:(: missing )"),
        ("permissions = [{plugin='a', method='b', is_reed=true}]", "did you mean is_read?"),
        ("permissions = [{plugin='a', method='b', is_read=1}]", "true or false, not 1"),
        ("forbidden = ['a']", "p.toml: forbidden, entry 1: has to be a list or a table"),
        ("writes = 'no'", "p.toml: writes: has to be true or false, not 'no'"),
        ("reads = [1]", "p.toml: reads: has to be a list of texts, not 1"),
        ("plugin = []", "p.toml: plugin: has to be a table of tables"),
        ("plugin.a = 1", 'p.toml: plugin."a": has to be a table, not 1'),
        ("links.a.b = 1", 'p.toml: links."a"."b": has to be the name of an account'),
        ("a = ", "p.toml: Invalid value"),
        ("a = " + "[" * 5000, "p.toml: "),
    ],
)
def test_faults_of_a_file_are_told_with_their_place(text: str, error: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text, "p.toml")
    assert error in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin").write_bytes(b"\xff")
    with pytest.raises(PolicyError, match="latin: is no UTF-8"):
        load(tmp_path / "latin")
