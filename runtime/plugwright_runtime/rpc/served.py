"""Which services does an object serve, and would each of its methods be called as it is meant?

A class may extend several generated servicers, and several objects may serve a plugin's services.
`check` refuses what would be served by nobody, or by the wrong method.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from ..exceptions import LaunchError


def servicers_of(cls: type[Any], others: Collection[str] = ()) -> tuple[type[Any], ...]:
    """The generated servicers that a class extends, one for each service that it serves, apart from
    those of `others`.
    """
    found: Iterator[Any] = (c for c in cls.__mro__ if c.__dict__.get("__rpcs__"))
    return tuple(c for c in found if c.__service__ not in others)


def overridden(servicer: object, method: str) -> bool:
    """Whether somebody has written that method of a servicer."""
    defined = next(c for c in type(servicer).__mro__ if method in c.__dict__)
    return "__rpcs__" not in defined.__dict__ or method in servicer.__dict__


def errors_of(servicer: type[Any], base: type[Any]) -> Any:
    """How an object of class `servicer` says that a call of the service of `base` failed: what its
    author says comes before what is generated.
    """
    for cls in servicer.__mro__:
        if "__errors__" in cls.__dict__ and (cls is base or "__rpcs__" not in cls.__dict__):
            return cls.__dict__["__errors__"]
    return base.__errors__


def check(objects: Sequence[object], others: Collection[str] = ()) -> None:
    """Raises `LaunchError` unless each of the objects serves something, no service is served twice,
    and no method answers RPCs that are different. `others`: services that are not served in this
    version of the application protocol.
    """
    served: dict[str, str] = {}
    for each in objects:
        name = type(each).__name__
        bases = servicers_of(type(each))
        if not bases:
            raise LaunchError(
                f"{name} serves nothing: extend one of the SDK's `servicers`, or return objects "
                "that do from its method `servicers`"
            )
        bases = servicers_of(type(each), others)
        for base in bases:
            other = served.setdefault(base.__service__, name)
            if other is not name:
                raise LaunchError(f"{other} and {name} both serve {base.__service__}: keep one")
        _check_methods(each, bases)
    if objects and not served:
        raise LaunchError(
            "nothing is served in the protocol version that the host wants, but in another: "
            f"{', '.join(sorted(others))}"
        )


def check_own(plugin: object, names: frozenset[str]) -> None:
    """Raises `LaunchError` if a method of an RPC has one of `names`, those of the plugin itself."""
    for base in servicers_of(type(plugin)):
        for rpc in base.__rpcs__:
            if rpc.method in names:
                raise LaunchError(
                    f"`{rpc.method}` of {type(plugin).__name__} is the plugin's own, and the "
                    f"method of {base.__service__}.{rpc.name}: {_APART}"
                )


_APART = "serve that by an object of its own, which `servicers` returns"


def _check_methods(servicer: object, bases: Sequence[type[Any]]) -> None:
    first: dict[str, tuple[str, Any]] = {}
    for base in bases:
        for rpc in base.__rpcs__:
            told = f"{base.__service__}.{rpc.name}"
            other, same = first.setdefault(rpc.method, (told, rpc))
            if _messages(rpc) != _messages(same) and overridden(servicer, rpc.method):
                name = f"{type(servicer).__name__}.{rpc.method}"
                raise LaunchError(f"{name} would answer {other} and {told}: {_APART}")


def _messages(rpc: Any) -> tuple[str, str, str]:
    return rpc.request, rpc.response, rpc.kind
