"""Which permissions does code need? Its calls in, noted and not refused; `Permission`s out."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from typing import Any, Self, TypeVar, cast

from .guard import Call, call_of, calls, guarded
from .permissions import Permission
from .texts import text_of

C = TypeVar("C")


class Audit:
    """Notes what is called, with or without making the calls.

    `arguments`: note the texts of the arguments too, so that each call is an entry of its own.
    """

    def __init__(self, *, arguments: bool = False) -> None:
        self._arguments = arguments
        self._needed: dict[tuple[str, str, tuple[str, ...]], Permission] = {}

    def guard(self, client: C, plugin: str) -> C:
        """`client`, whose calls are noted and made."""
        return guarded(client, lambda call: self._note(plugin, call))

    def stub(self, client: type[C], plugin: str) -> C:
        """In place of a client of this class: its calls are noted and not made.

        Their results are placeholders, which can be read, iterated and awaited, and say nothing.
        """
        methods: dict[str, Any] = {
            name: self._noting(plugin, method) for name, method in calls(client)
        }
        return cast("C", type(client.__name__, (Placeholder,), methods)())

    @property
    def needed(self) -> tuple[Permission, ...]:
        """What was called, in the order of the first calls."""
        return tuple(self._needed.values())

    def toml(self) -> str:
        """`permissions` for a file that `load` reads."""
        rows = "".join(f"    {_row(entry)},\n" for entry in self.needed)
        return f"permissions = [\n{rows}]\n"

    def _noting(self, plugin: str, method: Any) -> Any:
        def call(stub: Any, /, *args: Any, **kwargs: Any) -> Placeholder:
            self._note(plugin, call_of(method, args, kwargs))
            return Placeholder()

        return call

    def _note(self, plugin: str, call: Call) -> None:
        texts = tuple(map(text_of, call.args)) if self._arguments else ()
        key = plugin, call.method, texts
        self._needed.setdefault(key, Permission(*key))


def _row(entry: Permission) -> str:
    parts: list[Any] = [entry.plugin, entry.method]
    parts += [list(entry.arguments)] if entry.arguments else []
    return json.dumps(parts)  # a list of texts is the same in TOML


class Placeholder:
    """The result of a call that was not made."""

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder()

    def __call__(self, *args: Any, **kwargs: Any) -> Placeholder:
        return Placeholder()

    def __getitem__(self, key: Any) -> Placeholder:
        return Placeholder()

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True

    def __await__(self) -> Generator[None, None, Placeholder]:
        yield from ()
        return self

    def __aiter__(self) -> Placeholder:
        return self

    async def __anext__(self) -> Any:
        raise StopAsyncIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        pass
