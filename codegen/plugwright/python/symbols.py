"""How does generated code refer to a name of another module?

A name is a `Symbol(module, name)`; code that contains symbols is an `Expr`. Neither is text yet:
how a symbol is spelled, and what is imported for it, is up to the module that it is printed in.
"""

import functools
from typing import NamedTuple, TypeAlias


class Symbol(NamedTuple):
    """`name` of `module`; a module with a leading dot is relative to the generated package.

    `late`: the module takes time to load, and is wanted late, or for annotations only.

    >>> Symbol(".models.user", "User")
    Symbol(module='.models.user', name='User', late=False)
    """

    module: str
    name: str
    late: bool = False

    def __str__(self) -> str:
        raise TypeError(f"{self!r} printed past the import table")


class Expr(NamedTuple):
    """Python code with symbols in it."""

    parts: tuple[str | Symbol, ...]

    def __str__(self) -> str:
        raise TypeError(f"{self!r} printed past the import table")


Code: TypeAlias = str | Symbol | Expr


def expr(*pieces: Code) -> Expr:
    """The pieces joined; nested expressions are flattened."""
    if Expr in map(type, pieces):
        parts: list[Code] = []
        for piece in pieces:
            if isinstance(piece, Expr):
                parts += piece.parts
            else:
                parts.append(piece)
        pieces = tuple(parts)
    return tuple.__new__(Expr, (pieces,))


def declared(name: str, annotation: Code, default: Code | None) -> Code:
    """A parameter as a signature declares it."""
    head = f"{name}: "
    if default is None:
        return expr(head, annotation)
    if isinstance(default, str):
        return expr(head, annotation, f" = {default}")
    return expr(head, annotation, " = ", default)


def called(function: Code, *arguments: Code) -> Expr:
    """`function(argument, argument)`."""
    pieces = [piece for argument in arguments for piece in (", ", argument)]
    return expr(function, "(", *pieces[1:], ")")


def indented(code: Code) -> Code:
    """One level deeper."""
    if isinstance(code, str):
        return f"    {code}"
    return Expr(("    ", *code.parts)) if isinstance(code, Expr) else Expr(("    ", code))


def plain(code: Code) -> str:
    """`code` for people: its symbols without their modules."""
    if isinstance(code, Symbol):
        return code.name
    if isinstance(code, Expr):
        return "".join(p if isinstance(p, str) else p.name for p in code.parts)
    return code


@functools.cache
def builtin(name: str) -> Symbol:
    return Symbol("builtins", name)


@functools.cache
def typing(name: str) -> Symbol:
    return Symbol("typing", name)
