"""Does a compiler hand over all files at once, or a folder at a time, as buf does unless told?

A request in; a problem if an SDK of it would lack what the other requests have.
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.compiler import plugin_pb2

from ..problems import Location, fail

_WHOLE = "have buf hand over all files at once, with strategy: all in buf.gen.yaml"


def refuse(
    request: plugin_pb2.CodeGeneratorRequest, wanted: Sequence[str], place: Location
) -> None:
    """Raise GenerationError if this is a part only. `wanted`: the files that a config names."""
    given = request.file_to_generate
    missing = [w for w in wanted if not any(f"/{name}".endswith(f"/{w}") for name in given)]
    if 0 < len(missing) < len(wanted):
        text = f"the config has {missing[0]} too, which is not among the files to generate"
        raise fail(place, f"{text}; {_WHOLE}")


def refuse_folder(request: plugin_pb2.CodeGeneratorRequest, place: Location) -> None:
    """The same where nothing names the files: an import of the same system is one that another
    request has. protoc, which says its version, is always told by its user.
    """
    if request.HasField("compiler_version"):
        return
    given = set(request.file_to_generate)
    roots = {_system(f.package) for f in request.proto_file if f.name in given}
    folders = {name.rpartition("/")[0] for name in given}
    for file in request.proto_file:
        apart = file.name not in given and file.name.rpartition("/")[0] not in folders
        if apart and len(folders) == 1 and _system(file.package) in roots - {"", "google"}:
            text = f"{file.name} is imported, and not among the files to generate"
            raise fail(place, f"{text}; {_WHOLE}, or say partial in opt if that is meant")


def _system(package: str) -> str:
    """What the packages of one system begin with."""
    return package.partition(".")[0]
