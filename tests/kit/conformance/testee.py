"""The program that protobuf's conformance runner talks to: one request in, one response out.

`testee.py FOLDER plugwright|protobuf`. FOLDER holds the SDK `conformance_sdk` and `protos.binpb`,
the descriptors it was made of. "plugwright" answers through the SDK and `plugwright_runtime.codec`
alone; "protobuf" through protobuf's own classes, which is what the other one is measured by.

Each message on stdin and stdout has its length before it, in 4 bytes, little-endian.
"""

from __future__ import annotations

import importlib
import struct
import sys
from pathlib import Path
from typing import Any, BinaryIO

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message_factory,
)
from google.protobuf.message import DecodeError, Message
from plugwright_runtime import codec, errors

PACKAGE = "conformance_sdk"
PROTOBUF, JSON, IGNORE_UNKNOWN = 1, 2, 3


class Plugwright:
    """Reads and writes models."""

    unreadable = errors.DecodeError
    unwritable = errors.FieldError

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder))
        self._registry = importlib.import_module(PACKAGE).registry

    def from_wire(self, name: str, data: bytes) -> Any:
        return codec.decode(self._registry.message(name), data)

    def from_json(self, name: str, text: str, ignore_unknown: bool) -> Any:
        cls = self._registry.message(name)
        return codec.from_json(cls, text, ignore_unknown_fields=ignore_unknown)

    def to_wire(self, model: Any) -> bytes:
        return codec.encode(model)

    def to_json(self, model: Any) -> str:
        return codec.to_json(model)


class Protobuf:
    """Reads and writes protobuf's own messages."""

    unreadable = (DecodeError, json_format.ParseError)
    unwritable = (json_format.SerializeToJsonError, ValueError, TypeError)

    def __init__(self, folder: Path) -> None:
        self._pool = loaded(folder)

    def _message(self, name: str) -> Any:
        return message_class(self._pool, name)()

    def from_wire(self, name: str, data: bytes) -> Any:
        message = self._message(name)
        message.MergeFromString(data)
        return message

    def from_json(self, name: str, text: str, ignore_unknown: bool) -> Any:
        message = self._message(name)
        json_format.Parse(text, message, ignore_unknown, self._pool)
        return message

    def to_wire(self, message: Message) -> bytes:
        return message.SerializeToString()

    def to_json(self, message: Message) -> str:
        return json_format.MessageToJson(message, descriptor_pool=self._pool)


SIDES = {"plugwright": Plugwright, "protobuf": Protobuf}


def loaded(folder: Path) -> Any:
    """A descriptor pool with all of the suite's protos."""
    data = (folder / "protos.binpb").read_bytes()
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(data).file:
        pool.AddSerializedFile(file.SerializeToString())
    return pool


def message_class(pool: Any, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def answer(side: Plugwright | Protobuf, request: Any, response: Any) -> None:
    """Fill `response`: what was asked for, or what went wrong."""
    payload = request.WhichOneof("payload")
    if payload not in ("protobuf_payload", "json_payload"):
        response.skipped = "text format and JSPB are not spoken here"
        return
    if request.requested_output_format not in (PROTOBUF, JSON):
        response.skipped = "text format and JSPB are not spoken here"
        return
    try:
        if payload == "protobuf_payload":
            value = side.from_wire(request.message_type, request.protobuf_payload)
        else:
            ignore = request.test_category == IGNORE_UNKNOWN
            value = side.from_json(request.message_type, request.json_payload, ignore)
    except side.unreadable as error:
        response.parse_error = str(error)
        return
    try:
        if request.requested_output_format == PROTOBUF:
            response.protobuf_payload = side.to_wire(value)
        else:
            response.json_payload = side.to_json(value)
    except side.unwritable as error:
        response.serialize_error = str(error)


def framed(stream: BinaryIO) -> bytes | None:
    """The next message, None at the end."""
    head = stream.read(4)
    return stream.read(struct.unpack("<I", head)[0]) if len(head) == 4 else None


def main(folder: Path, side: Plugwright | Protobuf) -> None:
    pool = loaded(folder)
    request_class = message_class(pool, "conformance.ConformanceRequest")
    response_class = message_class(pool, "conformance.ConformanceResponse")
    failures = message_class(pool, "conformance.FailureSet")
    while (data := framed(sys.stdin.buffer)) is not None:
        request = request_class.FromString(data)
        response = response_class()
        if request.message_type == "conformance.FailureSet":  # comes first
            response.protobuf_payload = failures().SerializeToString()
        else:
            try:
                answer(side, request, response)
            except Exception as error:  # neither of the errors that are documented
                response.runtime_error = f"{type(error).__name__}: {error}"
        out = response.SerializeToString()
        sys.stdout.buffer.write(struct.pack("<I", len(out)) + out)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    chosen = Path(sys.argv[1])
    main(chosen, SIDES[sys.argv[2]](chosen))
