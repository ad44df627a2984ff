"""What would a case be in another syntax? Descriptors of its protos, rewritten.

- proto2: every singular field has presence, enums are closed.
- editions: the defaults of the edition, and where proto2 says otherwise its features.

The well-known types stay as they are. What proto2 alone has cannot be said in proto3, so nothing
is rewritten to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from kit.generating.cases import Case, descriptor_set

PROTO2 = "proto2"
EDITIONS = {
    "edition2023": descriptor_pb2.EDITION_2023,
    "edition2024": descriptor_pb2.EDITION_2024,
}


def rewritten(case: Case, syntax: str, folder: Path) -> bytes | None:
    """The descriptor set of a case in another syntax; None if that is not another one."""
    path = folder / "case.binpb"
    names = [p.relative_to(case.folder).as_posix() for p in case.protos]
    descriptor_set(case.folder, names, path)
    found = FileDescriptorSet.FromString(path.read_bytes())
    own = [f for f in found.file if f.name in names]
    if any(f.syntax == "editions" for f in own):
        return None
    if syntax == PROTO2 and all(f.syntax != "proto3" for f in own):
        return None
    for file in own:
        if syntax == PROTO2:
            _to_proto2(file)
        else:
            _to_edition(file, syntax)
    return found.SerializeToString()


def _to_proto2(file: FileDescriptorProto) -> None:
    file.syntax = "proto2"
    for message in _messages(file.message_type):
        _without_synthetic_oneofs(message)


def _to_edition(file: FileDescriptorProto, edition: str) -> None:
    closed = file.syntax != "proto3"
    file.syntax = "editions"
    file.edition = EDITIONS[edition]
    for message in _messages(file.message_type):
        _without_synthetic_oneofs(message)
        for field in (*message.field, *message.extension):
            _with_features(field)
        for enum in message.enum_type:
            _close(enum, closed)
    for field in file.extension:
        _with_features(field)
    for enum in file.enum_type:
        _close(enum, closed)


def _messages(found: Iterable[DescriptorProto]) -> Iterator[DescriptorProto]:
    for message in found:
        yield message
        yield from _messages(message.nested_type)


def _without_synthetic_oneofs(message: DescriptorProto) -> None:
    """They come last, so the numbers of the others stay."""
    synthetic = {f.oneof_index for f in message.field if f.proto3_optional}
    for field in message.field:
        if field.proto3_optional:
            field.ClearField("oneof_index")
            field.ClearField("proto3_optional")
    for index in sorted(synthetic, reverse=True):
        del message.oneof_decl[index]


def _with_features(field: FieldDescriptorProto) -> None:
    """What proto2 has words for, editions have features for."""
    features = field.options.features
    if field.label == FieldDescriptorProto.LABEL_REQUIRED:
        field.label = FieldDescriptorProto.LABEL_OPTIONAL
        features.field_presence = FeatureSet.LEGACY_REQUIRED
    if field.type == FieldDescriptorProto.TYPE_GROUP:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        features.message_encoding = FeatureSet.DELIMITED
    if field.options.HasField("packed"):
        packed = field.options.packed
        field.options.ClearField("packed")
        features.repeated_field_encoding = FeatureSet.PACKED if packed else FeatureSet.EXPANDED
    if not features.ByteSize():
        field.options.ClearField("features")
    if not field.options.ByteSize():
        field.ClearField("options")


def _close(enum: EnumDescriptorProto, closed: bool) -> None:
    if closed:
        enum.options.features.enum_type = FeatureSet.CLOSED
