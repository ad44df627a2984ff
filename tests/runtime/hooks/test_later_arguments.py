"""Does an argument that joined a hook later reach the handlers that accept it, and no others?"""

from __future__ import annotations

from typing import Any

import pytest
from plugwright_runtime.errors import HookRegistrationError
from plugwright_runtime.hooks.spec import HookSpec
from plugwright_runtime.hooks.table import HookTable, registered

_TABLE = HookTable(
    package="unused",
    service="p.Hooks",
    implemented="",
    errors=None,
    timeout=1.0,
    timeout_env="",
    specs=(
        HookSpec(
            "Joined",
            "void",
            arguments=("user", "team", "at"),
            sources=("value", "value", "value"),
            types=("str", "str", "int"),
            answers=("None",),
            optional=2,
        ),
    ),
)


def _taken(handler: Any) -> int:
    cls = type("Plugin", (), {"joined": _TABLE.hook("Joined")(handler)})
    return registered(cls, _TABLE)["Joined"].arguments


def _one(self: Any, user: str) -> None: ...
def _two(self: Any, who: str, where: str) -> None: ...
def _three(self: Any, user: str, team: str, at: int) -> None: ...
def _any(self: Any, *arguments: Any) -> None: ...
def _named(self: Any, user: str, team: str = "") -> None: ...
def _own(self: Any, user: str, cache: dict[str, str] | None = None) -> None: ...
def _mixed(self: Any, user: str, team: str = "", log: Any = None) -> None: ...


@pytest.mark.parametrize(
    ("handler", "taken"),
    [(_one, 1), (_two, 2), (_three, 3), (_any, 3), (_named, 2), (_own, 1), (_mixed, 2)],
)
def test_a_handler_gets_as_many_arguments_as_it_accepts(handler: Any, taken: int) -> None:
    assert _taken(handler) == taken


def test_a_handler_without_what_was_there_from_the_first_is_refused() -> None:
    def nothing(self: Any) -> None: ...

    with pytest.raises(HookRegistrationError, match=r"joined\(self, user, team, at\), or without"):
        _taken(nothing)


def test_a_later_argument_of_a_wrong_type_is_refused() -> None:
    def wrong(self: Any, user: str, team: int) -> None: ...

    with pytest.raises(HookRegistrationError, match="team is int, and gets str"):
        _taken(wrong)
