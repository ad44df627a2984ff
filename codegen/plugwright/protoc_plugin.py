"""protoc-gen-plugwright: CodeGeneratorRequest on stdin, CodeGeneratorResponse on stdout.

Options, comma separated: `package=NAME` (zero-config), with a `service=NAME` for each service to
generate (default: all), or `config=PATH` of a plugwright.toml. The files are those of the CLI,
below the package's name.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2

from .config import load
from .link import link
from .plan import plan
from .problems import GenerationError, Location, fail
from .render import render
from .retention import without_source_options
from .selection import select
from .settings import Settings, without_config
from .validity import package_fault

_OPTIONS = ("package", "config", "service")
_PLACE = Location("--plugwright_opt")


def main() -> None:
    """Entry point of the console script `protoc-gen-plugwright`."""
    request = plugin_pb2.CodeGeneratorRequest.FromString(sys.stdin.buffer.read())
    sys.stdout.buffer.write(respond(request).SerializeToString())


def respond(
    request: plugin_pb2.CodeGeneratorRequest,
) -> plugin_pb2.CodeGeneratorResponse:
    """The answer to protoc; problems become its `error`, which protoc prints."""
    features = plugin_pb2.CodeGeneratorResponse
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=features.FEATURE_PROTO3_OPTIONAL
        | features.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=descriptor_pb2.EDITION_PROTO2,
        maximum_edition=_newest_edition(),
    )
    try:
        settings = _settings(request.parameter)
        targets = list(request.file_to_generate)
        linked = link(without_source_options(request.proto_file, targets), targets)
        schema = select(linked, settings)
        for file in render(plan(schema, settings)):
            response.file.add(name=file.path, content=file.text)
    except GenerationError as error:
        response.error = str(error)
    return response


def _newest_edition() -> int:
    """2024 if this protobuf knows it."""
    newest: Any = getattr(descriptor_pb2, "EDITION_2024", descriptor_pb2.EDITION_2023)
    return int(newest)


def _settings(parameter: str) -> Settings:
    options: dict[str, str] = {}
    services: list[str] = []
    for item in filter(None, parameter.split(",")):
        key, _, value = item.partition("=")
        if key not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            raise fail(_PLACE, f"unknown option {key!r}; known are: {known}")
        options[key] = value
        services += [value] if key == "service" else []
    if "config" in options:
        if services:
            text = "service= goes with package=; a config has services in its [select]"
            raise fail(_PLACE, text)
        return load(Path(options["config"]))
    package = options.get("package", "")
    if fault := package_fault(package):
        text = "say which package to write, as in --plugwright_opt=package=my_sdk"
        raise fail(_PLACE, f"{fault}; {text}" if package else text)
    return without_config(package, services, str(_PLACE))
