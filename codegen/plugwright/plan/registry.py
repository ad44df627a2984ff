"""How does an SDK find its types? The context in, `_package.py` and `_descriptors.py` out."""

from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import File, walk
from ..python.layout import dictionary, display, quote, words
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
    """`types`: (proto package, the types of each module stem); `nesting`: see `Protos`.

    `reused`: (full name, package) of every type that another package has.
    """

    types: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...]
    nesting: int
    reused: tuple[tuple[str, str], ...]

    @property
    def arguments(self) -> Iterator[str]:
        """Those of `Package`."""
        yield '__name__.rpartition(".")[0]'
        rows = [f"{quote(scope)}: {words(stems, ' ' * 8)}" for scope, stems in self.types]
        yield display("{", rows, "}", "    ").removeprefix("    ")
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
    found: dict[str, dict[str, list[str]]] = {}
    for scope, stem, name in sorted(_places(context)):
        found.setdefault(scope, {}).setdefault(stem, []).append(name)
    return IndexPlan(
        types=tuple(
            (scope, tuple((stem, tuple(names)) for stem, names in stems.items()))
            for scope, stems in found.items()
        ),
        nesting=context.settings.protos.nesting,
        reused=tuple(context.reused.types.items()),
    )


def _places(context: Context) -> Iterator[tuple[str, str, str]]:
    """Proto package, stem of the module and name in the package of every message and enum."""
    for file in context.files:
        messages = list(walk(file.messages))
        declared = [m.full_name for m in messages if not m.namespace]
        declared += [e.full_name for e in file.enums]
        declared += [e.full_name for m in messages for e in m.enums]
        for full_name in declared:
            yield file.package, context.stem(file), full_name.removeprefix(f"{file.package}.")


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
