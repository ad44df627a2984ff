"""How does a test play a service that the code under test calls? With a servicer that it tells what
to answer, and that remembers what it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from ..message.model import Model
from ..rpc.failures import Unimplemented
from ..rpc.servicer import Rpc, ServerContext, Servicer

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
    function from the request to a response. RPCs without an answer are UNIMPLEMENTED, with a text
    that says how to give one; a servicer of your own may be served instead.
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
        known = self._known(rpc)
        if known.kind != "unary":
            raise TypeError(f"{rpc} is a stream; answer it by a servicer of your own")
        wanted = _simple(known.response)
        if isinstance(answer, type):
            text = f"{rpc} is answered by an instance, as in {answer.__name__}(…)"
            raise TypeError(f"{text}, not by the class")
        if isinstance(answer, Model):
            fits = answer.__proto__ == known.response
        else:
            fits = isinstance(answer, Exception) or callable(answer)
        if not fits:
            given = type(answer).__name__
            raise TypeError(f"{rpc} answers {wanted}, as in {wanted}(…), not {given}")
        self._answers[rpc] = answer

    def requests(self, rpc: str, cls: type[M]) -> list[M]:
        """The requests of `rpc` seen so far, oldest first; `cls` is their class."""
        wanted = self._known(rpc).request
        if cls.__proto__ != wanted:
            text = f"requests of {rpc} are {_simple(wanted)}"
            raise TypeError(f"{text}, not {cls.__name__}")
        return [c.request for c in self.calls if c.rpc == rpc and isinstance(c.request, cls)]

    def _known(self, rpc: str) -> Rpc:
        if rpc not in self._rpcs:
            from difflib import get_close_matches

            near = ", ".join(get_close_matches(rpc, self._rpcs, 3, 0)) or "none"
            raise ValueError(f"{self.servicer.__service__} has no RPC {rpc!r}; the nearest: {near}")
        return self._rpcs[rpc]

    def check(self, request: Any) -> None:
        """Raises what the real server would refuse `request` with; that of a system knows."""

    def _wrap(self, rpc: Rpc) -> None:
        """Record calls of one RPC, and answer them if `on` has said how."""
        if rpc.kind != "unary":
            return
        real = getattr(self.servicer, rpc.method)
        untold = _is_untold(self.servicer, rpc)

        def method(request: Any, context: ServerContext) -> Any:
            self.calls.append(Call(rpc.name, request, context.metadata))
            self.check(request)
            answer = self._answers.get(rpc.name)
            if answer is None and untold:
                raise Unimplemented(
                    f"the fake has no answer for {rpc.name}: tell it one, as in "
                    f'on("{rpc.name}", {_simple(rpc.response)}(…))'
                )
            if answer is None:
                return real(request, context)
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, Model) else answer(request)

        setattr(self.servicer, rpc.method, method)


def _simple(full_name: str) -> str:
    return full_name.rpartition(".")[2]


def _is_untold(servicer: Servicer, rpc: Rpc) -> bool:
    """Whether nobody has overridden the method of the generated servicer."""
    owner = next(c for c in type(servicer).__mro__ if rpc.method in c.__dict__)
    return "__rpcs__" in owner.__dict__
