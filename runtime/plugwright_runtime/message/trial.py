"""What in a model is it that its converter refuses?

The converter is run on a stand-in for the model, which sees what it asks for: it asks for the
fields in order, each once, and for the next one only when the last one was accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .descriptors import in_oneof, is_map, is_repeated, is_required
from .model import Model


def asked_last(model: Model) -> str | None:
    """The attribute whose value the converter of `model` refuses; None if it accepts all."""
    codec = model.__codec__
    asked: list[str] = []

    def answer(name: str) -> Any:
        asked.append(name)
        return getattr(model, name)

    try:
        codec.write(_stand_in(answer), codec.message())
    except Exception:
        return asked[-1]
    return None


class Trial:
    """Whether the converter of a model accepts a value of one of its attributes, all by itself.

    `fields`: those behind the attribute; None for `__unknown__`, which is written last.
    """

    def __init__(self, model: Model, attribute: str) -> None:
        self._model = model
        self._codec = codec = model.__codec__
        self._attribute = attribute
        self._fields: dict[str, list[Any]] = codec.fields()
        self.fields = self._fields.get(attribute)

    def problem(self, value: Any) -> Exception | None:
        """What is raised for `value`; None if it is accepted."""
        asked = False

        def answer(name: str) -> Any:
            nonlocal asked
            if name == self._attribute:
                asked = True
                return value
            if asked:
                raise _Accepted
            if name in self._fields:
                return self._passed_over(name)
            return self._codec.model if name == "__class__" else b""

        try:
            self._codec.write(_stand_in(answer), self._codec.message())
        except _Accepted:
            return None
        except Exception as error:
            return error
        return None

    def _passed_over(self, name: str) -> Any:
        """A value that the converter does not write, or one that it is known to accept."""
        field = self._fields[name][0]
        if in_oneof(field):
            return None
        if is_repeated(field):
            return {} if is_map(field) else []
        if is_required(field):
            return getattr(self._model, name)
        return None if field.has_presence else field.default_value

    def first(self, elements: Sequence[Any], made: Callable[[Sequence[Any]], Any]) -> int | None:
        """The index of an element that is refused, in a value that is `made` of some of them.

        Each half is tried once, so this takes as long as writing all of them twice.
        """
        if self.problem(made(elements)) is None:
            return None
        low, high = 0, len(elements)
        while high - low > 1:
            middle = (low + high) // 2
            if self.problem(made(elements[low:middle])) is None:
                low = middle
            else:
                high = middle
        return low


class _Accepted(Exception):
    """The converter has gone on to the next field."""


def _stand_in(answer: Callable[[str], Any]) -> Any:
    """An object whose attributes are what `answer` gives for their names."""

    class StandIn:
        def __getattribute__(self, name: str) -> Any:
            return answer(name)

    return StandIn()
