"""What does the plugin say where buf hands over one folder at a time? Nothing half is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from plugwright.protoc_plugin import respond

FILES = {"a/a.proto": ("acme.a", ["b/b.proto"]), "b/b.proto": ("acme.b", [])}
WHOLE = "strategy: all in buf.gen.yaml"


def _asked(parameter: str, *targets: str, package: str = "acme.b") -> str:
    """The error of a request as buf makes it, for `targets` and what they import."""
    request = plugin_pb2.CodeGeneratorRequest(parameter=parameter, file_to_generate=targets)
    for name in ("b/b.proto", "a/a.proto"):
        own, imports = FILES[name]
        file = descriptor_pb2.FileDescriptorProto(name=name, dependency=imports, syntax="proto3")
        file.package = package if name == "b/b.proto" else own
        file.message_type.add(name="M")
        if name in targets or "a/a.proto" in targets:
            request.proto_file.append(file)
    response = respond(request)
    assert bool(response.file) != bool(response.error)
    return response.error


def test_an_import_of_another_folder_is_the_other_half() -> None:
    error = _asked("package=sdk", "a/a.proto")
    assert "b/b.proto is imported, and not among the files to generate" in error
    assert WHOLE in error


@pytest.mark.parametrize(
    ("parameter", "targets", "package"),
    [
        ("package=sdk", ["a/a.proto", "b/b.proto"], "acme.b"),
        ("package=sdk,partial", ["a/a.proto"], "acme.b"),
        ("package=sdk", ["a/a.proto"], "others.b"),
    ],
    ids=["all", "partial", "of others"],
)
def test_a_whole_request_is_answered(parameter: str, targets: list[str], package: str) -> None:
    assert _asked(parameter, *targets, package=package) == ""


@pytest.mark.parametrize("target", FILES)
def test_a_file_of_the_config_is_missed(tmp_path: Path, target: str) -> None:
    for name in FILES:
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    config = tmp_path / "plugwright.toml"
    config.write_text('[sdk]\npackage = "sdk"\n')
    [other] = FILES.keys() - {target}
    error = _asked(f"config={config}", target)
    assert f"the config has {other} too" in error
    assert WHOLE in error
    assert _asked(f"config={config}", *FILES) == ""
