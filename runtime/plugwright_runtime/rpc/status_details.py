"""What does `google.rpc.Status` carry beside a gRPC status, and how is it read and sent?

It travels in the trailing metadata `grpc-status-details-bin`: `Any` messages in, the bytes of
the metadata out, and back. Its few fields are declared here, in a descriptor pool of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import grpc

from ..message.wkt import AnyMessage


def read(data: bytes) -> tuple[AnyMessage, ...]:
    """The details in the bytes of a `google.rpc.Status`; none if they are no such message."""
    try:
        message = _status().FromString(data)
    except Exception:  # a peer may send anything
        return ()
    return tuple(AnyMessage(m.type_url, m.value) for m in message.details)


def pack(code: grpc.StatusCode, text: str, details: Iterable[AnyMessage]) -> bytes:
    """The bytes of a `google.rpc.Status`. Raises TypeError or ValueError for what is no detail."""
    message = _status()(code=code.value[0], message=text.encode())
    for detail in details:
        message.details.add(type_url=detail.type_url, value=detail.value)
    data: bytes = message.SerializeToString()
    return data


@functools.cache
def _status() -> Any:
    """The class of google.rpc.Status; its text is bytes here, for peers send what is no UTF-8."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file: Any = descriptor_pb2.FileDescriptorProto(
        name="google/rpc/status.proto", package="google.rpc", syntax="proto3"
    )
    any_fields = (("type_url", _TEXT, 1), ("value", _BYTES, 2))
    status_fields = (("code", _INT32, 1), ("message", _BYTES, 2))
    _add(file, "Any", any_fields)
    _add(file, "Status", status_fields).field.add(
        name="details",
        type=_MESSAGE,
        label=_REPEATED,
        number=3,
        type_name=".google.rpc.Any",
    )
    pool: Any = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("google.rpc.Status"))


# Numbers of descriptor.proto.
_OPTIONAL, _REPEATED = 1, 3
_INT32, _TEXT, _MESSAGE, _BYTES = 5, 9, 11, 12


def _add(file: Any, name: str, fields: Sequence[tuple[str, int, int]]) -> Any:
    message = file.message_type.add(name=name)
    for field, kind, number in fields:
        message.field.add(name=field, type=kind, number=number, label=_OPTIONAL)
    return message
