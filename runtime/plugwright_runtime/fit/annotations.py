"""What do the annotations of a function or class say, if some of them name what is not there?

Types that are imported under `if TYPE_CHECKING:` alone have names that nobody can resolve when a
program runs. From Python 3.14 on annotations are made when somebody asks for them, so that such a
name needs no quotes, and asking fails. Nothing here fails: what cannot be resolved is `Unresolved`,
and whoever asks leaves it unchecked.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Unresolved(NamedTuple):
    """An annotation that names what is not there; `text` is how it is written."""

    text: str

    def names(self, cls: type) -> bool:
        """Whether it is written as `cls` would be, alone or as a part of its module."""
        return self.text.rpartition(".")[2].strip("'\" ") == cls.__name__


def signature_of(function: Callable[..., Any]) -> inspect.Signature:
    """The signature, with annotations as they are written where Python has the text.

    Raises ValueError or TypeError as `inspect.signature` does.
    """
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.STRING)
    return inspect.signature(function)


def annotations_of(owner: Any) -> Mapping[str, Any]:
    """The annotations as they are written: texts, types, or a stand-in for what is not there."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations

        return get_annotations(owner, format=Format.FORWARDREF)
    return inspect.get_annotations(owner)


def hints_of(owner: Any) -> dict[str, Any]:
    """The resolved annotations of a class (inherited ones too) or function, `Annotated` kept."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except Exception:
        return _one_by_one(owner)


def _one_by_one(owner: Any) -> dict[str, Any]:
    hints: dict[str, Any] = {}
    bases = reversed(owner.__mro__) if isinstance(owner, type) else (owner,)
    for base in bases:
        namespace = _globals(base)
        for name, written in _written(base).items():
            hints[name] = _resolved(name, written, namespace, base)
    return hints


def _written(owner: Any) -> Mapping[str, Any]:
    try:
        return annotations_of(owner)
    except Exception:
        return {}  # nothing that has annotations


def _globals(owner: Any) -> dict[str, Any]:
    if isinstance(owner, type):
        return vars(sys.modules.get(owner.__module__, sys))
    found: dict[str, Any] = getattr(inspect.unwrap(owner), "__globals__", {})
    return found


def _resolved(name: str, written: Any, namespace: dict[str, Any], owner: Any) -> Any:
    def carrier() -> None: ...

    carrier.__annotations__ = {name: written}
    inside = dict(vars(owner)) if isinstance(owner, type) else None
    try:
        return typing.get_type_hints(carrier, namespace, inside, include_extras=True)[name]
    except Exception:
        text = getattr(written, "__forward_arg__", written)
        return Unresolved(text if isinstance(text, str) else repr(text))
