"""What does a generated package know about its types, and how are they reached at run time?

One `Package` per SDK, made by generated code. It owns a private descriptor pool, so two SDKs (or
an SDK and a `_pb2` module) may both declare the same names, and loads descriptors, models and
converters one proto file at a time, when a type of it is first used.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from .errors import UnknownTypeError
from .model import Model, OpenEnum

M = TypeVar("M", bound=Model)


class Codec(Generic[M]):
    """How one model class meets the wire.

    `message`: the protobuf class, from the package's pool; `read(message, keep=True) -> model`
    and `write(model, message)` are the generated converters. `keep`: whether fields that the
    package does not know are kept in `__unknown__`.
    """

    __slots__ = ("message", "model", "package", "read", "write")

    def __init__(
        self,
        package: Package,
        model: type[M],
        message: Callable[[], Any],
        read: Callable[..., M],
        write: Callable[[M, Any], None],
    ) -> None:
        self.package = package
        self.model = model
        self.message: Any = message
        self.read = read
        self.write = write


class Package:
    """The types of one generated package.

    `name`: its import name; `modules`: full name of each message and enum -> stem of its module;
    `files`: stem of the module with the serialized descriptors.
    """

    def __init__(
        self, name: str, modules: Mapping[str, str], files: str = "._descriptors"
    ) -> None:
        self.name = name
        self._modules = modules
        self._files = files
        self._codecs: dict[str, Codec[Any]] = {}
        self._lock = threading.RLock()
        self._pool: Any = None
        self._loaded: set[str] = set()

    def __repr__(self) -> str:
        return f"<Package {self.name}: {len(self._modules)} types>"

    def message(self, full_name: str) -> type[Model]:
        """The model class of a message, e.g. `mattermost.pluginapi.v1.User`."""
        return self.codec(full_name).model

    def enum(self, full_name: str) -> type[OpenEnum]:
        """The class of an enum."""
        found: type[OpenEnum] | None = self._converters(full_name).ENUMS.get(full_name)
        if found is None:
            raise UnknownTypeError(
                f"{full_name} is a message of {self.name}, not an enum"
            )
        return found

    def messages(self) -> Iterator[str]:
        """The full name of every message; loads all converters."""
        for name in self._modules:
            if name in self._converters(name).CODECS:
                yield name

    def codec(self, full_name: str) -> Codec[Any]:
        """The codec of a message, loaded at first use."""
        codec = self._codecs.get(full_name)
        if codec is None:
            with self._lock:
                codec = self._codecs[full_name] = self._load(full_name)
        return codec

    def _load(self, full_name: str) -> Codec[Any]:
        converters = self._converters(full_name)
        entry = converters.CODECS.get(full_name)
        if entry is None:
            raise UnknownTypeError(
                f"{full_name} is an enum of {self.name}, not a message"
            )
        model, read, write = entry
        return Codec(
            self, model, self._message_class(full_name, converters.FILE), read, write
        )

    def _converters(self, full_name: str) -> Any:
        module = self._modules.get(full_name)
        if module is None:
            raise UnknownTypeError(
                f"{self.name} has no type {full_name!r}; names are full, as in "
                f"{next(iter(self._modules), 'package.Message')!r}"
            )
        return importlib.import_module(f"{self.name}._convert.{module}")

    def _message_class(self, full_name: str, file: str) -> Any:
        from google.protobuf import message_factory

        pool = self._with_file(file)
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))

    def _with_file(self, file: str) -> Any:
        """The pool, with `file` and what it imports loaded."""
        from google.protobuf import descriptor_pool

        if self._pool is None:
            self._pool = descriptor_pool.DescriptorPool()
        files = importlib.import_module(self._files, self.name).FILES
        stack = [file]
        while stack:
            current = stack[-1]
            dependencies, data = files[current]
            todo = [d for d in dependencies if d not in self._loaded]
            if current in self._loaded:
                stack.pop()
            elif todo:
                stack += todo
            else:
                self._pool.AddSerializedFile(data)
                self._loaded.add(current)
                stack.pop()
        return self._pool

    @property
    def pool(self) -> Any:
        """The descriptor pool with every file of the package: for ProtoJSON's `Any`."""
        with self._lock:
            for file in importlib.import_module(self._files, self.name).FILES:
                self._with_file(file)
        return self._pool


def package_of(name: str) -> Package:
    """The `Package` of the generated package `name`."""
    package: Package = importlib.import_module(f"{name}._package").PACKAGE
    return package


_CODEC = "__codec__"


class _LazyCodec:
    """`Model.__codec__`: found through the module that defines the generated class."""

    def __get__(self, instance: object, owner: type[Model]) -> Codec[Any]:
        for base in _models(owner):
            if "__proto__" in base.__dict__ and base is not Model:
                home = base.__module__.rpartition(".models.")[0]
                codec = package_of(home).codec(base.__proto__)
                setattr(base, _CODEC, codec)
                return codec
        raise TypeError(f"{owner.__qualname__} is no generated model")


def _models(owner: type[Model]) -> list[type[Model]]:
    return [base for base in owner.__mro__ if issubclass(base, Model)]


# Not by its name: what is set is a descriptor, whatever type the attribute is declared with.
setattr(Model, _CODEC, _LazyCodec())
