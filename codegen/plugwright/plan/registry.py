"""How does an SDK find its types? The context in, `_package.py` and `_descriptors.py` out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import File
from ..python.layout import dictionary
from .context import Context
from .nodes import PythonModule


class DescriptorPlan(NamedTuple):
    """`extended`: as `data`, with the extensions that the file declares, if it does."""

    name: str
    dependencies: tuple[str, ...]
    data: bytes
    extended: bytes


class DescriptorsPlan(NamedTuple):
    """`reused`: (file, package) of each file whose types another package has."""

    files: tuple[DescriptorPlan, ...]
    reused: tuple[tuple[str, str], ...]


class IndexPlan(NamedTuple):
    """`modules`: (full name, module stem) of every type; `nesting`: see `Protos`.

    `reused`: (full name, package) of every type that another package has.
    """

    modules: tuple[tuple[str, str], ...]
    nesting: int
    reused: tuple[tuple[str, str], ...]

    @property
    def arguments(self) -> Iterator[str]:
        """Those of `Package`."""
        yield '__name__.rpartition(".")[0]'
        yield dictionary(self.modules, "    ")
        if self.reused:
            yield f"reused={dictionary(self.reused, '    ')}"
        if self.nesting != 100:
            yield f"nesting={self.nesting}"


def modules(context: Context) -> Iterator[PythonModule]:
    """Both modules."""
    yield PythonModule(
        path="_package.py",
        template="package.py.j2",
        content=_index(context),
        doc="Where each message and enum of this package lives.",
        defines=("PACKAGE",),
    )
    yield PythonModule(
        path="_descriptors.py",
        template="descriptors.py.j2",
        content=_descriptors(context),
        doc="Descriptors of the protos, serialized: file -> (imports, FileDescriptorProto).",
        defines=("EXTENDED", "FILES", "REUSED"),
    )


def _index(context: Context) -> IndexPlan:
    """Which type lives where; a class that is only a namespace of some is none."""
    schema = context.schema
    declared = [n for n in context.own if n in schema.messages or n in schema.enums]
    places = sorted((n, context.types[n].model.module.rpartition(".")[2]) for n in declared)
    return IndexPlan(
        modules=tuple(places),
        nesting=context.settings.protos.nesting,
        reused=tuple(context.reused.types.items()),
    )


def _descriptors(context: Context) -> DescriptorsPlan:
    """The serialized descriptors of the files and of all they import."""
    files = sorted(_with_imports(context), key=lambda f: f.name)
    return DescriptorsPlan(
        files=tuple(
            DescriptorPlan(f.name, tuple(sorted(f.dependencies)), f.wire, f.extended) for f in files
        ),
        reused=tuple(sorted(context.reused.files.items())),
    )


def _with_imports(context: Context) -> Iterator[File]:
    """What a descriptor pool needs to load the files that models are written for.

    What the files import that other packages have is in those packages.
    """
    by_name, reused = {f.name: f for f in context.schema.files}, context.reused.files
    todo = [*reused, *(f.name for f in context.files)]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            yield by_name[name]
            todo += () if name in reused else by_name[name].dependencies
