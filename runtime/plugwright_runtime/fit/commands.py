"""How does a named command with JSON arguments reach the method that handles it?

`called` and `marked` are behind the decorators of the SDKs. `CommandTable(cls)` finds the marked
methods of a class and knows the dataclass that each takes: the annotation of the parameter after
`self`.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from .annotations import hints_of, signature_of
from .fitting import Unfit
from .json_args import JSONArgs

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__command__"


class Command(NamedTuple):
    """A handler: the name of its method, and what makes its arguments."""

    method: str
    arguments: JSONArgs[Any]


def called(name: object) -> str:
    """The name of a command; of a decorator without parentheses it would be the method."""
    if not isinstance(name, str) or not name:
        raise TypeError("a command needs a name, as in @command('rename')")
    return name


def marked(function: F, name: str) -> F:
    """`function`, as the handler of the command `name`."""
    setattr(function, MARK, name)
    return function


class CommandTable:
    """The commands of a class. Raises TypeError if one of its handlers cannot work.

    `others`: what handlers are called with after the arguments.
    """

    def __init__(self, cls: type[Any], others: tuple[str, ...] = ()) -> None:
        self._others = others
        self._commands: dict[str, Command] = {}
        for attribute in dir(cls):
            function = inspect.getattr_static(cls, attribute)
            name = getattr(function, MARK, "")
            if name:
                self._add(cls, name, attribute, function)

    def _add(self, cls: type[Any], name: str, attribute: str, function: Any) -> None:
        where = f"{cls.__name__}.{attribute}"
        if name in self._commands:
            other = self._commands[name].method
            raise TypeError(f"{where}: {cls.__name__}.{other} handles {name!r} already")
        cls_of_arguments = _second_parameter(function, where, self._others)
        try:
            arguments = JSONArgs(cls_of_arguments)
        except Unfit as error:
            raise TypeError(f"{where}: {error}") from None
        self._commands[name] = Command(attribute, arguments)

    @property
    def names(self) -> list[str]:
        """Of all commands, sorted."""
        return sorted(self._commands)

    def find(self, name: str) -> Command | None:
        """The handler of a command, None if there is none."""
        return self._commands.get(name)

    def arguments(self, command: Command, text: str) -> Any:
        """The arguments in a JSON text. Raises `Misfit`."""
        return command.arguments.parse(text)


def _second_parameter(function: Any, where: str, others: tuple[str, ...]) -> type[Any]:
    """The class that the first parameter after `self` is annotated with."""
    signature, given = signature_of(function), ("self", "args", *others)
    try:
        arguments = signature.bind(*given).arguments
    except TypeError:
        how = f"{where.rpartition('.')[2]}({', '.join(given)})"
        text = f"{where}{signature} cannot handle a command; it is called as {how}"
        raise TypeError(text) from None
    name = [*arguments][1] if len(arguments) > 1 else ""
    found = hints_of(function).get(name)
    if not isinstance(found, type) or not dataclasses.is_dataclass(found):
        there = " that is there when the program runs" if found else ""
        raise TypeError(f"{where}: annotate {name or 'args'} with a dataclass{there}")
    return found
