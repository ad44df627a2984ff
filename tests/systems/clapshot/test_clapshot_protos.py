"""Do the protos of Clapshot say what the wire table says, and does the SDK carry the same?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from kit.clapshot.wire import INBOUND, OUTBOUND, TABLE, compiled, pool

Field = descriptor_pb2.FieldDescriptorProto
Message = descriptor_pb2.DescriptorProto
File = descriptor_pb2.FileDescriptorProto

SCALARS = {
    number: name.removeprefix("TYPE_").lower()
    for name, number in Field.Type.items()
    if name not in ("TYPE_MESSAGE", "TYPE_ENUM")
}


def files() -> dict[str, File]:
    return {f.name: f for f in compiled().file if not f.name.startswith("google/")}


def type_of(field: Field, entries: dict[str, Message]) -> str:
    if field.type in SCALARS:
        return SCALARS[field.type]
    name = field.type_name.lstrip(".")
    if name in entries:
        key, value = entries[name].field
        return f"map<{type_of(key, {})}, {type_of(value, {})}>"
    return name


def row_of(field: Field, message: Message, entries: dict[str, Message]) -> Any:
    row: dict[str, Any] = {"n": field.number, "name": field.name}
    row["type"] = type_of(field, entries)
    if field.proto3_optional:
        row["label"] = "optional"
    elif field.HasField("oneof_index"):
        row["oneof"] = message.oneof_decl[field.oneof_index].name
    elif field.label == Field.LABEL_REPEATED and not row["type"].startswith("map<"):
        row["label"] = "repeated"
    return row


def table_of(message: Message, scope: str) -> dict[str, Any]:
    """What a descriptor says, in the shape of the table."""
    full_name = f"{scope}.{message.name}"
    maps = [n for n in message.nested_type if n.options.map_entry]
    entries = {f"{full_name}.{n.name}": n for n in maps}
    found: dict[str, Any] = {"name": message.name}
    found["fields"] = [row_of(f, message, entries) for f in message.field]
    if nested := [n for n in message.nested_type if not n.options.map_entry]:
        found["messages"] = by_name(table_of(n, full_name) for n in nested)
    if message.enum_type:
        enums = ({"name": e.name, "values": values(e)} for e in message.enum_type)
        found["enums"] = by_name(enums)
    return found


def values(enum: Any) -> dict[str, int]:
    return {v.name: v.number for v in enum.value}


def by_name(rows: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The order of declarations is no matter of the wire."""
    return {row["name"]: row for row in rows}


def expected(message: dict[str, Any]) -> dict[str, Any]:
    found = dict(message)
    if "messages" in message:
        found["messages"] = by_name(expected(m) for m in message["messages"])
    if "enums" in message:
        found["enums"] = by_name(iter(message["enums"]))
    return found


def test_files_of_the_table_and_no_others() -> None:
    assert sorted(files()) == sorted(f["file"] for f in TABLE)


@pytest.mark.parametrize("table", TABLE, ids=lambda f: f["file"])
def test_a_file_agrees_with_the_table(table: dict[str, Any]) -> None:
    file = files()[table["file"]]
    assert (file.package, file.syntax) == (table["package"], table["syntax"])
    assert sorted(file.dependency) == sorted(table["imports"])
    found = by_name(table_of(m, file.package) for m in file.message_type)
    assert found == by_name(expected(m) for m in table.get("messages", ()))
    services = {
        s.name: [
            {
                "name": m.name,
                "request": m.input_type.lstrip("."),
                "response": m.output_type.lstrip("."),
            }
            for m in s.method
        ]
        for s in file.service
    }
    assert services == {s["name"]: s["methods"] for s in table.get("services", ())}


def declarations(
    message: Message, path: tuple[int, ...], name: str
) -> Iterator[tuple[tuple[int, ...], str]]:
    """(source path, name) of what must have a comment in a message."""
    yield path, name
    for i, field in enumerate(message.field):
        yield (*path, 2, i), f"{name}.{field.name}"
    for i, oneof in enumerate(message.oneof_decl):
        if not oneof.name.startswith("_"):  # those of optional fields
            yield (*path, 8, i), f"{name}.{oneof.name}"
    for i, enum in enumerate(message.enum_type):
        yield (*path, 4, i), f"{name}.{enum.name}"
        for j, value in enumerate(enum.value):
            yield (*path, 4, i, 2, j), f"{name}.{enum.name}.{value.name}"
    for i, nested in enumerate(message.nested_type):
        if not nested.options.map_entry:
            yield from declarations(nested, (*path, 3, i), f"{name}.{nested.name}")


@pytest.mark.parametrize("file", sorted(files()))
def test_everything_has_a_comment(file: str) -> None:
    found = files()[file]
    places = {
        tuple(p.path): p.leading_comments or p.trailing_comments
        for p in found.source_code_info.location
    }
    wanted = [
        declaration
        for i, message in enumerate(found.message_type)
        for declaration in declarations(message, (4, i), message.name)
    ]
    for i, service in enumerate(found.service):
        wanted.append(((6, i), service.name))
        wanted += [((6, i, 2, j), m.name) for j, m in enumerate(service.method)]
    assert not [name for path, name in wanted if not places.get(path, "").strip()]


def reachable() -> set[str]:
    """The messages that the two services need."""
    todo = [
        kind
        for service in (INBOUND, OUTBOUND)
        for method in pool().FindServiceByName(service).methods
        for kind in (method.input_type, method.output_type)
    ]
    seen: set[str] = set()
    while todo:
        message = todo.pop()
        if message.full_name not in seen:
            seen.add(message.full_name)
            todo += [f.message_type for f in message.fields if f.message_type]
    return {
        name
        for name in seen
        if not name.startswith("google.")
        and not pool().FindMessageTypeByName(name).GetOptions().map_entry
    }


def test_the_sdk_has_the_reachable_messages_and_no_others() -> None:
    package = importlib.import_module("clapshot_organizer").registry
    needed = reachable()
    assert len(needed) == 72
    for name in needed:
        assert package.message(name).__proto__ == name
    for name in ("clapshot.client.ServerToClientCmd", "clapshot.organizer.Nothing"):
        with pytest.raises(LookupError):
            package.message(name)


def test_the_sdk_embeds_the_same_fields() -> None:
    """A pruned file keeps what it keeps as it was."""
    embedded = importlib.import_module("clapshot_organizer._descriptors").FILES
    ours = files()
    for name, (_, data) in embedded.items():
        if name.startswith("google/"):
            continue
        file = File.FromString(data)
        whole = by_name(table_of(m, file.package) for m in ours[name].message_type)
        found = by_name(table_of(m, file.package) for m in file.message_type)
        assert found, name
        for message, table in found.items():
            assert table == whole[message]
