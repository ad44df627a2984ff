"""Which options would a descriptor set of protoc not have? Those kept for sources alone.

protoc leaves options with `retention = RETENTION_SOURCE` out of the sets it writes, and out of the
files that a plugin shall generate, but not out of what those import.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.message import Message

from .loading import descriptors_of

_FILE = "FileDescriptorProto"
_OPTIONS = "google/protobuf/descriptor.proto"
_SOURCE = descriptor_pb2.FieldOptions.RETENTION_SOURCE


def without_source_options(
    files: Sequence[descriptor_pb2.FileDescriptorProto], kept: Sequence[str]
) -> bytes:
    """A serialized FileDescriptorSet of `files`, stripped but for those whose names are `kept`.

    `files` are in the order of a request: each after those it imports.
    """
    kind: Any = descriptor_pb2.FileDescriptorProto
    if any(f.name == _OPTIONS for f in files):  # then there can be custom options
        loaded = descriptors_of([_whole(f) for f in files], "")[_OPTIONS]
        kind = message_factory.GetMessageClass(loaded.message_types_by_name[_FILE])
    stripped = descriptor_pb2.FileDescriptorSet()
    for file in files:
        data = file.SerializeToString()
        if file.name not in kept:
            copy = kind.FromString(data)
            _strip(copy)
            data = copy.SerializeToString()
        stripped.file.add().MergeFromString(data)
    return stripped.SerializeToString()


def _whole(
    file: descriptor_pb2.FileDescriptorProto,
) -> descriptor_pb2.FileDescriptorProto:
    """`file`, or protobuf's own descriptor.proto in place of one that buf has pruned."""
    if file.name != _OPTIONS or any(m.name == _FILE for m in file.message_type):
        return file
    own: Any = descriptor_pb2.FileDescriptorProto()
    descriptor_pb2.DESCRIPTOR.CopyToProto(own)
    whole: descriptor_pb2.FileDescriptorProto = own
    return whole


def _strip(message: Any) -> None:
    """Clear the fields below `message` that only sources keep, and options left with nothing."""
    for field, value in message.ListFields():
        if field.GetOptions().retention == _SOURCE:
            if field.is_extension:
                message.ClearExtension(field)
            else:
                message.ClearField(field.name)
        elif field.message_type is not None:
            for inner in [value] if isinstance(value, Message) else value:
                _strip(inner)
            if field.name == "options" and not value.ByteSize():
                message.ClearField(field.name)
