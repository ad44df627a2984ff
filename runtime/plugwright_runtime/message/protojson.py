"""How does a protobuf message become ProtoJSON text, and come back?

Messages of any descriptor pool in and out. protobuf's json_format does the work; here is what it
lacks: which field JSON cannot hold, two spellings of one field, and lists where a message belongs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypedDict

from google.protobuf import json_format, message_factory

from ..exceptions import PlugwrightError
from .descriptors import is_repeated

Text = str | bytes | bytearray | memoryview


class JSONOptions(TypedDict, total=False):
    """How ProtoJSON is written; all but `indent` are those of protobuf's `MessageToJson`."""

    indent: int | None
    """Spaces per level; None, the default, writes one line."""
    sort_keys: bool
    """Sort the members of each object by name."""
    ensure_ascii: bool
    r"""Write `\u` escapes for all that is not ASCII; True, unless it is set to False."""
    preserving_proto_field_name: bool
    """Use the field names of the proto, not their `json_name`s."""
    use_integers_for_enums: bool
    """Write the numbers of enum values, not their names."""
    always_print_fields_with_no_presence: bool
    """Write zeros, empty lists and empty maps too, where unset is no other state."""


class Unprintable(PlugwrightError, ValueError):
    """JSON cannot hold what is in the field at `path`, because of `problem`."""

    def __init__(self, path: str, problem: str, value: object) -> None:
        super().__init__(path, problem)
        self.path, self.problem, self.value = path, problem, value


class Misshapen(PlugwrightError, ValueError):
    """`problem` is wrong with the JSON at `path`; so says the text.

    Both may show what is in it: keys of maps.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


class Twice(PlugwrightError, ValueError):
    """The last of `names` is there twice in the object that the others lead to."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__(f"{names[-1]!r} is there twice in one object")
        self.names = names


# What becomes no JSON object, or not one of its fields.
_SPECIAL = frozenset(
    f"google.protobuf.{name}"
    for name in (
        *("Any", "Timestamp", "Duration", "FieldMask", "Struct", "Value", "ListValue"),
        *("DoubleValue", "FloatValue", "Int64Value", "UInt64Value", "Int32Value"),
        *("UInt32Value", "BoolValue", "StringValue", "BytesValue"),
    )
)


def text_of(message: Any, pool: Any, options: JSONOptions) -> str:
    """The ProtoJSON of `message`; `pool` has what is in an `Any`. Raises Unprintable."""
    asked: dict[str, Any] = {"indent": None, **options}
    name = type(message).DESCRIPTOR.name
    try:
        text = json_format.MessageToJson(message, descriptor_pool=pool, **asked)
    except Exception as error:
        for path, part, problem in _unprintable(message, name, pool):
            raise Unprintable(path, problem, part) from None
        raise Unprintable(name, str(error), message) from None
    if "b'" in text or 'b\\"' in text:  # so json_format writes what is no text
        for path, part in _no_text(message, name, pool):
            raise Unprintable(path, "it is no UTF-8", part)
    return text


def _no_text(message: Any, path: str, pool: Any) -> Iterator[tuple[str, Any]]:
    """(path, value) of each text in `message` that is no UTF-8: models refuse it, but what is in
    extensions, or in an `Any`, is no model.
    """
    if type(message).DESCRIPTOR.full_name == "google.protobuf.Any":
        if name := message.type_url.rpartition("/")[2]:
            cls = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
            yield from _no_text(cls.FromString(message.value), path, pool)
        return
    for field, found in type(message).ListFields(message):
        name = f"[{field.full_name}]" if field.is_extension else field.name
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            field, found = field.message_type.fields_by_name["value"], found.values()
        elif not is_repeated(field):
            found = [found]
        for value in found:
            if field.message_type is not None:
                yield from _no_text(value, f"{path}.{name}", pool)
            elif field.type == field.TYPE_STRING and isinstance(value, bytes):
                yield f"{path}.{name}", value


def _unprintable(message: Any, path: str, pool: Any) -> Iterator[tuple[str, Any, str]]:
    """(path, value, problem) of each well-known type below `message` that has no JSON."""
    if type(message).DESCRIPTOR.full_name in _SPECIAL:
        try:
            json_format.MessageToDict(message, descriptor_pool=pool)
        except Exception as error:
            yield path, message, str(error)
        return
    for field, value in type(message).ListFields(message):
        if field.message_type is None:
            continue
        place = f"{path}.{field.name}"
        if field.message_type.GetOptions().map_entry:
            if field.message_type.fields_by_name["value"].message_type is not None:
                for key in value:
                    yield from _unprintable(value[key], f"{place}[{key!r}]", pool)
        elif is_repeated(field):
            for i, element in enumerate(value):
                yield from _unprintable(element, f"{place}[{i}]", pool)
        else:
            yield from _unprintable(value, place, pool)


def fill(message: Any, text: Text, pool: Any, ignore_unknown_fields: bool) -> None:
    """Read ProtoJSON `text` into `message`, which is empty. ValueError if it is no such message."""
    if not isinstance(text, str):
        text = bytes(text).decode("utf-8")
    value = _loaded(text)
    if type(message).DESCRIPTOR.full_name == _BYTES_VALUE:
        value = _url_safe(value)
    _Shape(pool).check(value, type(message).DESCRIPTOR, type(message).DESCRIPTOR.name)
    json_format.ParseDict(
        value,
        message,
        ignore_unknown_fields=ignore_unknown_fields,
        descriptor_pool=pool,
    )


def _loaded(text: str) -> Any:
    """The value of JSON `text`. Raises Twice for a member that is there twice."""
    try:
        return json.loads(text, object_pairs_hook=_object)
    except _Found:
        whole = json.loads(text, object_pairs_hook=_Pairs)
        raise Twice(next(_twice(whole, ()))) from None


class _Found(Exception):
    """Something is there twice."""


class _Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, as they stand."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Found
    return found


def _twice(value: Any, names: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The names that lead to each member that is there twice."""
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, part in value:
            if name in seen:
                yield (*names, name)
            seen.add(name)
            yield from _twice(part, (*names, name))
    elif isinstance(value, list):
        for part in value:
            yield from _twice(part, names)


_BYTES_VALUE = "google.protobuf.BytesValue"
_ALPHABET = str.maketrans("+/", "-_")


def _is_bytes(field: Any) -> bool:
    nested = field.message_type
    if nested is None:
        return bool(field.type == field.TYPE_BYTES)
    return bool(nested.full_name == _BYTES_VALUE)


def _url_safe(value: Any) -> Any:
    """base64 in the alphabet for URLs, which alone Python will read where it is asked for it."""
    if isinstance(value, list):
        return [_url_safe(part) for part in value]
    return value.translate(_ALPHABET) if isinstance(value, str) else value


class _Shape:
    """Refuses what json_format takes: a field under both its names, what is no object for one.

    On the way bytes get the alphabet that it reads.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._names: dict[str, dict[str, Any]] = {}

    def check(self, value: Any, descriptor: Any, path: str) -> None:
        """ValueError unless `value` has the shape of a message."""
        if descriptor.full_name in _SPECIAL:
            if descriptor.full_name != "google.protobuf.Any":
                return
            descriptor = self._inside(value)
            if descriptor is not None and descriptor.full_name == _BYTES_VALUE:
                value["value"] = _url_safe(value.get("value"))
            if descriptor is None or descriptor.full_name in _SPECIAL:
                return
        if not isinstance(value, dict):
            text = f"expected a JSON object, got {type(value).__name__}"
            raise Misshapen(path, text)
        names = self._names_of(descriptor)
        seen: dict[str, str] = {}
        for name, part in value.items():
            field = names.get(name) or self._extension(name)
            if field is None:
                continue
            if field.name in seen:
                text = f"{seen[field.name]} and {name} are one field"
                raise Misshapen(path, text)
            seen[field.name] = name
            if _is_bytes(field):
                value[name] = _url_safe(part)
            elif part is not None and field.message_type is not None:
                self._check_field(part, field, f"{path}.{name}")

    def _check_field(self, value: Any, field: Any, path: str) -> None:
        inner = field.message_type
        if inner.GetOptions().map_entry:
            if _is_bytes(inner.fields_by_name["value"]) and isinstance(value, dict):
                value |= {key: _url_safe(part) for key, part in value.items()}
                return
            inner = inner.fields_by_name["value"].message_type
            if inner is not None and isinstance(value, dict):
                for key, part in value.items():
                    self.check(part, inner, f"{path}[{key!r}]")
        elif not is_repeated(field):
            self.check(value, inner, path)
        elif isinstance(value, list):
            for i, part in enumerate(value):
                if part is not None:  # json_format says where null may stand
                    self.check(part, inner, f"{path}[{i}]")

    def _names_of(self, descriptor: Any) -> dict[str, Any]:
        names = self._names.get(descriptor.full_name)
        if names is None:
            names = {f.name: f for f in descriptor.fields}
            names |= {f.json_name: f for f in descriptor.fields}
            self._names[descriptor.full_name] = names
        return names

    def _extension(self, name: str) -> Any:
        """What `[full.name]` names; whether it belongs here is asked by json_format."""
        try:
            return self._pool.FindExtensionByName(name[1:-1]) if name[:1] == "[" else None
        except KeyError:
            return None

    def _inside(self, value: Any) -> Any:
        """What an `Any` holds, if it says so."""
        url = value.get("@type") if isinstance(value, dict) else None
        try:
            name = str(url).rpartition("/")[2]
            return self._pool.FindMessageTypeByName(name)
        except KeyError:
            return None
