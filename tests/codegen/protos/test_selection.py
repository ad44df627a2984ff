"""Does an SDK of some services hold what they need, and nothing else?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.compiler import plugin_pb2
from grpc_tools import protoc
from kit.generating.cases import GOOD, WELL_KNOWN, Case, by_name
from kit.generating.failing import command
from kit.generating.packages import import_failures, modules, registry, write_package
from kit.places import CASES, ROOT
from plugwright import protoc_plugin
from plugwright.generation import Sources, render, schema, zero_config
from plugwright.protos.schema import Schema
from plugwright.protos.selection import select
from plugwright.settings.tables import Error, Select, Settings

CLAPSHOT = ROOT / "proto" / "clapshot"
_SELECTION = Case(CASES / "selection")
_Field = descriptor_pb2.FieldDescriptorProto


def _quiet(text: str) -> None:
    del text


def _descriptors(folder: Path, out: Path) -> descriptor_pb2.FileDescriptorSet:
    """What protoc says about all protos of `folder`, with their imports."""
    files = sorted(map(str, folder.glob("*.proto")))
    flags = ["--include_imports", f"--descriptor_set_out={out}", f"-I{WELL_KNOWN}"]
    assert protoc.main(["protoc", f"-I{folder}", *flags, *files]) == 0
    return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


class _Reached:
    """Messages and enums that services reach, computed on the descriptors alone."""

    def __init__(self, descriptors: descriptor_pb2.FileDescriptorSet) -> None:
        self.declared: dict[str, Any] = {}
        for file in descriptors.file:
            scope = f".{file.package}" if file.package else ""
            self._declare(file.message_type, scope)
            self._declare(file.enum_type, scope)
        self.services = [s for f in descriptors.file for s in f.service]

    def _declare(self, types: Iterable[Any], scope: str) -> None:
        for declared in types:
            name = f"{scope}.{declared.name}"
            self.declared[name] = declared
            if isinstance(declared, descriptor_pb2.DescriptorProto):
                self._declare(declared.nested_type, name)
                self._declare(declared.enum_type, name)

    def types(self, name: str = "") -> set[str]:
        """Full names, those of map entries left out; `name`: of one service."""
        rpcs = [m for s in self.services if name in ("", s.name) for m in s.method]
        found: set[str] = set()
        for rpc in rpcs:
            self._visit(rpc.input_type, found)
            self._visit(rpc.output_type, found)
        return {n[1:] for n in found if not self._is_entry(n)}

    def _visit(self, name: str, found: set[str]) -> None:
        if name in found:
            return
        found.add(name)
        for field in getattr(self.declared[name], "field", ()):
            if field.type_name:
                self._visit(field.type_name, found)

    def _is_entry(self, name: str) -> bool:
        options = self.declared[name].options
        return bool(getattr(options, "map_entry", False))


def _clapshot(services: tuple[str, ...]) -> Any:
    files = tuple(sorted(CLAPSHOT.glob("*.proto")))
    return zero_config("sdk", Path("unused"), Sources(files, (CLAPSHOT,)), services)


@pytest.fixture(scope="module")
def reached(tmp_path_factory: pytest.TempPathFactory) -> _Reached:
    """The types of Clapshot that its services reach."""
    out = tmp_path_factory.mktemp("clapshot") / "set.binpb"
    return _Reached(_descriptors(CLAPSHOT, out))


def _messages(reached: _Reached, names: Iterable[str]) -> set[str]:
    is_message = descriptor_pb2.DescriptorProto
    ours = (n for n in names if not n.startswith("google.protobuf."))
    return {n for n in ours if isinstance(reached.declared[f".{n}"], is_message)}


def test_clapshot_is_pruned_to_what_its_services_reach(reached: _Reached, on_path: Path) -> None:
    everything = {n[1:] for n in reached.declared if not reached._is_entry(n)}
    assert len(_messages(reached, everything)) == 104
    wanted = _messages(reached, reached.types())
    assert len(wanted) == 72
    files = render(_clapshot(("Organizer*",)), _quiet)
    folder = write_package(files, "sdk", on_path, "clapshot_pruned")
    package = registry("clapshot_pruned")
    assert set(package.messages()) == wanted
    assert not (folder / "models" / "client.py").exists()
    assert import_failures(on_path, modules(folder)) == ""
    with pytest.raises(KeyError):
        package.pool.FindMessageTypeByName("clapshot.client.ClientToServerCmd")
    for name in wanted:
        package.codec(name)


@pytest.mark.parametrize("service", ["OrganizerInbound", "OrganizerOutbound"])
def test_one_service_of_clapshot(reached: _Reached, service: str) -> None:
    found = schema(_clapshot((service,)), _quiet)
    assert {*found.messages, *found.enums} == reached.types(service)
    assert [s.name for s in found.services] == [service]


def _linked(case: Case) -> Schema:
    job = case.job()
    return schema(job._replace(settings=Settings()), _quiet)


def _selected(case: Case, **select_: Any) -> Schema:
    return select(_linked(case), Settings(select=Select(**select_)))


def _pool(files: Schema) -> descriptor_pool.DescriptorPool:
    """A pool with the embedded descriptors; it refuses what does not resolve."""
    pool = descriptor_pool.DescriptorPool()
    for file in files.files:
        pool.AddSerializedFile(file.wire)
    return pool


def _extended(files: Schema) -> descriptor_pool.DescriptorPool:
    """As `_pool`, with the extensions."""
    named = (f._replace(wire=f.extended or f.wire) for f in files.files)
    return _pool(files._replace(files=tuple(named)))


def _embedded(files: Schema) -> Iterator[str]:
    """The full names of the messages with a field in the embedded descriptors.

    Without the well-known types, whose files are embedded whole.
    """
    for file in files.files:
        if file.package == "google.protobuf":
            continue
        proto = descriptor_pb2.FileDescriptorProto.FromString(file.wire)
        reached = _Reached(descriptor_pb2.FileDescriptorSet(file=[proto]))
        for name, declared in reached.declared.items():
            if getattr(declared, "field", None) and not reached._is_entry(name):
                yield name[1:]


@pytest.mark.parametrize(**by_name(GOOD))
def test_each_service_of_each_case_alone(case: Case) -> None:
    whole = _linked(case)
    for service in whole.services:
        settings = Settings(select=Select((service.full_name,)))
        part = select(whole, settings)
        _extended(part)
        pool = _pool(part)
        for name, message in part.messages.items():
            found: Any = pool.FindMessageTypeByName(name)
            assert [f.name for f in message.fields] == [f.name for f in found.fields]
        assert set(_embedded(part)) <= part.messages.keys()
        assert part.services == (service,)
        assert select(part, settings) == part, "selecting twice changes nothing"


def test_extensions_stay_as_far_as_their_types_do() -> None:
    case = next(c for c in GOOD if c.name == "proto2")
    for kept, names in (("Order", {"hidden"}), ("Extra", {"hidden", "extra"})):
        part = _selected(case, messages=("Order", kept))
        order: Any = _extended(part)
        (name,) = (n for n in part.messages if n.endswith(".Order"))
        found = order.FindAllExtensions(order.FindMessageTypeByName(name))
        assert {e.name for e in found} - {"line"} == names


def test_a_message_that_only_holds_others_is_a_namespace(on_path: Path) -> None:
    write_package(_SELECTION.generate(), "sdk", on_path, "selection_sdk")
    import importlib

    models = importlib.import_module("selection_sdk.models")
    package = registry("selection_sdk")
    line = models.Receipt.Line(cents=7)
    assert package.message("selection.Receipt.Line") is models.Receipt.Line
    assert line.__codec__.message.DESCRIPTOR.containing_type.fields == []
    assert "selection.Receipt" not in set(package.messages())
    assert not hasattr(models.Receipt, "__proto__")
    assert not hasattr(models.LendResponse, "Draft")


def test_without_pruning_all_messages_stay() -> None:
    whole = _linked(_SELECTION)
    part = _selected(_SELECTION, services=("Library",), prune=False)
    assert [s.name for s in part.services] == ["Library"]
    assert part.messages == whole.messages
    assert [f.wire for f in part.files] == [f.wire for f in whole.files]


def test_a_table_without_services_selects_them_all() -> None:
    part = _selected(_SELECTION)
    assert [s.name for s in part.services] == ["Library", "Admin"]
    assert "selection.Receipt" not in part.messages
    assert "selection.AuditRequest" in part.messages


def test_messages_are_kept_with_what_they_reach() -> None:
    part = _selected(_SELECTION, services=("Admin",), messages=("Room", "*.Binding"))
    assert {*part.messages, *part.enums} == {
        "selection.AuditRequest",
        "selection.Unused",
        "selection.Room",
        "selection.Shelf",
        "selection.Catalogue.Binding",
    }


def test_files_with_nothing_left_are_gone() -> None:
    part = _selected(_SELECTION, services=("Library",))
    assert [f.name for f in part.files] == [
        "shelves.proto",
        "google/protobuf/timestamp.proto",
        "library.proto",
    ]
    library = part.files[-1]
    assert library.dependencies == ("google/protobuf/timestamp.proto", "shelves.proto")


def test_the_message_of_errors_is_kept() -> None:
    whole = _linked(_SELECTION)
    settings = Settings(select=Select(("Library",)))
    error = Error(message="Unused")
    assert "selection.Unused" in select(whole, settings._replace(error=error)).messages
    named = settings._replace(errors={"Library": error})
    assert "selection.Unused" in select(whole, named).messages


# ---------------------------------------------------------------- the commands

_ARGUMENTS = ["--package", "sdk", "-I", ".", "--service", "Library", "library.proto"]


def test_inspect_and_explain_show_what_is_selected(tmp_path: Path) -> None:
    _SELECTION.copy(tmp_path)
    seen = command(["inspect", "schema", *_ARGUMENTS], tmp_path)
    assert json.loads(seen.stdout)["messages"].keys() == {
        "google.protobuf.Timestamp",
        "selection.Catalogue.Entry",
        "selection.LendRequest",
        "selection.LendResponse",
        "selection.LendResponse.Notice",
        "selection.Reader",
        "selection.Shelf",
    }
    assert "class Reader" in command(["explain", "Reader", *_ARGUMENTS], tmp_path).stdout
    for hidden in ("Room", "Catalogue", "Audit"):
        said = command(["explain", hidden, *_ARGUMENTS], tmp_path)
        assert (said.code, said.stdout) == (1, ""), hidden


def test_service_goes_with_package(tmp_path: Path) -> None:
    _SELECTION.copy(tmp_path)
    said = command(["generate", "--service", "Library", "plugwright.toml"], tmp_path)
    assert said.code == 2
    assert "[select]" in said.stderr


def _respond(parameter: str, tmp_path: Path) -> plugin_pb2.CodeGeneratorResponse:
    descriptors = _descriptors(CLAPSHOT, tmp_path / "set.binpb")
    request = plugin_pb2.CodeGeneratorRequest(
        parameter=parameter,
        proto_file=descriptors.file,
        file_to_generate=[p.name for p in sorted(CLAPSHOT.glob("*.proto"))],
    )
    return protoc_plugin.respond(request)


def test_protoc_gen_plugwright_selects_too(tmp_path: Path) -> None:
    services = ("OrganizerInbound", "OrganizerOutbound")
    options = ",".join(["package=sdk", *(f"service={s}" for s in services)])
    answer = _respond(options, tmp_path)
    wanted = render(_clapshot(services), _quiet)
    assert {f.name for f in answer.file} == {f.path for f in wanted}
    (index,) = (f for f in answer.file if f.name == "sdk/_package.py")
    assert index.content == next(f.text for f in wanted if f.path == index.name)
    assert "matches nothing" in _respond("package=sdk,service=X", tmp_path).error
    assert "[select]" in _respond("config=x,service=X", tmp_path).error
