"""Can a handler with these annotations be right? They are held against the types of its hook.

In: the function, its signature, the hook. Out: what cannot be, in words. An annotation is wrong if
no value that the hook passes fits it, or if it promises an answer that the hook does not accept.
What cannot be resolved, or compared by the name of a class, is not checked: protocols, type
variables, `Any`. Types of hooks are texts, and annotations mostly too, so nothing is loaded for it.
"""

from __future__ import annotations

import inspect
import types
import typing
from abc import ABCMeta
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Iterator,
    Mapping,
)
from datetime import datetime, timedelta
from typing import Any, get_args, get_origin

from ..fit.annotations import hints_of
from .spec import HookSpec

_EMPTY = inspect.Parameter.empty
_UNCHECKED = frozenset({"", "JSONValue"})
# The modules of Any and of the base of all models.
_OPEN = ("typing", "typing_extensions", "plugwright_runtime.message.model")
_CLASSES: dict[str, type[Any]] = {
    **{cls.__name__: cls for cls in (bool, int, float, str, bytes, list, dict, tuple)},
    **{cls.__name__: cls for cls in (datetime, timedelta)},
    "JSONObject": dict,
}


def misfit(
    function: Callable[..., Any],
    signature: inspect.Signature,
    spec: HookSpec,
    named: Mapping[str, Any],
) -> str:
    """What is wrong with the annotations; "" if nothing is.

    `named`: parameter of the handler -> the hook's argument that it gets; others are not looked at.
    """
    expected = dict(zip(spec.arguments, spec.types, strict=True))
    for name, argument in named.items():
        if not isinstance(argument, str) or not expected.get(argument):
            continue  # self, or *arguments
        written = signature.parameters[name].annotation
        given = _parts(expected[argument])
        hint = _doubtful(function, name, written, given, any)
        if hint is not _EMPTY and not any(_meets(m, given) for m in _members(hint)):
            return f"{name} is {_shown(written)}, and gets {expected[argument]}"
    written = signature.return_annotation
    hint = _doubtful(function, "return", written, spec.answers, all)
    if hint is not _EMPTY:
        if get_origin(hint) in (Awaitable, Coroutine):
            hint = get_args(hint)[-1]
        if not all(_meets(member, spec.answers) for member in _members(hint)):
            return f"it returns {_shown(written)}, and {' | '.join(spec.answers)} is accepted"
    return ""


def _doubtful(
    function: Callable[..., Any],
    name: str,
    written: Any,
    expected: Collection[str],
    enough: Callable[[Iterator[bool]], bool],
) -> Any:
    """The resolved annotation; `_EMPTY` if there is none, or its text says that it is right."""
    if not isinstance(written, str):
        return written
    if enough(part.rpartition(".")[2] in expected for part in _parts(written)):
        return _EMPTY
    return hints_of(inspect.unwrap(function)).get(name, _EMPTY)


def _parts(text: str) -> list[str]:
    return [part.strip(" '\"") for part in text.split("|")]


def _members(hint: Any) -> Iterator[Any]:
    origin = get_origin(hint)
    if origin is typing.Annotated:
        yield from _members(get_args(hint)[0])
    elif origin is typing.Union or origin is types.UnionType:
        for member in get_args(hint):
            yield from _members(member)
    else:
        yield types.NoneType if hint is None else hint


def _meets(hint: Any, expected: Collection[str]) -> bool:
    """Whether a value can be of the type `hint` and of one of the expected."""
    if hint is types.NoneType:
        return "None" in expected
    cls = get_origin(hint) or hint
    if not isinstance(cls, type) or isinstance(cls, ABCMeta):
        return True
    if cls is object or cls.__module__ in _OPEN:
        return True
    return any(_is(cls, text) for text in expected)


def _is(cls: type, text: str) -> bool:
    """Whether a value of the type `text` may be one of `cls`, or the other way round."""
    name = text.partition("[")[0].rpartition(".")[2]
    known = _CLASSES.get(name)
    if text in _UNCHECKED:
        return True
    if known is None:
        return any(base.__name__ == name for base in cls.__mro__)
    return known in cls.__mro__ or cls in known.__mro__ or (known, cls) == (int, float)


def _shown(written: Any) -> str:
    return written if isinstance(written, str) else inspect.formatannotation(written)
