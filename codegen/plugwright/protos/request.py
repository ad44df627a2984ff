"""What does a compiler ask for? A CodeGeneratorRequest in, the descriptor set out that protoc would
have written of the same protos.
"""

from __future__ import annotations

from typing import NamedTuple

from google.protobuf.compiler import plugin_pb2

from .retention import without_source_options


class Request(NamedTuple):
    """`descriptors`: a serialized FileDescriptorSet; `targets`: the files of it to generate."""

    descriptors: bytes
    targets: tuple[str, ...]


def read(message: plugin_pb2.CodeGeneratorRequest) -> Request:
    """What `message` says of protos. Raises GenerationError if protobuf takes none of them."""
    targets = tuple(message.file_to_generate)
    return Request(without_source_options(message.proto_file, targets), targets)
