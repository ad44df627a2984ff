"""What do codecs and descriptor pools ask of the package that they belong to? See `package`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from .model import Model, OpenEnum


class Types(Protocol):
    """The messages and enums of a generated package by their full names."""

    def __hash__(self) -> int: ...

    def codec(self, full_name: str) -> Any:
        """The codec of a message."""
        ...

    def message(self, full_name: str) -> type[Model]:
        """The model class of a message."""
        ...

    def enum(self, full_name: str) -> type[OpenEnum]:
        """The class of an enum."""
        ...

    def knows(self, full_name: str) -> bool:
        """Whether the package has such a type, or takes it from another one."""
        ...

    def messages(self) -> Iterator[str]:
        """The full name of every message that the package declares."""
        ...

    def others(self) -> Sequence[Types]:
        """The packages whose types this one uses."""
        ...

    def parser(self, message: Any) -> Callable[[bytes], Any]:
        """What makes messages of a protobuf class from bytes."""
        ...

    def json(self, message: Any) -> tuple[Any, Any]:
        """(class, pool) to write and read ProtoJSON with, in place of protobuf class `message`."""
        ...


class Files(Protocol):
    """The serialized descriptors of a generated package by file."""

    name: str

    @property
    def descriptors(self) -> Any:
        """The generated module that has them."""
        ...

    @property
    def extended_files(self) -> Mapping[str, bytes]:
        """File -> its descriptor with the extensions it declares, if it declares any."""
        ...

    def reused_from(self, file: str) -> Files | None:
        """The package that this one takes the types of `file` from, if it does."""
        ...
