"""Do the protos say what the wire table says, and does everything in them have a comment?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from google.protobuf import descriptor_pb2
from kit.mattermost.facts import PACKAGE, PROTOS, TABLE, compiled

Field = descriptor_pb2.FieldDescriptorProto
File = descriptor_pb2.FileDescriptorProto

_SCALARS = {
    getattr(Field, f"TYPE_{name.upper()}"): name
    for name in ("string", "bytes", "bool", "int32", "int64", "uint32", "double")
}


def _files() -> dict[str, File]:
    ours = {p.name for p in PROTOS.glob("*.proto")}
    return {f.name: f for f in compiled().file if f.name in ours}


def _type(field: Field, entries: dict[str, Any]) -> str:
    """The type of a field in the spelling of the table."""
    if field.type in _SCALARS:
        return _SCALARS[field.type]
    name = field.type_name.lstrip(".")
    if name in entries:
        key, value = entries[name].field
        return f"map<{_type(key, {})}, {_type(value, {})}>"
    return name


def _field(field: Field, entries: dict[str, Any]) -> dict[str, Any]:
    type_ = _type(field, entries)
    row: dict[str, Any] = {"n": field.number, "name": field.name, "type": type_}
    if field.proto3_optional:
        row["label"] = "optional"
    elif field.label == Field.LABEL_REPEATED and not type_.startswith("map<"):
        row["label"] = "repeated"
    return row


def _message(message: descriptor_pb2.DescriptorProto) -> dict[str, Any]:
    prefix = f"{PACKAGE}.{message.name}."
    entries = {prefix + nested.name: nested for nested in message.nested_type}
    assert all(nested.options.map_entry for nested in message.nested_type), message.name
    assert not message.enum_type, message.name
    assert not message.extension_range, message.name
    real_oneofs = len(message.oneof_decl) - sum(f.proto3_optional for f in message.field)
    assert real_oneofs == 0, f"{message.name} has a oneof, the table has none"
    return {"name": message.name, "fields": [_field(f, entries) for f in message.field]}


def _method(method: descriptor_pb2.MethodDescriptorProto) -> dict[str, Any]:
    row = {
        "name": method.name,
        "request": method.input_type.lstrip("."),
        "response": method.output_type.lstrip("."),
    }
    if method.client_streaming or method.server_streaming:
        assert method.client_streaming, method.name
        assert method.server_streaming, method.name
        row["stream"] = "bidi"
    return row


def _as_table(file: File) -> dict[str, Any]:
    """What a descriptor says, in the shape of the table."""
    assert not file.extension, file.name
    table: dict[str, Any] = {
        "file": file.name,
        "package": file.package,
        "syntax": file.syntax,
        "imports": sorted(file.dependency),
        "messages": [_message(m) for m in file.message_type],
        "enums": [
            {"name": e.name, "values": {v.name: v.number for v in e.value}} for e in file.enum_type
        ],
        "services": [
            {"name": s.name, "methods": [_method(m) for m in s.method]} for s in file.service
        ],
    }
    return table


def _expected(file: dict[str, Any]) -> dict[str, Any]:
    services = [
        {
            "name": s["name"],
            "methods": [{k: v for k, v in m.items() if k != "domain"} for m in s["methods"]],
        }
        for s in file.get("services", ())
    ]
    full = {"messages": [], "enums": [], **file, "services": services}
    return full | {"imports": sorted(file["imports"])}


def _by_name(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Rows by name: the order of declarations is no matter of the wire."""
    return {row["name"]: row for row in rows}


def test_files_of_the_table_and_no_others() -> None:
    assert sorted(_files()) == sorted(f["file"] for f in TABLE)


def test_size_of_the_table() -> None:
    """The numbers everybody quotes; they catch a table that was cut."""
    messages = [m for f in TABLE for m in f.get("messages", ())]
    methods = [m for f in TABLE for s in f.get("services", ()) for m in s["methods"]]
    enums = [e for f in TABLE for e in f.get("enums", ())]
    assert (len(messages), len(enums), len(methods)) == (648, 2, 236 + 42)


@pytest.mark.parametrize("table", TABLE, ids=lambda f: f["file"])
def test_file_agrees_with_table(table: dict[str, Any]) -> None:
    found, expected = _as_table(_files()[table["file"]]), _expected(table)
    for part in ("file", "package", "syntax", "imports"):
        assert found[part] == expected[part], part
    for part in ("messages", "enums", "services"):
        assert _by_name(found[part]) == _by_name(expected[part]), part


@pytest.mark.parametrize("table", TABLE, ids=lambda f: f["file"])
def test_sdk_embeds_the_same_descriptor(table: dict[str, Any]) -> None:
    """What the SDK carries is what the proto says now, apart from comments."""
    files = importlib.import_module("mattermost_plugin._descriptors").FILES
    dependencies, data = files[table["file"]]
    expected = File()
    expected.CopyFrom(_files()[table["file"]])
    expected.ClearField("source_code_info")
    assert File.FromString(data) == expected
    assert sorted(dependencies) == sorted(expected.dependency)


# ------------------------------------------------------------------ comments


class Commented(NamedTuple):
    """A declaration and the comment before or behind it."""

    path: str
    name: str
    comment: str


_Path = tuple[int, ...]


def _declarations(file: File) -> Iterator[tuple[_Path, str, str]]:
    """(source path, dotted name, name) of what must have a comment."""
    for i, service in enumerate(file.service):
        yield (6, i), service.name, service.name
        for j, method in enumerate(service.method):
            yield (6, i, 2, j), f"{service.name}.{method.name}", method.name
    for i, message in enumerate(file.message_type):
        yield (4, i), message.name, message.name
        for j, field in enumerate(message.field):
            yield (4, i, 2, j), f"{message.name}.{field.name}", field.name
    for i, enum in enumerate(file.enum_type):
        yield (5, i), enum.name, enum.name
        for j, value in enumerate(enum.value):
            yield (5, i, 2, j), f"{enum.name}.{value.name}", value.name


def _commented(file: File) -> list[Commented]:
    comments = {
        tuple(place.path): place.leading_comments or place.trailing_comments
        for place in file.source_code_info.location
    }
    return [
        Commented(path, name, comments.get(place, "").strip())
        for place, path, name in _declarations(file)
    ]


_EMPTY_WORDS = {"a", "an", "the", "of", "this", "that", "is", "for", "its", "rpc"}
_EMPTY_WORDS |= {"message", "field", "request", "response", "hook", "value", "todo"}


def _words(text: str) -> set[str]:
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return {w.rstrip("s") for w in re.findall(r"[a-z]+", split.lower())}


def _says_nothing(row: Commented) -> bool:
    """Whether a comment repeats the name and no more."""
    return not _words(row.comment) - _words(row.name) - _EMPTY_WORDS


@pytest.mark.parametrize(
    ("name", "comment", "empty"),
    [
        ("User.create_at", "", True),
        ("User.create_at", "The create_at.", True),
        ("PluginAPI.GetUsers", "GetUsers", True),
        ("PluginAPI.GetUsers", "Get users by page.", False),
    ],
)
def test_a_comment_that_repeats_the_name_is_none(name: str, comment: str, empty: bool) -> None:
    row = Commented(name, name.rpartition(".")[2], comment)
    assert _says_nothing(row) is empty


@pytest.mark.parametrize("table", TABLE, ids=lambda f: f["file"])
def test_everything_has_a_comment(table: dict[str, Any]) -> None:
    rows = _commented(_files()[table["file"]])
    missing = [row.path for row in rows if not row.comment]
    assert not missing, f"{len(missing)} without a comment: {missing[:20]}"
    empty = [f"{row.path}: {row.comment}" for row in rows if _says_nothing(row)]
    assert not empty, f"{len(empty)} comments repeat the name only: {empty[:20]}"


@pytest.mark.parametrize(("file", "words"), [("api.proto", "Error"), ("hooks.proto", "On failure")])
def test_every_rpc_says_what_happens_when_it_fails(file: str, words: str) -> None:
    rpcs = [row for row in _commented(_files()[file]) if "." in row.path]
    assert rpcs
    assert not [row.path for row in rpcs if words not in row.comment]


@pytest.mark.parametrize("table", TABLE, ids=lambda f: f["file"])
def test_timestamps_name_their_unit(table: dict[str, Any]) -> None:
    """A plugin author must never guess between seconds and milliseconds."""
    unclear = [
        row.path
        for row in _commented(_files()[table["file"]])
        if row.name.endswith("_at") and "millisecond" not in row.comment.lower()
    ]
    assert not unclear
