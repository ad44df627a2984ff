"""How do a request's fields become a handler's arguments, and its result the response?

`Arguments` and `Answer` are made once per hook, from its `HookSpec` and the descriptors.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from ..exceptions import PlugwrightError
from ..message.codec import WRITE_ERRORS, Codec
from ..message.codec import encode as encode_model
from ..message.descriptors import is_repeated
from ..message.model import Model
from ..message.unknown import LARGE, read_large
from ..rpc import json_bytes
from .spec import Dismiss, HookSpec, Reject, is_reason


class WrongResult(PlugwrightError, TypeError):
    """A handler returned what its hook does not accept."""


class Arguments:
    """The handler's arguments, read from the bytes of a request."""

    def __init__(self, spec: HookSpec, request: Codec[Any]) -> None:
        self._request = request
        self._parse = request.parse
        self._sources = tuple(zip(spec.arguments, spec.sources, strict=True))
        self._readers, self._rest = self._made(True)

    def __call__(self, data: bytes) -> list[Any]:
        if len(data) > LARGE:
            return read_large(self._parse, self._read, data)
        message = self._parse(data)
        values = [read(message) for read in self._readers]
        return self._filled(values, message, True) if self._rest else values

    def _made(self, keep: Any) -> tuple[list[Callable[[Any], Any]], dict[int, str]]:
        """What reads each argument; index -> attribute of those read from the request's model."""
        readers = [_reader(n, s, self._request, keep) for n, s in self._sources]
        rest = {i: self._sources[i][0] for i, r in enumerate(readers) if r is _later}
        return readers, rest

    def _read(self, message: Any, keep: Any) -> list[Any]:
        values = [read(message) for read in self._made(keep)[0]]
        return self._filled(values, message, keep)

    def _filled(self, values: list[Any], message: Any, keep: Any) -> list[Any]:
        model = self._request.read(message, keep) if self._rest else None
        for index, attribute in self._rest.items():
            values[index] = getattr(model, attribute)
        return values


def _reader(name: str, source: str, request: Codec[Any], keep: Any) -> Callable[[Any], Any]:
    """How one argument is read; `source` as `HookSpec` explains it, `keep` as `Codec` does."""
    field = request.field(name)
    if field is None or is_repeated(field) or field.enum_type is not None:
        return _later
    proto_name: str = field.name
    nested: Any = field.message_type
    get = operator.attrgetter(proto_name)
    if source.startswith("json:"):
        inner = operator.attrgetter(nested.fields[0].name)
        what = request.model.__name__
        return lambda m: (json_bytes.load(inner(get(m)), what) if m.HasField(proto_name) else {})
    if nested is None:
        if field.has_presence:
            return lambda m: get(m) if m.HasField(proto_name) else None
        return get
    if nested.full_name.startswith("google.protobuf."):
        return _later
    codec = request.package.codec(nested.full_name)
    read, empty = codec.read, codec.model if source == "message" else _nothing
    return lambda m: read(get(m), keep) if m.HasField(proto_name) else empty()


def _nothing() -> None:
    return None


def _later(message: Any) -> None:
    """Read later, from the model of the whole request."""


class Answer:
    """A handler's result becomes the response model of its hook; raises WrongResult."""

    def __init__(self, spec: HookSpec, response: Codec[Any]) -> None:
        self.spec = spec
        self.model: Callable[..., Model] = response.model
        self.message = response.message
        self.slots = [_Slot(response, name) for name in spec.results]
        self.nullable = spec.family in (
            "void",
            "error",
            "modify",
            "reject",
            "transform",
        ) or any(name.startswith("modified") for name in spec.results)

    def encode(self, result: Any) -> bytes:
        """The wire format of the response. Raises WrongResult, and FieldError as `encode`."""
        for slot in self.slots:
            if slot.fill is not None and slot.accepts(result):
                message = self.message()
                try:
                    slot.fill(result, message)
                    data: bytes = message.SerializeToString()
                except WRITE_ERRORS:
                    break  # the long way says which field is wrong
                return data
        return encode_model(self(result))

    def __call__(self, result: Any) -> Model:
        if result is None and self.nullable:
            return self.model()
        for slot in self.slots:
            if slot.accepts(result):
                return self.model(**{slot.name: slot.convert(result)})
        return self._special(result)

    def _special(self, result: Any) -> Model:
        """The answer for a result that is not simply the value of a field."""
        spec = self.spec
        if isinstance(result, Reject) and spec.rejected:
            if not is_reason(result.reason):
                raise self._wrong(result, "Reject needs a reason, a text that is not empty")
            return self.model(**{spec.rejected: result.reason})
        if isinstance(result, Dismiss) and spec.dismiss:
            return self.model(**{spec.rejected: spec.dismiss})
        if isinstance(result, tuple) and len(self.slots) > 1 and len(result) == len(self.slots):
            pairs = list(zip(self.slots, result, strict=True))
            if all(slot.accepts(value) for slot, value in pairs):
                return self.model(**{s.name: s.convert(v) for s, v in pairs})
        raise self._wrong(result)

    def _wrong(self, result: Any, why: str = "") -> WrongResult:
        accepted = [slot.shown for slot in self.slots]
        if len(self.slots) > 1:
            accepted.append(f"tuple[{', '.join(accepted)}]")
        accepted += ["DISMISS"] if self.spec.dismiss else []
        accepted += ["Reject"] if self.spec.rejected else []
        accepted += ["None"] if self.nullable else []
        text = f"{self.spec.name} returned {_shown(result)}; accepted: {', '.join(accepted)}"
        return WrongResult(f"{text} ({why})" if why else text)


def _shown(result: Any) -> str:
    if type(result) is list and result:
        return f"list of {type(result[0]).__name__}"
    return type(result).__name__


def _filler(field: Any, response: Codec[Any]) -> Callable[[Any, Any], None] | None:
    """How a model is written into its field without a response model around it.

    The short cut of the most common answer, one changed entity; None for all others.
    """
    nested = field.message_type
    if nested is None or is_repeated(field) or len(nested.fields) == 1:
        return None
    write = response.package.codec(nested.full_name).write
    get = operator.attrgetter(field.name)

    def fill(value: Any, message: Any) -> None:
        target = get(message)
        target.SetInParent()
        write(value, target)

    return fill


class _Slot:
    """A field of a response that takes a handler's result."""

    def __init__(self, response: Codec[Any], name: str) -> None:
        field = response.field(name)
        self.name = name
        self.wrapper: Any = None
        self.element: Any = None
        self.fill = _filler(field, response)
        repeated = is_repeated(field)
        if field.message_type is not None:
            model = response.package.codec(field.message_type.full_name).model
            self.type: tuple[type, ...] = (model,)
            names = model.__field_names__
            if len(names) == 1 and names[0].endswith("_json"):
                self.type, self.wrapper = (dict,), (model, names[0])
        else:
            self.type = (type(getattr(response.model(), name)),)
        if repeated:
            self.element, self.type = self.type, (list, tuple)
        inner = (self.element or self.type)[0].__name__
        self.shown = f"list[{inner}]" if repeated else inner

    def accepts(self, value: Any) -> bool:
        if self.element is not None:
            if not isinstance(value, list | tuple):
                return False
            values: Sequence[Any] = value
            return all(isinstance(v, self.element) for v in values)
        if self.type == (int,) and isinstance(value, bool):
            return False
        return isinstance(value, self.type)

    def convert(self, value: Any) -> Any:
        if self.wrapper is not None:
            model, name = self.wrapper
            return model(**{name: json_bytes.dump(value)})
        return list(value) if self.element is not None else value
