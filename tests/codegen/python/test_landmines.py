"""Does a name ever break generated code? Protos made of every name that could, in each position."""

from __future__ import annotations

import importlib
import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kit.generating import landmines
from kit.generating.packages import (
    import_failures,
    modules,
    mypy,
    pyright,
    registry,
    write_package,
)
from plugwright_runtime import codec
from plugwright_runtime.message.model import Model, OneofCase
from plugwright_runtime.rpc.client_sync import SyncClient
from plugwright_runtime.rpc.servicer import Servicer, handlers
from plugwright_runtime.testing import BackgroundServer

TYPES = ("fields", "oneofs", "enums", "messages", "nested", "files")
CALLS = ("methods", "services")


@pytest.fixture(scope="module")
def mines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder with a package `all_POSITION` for each position."""
    root = tmp_path_factory.mktemp("mines")
    found = landmines.sets(landmines.mined())
    for position, descriptors in found.items():
        package = f"all_{position}"
        write_package(landmines.generate(descriptors, package, root), package, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root))
        yield root


def test_there_are_many() -> None:
    names = landmines.mined()
    assert len(names) > 600
    # A template's local, a name of the runtime, a builtin, a keyword, a dunder, a base's method.
    assert {"metadata", "lazy_names", "print", "lambda", "__init__", "_unary"} <= names


def test_every_module_imports(mines: Path) -> None:
    names = [m for p in TYPES + CALLS for m in modules(mines / f"all_{p}")]
    assert import_failures(mines, names) == ""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like that of `mines`, of the fewer names that a type checker could mistake."""
    root = tmp_path_factory.mktemp("checked")
    scratch = tmp_path_factory.mktemp("sets")
    found = landmines.sets(landmines.written())
    for position, descriptors in found.items():
        package = f"mine_{position}"
        write_package(landmines.generate(descriptors, package, scratch), package, root)
    return root


def test_mypy_strict(checked: Path, tmp_path: Path) -> None:
    assert mypy(checked, tmp_path) == ""


def test_pyright_strict(checked: Path) -> None:
    assert pyright(checked) == ""


@pytest.mark.parametrize("position", TYPES)
def test_every_message_round_trips(position: str, mines: Path) -> None:
    package = registry(f"all_{position}")
    count = 0
    for name in package.messages():
        for data in _samples(package.codec(name).message):
            model = codec.decode(package.message(name), data)
            assert codec.encode(model, deterministic=True) == data
            made = type(model)(**{n: getattr(model, n) for n in model.__field_names__})
            assert made == model
            assert codec.encode(made, deterministic=True) == data
            count += 1
    assert count > 30


def _samples(cls: Any) -> Iterator[bytes]:
    """An empty message, one with every field, and for oneofs one with each member."""
    oneofs = [[f.name for f in o.fields] for o in cls.DESCRIPTOR.oneofs]
    rows = list(itertools.zip_longest(*oneofs)) or [()]
    for row in (None, *rows):
        message = cls()
        for field in cls.DESCRIPTOR.fields:
            chosen = field.containing_oneof is None or field.name in (row or ())
            if row is not None and chosen:
                _fill(message, field)
        yield cls.SerializeToString(message, deterministic=True)


def _fill(message: Any, field: Any) -> None:
    """Set one field to something that is not its default."""
    entry = field.message_type is not None and field.message_type.GetOptions().map_entry
    if entry:
        inner = getattr(message, field.name)["key"]
        type(inner).SetInParent(inner)
    elif field.is_repeated:
        getattr(message, field.name).add()
    elif field.message_type is not None:
        inner = getattr(message, field.name)
        type(inner).SetInParent(inner)
    else:
        text = field.cpp_type == field.CPPTYPE_STRING
        blob = b"x" if field.type == field.TYPE_BYTES else "x"
        setattr(message, field.name, blob if text else 1)


def test_enum_values_keep_their_numbers(mines: Path) -> None:
    package = registry("all_enums")
    for holder, name in (("ZValues", "ZEnum"), ("ZPrefixed", "ZOther")):
        enum = package.enum(f"mines.enums.{holder}.{name}")
        assert len(enum) > 600
        assert [int(member) for member in enum] == list(range(len(enum)))
        assert enum(0) is next(iter(enum))


def test_cases_of_oneofs_are_found(mines: Path) -> None:
    package = registry("all_oneofs")
    seen = 0
    for name in package.messages():
        cls = package.codec(name).message
        if not name.rpartition(".")[2].startswith("ZMembers"):
            continue
        for field in cls.DESCRIPTOR.fields:
            message = cls()
            _fill(message, field)
            model: Any = package.codec(name).read(message, True)
            assert isinstance(model.z_pick, OneofCase)
            assert model.z_pick.__proto_field__ == field.name
            seen += 1
    assert seen > 600


@pytest.mark.parametrize("position", CALLS)
def test_every_method_can_be_called(position: str, mines: Path) -> None:
    servicers = importlib.import_module(f"all_{position}.servicers")
    clients = importlib.import_module(f"all_{position}.clients")
    thing = registry(f"all_{position}").message(f"mines.{position}.ZThing")
    served = [_served(getattr(servicers, name), thing) for name in servicers.__all__]
    called = 0
    with ThreadPoolExecutor(2) as executor:
        server = BackgroundServer(lambda place: [handlers(s, executor, place) for s in served])
        address = server.start()
        try:
            for servicer in served:
                name = type(servicer).__name__.removesuffix("Servicer") + "Client"
                with getattr(clients, name)(address) as client:
                    for rpc in servicer.__rpcs__:
                        answers = _called(client, rpc.method, rpc.kind, thing)
                        assert answers == [thing(id="got")]
                        called += 1
        finally:
            server.stop()
    assert called > 30


def _served(cls: type[Servicer], thing: Any) -> Servicer:
    """A servicer of class `cls` in which each method answers with one thing."""

    async def one(self: Any, request: Any, context: Any) -> Model:
        answer: Model = thing(id="got")
        return answer

    async def many(self: Any, request: Any, context: Any) -> Any:
        yield thing(id="got")

    methods = {r.method: many if r.kind in _STREAMS else one for r in cls.__rpcs__}
    return type(cls.__name__, (cls,), methods)()


_STREAMS = ("server_stream", "bidi_stream")


def _called(client: SyncClient, method: str, kind: str, thing: Any) -> list[Any]:
    request = thing(id="sent")
    takes_stream = kind in ("client_stream", "bidi_stream")
    answer = getattr(client, method)([request] if takes_stream else request)
    return list(answer) if kind in _STREAMS else [answer]
