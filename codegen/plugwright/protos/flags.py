"""Which options of a field are on? `debug_redact`, and those that protos declare themselves.

The options of a field in; the names of its boolean options that are true out, those of extensions
with their full names. A descriptor set holds values of custom options as unknown fields, unless a
program that uses plugwright happens to know the extension.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.unknown_fields import UnknownFieldSet

# protobuf's own mark for what is not to be shown.
REDACTED = "debug_redact"
_VARINT = 0


def declared(files: Iterable[descriptor_pb2.FileDescriptorProto]) -> dict[int, str]:
    """Number -> full name of each boolean option of fields that `files` declare."""
    return {e.number: name for file in files for name, e in _extensions(file, file.package)}


def _extensions(scope: Any, name: str) -> Iterator[tuple[str, Any]]:
    for extension in scope.extension:
        of_fields = extension.extendee == ".google.protobuf.FieldOptions"
        if of_fields and extension.type == extension.TYPE_BOOL:
            yield f"{name}.{extension.name}".lstrip("."), extension
    is_file = isinstance(scope, descriptor_pb2.FileDescriptorProto)
    for message in scope.message_type if is_file else scope.nested_type:
        yield from _extensions(message, f"{name}.{message.name}")


def of(options: Any, custom: Mapping[int, str]) -> tuple[str, ...]:
    """The names of the options that are true."""
    found = {f.full_name for f, v in options.ListFields() if f.is_extension and v is True}
    if options.debug_redact:
        found.add(REDACTED)
    if custom:
        unknown: Any = UnknownFieldSet(options)
        found |= {
            custom[field.field_number]
            for field in unknown
            if field.wire_type == _VARINT and field.data and field.field_number in custom
        }
    return tuple(sorted(found))
