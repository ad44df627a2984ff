"""Which descriptors does a package load, and when? A private pool, filled a file at a time.

It is private so that two SDKs, or an SDK and a `_pb2` module, may both declare the same names.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Imported by name below, so tools that freeze a program must see them here.
    from google.protobuf import any_pb2 as any_pb2
    from google.protobuf import duration_pb2 as duration_pb2
    from google.protobuf import empty_pb2 as empty_pb2
    from google.protobuf import field_mask_pb2 as field_mask_pb2
    from google.protobuf import struct_pb2 as struct_pb2
    from google.protobuf import timestamp_pb2 as timestamp_pb2
    from google.protobuf import wrappers_pb2 as wrappers_pb2

    from .known_types import Files


class DescriptorPool:
    """The descriptors of `package`, and what they import from the packages it reuses.

    `extended`: with the extensions that the protos declare. Without, the wire has no name for them,
    so they are unknown fields, which models keep.
    """

    def __init__(self, package: Files, extended: bool = False) -> None:
        from google.protobuf import descriptor_pool

        self._package = package
        self._extended = extended
        self._pool: Any = descriptor_pool.DescriptorPool()
        self._loaded: set[str] = set()
        self._complete = False

    def with_file(self, file: str) -> Any:
        """The pool, with `file` and what it imports loaded."""
        stack: list[tuple[Files, str]] = [(self._package, file)]
        while stack:
            importer, current = stack[-1]
            if current in self._loaded:
                stack.pop()
                continue
            owner, dependencies, data = self._source(current, importer)
            todo = [(owner, d) for d in dependencies if d not in self._loaded]
            if todo:
                stack += todo
            else:
                self._add(current, owner, data)
                self._loaded.add(current)
                stack.pop()
        return self._pool

    def complete(self) -> Any:
        """The pool with every file of the package, and the well-known types: for ProtoJSON, which
        writes what is in an `Any`."""
        if not self._complete:
            for file in self._package.descriptors.FILES:
                self.with_file(file)
            for name in _WELL_KNOWN:
                if (path := f"google/protobuf/{name}.proto") not in self._loaded:
                    # A file of the package may declare these types itself.
                    with contextlib.suppress(TypeError):
                        self._pool.AddSerializedFile(_well_known(name, path))
            self._complete = True
        return self._pool

    def _add(self, file: str, owner: Files, data: bytes) -> None:
        try:
            self._pool.AddSerializedFile(data)
        except TypeError as error:
            if owner is self._package:
                raise
            text = f"{file} of {owner.name} does not fit the protos of"
            text = f"{text} {self._package.name}: {error}; generate both from the same protos"
            raise ImportError(text, name=owner.name) from None

    def _source(self, file: str, importer: Files) -> tuple[Files, tuple[str, ...], bytes]:
        """(package that has it, imports, descriptor) of a file that one of `importer` imports.

        What the package has itself comes first; a file whose types it takes from another package
        has the descriptor that the other one's converters were generated with.
        """
        own = self._package.descriptors.FILES
        package = self._package if file in own else importer
        while (other := package.reused_from(file)) is not None:
            package = other
        dependencies, data = package.descriptors.FILES[file]
        if self._extended:
            data = package.extended_files.get(file, data)
        return package, dependencies, data


_WELL_KNOWN = (
    "any",
    "duration",
    "empty",
    "field_mask",
    "struct",
    "timestamp",
    "wrappers",
)


def _well_known(name: str, path: str) -> bytes:
    """The serialized descriptor of a file that protobuf brings along."""
    from google.protobuf import descriptor_pool

    importlib.import_module(f"google.protobuf.{name}_pb2")
    file: Any = descriptor_pool.Default().FindFileByName(path)
    data: bytes = file.serialized_pb
    return data
