"""Which hooks are written? The plans of `hooks.py`, `plugin.py` and `testing.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..python.symbols import Code, Expr, Symbol, plain


class HookPlan(NamedTuple):
    """A hook: its handler's static type and what the dispatcher needs to know.

    `arguments`: (name, type, source) of each handler parameter; `types`: their types as texts;
    `result`: types of its answer;
    `results`: the response's fields that an answer goes to; `rejects`: whether `on_error` exists.
    """

    name: str
    method: str
    snake: str
    family: str
    arguments: tuple[tuple[str, Expr, str], ...]
    types: tuple[str, ...]
    result: tuple[Expr, ...]
    rejects: bool
    request: str
    response: str
    results: tuple[str, ...]
    rejected: str
    dismiss: str
    error_id: str
    doc: str
    rules: tuple[str, ...]

    @property
    def argument_names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.arguments)

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(plain(result) for result in self.result)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source for _, _, source in self.arguments)


class AccessorPlan(NamedTuple):
    """A property of `Plugin` that is a client of the host's API."""

    name: str
    client: Symbol
    doc: str


class HooksPlan(NamedTuple):
    """All hooks of a service, and what the dispatcher needs to know of it."""

    service: str
    hooks: tuple[HookPlan, ...]
    implemented: str
    errors: Code
    timeout: float
    timeout_env: str
    before: Mapping[str, tuple[str, ...]]


class PluginPlan(NamedTuple):
    """The base of plugins. `accessors`: how they reach the API; none if the host has none."""

    comment: str
    accessors: tuple[AccessorPlan, ...]
    starts: bool


class TestingPlan(NamedTuple):
    """`hooks`: the client that calls hooks, for coroutines if `is_async`.

    `manifest`: the file that has the id of a plugin, "" if there is none.
    """

    servicer: Symbol
    hooks: Symbol
    is_async: bool
    startup: tuple[str, ...]
    shutdown: tuple[str, ...]
    manifest: str
