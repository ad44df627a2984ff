"""Which hooks are written? The plans of `hooks.py`, `plugin.py` and `testing.py`."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..python import runtime
from ..python.layout import quote, tuple_of
from ..python.symbols import Code, Expr, Symbol, builtin, expr, plain, typing


class HookPlan(NamedTuple):
    """A hook: its handler's static type and what the dispatcher needs to know.

    `arguments`: (name, type, source) of each handler parameter; `types`: their types as texts;
    `optional`: how many arguments, the last ones, joined later;
    `result`: types of its answer; `messages`: see `messages_of`;
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
    messages: tuple[str, ...]
    results: tuple[str, ...]
    rejected: str
    dismiss: str
    error_id: str
    doc: str
    rules: tuple[str, ...]
    optional: int = 0

    @property
    def argument_names(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.arguments)

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(plain(result) for result in self.result)

    @property
    def handler(self) -> tuple[str, tuple[str, ...], str]:
        """Head, parameters and tail of its handler's signature, for people."""
        arguments = tuple(f"{name}: {plain(annotation)}" for name, annotation, _ in self.arguments)
        result = " | ".join(self.answers)
        if self.family == "http":
            arguments, result = ("request: Request",), "Response"
        return f"def {self.snake}(", ("self", *arguments), f") -> {result}"

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(source for _, _, source in self.arguments)

    @property
    def spec(self) -> Iterator[str]:
        """The arguments of its `HookSpec`."""
        yield from map(quote, (self.method, self.family, *self.messages))
        for key in ("arguments", "sources", "types", "answers", "results"):
            values = self.argument_names if key == "arguments" else getattr(self, key)
            if values:
                yield f"{key}={tuple_of(values)}"
        for key in ("rejected", "dismiss", "error_id"):
            if text := getattr(self, key):
                yield f"{key}={quote(text)}"
        if self.optional:
            yield f"optional={self.optional}"

    @property
    def answer(self) -> Code:
        """The types of its answer, one or the other."""
        pieces = [piece for result in self.result for piece in (" | ", result)]
        return expr(runtime.Answer, "[", *pieces[1:], "]")

    @property
    def typevar(self) -> str:
        return f"_{self.name}"

    @property
    def bound(self) -> Code:
        """The type that its handler must have."""
        if self.family == "http":
            return runtime.HTTPHandler
        count = len(self.arguments)
        first, *fewer = (self._handler(count - missing) for missing in range(self.optional + 1))
        return expr(first, *(piece for shape in fewer for piece in (" | ", shape)))

    def _handler(self, count: int) -> Code:
        """The type of a handler that takes the first `count` arguments."""
        arguments = self.arguments[:count]
        pieces = [piece for _, annotation, _ in arguments for piece in (", ", annotation)]
        handler = Symbol("collections.abc", "Callable")
        return expr(handler, "[[", typing("Any"), *pieces, "], ", self.answer, "]")

    @property
    def options(self) -> Iterator[Code]:
        """The parameters of its `hook`."""
        yield expr("name: ", typing("Literal"), f"[HookName.{self.name}, {quote(self.method)}]")
        yield "/"
        if self.family != "http" or self.rejects:
            yield "*"
        if self.family != "http":
            yield expr("timeout: ", builtin("float"), " | None = None")
        if self.rejects:
            yield expr("on_error: ", runtime.Reject, " | None = None")


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

    @property
    def early(self) -> Iterator[str]:
        """The items of `before`."""
        for name, hooks in self.before.items():
            yield f"{quote(name)}: {tuple_of(hooks)}"


class PluginPlan(NamedTuple):
    """The base of plugins. `accessors`: how they reach the API; none if the host has none. `runs`:
    the type of the classes that `run_plugin` takes, None if there is no such function.
    """

    comment: str
    accessors: tuple[AccessorPlan, ...]
    runs: Code | None


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
