"""protoc-gen-plugwright: CodeGeneratorRequest on stdin, CodeGeneratorResponse on stdout.

Options, comma separated: `package=NAME` (zero-config), with a `service=NAME` for each service to
generate (default: all), or `config=PATH` of a plugwright.toml; and `surface=PATH` of the surface
that an earlier run has written, for protoc does not say where files go; `accept-surface` as of the
CLI; `partial`: only some files of a system are meant. The files are those of the CLI, below the
package's name.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.compiler import plugin_pb2
from google.protobuf.message import DecodeError

from . import generation
from .commands import bugs, streams
from .output.source import SourceFile
from .problems import GenerationError, Location, fail
from .protos import halves
from .protos.request import read
from .protos.roots import rooted
from .settings import extras
from .settings.reader import load
from .settings.tables import Settings, without_config
from .settings.validity import package_fault

_OPTIONS = ("package", "config", "service", "surface", "accept-surface", "partial")
_PLACE = Location("--plugwright_opt")


def main() -> None:
    """Answer the request on stdin."""
    streams.prepare()
    if sys.stdin is None or sys.stdin.isatty():
        sys.exit("protoc-gen-plugwright is started by protoc or buf: --plugwright_out=FOLDER")
    data = sys.stdin.buffer.read()
    try:
        response = respond(plugin_pb2.CodeGeneratorRequest.FromString(data))
    except DecodeError:
        text = "what came in is no CodeGeneratorRequest; start this with protoc or buf"
        response = plugin_pb2.CodeGeneratorResponse(error=text)
    if (error := streams.flush(response.SerializeToString())) is not None:
        sys.exit(bugs.told(error))


def respond(
    request: plugin_pb2.CodeGeneratorRequest,
) -> plugin_pb2.CodeGeneratorResponse:
    """The answer to protoc; problems become its `error`, which protoc prints."""
    features = plugin_pb2.CodeGeneratorResponse
    response = plugin_pb2.CodeGeneratorResponse(
        supported_features=features.FEATURE_PROTO3_OPTIONAL | features.FEATURE_SUPPORTS_EDITIONS,
        minimum_edition=descriptor_pb2.EDITION_PROTO2,
        maximum_edition=_newest_edition(),
    )
    try:
        for file in _generated(request):
            response.file.add(name=file.path, content=file.text)
    except Exception as error:
        is_known = isinstance(error, GenerationError)
        response.error = _unicode(str(error) if is_known else bugs.told(error))
        response.ClearField("file")
    return response


def _generated(request: plugin_pb2.CodeGeneratorRequest) -> Sequence[SourceFile]:
    named = (text for f in request.proto_file for text in (f.name, f.package))
    texts = (request.parameter, *request.file_to_generate, *named)
    if any(isinstance(text, bytes) for text in texts):
        raise fail(_PLACE, "a name or an option is no UTF-8; rename it")
    options = _options(request.parameter)
    settings = _settings(options)
    if "config" in options:
        halves.refuse(request, _wanted(settings), _PLACE)
    elif "partial" not in options:
        halves.refuse_folder(request, _PLACE)
    surface = options.get("surface", [])
    path = Path(surface[-1]) if surface else None
    earlier = generation.Earlier(path, accept="accept-surface" in options)
    job = generation.Job(settings, generation.Sources(request=read(request)), Path(), earlier)
    return generation.render(job, lambda stage: None)


def _wanted(settings: Settings) -> tuple[str, ...]:
    """The names of the files that a config asks for, where they are on this disk."""
    try:
        files, path, *_ = generation.of_settings(settings, (), None).sources
        return tuple(rooted(file, path).name for file in files)
    except GenerationError:
        return ()


def _unicode(text: str) -> str:
    """`text` as a message can carry it: the name of a file may be any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()


def _newest_edition() -> int:
    """2024 if this protobuf knows it."""
    newest: Any = getattr(descriptor_pb2, "EDITION_2024", descriptor_pb2.EDITION_2023)
    return int(newest)


def _options(parameter: str) -> dict[str, list[str]]:
    """The values of each option, in order."""
    options: dict[str, list[str]] = {}
    for item in filter(None, parameter.split(",")):
        key, _, value = item.partition("=")
        if key not in _OPTIONS:
            known = ", ".join(_OPTIONS)
            raise fail(_PLACE, f"unknown option {key!r}; known are: {known}")
        options.setdefault(key, []).append(value)
    return options


def _settings(options: Mapping[str, list[str]]) -> Settings:
    services = options.get("service", [])
    if "config" in options:
        if services:
            text = "service= goes with package=; a config has services in its [select]"
            raise fail(_PLACE, text)
        return extras.copied(load(Path(options["config"][-1])))
    package = options.get("package", [""])[-1]
    if fault := package_fault(package):
        text = "say which package to write, as in --plugwright_opt=package=my_sdk"
        raise fail(_PLACE, f"{fault}; {text}" if package else text)
    return without_config(package, services, str(_PLACE))
