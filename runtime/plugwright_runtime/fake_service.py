"""How does a test play a service that the code under test calls? With a servicer that it tells what
to answer, and that remembers what it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from .model import Model
from .servicer import Rpc, ServerContext, Servicer

M = TypeVar("M", bound=Model)
Answer: TypeAlias = Model | Exception | Callable[[Any], Model]


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a fake server saw."""

    rpc: str
    request: Any
    metadata: tuple[tuple[str, str | bytes], ...]


class FakeService:
    """A servicer that answers what a test tells it to, and records what it was asked.

    `on("GetUser", response)` sets an answer: a response model, an exception to raise, or a
    function from the request to a response. RPCs without an answer are UNIMPLEMENTED, as on a
    servicer of your own, which may be served instead.
    """

    def __init__(self, servicer: Servicer) -> None:
        self.servicer = servicer
        self.calls: list[Call] = []
        self._answers: dict[str, Answer] = {}
        self._rpcs = {rpc.name: rpc for rpc in servicer.__rpcs__}
        for rpc in self._rpcs.values():
            self._wrap(rpc)

    def on(self, rpc: str, answer: Answer) -> None:
        """Answer `rpc` with `answer` from now on."""
        if rpc not in self._rpcs:
            from difflib import get_close_matches

            near = ", ".join(get_close_matches(rpc, self._rpcs, 3, 0)) or "none"
            raise ValueError(
                f"{self.servicer.__service__} has no RPC {rpc!r}; the nearest: {near}"
            )
        response = self._rpcs[rpc].response
        if isinstance(answer, Model) and answer.__proto__ != response:
            wanted = response.rpartition(".")[2]
            raise TypeError(f"{rpc} answers {wanted}, not {type(answer).__name__}")
        self._answers[rpc] = answer

    def requests(self, rpc: str, cls: type[M]) -> list[M]:
        """The requests of `rpc` seen so far, oldest first; `cls` is their class."""
        return [
            c.request for c in self.calls if c.rpc == rpc and isinstance(c.request, cls)
        ]

    def check(self, request: Any) -> None:
        """Raises what the real server would refuse `request` with; that of a system knows."""

    def _wrap(self, rpc: Rpc) -> None:
        """Record calls of one RPC, and answer them if `on` has said how."""
        if rpc.kind != "unary":
            return
        real = getattr(self.servicer, rpc.method)

        def method(request: Any, context: ServerContext) -> Any:
            self.calls.append(Call(rpc.name, request, context.metadata))
            self.check(request)
            answer = self._answers.get(rpc.name)
            if answer is None:
                return real(request, context)
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, Model) else answer(request)

        setattr(self.servicer, rpc.method, method)
