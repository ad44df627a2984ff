"""How does a generated package use the types of another one?

`check` is called when such a package is imported: the other one must be there and have what the
protos say. `reader` and `writer` are its converters, for fields whose type it has; they work on
messages of any descriptor pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from .model import Model, package_with
from .package import Package, package_of

M = TypeVar("M", bound=Model)


def reader(model: type[M]) -> Callable[..., M]:
    """What makes a `model` of a protobuf message; see `Codec.read`."""
    read: Callable[..., M] = package_with(model).entry(model.__proto__)[1]
    return read


def writer(model: type[M]) -> Callable[[M, Any], None]:
    """What writes a `model` to a protobuf message; see `Codec.write`."""
    write: Callable[[M, Any], None] = package_with(model).entry(model.__proto__)[2]
    return write


def check(name: str) -> None:
    """Raise ImportError unless the packages whose types the package `name` uses have them.

    They may know more messages, fields and enum values than `name` was generated with, not fewer.
    """
    package = package_of(name)
    others = {other: _imported(other, name) for other in dict.fromkeys(package.reused.values())}
    for full_name, other in package.reused.items():
        if not others[other].declares(full_name):
            where = others[other].reused.get(full_name)
            advice = (
                f"it takes it from {where}: name that in [reuse]"
                if where
                else "generate it from the same protos, with this message selected"
            )
            text = f"{name} needs {full_name} of {other}, which does not have it; {advice}"
            raise ImportError(text, name=other)
    for file, other in package.reused_files.items():
        expected = package.descriptor(file)
        found = others[other].descriptor(file)
        if expected is not None and expected != found:
            _compare(package, others[other], file, expected, found)


def _imported(other: str, name: str) -> Package:
    try:
        return package_of(other)
    except ModuleNotFoundError as error:
        if error.name == f"{other}._package":
            text = f"{name} needs the package {other} as plugwright generates it"
        elif error.name and f"{other}.".startswith(f"{error.name}."):
            text = f"{name} needs the package {other}, whose types it uses; install it"
        else:
            raise
        raise ImportError(text, name=other) from None


def _compare(
    package: Package, other: Package, file: str, expected: bytes, found: bytes | None
) -> None:
    """Raise ImportError for the first thing of `expected` that `found` lacks."""
    if found is None:
        text = f"{package.name} needs {file} of {other.name}, which has no such file"
        raise ImportError(f"{text}; generate both from the same protos", name=other.name)
    there = dict(_parts(found))
    for part, value in _parts(expected):
        of_type = part.split(":")[0]
        if of_type in package.reused and there.get(part) != value:
            what = "is another one" if part in there else "is missing"
            text = (
                f"{package.name} needs {part.replace(':', '.')}, which {what} in {other.name}; "
                "generate both from the same protos"
            )
            raise ImportError(text, name=other.name)


def _parts(data: bytes) -> Iterator[tuple[str, Any]]:
    """(`type:field` or `type:value`, what code depends on) of all that a file declares."""
    from google.protobuf import descriptor_pb2

    file = descriptor_pb2.FileDescriptorProto.FromString(data)
    scope = f"{file.package}." if file.package else ""
    yield from _of_messages(file.message_type, scope)
    yield from _of_enums(file.enum_type, scope)


def _of_messages(messages: Iterable[Any], scope: str) -> Iterator[tuple[str, Any]]:
    for message in messages:
        name = scope + message.name
        oneofs = [o.name for o in message.oneof_decl]
        for f in message.field:
            oneof = oneofs[f.oneof_index] if f.HasField("oneof_index") else ""
            kind = (f.number, f.label, f.type, f.type_name, oneof, f.proto3_optional)
            yield f"{name}:{f.name}", kind
        yield from _of_messages(message.nested_type, f"{name}.")
        yield from _of_enums(message.enum_type, f"{name}.")


def _of_enums(enums: Iterable[Any], scope: str) -> Iterator[tuple[str, Any]]:
    for enum in enums:
        for value in enum.value:
            yield f"{scope}{enum.name}:{value.name}", value.number
