"""What do the protos mean? Pure data without a word of Python in it.

`link` builds a `Schema` from descriptors; `plan` reads it. All nodes are frozen and are never
patched afterwards. References between types are full names (without a leading dot), resolved
through `Schema.messages` and `Schema.enums`; they always resolve: `link` has checked them.
"""

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, Self, TypeAlias, TypeVar

from ..problems import Location

WELL_KNOWN_PACKAGE = "google.protobuf"


class Scalar(enum.StrEnum):
    """The scalar types of protobuf, valued as in a .proto file."""

    DOUBLE = "double"
    FLOAT = "float"
    INT32 = "int32"
    INT64 = "int64"
    UINT32 = "uint32"
    UINT64 = "uint64"
    SINT32 = "sint32"
    SINT64 = "sint64"
    FIXED32 = "fixed32"
    FIXED64 = "fixed64"
    SFIXED32 = "sfixed32"
    SFIXED64 = "sfixed64"
    BOOL = "bool"
    STRING = "string"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class ScalarKind:
    type: Scalar


@dataclass(frozen=True, slots=True)
class EnumKind:
    enum: str


@dataclass(frozen=True, slots=True)
class MessageKind:
    message: str


SingularKind: TypeAlias = ScalarKind | EnumKind | MessageKind


@dataclass(frozen=True, slots=True)
class ListKind:
    element: SingularKind


@dataclass(frozen=True, slots=True)
class MapKind:
    key: Scalar
    value: SingularKind


Kind: TypeAlias = SingularKind | ListKind | MapKind


class Field(NamedTuple):
    """`presence`: unset differs from the default value. `explicit`: written `optional`.

    `default` is the text of an explicit default (proto2, editions) or None. `utf8`: false if
    protobuf lets a peer send text that is no UTF-8; `utf8_key`: the same of a map's keys.
    `flags`: the boolean options that are true (see `flags`).
    """

    name: str
    number: int
    json_name: str
    kind: Kind
    presence: bool
    explicit: bool
    required: bool
    oneof: str | None
    default: str | None
    comment: str
    deprecated: bool
    where: Location
    utf8: bool = True
    utf8_key: bool = True
    flags: tuple[str, ...] = ()


class Oneof(NamedTuple):
    """A real oneof (never the synthetic one of a proto3 `optional`)."""

    name: str
    fields: tuple[Field, ...]
    comment: str
    where: Location


class EnumValue(NamedTuple):
    name: str
    number: int
    comment: str
    deprecated: bool
    where: Location


class Enum(NamedTuple):
    """`path`: the names from the outermost message to this one."""

    full_name: str
    path: tuple[str, ...]
    values: tuple[EnumValue, ...]
    closed: bool
    comment: str
    deprecated: bool
    where: Location
    file: str


class Message(NamedTuple):
    """`namespace`: no message of the SDK, it only holds types that are (see `selection`)."""

    full_name: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]
    oneofs: tuple[Oneof, ...]
    messages: "tuple[Message, ...]"
    enums: tuple[Enum, ...]
    comment: str
    deprecated: bool
    where: Location
    file: str
    namespace: bool = False

    @property
    def name(self) -> str:
        return self.path[-1]

    def field(self, name: str) -> Field | None:
        return next((f for f in self.fields if f.name == name), None)


class Nesting(Protocol):
    """A message, or what a later stage has made of it."""

    @property
    def messages(self) -> tuple[Self, ...]: ...


N = TypeVar("N", bound=Nesting)


def walk(messages: Iterable[N]) -> Iterator[N]:
    """The messages and all that are nested in them, each before those inside it."""
    for message in messages:
        yield message
        yield from walk(message.messages)


def references(message: Message) -> Iterator[str]:
    """The full names of the messages and enums that fields of `message` have as their types."""
    for field in message.fields:
        kind = field.kind
        if isinstance(kind, ListKind):
            kind = kind.element
        elif isinstance(kind, MapKind):
            kind = kind.value
        if isinstance(kind, MessageKind):
            yield kind.message
        elif isinstance(kind, EnumKind):
            yield kind.enum


class Method(NamedTuple):
    """`idempotent`: the proto declares NO_SIDE_EFFECTS or IDEMPOTENT, so a retry is safe."""

    name: str
    full_name: str
    path: str
    input: str
    output: str
    client_streaming: bool
    server_streaming: bool
    idempotent: bool
    comment: str
    deprecated: bool
    where: Location


class Service(NamedTuple):
    name: str
    full_name: str
    methods: tuple[Method, ...]
    comment: str
    deprecated: bool
    where: Location
    file: str

    def types(self) -> Iterator[str]:
        """The full names of the messages that its methods take and return."""
        for method in self.methods:
            yield method.input
            yield method.output


def called(services: Iterable[Service], name: str) -> tuple[Service, ...]:
    """The services that `name` may mean: the one with that full name, or all with that name."""
    named = tuple(s for s in services if name in (s.full_name, s.name))
    return tuple(s for s in named if s.full_name == name) or named


class File(NamedTuple):
    """`wire`: the FileDescriptorProto an SDK embeds (no source info, no extensions); `extended`:
    the same with the extensions that the file declares, if it does.

    `target`: to be generated; `reused`: the package that has the types already, "" = none.
    """

    name: str
    package: str
    dependencies: tuple[str, ...]
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]
    services: tuple[Service, ...]
    comment: str
    deprecated: bool
    wire: bytes
    extended: bytes
    target: bool
    reused: str = ""


class Schema(NamedTuple):
    """Every file of a descriptor set, dependencies first; `target` files are to be generated."""

    files: tuple[File, ...]
    messages: Mapping[str, Message]
    enums: Mapping[str, Enum]

    def declared(self, name: str) -> Message | Enum:
        """The message or enum of a full name."""
        return self.messages.get(name) or self.enums[name]

    def service(self, name: str) -> Service | None:
        """The service that `name` means, the first if it may mean several; None for ""."""
        return next(iter(called(self.services, name)), None)

    @property
    def targets(self) -> tuple[File, ...]:
        return tuple(f for f in self.files if f.target)

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(s for f in self.targets for s in f.services)
