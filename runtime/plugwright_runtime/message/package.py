"""What does a generated package know about its types, and how are they reached at run time?

One `Package` per SDK, made by generated code. It owns a private descriptor pool, and loads
descriptors, models and converters one proto file at a time, when a type of it is first used.
"""

from __future__ import annotations

import functools
import importlib
import operator
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from ..exceptions import UnknownTypeError
from .codec import Codec
from .model import Model, OpenEnum

if TYPE_CHECKING:
    from .descriptor_pool import DescriptorPool
    from .wkt_any import AnyMessage

Entry: TypeAlias = tuple[type[Model], Any, Any]  # model class, reader, writer


class Package:
    """The types of one generated package.

    `name`: its import name; `types`: proto package -> stem of a module -> names of the messages and
    enums in it, one behind the other; `files`: stem of the module with the serialized descriptors;
    `nesting`: how many messages may nest in one that arrives; `reused`: full name -> import name of
    the package that has the type.
    """

    def __init__(
        self,
        name: str,
        types: Mapping[str, Mapping[str, str]],
        files: str = "._descriptors",
        nesting: int = 100,
        reused: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.reused = reused
        self._nesting = nesting
        self._modules = dict(_modules(types))
        self._files = files
        self._codecs: dict[str, Codec[Any]] = {}
        self._tables: dict[str, Mapping[str, Entry]] = {}
        self._lock = threading.RLock()
        self._pool: DescriptorPool | None = None
        self._extended: DescriptorPool | None = None

    def __repr__(self) -> str:
        return f"<Package {self.name}: {len(self._modules)} types>"

    def message(self, full_name: str) -> type[Model]:
        """The model class of a message, e.g. `mattermost.pluginapi.v1.User`."""
        return self.codec(full_name).model

    def enum(self, full_name: str) -> type[OpenEnum]:
        """The class of an enum."""
        found: type[OpenEnum] | None = self._converters(full_name).ENUMS.get(full_name)
        if found is None:
            raise UnknownTypeError(f"{full_name} is a message of {self.name}, not an enum")
        return found

    def unpack(self, packed: AnyMessage) -> Model | None:
        """The message in `packed`, of the class that its type URL names.

        None if that is no message of this package: `packed` itself holds all there is. Raises
        DecodeError if the bytes are not such a message.
        """
        name = packed.type_name
        if not self.knows(name):
            return None
        if name not in self._entries(name):
            return None
        return packed.unpack(self.message(name))

    def messages(self) -> Iterator[str]:
        """The full name of every message; loads all converters."""
        for name in self._modules:
            if name in self._entries(name):
                yield name

    def codec(self, full_name: str) -> Codec[Any]:
        """The codec of a message, loaded at first use."""
        codec = self._codecs.get(full_name)
        if codec is None and full_name in self.reused:
            # Without the lock: the other package may use types of this one.
            codec = package_of(self.reused[full_name]).codec(full_name)
            self._codecs[full_name] = codec
        elif codec is None:
            with self._lock:
                codec = self._codecs[full_name] = self._load(full_name)
        return codec

    def parser(self, message: Any) -> Callable[[bytes], Any]:
        """What makes messages of a protobuf class from bytes."""
        if self._nesting <= 100:  # what protobuf parses
            shallow: Callable[[bytes], Any] = message.FromString
            return shallow
        from .deep_parsing import parse

        return functools.partial(parse, message, self._nesting)

    def declares(self, full_name: str) -> bool:
        """Whether the package has the type itself."""
        return full_name in self._modules

    def knows(self, full_name: str) -> bool:
        """Whether the package has such a type, or takes it from another one."""
        return full_name in self._modules or full_name in self.reused

    def entry(self, full_name: str) -> Entry:
        """The converters of a message."""
        entry = self._entries(full_name).get(full_name)
        if entry is None:
            raise UnknownTypeError(f"{full_name} is an enum of {self.name}, not a message")
        return entry

    def _entries(self, full_name: str) -> Mapping[str, Entry]:
        """The entries of all messages in the module of a type, by full name."""
        if full_name in self.reused:
            return package_of(self.reused[full_name])._entries(full_name)
        module = self._converters(full_name)
        entries = self._tables.get(module.__name__)
        if entries is None:
            entries = {entry[0].__proto__: entry for entry in _converted(module)}
            self._tables[module.__name__] = entries
        return entries

    def _load(self, full_name: str) -> Codec[Any]:
        model, read, write = self.entry(full_name)
        file = self._converters(full_name).FILE
        return Codec(self, model, self._message_class(full_name, file), read, write)

    def _converters(self, full_name: str) -> Any:
        if full_name in self.reused:
            return package_of(self.reused[full_name])._converters(full_name)
        module = self._modules.get(full_name)
        if module is None:
            raise UnknownTypeError(
                f"{self.name} has no type {full_name!r}; names are full, as in "
                f"{next(iter(self._modules), 'package.Message')!r}"
            )
        return importlib.import_module(f"{self.name}._convert.{module}")

    def _message_class(self, full_name: str, file: str) -> Any:
        from google.protobuf import message_factory

        pool = self._descriptor_pool().with_file(file)
        return message_factory.GetMessageClass(pool.FindMessageTypeByName(full_name))

    @property
    def descriptors(self) -> Any:
        """The generated module with the serialized descriptors."""
        return importlib.import_module(self._files, self.name)

    @property
    def reused_files(self) -> Mapping[str, str]:
        """File -> import name of the package that has its types."""
        files: Mapping[str, str] = self.descriptors.REUSED if self.reused else {}
        return files

    def reused_from(self, file: str) -> Package | None:
        """The package that this one takes the types of `file` from, if it does."""
        name = self.reused_files.get(file)
        return None if name is None else package_of(name)

    def descriptor(self, file: str) -> bytes | None:
        """The serialized descriptor that the package was generated with."""
        found = self.descriptors.FILES.get(file)
        data: bytes | None = found[1] if found else None
        return data

    @property
    def extended_files(self) -> Mapping[str, bytes]:
        """File -> its descriptor with the extensions it declares, if it declares any."""
        files: Mapping[str, bytes] = getattr(self.descriptors, "EXTENDED", {})
        return files

    @property
    def pool(self) -> Any:
        """The descriptor pool with every file of the package, and the well-known types."""
        with self._lock:
            return self._descriptor_pool().complete()

    def json(self, message: Any) -> tuple[Any, Any]:
        """(class, pool) to write and read ProtoJSON with, in place of protobuf class `message`.

        They know the extensions that the protos declare; if there are none, it is `message`.
        """
        from google.protobuf import message_factory

        if not any(p.extended_files for p in [self, *self.others()]):
            return message, self.pool
        from .descriptor_pool import DescriptorPool

        with self._lock:
            if self._extended is None:
                self._extended = DescriptorPool(self, extended=True)
            pool = self._extended.complete()
        found = pool.FindMessageTypeByName(message.DESCRIPTOR.full_name)
        return message_factory.GetMessageClass(found), pool

    def others(self) -> list[Package]:
        """The packages whose types this one uses."""
        return [package_of(name) for name in dict.fromkeys(self.reused.values())]

    def _descriptor_pool(self) -> DescriptorPool:
        from .descriptor_pool import DescriptorPool

        if self._pool is None:
            self._pool = DescriptorPool(self)
        return self._pool


def _modules(types: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    """The full name of each type, and the stem of its module."""
    for scope, modules in types.items():
        head = f"{scope}." if scope else ""
        for stem, names in modules.items():
            for name in names.split():
                yield head + name, stem


def _converted(module: Any) -> Iterator[Entry]:
    """What a module of converters has: `read_Post` says in its annotations which class it makes."""
    for name, read in vars(module).items():
        if name.startswith("read_") and getattr(read, "__module__", "") == module.__name__:
            model = operator.attrgetter(read.__annotations__["return"])(module)
            yield model, read, getattr(module, f"write_{name[5:]}")


def messages_of(service: str, rpc: str, request: str, response: str) -> tuple[str, str]:
    """What the messages of an RPC of `service` are called everywhere; "" if they are named as it.

    As in a proto, `.other.Post` is what it says, and `Post` is one of the service's package.
    """
    scope = service.rpartition(".")[0]
    request, response = request or f"{rpc}Request", response or f"{rpc}Response"
    return _full_name(request, scope), _full_name(response, scope)


def _full_name(name: str, scope: str) -> str:
    if name.startswith("."):
        return name[1:]
    return f"{scope}.{name}" if scope else name


def package_of(name: str) -> Package:
    """The `Package` of the generated package `name`."""
    package: Package = importlib.import_module(f"{name}._package").PACKAGE
    return package
