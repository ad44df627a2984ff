"""Which files has a descriptor set, and does protobuf take them? Loaded into a pool of their own.

The pool validates them, and answers what depends on edition features (presence, closed enums,
delimited encoding), so no rule of protobuf is repeated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool

from ..problems import GenerationError, Location, Problem, fail


def dependencies_first(
    files: list[descriptor_pb2.FileDescriptorProto], source: str
) -> list[descriptor_pb2.FileDescriptorProto]:
    """Files sorted by name, each after what it imports: independent of the order they came in."""
    by_name = {f.name: f for f in files}
    ordered: list[descriptor_pb2.FileDescriptorProto] = []
    entered: set[str] = set()
    missing: list[Problem] = []
    for name in sorted(by_name):
        stack = [(name, False)]
        while stack:
            current, is_ready = stack.pop()
            if is_ready:
                ordered.append(by_name[current])
            elif current not in entered:
                entered.add(current)
                stack.append((current, True))
                imports = sorted(by_name[current].dependency, reverse=True)
                missing += [_missing(current, d, source) for d in imports if d not in by_name]
                stack += [(d, False) for d in imports if d in by_name]
    if missing:
        raise GenerationError(missing)
    return ordered


def _missing(file: str, dependency: str, source: str) -> Problem:
    text = (
        f"imports {dependency!r}, which the descriptor set lacks; "
        "write the set with its imports (protoc --include_imports; buf build does so by itself)"
    )
    return Problem(Location(source or file), f"{file} {text}" if source else text)


def chosen(
    files: Sequence[descriptor_pb2.FileDescriptorProto],
    targets: Sequence[str] | None,
    source: str,
) -> set[str]:
    names = {f.name for f in files}
    if targets is None:
        return {f.name for f in files if not _is_googles(f)} or names
    if unknown := sorted(set(targets) - names):
        known = ", ".join(sorted(names))
        raise GenerationError(
            Problem(
                Location(source or t),
                f"{t} is not in the descriptor set; it has: {known}",
            )
            for t in unknown
        )
    return set(targets)


def _is_googles(file: descriptor_pb2.FileDescriptorProto) -> bool:
    """Whether this is one of the files that come with protobuf."""
    package = f"{file.package}."
    inside = package.startswith("google.protobuf.") or package == "pb."
    return inside and file.name.startswith("google/protobuf/")


def descriptors_of(
    files: Sequence[descriptor_pb2.FileDescriptorProto], source: str
) -> dict[str, Any]:
    """The FileDescriptors of `files`, each of which comes after what it imports, by name.

    They are in a pool of their own, which does not find a file by a name that is not ASCII.
    """
    pool = descriptor_pool.DescriptorPool()
    loaded: dict[str, Any] = {}
    for file in files:
        try:
            loaded[file.name] = _add(pool, file)
        except Exception as error:
            text = " ".join(str(error).split())
            raise fail(
                Location(source or file.name), f"protobuf rejects {file.name}: {text}"
            ) from None
    return loaded


def _add(pool: descriptor_pool.DescriptorPool, file: descriptor_pb2.FileDescriptorProto) -> Any:
    """Load a file; where fields share a name in JSON, protobuf wants to be told that they may.

    protoc only warns of that in what is not proto3.
    """
    try:
        return pool.AddSerializedFile(file.SerializeToString())
    except TypeError:
        if file.syntax == "proto3" or not _allow_shared_names(file.message_type):
            raise
        return pool.AddSerializedFile(file.SerializeToString())


def _allow_shared_names(messages: Iterable[descriptor_pb2.DescriptorProto]) -> bool:
    """Give an option to the messages that have such fields; returns whether there are any."""
    found = False
    for message in messages:
        if len({f.json_name for f in message.field}) < len(message.field):
            message.options.deprecated_legacy_json_field_conflicts = True
            found = True
        found |= _allow_shared_names(message.nested_type)
    return found
