"""How are maps read and written whose text is no UTF-8, where protobuf does not check it?

protobuf hands out no key that is no UTF-8, and takes neither such a key nor such a value. So when
it has refused one, and only then, converters go by the entries of the map in wire format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import message_factory

from .raw_fields import raw_fields, with_length
from .wire import boolean, unchecked


def read_entries(m: Any, name: str) -> dict[str, Any]:
    """Key -> protobuf's value, of the map field `name`, which has text as keys."""
    found: dict[str, Any] = {}
    cls, entry = type(m), _entry(m, name)
    number = cls.DESCRIPTOR.fields_by_name[name].number
    for field in raw_fields(cls.SerializePartialToString(m)):
        if field.number != number:
            continue
        key, value = b"", b""
        for inner in raw_fields(field.content or b""):
            if inner.number == 1:
                key = inner.content or b""
            else:
                value = inner.whole
        text = key.decode("utf-8", "surrogateescape")
        found[text] = entry.FromString(value).value
    return found


def write_entries(
    m: Any, name: str, number: int, values: Mapping[Any, Any]
) -> Iterator[tuple[Any, Any]]:
    """(value, entry) of each item of `values`: the caller fills the entry's `value`, then it is put
    into the map field `name`, in place of what is there."""
    cls, entry = type(m), _entry(m, name)
    cls.ClearField(m, name)
    for key, value in values.items():
        filled, content = entry(), b""
        if isinstance(filled.key, str):
            content = unchecked(1, "" + key)
        else:
            filled.key = boolean(key) if isinstance(filled.key, bool) else key
        yield value, filled
        content += entry.SerializePartialToString(filled)
        cls.MergeFromString(m, with_length(number, content))


def _entry(m: Any, name: str) -> Any:
    field = type(m).DESCRIPTOR.fields_by_name[name]
    return message_factory.GetMessageClass(field.message_type)
