"""Which types come from other packages, and what must be written for them?

The generated files and the schema in, `Reused` out, and the module with the converters. Their
models are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..protos.schema import Enum, File, Message, Schema, references, walk
from ..python import names
from .kinds import WELL_KNOWN, TypeNames
from .model_nodes import EnumTablePlan, ReusedConverterPlan, ReusedPlan
from .naming import FileNames, referenced_types
from .nodes import PythonModule

MODULE = "._reused"


class Reused(NamedTuple):
    """`types`: full name -> package of each type that the SDK reaches in other packages; `files`:
    the files that declare them -> package; `converted`: those that fields of the SDK have.
    """

    types: Mapping[str, str]
    files: Mapping[str, str]
    converted: tuple[Message | Enum, ...]


def find(files: Iterable[File], schema: Schema) -> Reused:
    """What the generated `files` take from other packages."""
    homes = {f.name: f.reused for f in schema.files if f.reused}
    if not homes:
        return Reused({}, {}, ())
    files = tuple(files)
    reached = _reached({t for f in files for t in referenced_types(f)}, homes, schema)
    ordered = sorted(reached)
    of_fields = {t for f in files for m in walk(f.messages) for t in references(m)}
    return Reused(
        {n: homes[reached[n].file] for n in ordered},
        {reached[n].file: homes[reached[n].file] for n in ordered},
        tuple(reached[n] for n in ordered if n in of_fields),
    )


def _reached(
    names: set[str], homes: Mapping[str, str], schema: Schema
) -> dict[str, Message | Enum]:
    found: dict[str, Message | Enum] = {}
    todo = list(names)
    while todo:
        name = todo.pop()
        declared = schema.declared(name)
        if name not in found and declared.file in homes:
            found[name] = declared
            if isinstance(declared, Message):
                todo += set(references(declared)) - WELL_KNOWN.keys()
    return found


def type_names(schema: Schema) -> dict[str, TypeNames]:
    """Model class and converters of the types that other packages have: their model, as its name
    follows from the proto, and converters that this package calls by names of its own.
    """
    found: dict[str, TypeNames] = {}
    functions: set[str] = set()
    files = [f for f in schema.files if f.reused]
    modules: dict[str, str] = {}
    for package in {f.reused for f in files}:
        own = [f.name for f in files if f.reused == package]
        modules |= names.modules({n: names.module(n) for n in own})
    for file in files:
        models = f"{file.reused}.models.{modules[file.name]}"
        FileNames(models, MODULE, found, functions).add(file)
    return found


def modules(reused: Reused, types: Mapping[str, TypeNames]) -> Iterator[PythonModule]:
    """`_reused.py`; nothing if no field has a type of another package."""
    if not reused.converted:
        return
    tables: list[EnumTablePlan] = []
    converters: list[ReusedConverterPlan] = []
    for declared in reused.converted:
        python = types[declared.full_name]
        read, write = python.read.name, python.write.name
        if isinstance(declared, Enum):
            tables.append(EnumTablePlan(declared.full_name, read, python.model))
        else:
            converters.append(ReusedConverterPlan(read, write, python.model))
    yield PythonModule(
        path="_reused.py",
        template="reused.py.j2",
        content=ReusedPlan(tuple(tables), tuple(converters)),
        doc="Converters of the types that other packages have.",
        defines=(
            *(t.name for t in tables),
            *(n for c in converters for n in (c.reader, c.writer)),
        ),
    )
