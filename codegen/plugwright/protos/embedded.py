"""Which descriptors does an SDK embed? Serialized FileDescriptorProtos in and out, less what it
does not need: comments, extensions (but for ProtoJSON), and what a selection leaves out.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

from google.protobuf import descriptor_pb2


def slim(proto: descriptor_pb2.FileDescriptorProto) -> tuple[bytes, bytes]:
    """A file without comments: without extensions, and with them, if it declares any, else b"".

    Without extension declarations, extension fields on the wire are unknown fields, and those are
    preserved (`Model.__unknown__`). ProtoJSON needs their names.
    """
    file = descriptor_pb2.FileDescriptorProto()
    for field, value in proto.ListFields():  # not what buf adds beside the known fields
        if field.name == "source_code_info":
            continue
        if isinstance(value, str | int):
            setattr(file, field.name, value)
        else:
            getattr(file, field.name).MergeFrom(value)
    whole = file.SerializeToString(deterministic=True)
    if not _has_extensions(file.extension, file.message_type):
        return whole, b""
    _drop_extensions(file, lambda extension: True)
    return file.SerializeToString(deterministic=True), whole


def _has_extensions(extensions: Any, messages: Any) -> bool:
    return bool(extensions) or any(_has_extensions(m.extension, m.nested_type) for m in messages)


def _drop_extensions(proto: Any, is_dropped: Callable[[Any], bool]) -> None:
    _keep(proto.extension, lambda extension: not is_dropped(extension))
    nested = proto.message_type if hasattr(proto, "message_type") else proto.nested_type
    for message in nested:
        _drop_extensions(message, is_dropped)


def pruned(data: bytes, keep: Container[str], dependencies: Sequence[str]) -> bytes:
    """The file `data` with those types and services alone whose full names are in `keep`, and the
    extensions of such types by such types.

    `dependencies`: the files that declare what it still refers to; public imports are resolved,
    so they replace all of its imports. A message that only holds kept ones becomes a shell.
    """
    file: Any = descriptor_pb2.FileDescriptorProto.FromString(data)
    scope = f"{file.package}." if file.package else ""
    _keep(file.message_type, lambda m: _keep_message(m, scope, keep))
    _keep(file.enum_type, lambda e: scope + e.name in keep)
    _keep(file.service, lambda s: scope + s.name in keep)
    _drop_extensions(file, lambda e: not all(t in keep for t in _types_of(e)))
    for field, _ in file.ListFields():
        if field.name.endswith("dependency"):
            file.ClearField(field.name)
    file.dependency.extend(dependencies)
    kept: bytes = file.SerializeToString(deterministic=True)
    return kept


def extension_types(data: bytes, keep: Container[str]) -> set[str]:
    """The types that the extensions of a file refer to, of those extensions that `pruned` keeps."""
    found: set[str] = set()

    def note(extension: Any) -> bool:
        types = _types_of(extension)
        if all(t in keep for t in types):
            found.update(types)
        return False

    _drop_extensions(descriptor_pb2.FileDescriptorProto.FromString(data), note)
    return found


def _types_of(extension: Any) -> list[str]:
    names = (extension.extendee, extension.type_name)
    return [name.removeprefix(".") for name in names if name]


def _keep(items: Any, is_kept: Callable[[Any], bool]) -> None:
    for i in reversed(range(len(items))):
        if not is_kept(items[i]):
            del items[i]


def _keep_message(message: Any, scope: str, keep: Container[str]) -> bool:
    full_name = scope + message.name
    whole = full_name in keep
    inner = f"{full_name}."
    _keep(
        message.nested_type,
        lambda m: ((whole and bool(m.options.map_entry)) or _keep_message(m, inner, keep)),
    )
    _keep(message.enum_type, lambda e: inner + e.name in keep)
    if not whole:
        _make_shell(message)
    return whole or bool(message.nested_type) or bool(message.enum_type)


# What a message passes on to those nested in it; editions hand features down.
_SHELL = frozenset({"name", "nested_type", "enum_type", "options", "visibility"})


def _make_shell(message: Any) -> None:
    for field, _ in message.ListFields():
        if field.name not in _SHELL:
            message.ClearField(field.name)
    message.options.ClearField("message_set_wire_format")
