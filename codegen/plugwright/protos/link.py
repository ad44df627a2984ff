"""Descriptors in, `Schema` out: resolves features, presence, comments and places.

The descriptors are loaded into a private pool first (`loading`), which answers what depends on the
features of an edition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from google.protobuf import descriptor_pb2

from ..problems import Location, fail
from . import field_kinds, flags
from .comments import dedent
from .embedded import slim
from .loading import chosen, dependencies_first, descriptors_of
from .schema import (
    Enum,
    EnumValue,
    Field,
    File,
    Message,
    Method,
    Oneof,
    Schema,
    Service,
    walk,
)

_Proto = descriptor_pb2.FieldDescriptorProto
# Field numbers in descriptor.proto: the steps of a source location's path.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE, _FILE_SYNTAX, _FILE_PACKAGE = 4, 5, 6, 12, 2
_MESSAGE_FIELD, _MESSAGE_NESTED, _MESSAGE_ENUM, _MESSAGE_ONEOF = 2, 3, 4, 8
_ENUM_VALUE = 2
_SERVICE_METHOD = 2


def link(
    descriptor_set: bytes,
    targets: Sequence[str] | None = None,
    source: str = "",
    locate: Callable[[str], str] = str,
) -> Schema:
    """The schema of a serialized FileDescriptorSet.

    `targets` names the files to generate (default: all that are not well-known types); `source`
    names the set in error texts; `locate` turns a file's name into the path a reader can open.
    Raises GenerationError if a file or type is missing.
    """
    try:
        files = descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file
    except Exception as error:
        raise fail(Location(source), f"not a FileDescriptorSet ({error})") from None
    if any(isinstance(n, bytes) for f in files for n in (f.name, *f.dependency)):
        raise fail(Location(source), "the name of a file is not UTF-8; rename it")
    ordered = dependencies_first(list(files), source)
    wanted = chosen(ordered, targets, source)
    loaded = descriptors_of(ordered, source)
    custom = flags.declared(ordered)
    try:
        linked = [
            _FileLinker(f, loaded[f.name], f.name in wanted, locate, custom).file() for f in ordered
        ]
    except UnicodeDecodeError as error:
        raise fail(Location(source), f"a text in it is not UTF-8 ({error})") from None
    messages = {m.full_name: m for f in linked for m in walk(f.messages)}
    enums = {e.full_name: e for f in linked for e in f.enums}
    enums |= {e.full_name: e for m in messages.values() for e in m.enums}
    return Schema(tuple(linked), messages, enums)


class _FileLinker:
    """Turns one file's descriptors into schema nodes."""

    def __init__(
        self,
        proto: descriptor_pb2.FileDescriptorProto,
        loaded: Any,
        target: bool,
        locate: Callable[[str], str],
        custom: Mapping[int, str],
    ) -> None:
        self.proto = proto
        self.custom = custom
        self.shown = locate(proto.name)
        self.target = target
        self.descriptor = loaded
        # Indexed once: looking a comment up by scanning is quadratic in the size of a file.
        # A path of odd length is a part of an element (its name, its type): never looked up.
        self.locations = {
            tuple(path): loc
            for loc in proto.source_code_info.location
            if not len(path := loc.path) % 2 or len(path) == 1
        }

    def file(self) -> File:
        d, name = self.descriptor, self.proto.name
        package = self.proto.package
        prefix = f"{package}." if package else ""
        wire, extended = slim(self.proto)
        return File(
            name=name,
            package=package,
            dependencies=tuple(self.proto.dependency),
            messages=tuple(
                self._message(m, d.message_types_by_name[m.name], (), prefix, (_FILE_MESSAGE, i))
                for i, m in enumerate(self.proto.message_type)
            ),
            enums=tuple(
                self._enum(e, d.enum_types_by_name[e.name], (), prefix, (_FILE_ENUM, i))
                for i, e in enumerate(self.proto.enum_type)
            ),
            services=tuple(
                self._service(s, prefix, (_FILE_SERVICE, i))
                for i, s in enumerate(self.proto.service)
            ),
            comment=self._comment((_FILE_SYNTAX,)) or self._comment((_FILE_PACKAGE,)),
            deprecated=self.proto.options.deprecated,
            wire=wire,
            extended=extended,
            target=self.target,
        )

    def _comment(self, path: tuple[int, ...]) -> str:
        """The comment above an element, else the one behind it; detached ones do not belong."""
        loc = self.locations.get(path)
        if loc is None:
            return ""
        text = _text(loc.leading_comments or loc.trailing_comments)
        return dedent(text) if text else ""

    def _where(self, path: tuple[int, ...]) -> Location:
        loc = self.locations.get(path)
        if loc is None or len(span := loc.span) < 2:
            return Location(self.shown)
        return Location(self.shown, span[0] + 1, span[1] + 1)

    def _message(
        self,
        proto: descriptor_pb2.DescriptorProto,
        d: Any,
        outer: tuple[str, ...],
        prefix: str,
        path: tuple[int, ...],
    ) -> Message:
        names = (*outer, proto.name)
        # By full name: another message may have a type that is called as one of the entries.
        scope = f".{prefix}{'.'.join(names)}."
        maps = {scope + n.name: n for n in proto.nested_type if n.options.map_entry}
        fields = tuple(
            self._field(f, df, maps, (*path, _MESSAGE_FIELD, i))
            for i, (f, df) in enumerate(zip(proto.field, d.fields, strict=True))
        )
        return Message(
            full_name=prefix + ".".join(names),
            path=names,
            fields=fields,
            oneofs=self._oneofs(proto, fields, path),
            messages=tuple(
                self._message(
                    n,
                    d.nested_types_by_name[n.name],
                    names,
                    prefix,
                    (*path, _MESSAGE_NESTED, i),
                )
                for i, n in enumerate(proto.nested_type)
                if not n.options.map_entry
            ),
            enums=tuple(
                self._enum(
                    e,
                    d.enum_types_by_name[e.name],
                    names,
                    prefix,
                    (*path, _MESSAGE_ENUM, i),
                )
                for i, e in enumerate(proto.enum_type)
            ),
            comment=self._comment(path),
            deprecated=self._deprecated(proto),
            where=self._where(path),
            file=self.proto.name,
        )

    def _deprecated(self, proto: Any) -> bool:
        """Of a type or service: an option of its own, or of its file."""
        return bool(proto.options.deprecated or self.proto.options.deprecated)

    def _oneofs(
        self,
        proto: descriptor_pb2.DescriptorProto,
        fields: tuple[Field, ...],
        path: tuple[int, ...],
    ) -> tuple[Oneof, ...]:
        members: dict[str, list[Field]] = {}
        for field in fields:
            if field.oneof:
                members.setdefault(field.oneof, []).append(field)
        return tuple(
            Oneof(
                o.name,
                tuple(members[o.name]),
                self._comment((*path, _MESSAGE_ONEOF, i)),
                self._where((*path, _MESSAGE_ONEOF, i)),
            )
            for i, o in enumerate(proto.oneof_decl)
            if o.name in members
        )

    def _field(
        self,
        proto: descriptor_pb2.FieldDescriptorProto,
        d: Any,
        maps: dict[str, descriptor_pb2.DescriptorProto],
        path: tuple[int, ...],
    ) -> Field:
        self._check_type(proto, d, path)
        repeated = proto.label == _Proto.LABEL_REPEATED
        synthetic = proto.proto3_optional
        oneof = d.containing_oneof.name if proto.HasField("oneof_index") and not synthetic else None
        presence = not repeated and bool(d.has_presence)
        return Field(
            name=proto.name,
            number=proto.number,
            json_name=_text(proto.json_name) or d.json_name,
            kind=field_kinds.kind(proto, maps, repeated),
            presence=presence,
            explicit=synthetic
            or (presence and oneof is None and not field_kinds.is_message(proto)),
            required=field_kinds.is_required(d),
            oneof=oneof,
            default=proto.default_value if proto.HasField("default_value") else None,
            comment=self._comment(path),
            deprecated=proto.options.deprecated,
            where=self._where(path),
            utf8=self.proto.syntax == "proto3" or not field_kinds.is_unchecked(d, "value"),
            utf8_key=self.proto.syntax == "proto3" or not field_kinds.is_unchecked(d, "key"),
            flags=(flags.of(proto.options, self.custom) if proto.HasField("options") else ()),
        )

    def _check_type(self, proto: Any, d: Any, path: tuple[int, ...]) -> None:
        """A problem for a field whose type a compiler would have written in another way."""
        name = proto.type_name
        inner = d.message_type if proto.type == _Proto.TYPE_MESSAGE else d
        if not proto.HasField("type") or (name and name[0] != ".") or inner is None:
            text = f"{d.full_name} has no resolved type; write the set with protoc or buf"
            raise fail(self._where(path), text)
        if inner is d or not inner.has_options or not inner.GetOptions().map_entry:
            return
        repeated = proto.label == _Proto.LABEL_REPEATED
        if not repeated or inner.containing_type != d.containing_type:
            text = f"{d.full_name} has the type of a map's entries; make it a map"
            raise fail(self._where(path), text)

    def _enum(
        self,
        proto: descriptor_pb2.EnumDescriptorProto,
        d: Any,
        outer: tuple[str, ...],
        prefix: str,
        path: tuple[int, ...],
    ) -> Enum:
        names = (*outer, proto.name)
        return Enum(
            full_name=prefix + ".".join(names),
            path=names,
            values=tuple(
                EnumValue(
                    v.name,
                    v.number,
                    self._comment((*path, _ENUM_VALUE, i)),
                    v.options.deprecated,
                    self._where((*path, _ENUM_VALUE, i)),
                )
                for i, v in enumerate(proto.value)
            ),
            closed=bool(d.is_closed),
            comment=self._comment(path),
            deprecated=self._deprecated(proto),
            where=self._where(path),
            file=self.proto.name,
        )

    def _service(
        self,
        proto: descriptor_pb2.ServiceDescriptorProto,
        prefix: str,
        path: tuple[int, ...],
    ) -> Service:
        full_name = prefix + proto.name
        return Service(
            name=proto.name,
            full_name=full_name,
            methods=tuple(
                self._method(m, full_name, (*path, _SERVICE_METHOD, i))
                for i, m in enumerate(proto.method)
            ),
            comment=self._comment(path),
            deprecated=self._deprecated(proto),
            where=self._where(path),
            file=self.proto.name,
        )

    def _method(
        self,
        proto: descriptor_pb2.MethodDescriptorProto,
        service: str,
        path: tuple[int, ...],
    ) -> Method:
        unknown = descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN
        return Method(
            name=proto.name,
            full_name=f"{service}.{proto.name}",
            path=f"/{service}/{proto.name}",
            input=proto.input_type.lstrip("."),
            output=proto.output_type.lstrip("."),
            client_streaming=proto.client_streaming,
            server_streaming=proto.server_streaming,
            idempotent=proto.options.idempotency_level != unknown,
            comment=self._comment(path),
            deprecated=proto.options.deprecated,
            where=self._where(path),
        )


def _text(found: str | bytes) -> str:
    """Text of descriptors, which protobuf gives as bytes if it is not UTF-8."""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else found
