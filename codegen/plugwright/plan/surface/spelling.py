"""How are types and values named in a surface? By where users find them, whatever imports them."""

from __future__ import annotations

from ...python import runtime
from ...python.symbols import Code, Expr, Symbol
from ..context import Context

# What protobuf calls empty has one object in the runtime for all models.
_VALUES = {runtime.EMPTY_LIST: "[]", runtime.EMPTY_DICT: "{}"}
_UNNAMED = ("builtins", "typing", "collections.abc", "datetime")


def spelled(code: Code, context: Context) -> str:
    """`code` as a surface has it."""
    if isinstance(code, Symbol):
        return _VALUES.get(code) or place(_module(code, context), code.name)
    if isinstance(code, Expr):
        return "".join([p if isinstance(p, str) else spelled(p, context) for p in code.parts])
    return code


def _module(symbol: Symbol, context: Context) -> str:
    """Where users know it from: the module that it was in, if it is found there still."""
    head = symbol.name.partition(".")[0]
    for moved in context.moved:
        if moved.now.name == head and moved.now.module == symbol.module:
            return moved.module
    return symbol.module


def place(module: str, name: str) -> str:
    """A name of the package by its path in there, one of the runtime by itself.

    >>> place(".models.post", "Post"), place(f"{runtime.PACKAGE}.errors", "NotFoundError")
    ('models.post.Post', 'NotFoundError')
    >>> place("builtins", "int"), place("other_sdk.models.post", "Post")
    ('int', 'other_sdk.models.post.Post')
    """
    if module in _UNNAMED or module.partition(".")[0] == runtime.PACKAGE:
        return name
    return f"{module.removeprefix('.')}.{name}"
