"""May an app call a function? Decided as the server does, for tests.

In: what an app was granted, as its `ace.permission(…)` lines say it. Out: `Permissions.check`,
which raises `Refused` before anything is called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from plugwright_runtime.errors import PluginAPIError

REGEX = "regex:"


class Refused(PluginAPIError):
    """The server does not let the app make this call. Raised at once, whatever failed before."""


@dataclass(frozen=True, slots=True)
class Permission:
    """What an app may call: `ace.permission("store.ex", "select", ["notes", "regex:^a"])`.

    `module`: as apps load it, `store` or `store#archive`; `.ex` may be left out. `arguments`:
    patterns of the first positional arguments, each the text of one, or `regex:` and an expression
    that has to be found in it. `is_read`: in place of what the function says. In a list of what is
    forbidden a `function` that is empty stands for all.
    """

    module: str
    function: str
    arguments: Sequence[str] = ()
    is_read: bool | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "module", plain_name(self.module))


def plain_name(module: str) -> str:
    """`store.ex#archive` without the suffix."""
    name, mark, account = module.partition("#")
    return name.removesuffix(".ex") + mark + account


def full_name(module: str) -> str:
    """`store#archive` as the server spells it, `store.ex#archive`."""
    name, mark, account = plain_name(module).partition("#")
    return f"{name}.ex{mark}{account}"


@dataclass(frozen=True, slots=True)
class Permissions:
    """What an app may do. `granted`: None for everything. `forbidden`: by the server, for all apps;
    it comes first. `writes`: whether functions that are not `is_read` may be called, which staging
    and preview versions of an app may not by default.
    """

    granted: Sequence[Permission] | None = None
    forbidden: Sequence[Permission] = ()
    writes: bool = True

    def check_load(self, module: str) -> None:
        """Raises `Refused` for a module that the app was not granted."""
        if self.granted is None or any(p.module == module for p in self.granted):
            return
        raise Refused(f"{full_name(module)} is not approved for the app")

    def check(
        self,
        module: str,
        function: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        reads: Set[tuple[str, str]],
    ) -> None:
        """Raises `Refused`. `reads`: (module, function) of those that change nothing."""
        name = f"{full_name(module)} {function}"
        for entry in self.forbidden:
            if entry.module == module and entry.function in ("", function):
                raise Refused(f"{name} is forbidden on this server")
        is_read = (module.partition("#")[0], function) in reads
        if self.granted is not None:
            entry = self._entry(module, function, args, kwargs)
            is_read = is_read if entry.is_read is None else entry.is_read
        if not (is_read or self.writes):
            raise Refused(f"{name} writes, which this version of the app may not")

    def _entry(
        self,
        module: str,
        function: str,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> Permission:
        """The first entry that allows the call; the last one that does not says why."""
        name = f"{full_name(module)} {function}"
        problem = f"the app has no permission to call {name}"
        for entry in self.granted or ():
            if (entry.module, entry.function) != (module, function):
                continue
            found = _problem(entry.arguments, args, kwargs)
            if found is None:
                return entry
            problem = f"the app has no permission to call {name} with {found}"
        raise Refused(problem)


def _problem(patterns: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str | None:
    """What keeps a call from fitting an entry."""
    if not patterns:
        return None
    if kwargs:
        return f"the named argument {next(iter(kwargs))}: only positional ones are checked"
    if len(args) < len(patterns):
        return f"{len(args)} arguments: {len(patterns)} are checked"
    for number, (pattern, value) in enumerate(zip(patterns, args, strict=False), 1):
        if not _fits(pattern, text_of(value)):
            return f"argument {number}, which is not {pattern}"
    return None


def _fits(pattern: str, text: str) -> bool:
    if pattern.startswith(REGEX):
        return re.search(pattern.removeprefix(REGEX), text) is not None
    return pattern == text


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
