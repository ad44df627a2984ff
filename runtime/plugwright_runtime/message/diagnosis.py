"""Which field of a model made its encoding fail, and what does it accept?

Converters are straight lines without checks; protobuf refuses a wrong value without saying where.
So when an encoding has failed, and only then, the converters themselves are asked. The traceback
has a frame for each model on the way to the culprit (`holders`). The innermost model is written
again, as a stand-in that notes which attribute was asked for last; of a list or map in it, one half
after the other is written until a single element is left (`trial`). So what is blamed is what was
refused, and all of it takes about as long as one more encoding, wherever the culprit is.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from google.protobuf.descriptor import FieldDescriptor

from ..exceptions import FieldError
from .descriptors import in_oneof, is_map, is_repeated, is_required
from .holders import MAX_DEPTH, Step, Steps, too_deep, way
from .model import Model, OneofCase
from .trial import Trial, asked_last

_EXPECTED = {
    FieldDescriptor.CPPTYPE_STRING: "str",
    FieldDescriptor.CPPTYPE_BOOL: "bool",
    FieldDescriptor.CPPTYPE_DOUBLE: "float",
    FieldDescriptor.CPPTYPE_FLOAT: "float",
}


class _Place(NamedTuple):
    """`path`: from the model on; `hidden`: whether a secret field is on it."""

    path: str
    hidden: bool = False

    def below(self, step: Step) -> _Place:
        shown = step.bare if self.hidden or step.hidden else step.text
        return _Place(self.path + shown, self.hidden or step.hidden)

    def error(self, expected: str, value: Any, why: object = "") -> FieldError:
        if why and not self.hidden:
            expected = f"{expected} ({why})"
        return FieldError(self.path, expected, value, hidden=self.hidden)


def diagnose(model: Model, error: Exception) -> FieldError:
    """A FieldError that names the field; without one, what the encoder said."""
    place = _Place(type(model).__qualname__)
    steps = Steps()
    held = way(error) or too_deep(model, steps) or [model]
    for depth, (holder, value) in enumerate(pairwise(held)):
        step = steps.to(holder, value)
        if step is None:
            return place.error("a model that can be encoded", holder, error)
        place = place.below(step)
        if depth >= MAX_DEPTH:
            text = f"a message nested at most {MAX_DEPTH} levels deep"
            return _Place(_shortened(place.path), place.hidden).error(text, value)
        if not isinstance(value, step.model):
            return place.error(_expected_model(step.field, value), value)
    return _in_model(held[-1], place, error)


def _shortened(path: str) -> str:
    parts = path.split(".")
    return ".".join([*parts[:8], "...", *parts[-4:]])


def _expected_model(field: Any, value: Any) -> str:
    if value is None and is_required(field):
        return "a value, for the proto requires one"
    return str(field.message_type.name)


def _in_model(model: Any, place: _Place, error: Exception) -> FieldError:
    """The error for the value of `model` itself that its converter refuses."""
    attribute = asked_last(model)
    if attribute is None:
        return place.error("a model that can be encoded", model, error)
    trial = Trial(model, attribute)
    step = Step(f".{attribute}", f".{attribute}", attribute in model.__secrets__)
    place = place.below(step)
    try:
        value = getattr(model, attribute)
    except AttributeError:
        return place.error("a value", None)
    fields = trial.fields
    if fields is None:
        return place.error("unknown fields in wire format", value)
    if in_oneof(fields[0]):
        return _in_oneof(trial, fields, value, place)
    return _in_field(trial, fields[0], value, place)


def _in_oneof(trial: Trial, fields: list[Any], value: Any, place: _Place) -> FieldError:
    if not isinstance(value, OneofCase):
        return place.error("a case of the oneof or None", value)
    name = type(value).__proto_field__
    field = next((f for f in fields if f.name == name), None)
    if field is None or (why := trial.problem(value)) is None:
        return place.error("a case of this oneof", value)
    inner = f" ({type(value).__name__})"
    return _in_value(field, value.value, place.below(Step(inner, inner)), why)


def _in_field(trial: Trial, field: Any, value: Any, place: _Place) -> FieldError:
    if is_map(field):
        if not isinstance(value, Mapping):
            return place.error("dict", value)
        return _in_map(trial, field, value, place)
    why = trial.problem(value) or ValueError("it is accepted alone")
    if not is_repeated(field):
        return _in_value(field, value, place, why)
    if isinstance(value, str | bytes | bytearray | Mapping) or not hasattr(value, "__iter__"):
        return place.error("list", value)
    elements = list(value)
    index = trial.first(elements, list)
    if index is None:
        return place.error("a list that can be encoded", value, why)
    place = place.below(Step(f"[{index}]", f"[{index}]"))
    why = trial.problem([elements[index]]) or why
    return _in_value(field, elements[index], place, why)


def _in_map(trial: Trial, field: Any, value: Mapping[Any, Any], place: _Place) -> FieldError:
    items = list(value.items())
    index = trial.first(items, dict)
    if index is None:
        return place.error("a dict that can be encoded", value)
    key, element = items[index]
    of_key, of_value = field.message_type.fields
    # With a key that is certainly right, it is the value that is refused, or nothing.
    why = trial.problem({of_key.default_value: element})
    if why is not None:
        return _in_value(of_value, element, place.below(Step(f"[{key!r}]", "[...]")), why)
    why = trial.problem({key: element}) or TypeError()
    return _in_value(of_key, key, place.below(Step(" key", " key")), why)


def _in_value(field: Any, value: Any, place: _Place, why: Exception) -> FieldError:
    """The error for a single value that `field` refuses because of `why`."""
    if value is None and is_required(field):
        return place.error("a value, for the proto requires one", value)
    if field.message_type is not None:
        expected = f"a value for {field.message_type.full_name}"
        return place.error(expected, value, why)
    if field.enum_type is not None:
        return place.error(field.enum_type.name, value)
    expected = _EXPECTED.get(field.cpp_type, "int")
    if field.type == FieldDescriptor.TYPE_BYTES:
        expected = "bytes"
    numbers = isinstance(value, int | float) and expected == "float"
    if type(value).__name__ != expected and not numbers:
        return place.error(expected, value)
    if expected == "str":
        expected = "text that UTF-8 can hold (no lone surrogates)"
        return place.error(expected, value)
    return place.error(f"{expected} within the range of the field", value)
