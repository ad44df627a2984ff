"""Which names could break generated code, and protos made of them in every position.

The names are mined, not listed: Python's keywords and builtins, the names of its protocols, every
name that the runtime has, and every name that generated modules contain. So a new local variable
in a template is a landmine from the moment it is there. The protos are built as descriptors,
because a .proto file cannot say all that a descriptor set can.
"""

from __future__ import annotations

import builtins
import enum
import functools
import importlib
import io
import keyword
import pkgutil
import re
import tokenize
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import plugwright_runtime
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from kit.generating.cases import GOOD, Case
from plugwright import generation
from plugwright.output.source import SourceFile
from plugwright.python import names
from plugwright_runtime.hooks.plugin import PluginBase
from plugwright_runtime.message.model import Model, OneofCase, OpenEnum
from plugwright_runtime.rpc.client_async import AsyncClient
from plugwright_runtime.rpc.client_sync import SyncClient
from plugwright_runtime.rpc.servicer import Servicer

_F = FieldDescriptorProto
# Fields of a message, members of a oneof: with hundreds of them, type checkers give up.
_FEW = 40
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)
# What classes of generated code inherit from, or may be taken for.
_BASES: tuple[object, ...] = (
    *(object, type, int, str, enum.IntEnum),
    *(Model, OneofCase, OpenEnum, SyncClient, AsyncClient, Servicer, PluginBase),
)


@functools.cache
def written() -> frozenset[str]:
    """Python's keywords, and every name that generated modules have whatever their proto says:
    what a type checker that reads them could take for something else."""
    counts = Counter(name for case in _CASES for name in _names_in(case))
    found = {name for name, count in counts.items() if count > 1}
    own = {*keyword.kwlist, *keyword.softkwlist, "_", "_x_", "__x", "from_", "MYPY"}
    return frozenset(found | own)


# Together they have every kind of statement that templates can write.
_CHOSEN = (
    "scalars",
    "oneofs",
    "streams",
    "well_known",
    "hooks",
    "hooks_answers",
    "hooks_changes",
    "error_convention",
)
_CASES = [case for case in GOOD if case.name in _CHOSEN]


def _names_in(case: Case) -> set[str]:
    sources = (f.text for f in case.generate() if f.path.endswith(".py"))
    lines = (io.StringIO(text).readline for text in sources)
    tokens = (token for line in lines for token in tokenize.generate_tokens(line))
    return {token.string for token in tokens if token.type == tokenize.NAME}


@functools.cache
def mined() -> frozenset[str]:
    """Every landmine: what is `written`, and what only running code can step on."""
    found = {*dir(builtins), "__", "_0", "None_", "_import", "pb__init__", "pb_x_"}
    found |= {name for thing in _BASES for name in dir(thing)}
    return written() | found | set(_runtime_names())


def _runtime_names() -> Iterator[str]:
    """The names of the runtime's modules, and what they define in public."""
    for info in pkgutil.walk_packages(plugwright_runtime.__path__, "plugwright_runtime."):
        yield info.name.rpartition(".")[2]
        if "goplugin" in info.name:  # nothing of it meets generated code
            continue
        for name, value in vars(importlib.import_module(info.name)).items():
            if name[0] != "_" and getattr(value, "__module__", "") == info.name:
                yield name


def generate(data: FileDescriptorSet, package: str, folder: Path) -> tuple[SourceFile, ...]:
    """What comes out of `data` in the zero-config form."""
    path = folder / f"{package}.binpb"
    path.write_bytes(data.SerializeToString())
    sources = generation.Sources((), (), path)
    job = generation.zero_config(package, Path("unused"), sources)
    return generation.render(job, lambda text: None)


def sets(names: Iterable[str]) -> dict[str, FileDescriptorSet]:
    """A descriptor set for each position that a name can have."""
    mined = sorted(name for name in names if _IDENTIFIER.match(name))
    return {
        "fields": _one(_fields_file(mined)),
        "oneofs": _one(_oneofs_file(mined)),
        "enums": _one(_enums_file(mined)),
        "messages": _one(_messages_file(mined)),
        "nested": _one(_nested_file(mined)),
        "methods": _one(_methods_file(mined)),
        "services": _one(_services_file(mined)),
        "files": FileDescriptorSet(file=_files(mined)),
    }


def _one(file: FileDescriptorProto) -> FileDescriptorSet:
    return FileDescriptorSet(file=[file])


def _file(name: str) -> FileDescriptorProto:
    file = FileDescriptorProto(name=f"{name}.proto", package=f"mines.{name}", syntax="proto3")
    color = file.enum_type.add(name="ZColor")
    color.value.add(name="Z_COLOR_NONE", number=0)
    file.message_type.add(name="ZThing").field.append(_field("id", 1, _F.TYPE_STRING))
    return file


def _field(name: str, number: int, kind: _F.Type, type_name: str = "") -> FieldDescriptorProto:
    field = _F(name=name, number=number, type=kind, label=_F.LABEL_OPTIONAL)
    field.json_name = f"z{number}"  # JSON names that meet are an error of protoc's
    if type_name:
        field.type_name = type_name
    return field


def _add(message: DescriptorProto, name: str, kind: int, scope: str) -> None:
    """A field `name` of one of nine kinds; `scope`: the package with ZThing and ZColor."""
    number = len(message.field) + 1
    types = (_F.TYPE_INT64, _F.TYPE_STRING, _F.TYPE_BYTES, _F.TYPE_FLOAT, _F.TYPE_BOOL)
    if kind < len(types):
        field = _field(name, number, types[kind])
    elif kind == 5:
        field = _field(name, number, _F.TYPE_ENUM, f".{scope}.ZColor")
    else:
        field = _field(name, number, _F.TYPE_MESSAGE, f".{scope}.ZThing")
    if kind in (7, 8):
        field.label = _F.LABEL_REPEATED
    if kind == 8:
        entry = message.nested_type.add(name=f"Z{number}Entry")
        entry.options.map_entry = True
        entry.field.append(_field("key", 1, _F.TYPE_STRING))
        entry.field.append(_field("value", 2, _F.TYPE_MESSAGE, f".{scope}.ZThing"))
        field.type_name = f".{scope}.{message.name}.{entry.name}"
    message.field.append(field)


def _fields_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("fields")
    service = file.service.add(name="ZService")
    for start in range(0, len(mined), _FEW):
        few = mined[start : start + _FEW]
        optional = _optional(file.message_type.add(name=f"ZOptional{start}"), few)
        for shift in range(3):  # each name is a field of three different kinds
            message = file.message_type.add(name=f"ZFields{start}_{shift}Request")
            for index, name in enumerate(few):
                _add(message, name, (index + 3 * shift) % 9, file.package)
            service.method.add(
                name=f"ZCall{start}_{shift}",
                input_type=f".{file.package}.{message.name}",
                output_type=f".{file.package}.{optional.name}",
            )
    return file


def _optional(message: DescriptorProto, mined: list[str]) -> DescriptorProto:
    for index, name in enumerate(mined):
        field = _field(name, index + 1, _F.TYPE_STRING)
        field.proto3_optional = True
        field.oneof_index = index
        message.field.append(field)
        message.oneof_decl.add(name=f"X{index}_")
    return message


def _oneofs_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("oneofs")
    for start in range(0, len(mined), _FEW):
        named = file.message_type.add(name=f"ZNamed{start}")
        for index, name in enumerate(mined[start : start + _FEW]):
            named.oneof_decl.add(name=name)
            for number in (2 * index + 1, 2 * index + 2):
                field = _field(f"z{number}", number, _F.TYPE_INT32)
                field.oneof_index = index
                named.field.append(field)
    groups = _distinct(mined, lambda n: names.type_name(names.camel(n)))
    few = (g[i : i + _FEW] for g in groups for i in range(0, len(g), _FEW))
    for index, group in enumerate(few):
        message = file.message_type.add(name=f"ZMembers{index}")
        message.oneof_decl.add(name="z_pick")
        for number, name in enumerate(group, 1):
            field = _field(name, number, (_F.TYPE_INT32, _F.TYPE_STRING)[number % 2])
            field.oneof_index = 0
            message.field.append(field)
    return file


def _enums_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("enums")
    for start in range(0, len(mined), _FEW):
        holder = file.message_type.add(name=f"ZHolder{start}")
        for index, name in enumerate(mined[start : start + _FEW]):
            created = file.enum_type.add(name=name)
            created.value.add(name=f"Z{start + index}", number=0)
            type_name = f".{file.package}.{name}"
            holder.field.append(_field(f"z{index}", index + 1, _F.TYPE_ENUM, type_name))
            # A field of its name hides the enum from the class body.
            number = _FEW + index + 1
            holder.field.append(_field(name, number, _F.TYPE_ENUM, type_name))
    values = file.message_type.add(name="ZValues")
    values.enum_type.append(_values("ZEnum", mined))
    values.field.append(_field("z", 1, _F.TYPE_ENUM, f".{file.package}.ZValues.ZEnum"))
    prefixed = file.message_type.add(name="ZPrefixed")
    prefixed.enum_type.append(_values("ZOther", [f"Z_OTHER_{name}" for name in mined]))
    return file


def _values(name: str, values: list[str]) -> EnumDescriptorProto:
    created = EnumDescriptorProto(name=name)
    for number, value in enumerate(values):
        created.value.add(name=value, number=number)
    return created


def _messages_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("messages")
    for start in range(0, len(mined), _FEW):
        holder = file.message_type.add(name=f"ZHolder{start}")
        for index, name in enumerate(mined[start : start + _FEW]):
            message = file.message_type.add(name=name)
            type_name = f".{file.package}.{name}"
            message.field.append(_field("z", 1, _F.TYPE_MESSAGE, type_name))
            _add(message, "z_kind", index % 9, file.package)
            holder.field.append(_field(name, index + 1, _F.TYPE_MESSAGE, type_name))
    return file


def _nested_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("nested")
    for start in range(0, len(mined), _FEW):
        outer = file.message_type.add(name=f"ZOuter{start}")
        for index, name in enumerate(mined[start : start + _FEW]):
            inner = outer.nested_type.add(name=name)
            type_name = f".{file.package}.{outer.name}.{name}"
            kind = (_F.TYPE_STRING, _F.TYPE_INT32)[index % 2]
            inner.field.append(_field(name, 1, _F.TYPE_MESSAGE, type_name))
            inner.field.append(_field("z", 2, kind))
            field = _field(f"z{index}", index + 1, _F.TYPE_MESSAGE, type_name)
            outer.field.append(field)
    return file


def _methods_file(mined: list[str]) -> FileDescriptorProto:
    file = _file("methods")
    for index, group in enumerate(_distinct(mined, names.method)):
        service = file.service.add(name=f"ZMethods{index}")
        for name in group:
            _method(service, name, file.package, len(service.method))
    return file


def _services_file(mined: list[str]) -> FileDescriptorProto:
    """Not every name: a service is a module of its own, and they are the slowest to check."""
    file = _file("services")
    chosen = [n for n in mined if keyword.iskeyword(n) or n in _SERVICES]
    for name in _distinct(chosen, names.snake)[0]:
        service = file.service.add(name=name)
        _method(service, f"Z{name}", file.package, len(file.service))
    return file


_SERVICES = (
    {"type", "match", "self", "list", "str", "clients", "models", "typing", "_"}
    | {"__init__", "response", "Servicer", "Client", "SyncClient", "Metadata"}
    | {"annotations", "lazy_names"}
)


def _method(service: ServiceDescriptorProto, name: str, scope: str, index: int) -> None:
    service.method.add(
        name=name,
        input_type=f".{scope}.ZThing",
        output_type=f".{scope}.ZThing",
        client_streaming=index % 4 in (1, 3),
        server_streaming=index % 4 in (2, 3),
    )


def _files(mined: list[str]) -> Iterator[FileDescriptorProto]:
    """A file, a package and a message of the same name; each imports the one before."""
    chosen = {*keyword.kwlist, *keyword.softkwlist, *_FILES}.intersection(mined)
    last = ""
    for name in sorted(chosen):
        file = FileDescriptorProto(name=f"{name}.proto", package=f"{name}.z", syntax="proto3")
        message = file.message_type.add(name=name)
        message.field.append(_field(name, 1, _F.TYPE_MESSAGE, f".{name}.z.{name}"))
        if last:
            file.dependency.append(f"{last}.proto")
            message.field.append(_field("z", 2, _F.TYPE_MESSAGE, f".{last}.z.{last}"))
        last = name
        yield file


_FILES = (
    {"types", "typing", "enum", "datetime", "builtins", "models", "clients"}
    | {"servicers", "registry", "_package", "_convert", "_descriptors", "__init__"}
    | {"__main__", "codec", "wire", "model", "m", "o", "x", "self", "annotations"}
    | {"lazy", "lazy_names", "str", "list", "Model", "PACKAGE", "google"}
)


def _distinct(mined: list[str], key: Callable[[str], str]) -> list[list[str]]:
    """Groups of names in which no two have the same `key`: those are an error of their own."""
    groups: list[dict[str, str]] = []
    for name in mined:
        python = key(name)
        group = next((g for g in groups if python not in g), None)
        if group is None:
            groups.append(group := {})
        group[python] = name
    return [list(g.values()) for g in groups]
