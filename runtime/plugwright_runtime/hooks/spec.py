"""What is a hook, and what may its handler answer that is no value of the host's?

`HookSpec` says what generated code knows of one hook, `Reject` and `DISMISS` are answers. A plugin
loads this when it starts, so there is no dataclass: making one takes half a millisecond.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, NamedTuple, TypeAlias, TypeVar

from ..message.package import messages_of

T = TypeVar("T")
Answer: TypeAlias = T | Awaitable[T]
"""What a handler returns, as a function or as a coroutine."""


class Reject:
    """The answer of a hook that refuses; `reason` is shown to the person who is refused."""

    __slots__ = __match_args__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason: Final = reason

    def __eq__(self, other: object) -> bool:
        return self.reason == other.reason if isinstance(other, Reject) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.reason)

    def __repr__(self) -> str:
        return f"Reject(reason={self.reason!r})"


class Dismiss:
    """The answer of a hook that drops an entity without telling anybody; use `DISMISS`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "DISMISS"

    def __reduce__(self) -> str:
        return "DISMISS"  # there is one, also where it was pickled to


DISMISS = Dismiss()


class HookSpec(NamedTuple):
    """One hook: its messages, its handler's parameters, and what its family is.

    Generated code may name messages as in a proto, relative to the package of the service, and
    leaves out those of `Hook` that are called `HookRequest` and `HookResponse`.
    `types`, `answers`: the types of the arguments, and those a handler may return, by name.
    `sources`: how each argument is read from the request: `value`, `message` (unset = empty), or
    `json:field` (a wrapper of JSON text). `results`: the response's fields an answer goes to.
    `rejected`: the field of a refusal. `dismiss`: the reason that stands for `DISMISS`.
    `optional`: how many of the arguments, the last ones, joined after handlers had been written.
    """

    name: str
    family: str
    request: str = ""
    response: str = ""
    arguments: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    rejected: str = ""
    dismiss: str = ""
    error_id: str = ""
    optional: int = 0

    def taking(self, count: int) -> HookSpec:
        """The same for a handler that takes the first `count` arguments."""
        if count == len(self.arguments):
            return self
        cut = (self.arguments[:count], self.sources[:count], self.types[:count])
        return self._replace(arguments=cut[0], sources=cut[1], types=cut[2], optional=0)

    def in_full(self, service: str) -> HookSpec:
        """The same with the full names of its messages."""
        request, response = messages_of(service, self.name, self.request, self.response)
        return self._replace(request=request, response=response)


def is_reason(reason: object) -> bool:
    """Whether a host can tell it from "no refusal"."""
    return isinstance(reason, str) and reason != ""
