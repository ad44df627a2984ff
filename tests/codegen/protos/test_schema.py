"""Which message and which service does a schema find?"""

from __future__ import annotations

import pytest
from google.protobuf import descriptor_pb2
from plugwright.protos.link import link
from plugwright.protos.schema import Schema, called, walk


@pytest.fixture(scope="module")
def schema() -> Schema:
    """Services `Host`, `a.Host`, `a.Hooks` and `b.Hooks`; a tree of messages in `a.proto`."""
    made = descriptor_pb2.FileDescriptorSet()
    for package, services in (("", ["Host"]), ("a", ["Host", "Hooks"]), ("b", ["Hooks"])):
        file = made.file.add(name=f"{package or 'root'}.proto", package=package, syntax="proto3")
        for service in services:
            file.service.add(name=service)
    outer, last = (made.file[1].message_type.add(name=n) for n in ("Outer", "Last"))
    outer.nested_type.add(name="Inner").nested_type.add(name="Core")
    outer.nested_type.add(name="Other")
    for name, message in (("Ask", outer), ("Tell", last)):
        method = made.file[1].service[0].method.add(name=name)
        method.input_type, method.output_type = f".a.{message.name}", ".a.Outer.Inner"
    return link(made.SerializeToString())


def test_a_walk_meets_each_message_before_those_inside_it(schema: Schema) -> None:
    (file,) = (f for f in schema.files if f.name == "a.proto")
    assert [m.name for m in walk(file.messages)] == ["Outer", "Inner", "Core", "Other", "Last"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Host", ["Host"]),
        ("a.Host", ["a.Host"]),
        ("Hooks", ["a.Hooks", "b.Hooks"]),
        ("b.Hooks", ["b.Hooks"]),
        ("c.Hooks", []),
        ("", []),
    ],
)
def test_a_full_name_goes_before_a_simple_one(schema: Schema, name: str, found: list[str]) -> None:
    assert [s.full_name for s in called(schema.services, name)] == found
    service = schema.service(name)
    assert (service and service.full_name) == (found[0] if found else None)


def test_a_service_has_the_types_of_its_methods(schema: Schema) -> None:
    service = schema.service("a.Host")
    assert service is not None
    assert list(service.types()) == ["a.Outer", "a.Outer.Inner", "a.Last", "a.Outer.Inner"]
