"""Does the proto say what the wire table says, and does everything in it have a comment?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from kit.compiled import descriptors
from kit.places import ROOT

TABLE = json.loads(Path(__file__).with_name("facts.json").read_text("utf-8"))

Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    Field.TYPE_STRING: "string",
    Field.TYPE_BYTES: "bytes",
    Field.TYPE_BOOL: "bool",
    Field.TYPE_INT32: "int32",
    Field.TYPE_INT64: "int64",
    Field.TYPE_DOUBLE: "double",
}


def compiled() -> Any:
    return descriptors(ROOT / "proto" / "openrun").file


def kind(field: Any, entries: dict[str, Any]) -> str:
    name = field.type_name.lstrip(".")
    if name in entries:
        key, value = entries[name].field
        return f"map<{kind(key, {})}, {kind(value, {})}>"
    return name or _SCALARS[field.type]


def message(found: Any, package: str) -> dict[str, Any]:
    prefix = f"{package}.{found.name}."
    entries = {prefix + nested.name: nested for nested in found.nested_type}
    assert all(nested.options.map_entry for nested in found.nested_type)
    assert not found.enum_type
    fields = []
    for field in found.field:
        row = {"n": field.number, "name": field.name, "type": kind(field, entries)}
        assert not field.proto3_optional
        if field.HasField("oneof_index"):
            row["oneof"] = found.oneof_decl[field.oneof_index].name
        elif field.label == Field.LABEL_REPEATED and row["type"][:4] != "map<":
            row["label"] = "repeated"
        fields.append(row)
    return {"name": found.name, "fields": fields}


def service(found: Any) -> dict[str, Any]:
    assert not any(m.client_streaming or m.server_streaming for m in found.method)
    methods = [
        {
            "name": m.name,
            "request": m.input_type.lstrip("."),
            "response": m.output_type.lstrip("."),
        }
        for m in found.method
    ]
    return {"name": found.name, "methods": methods}


def test_the_proto_is_that_of_the_table() -> None:
    (file,) = compiled()
    table = {
        "file": file.name,
        "package": file.package,
        "syntax": file.syntax,
        "imports": list(file.dependency),
        "messages": [message(m, file.package) for m in file.message_type],
        "services": [service(s) for s in file.service],
    }
    assert [table] == TABLE["files"]


def test_everything_has_a_comment() -> None:
    (file,) = compiled()
    commented = {
        tuple(place.path)
        for place in file.source_code_info.location
        if place.leading_comments.strip()
    }
    wanted = {(4, i) for i in range(len(file.message_type))}
    for i, found in enumerate(file.message_type):
        wanted |= {(4, i, 2, j) for j in range(len(found.field))}
        wanted |= {(4, i, 8, j) for j in range(len(found.oneof_decl))}
    wanted |= {(6, 0), *((6, 0, 2, j) for j in range(len(file.service[0].method)))}
    assert wanted <= commented


def test_the_counts_of_the_facts() -> None:
    (file,) = compiled()
    fields = [f for m in file.message_type for f in m.field]
    assert (len(file.message_type), len(fields)) == (29, 81)
    assert [len(s.method) for s in file.service] == [8]
    (oneof,) = [m for m in file.message_type if m.oneof_decl]
    assert len(oneof.field) == 16
