"""May an app call a function? Decided as the server does, for tests.

In: what an app was granted, as its `ace.permission(…)` lines say it. Out: `Permissions.check`,
which raises `Refused` before anything is called.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugwright_runtime import policy
from plugwright_runtime.policy import Refused

__all__ = ["Permission", "Permissions", "Refused", "full_name", "plain_name"]


@dataclass(frozen=True, slots=True)
class Permission(policy.Permission):
    """What an app may call: `ace.permission("store.ex", "select", ["notes", "regex:^a"])`.

    `plugin`: the module as apps load it, `store` or `store#archive`; `.ex` may be left out.
    `method`: the function. `arguments`: patterns of the first positional arguments, each the text
    of one, or `regex:` and an expression that has to be found in it. `is_read`: in place of what
    the function says. In a list of what is forbidden an empty `method` stands for all.
    """

    def __post_init__(self) -> None:
        policy.Permission.__post_init__(self)
        object.__setattr__(self, "plugin", full_name(self.plugin))


def plain_name(module: str) -> str:
    """`store.ex#archive` without the suffix."""
    name, mark, account = module.partition("#")
    return name.removesuffix(".ex") + mark + account


def full_name(module: str) -> str:
    """`store#archive` as the server spells it, `store.ex#archive`."""
    name, mark, account = plain_name(module).partition("#")
    return f"{name}.ex{mark}{account}"


def text_of(value: object) -> str:
    """The text of an argument: of a string itself, of anything else as Starlark writes it."""
    return value if isinstance(value, str) else _literal(value)


def _literal(value: object) -> str:
    return _LITERALS.get(type(value), repr)(value)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[Any]) -> str:
    return f"[{', '.join(map(_literal, values))}]"


def _tuple(values: Sequence[Any]) -> str:
    return f"({', '.join(map(_literal, values))}{',' if len(values) == 1 else ''})"


def _dict(values: Mapping[Any, Any]) -> str:
    pairs = (f"{_literal(k)}: {_literal(v)}" for k, v in values.items())
    return f"{{{', '.join(pairs)}}}"


_LITERALS: Mapping[type, Callable[[Any], str]] = {
    str: _text,
    list: _list,
    tuple: _tuple,
    dict: _dict,
}


# An expression may be found anywhere, and what is given by name fits no pattern.
_MATCHING = policy.Matching(whole=False, by_name=False, text=text_of)


@dataclass(frozen=True, slots=True)
class Permissions(policy.Permissions):
    """What an app may do. `granted`: None for everything. `forbidden`: by the server, for all apps;
    it comes first. `writes`: whether functions that are not `is_read` may be called, which staging
    and preview versions of an app may not by default.
    """

    matching: policy.Matching = _MATCHING
