"""How does a client ask before it calls? A client and a question in, one of the same type out.

The question is asked when a method is called, also of a coroutine, before anything is encoded.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, cast

from ..rpc.client import ClientBase
from ..rpc.client_async import AsyncClient
from ..rpc.client_sync import SyncClient

C = TypeVar("C")
_OPTIONS = frozenset(("timeout", "metadata"))


class Call(NamedTuple):
    """A call that is to be made. `parameters`: the names of its arguments, where they are known:
    `args` are then all that there are, in order.
    """

    method: str
    args: Sequence[Any] = ()
    named: Mapping[str, Any] = {}
    parameters: Sequence[str] = ()

    @property
    def by_name(self) -> Mapping[str, Any]:
        """The arguments whose names are known."""
        return {**dict(zip(self.parameters, self.args, strict=False)), **self.named}


Permit = Callable[[Call], None]


def guarded(client: C, permit: Permit) -> C:
    """`client`, which calls `permit` first; what that raises, the call raises."""
    cls: type[Any] = type(client)
    if not isinstance(client, ClientBase):
        raise TypeError(f"only a client can be guarded, not {client!r}")
    body: dict[str, Any] = {name: _asking(method, permit) for name, method in calls(cls)}
    body["__module__"] = cls.__module__
    twin: Any = object.__new__(type(cls.__name__, (cls,), body))
    twin.__dict__ = client.__dict__  # one connection, and one end of it
    return cast("C", twin)


def calls(cls: type[Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The methods of a client class that make calls, by name."""
    for name in dir(cls):
        if name.startswith("_") or hasattr(SyncClient, name) or hasattr(AsyncClient, name):
            continue
        method = inspect.getattr_static(cls, name)
        if inspect.isfunction(method):
            yield name, method


def call_of(method: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Call:
    """The call of a client's method with these arguments; those left out have their default.

    Raises TypeError as the method would.
    """
    bound = _signature(method).bind(None, *args, **kwargs)
    bound.apply_defaults()
    given = [(k, v) for k, v in bound.arguments.items() if k not in _OPTIONS][1:]
    return Call(method.__name__, [v for _, v in given], {}, [k for k, _ in given])


@functools.cache
def _signature(method: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(method)


def _asking(method: Callable[..., Any], permit: Permit) -> Callable[..., Any]:
    def ask(*args: Any, **kwargs: Any) -> None:
        permit(call_of(method, args, kwargs))

    @functools.wraps(method)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        ask(*args, **kwargs)
        return method(self, *args, **kwargs)

    call.__permit__ = ask  # type: ignore[attr-defined]  # for `rpc.results`, which asks first
    return call
