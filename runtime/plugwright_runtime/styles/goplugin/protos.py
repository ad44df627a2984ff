"""How do the messages of go-plugin's own services look on the wire?

Out: message classes (`ConnInfo`, `StdioData`, `HealthCheckRequest`, `HealthCheckResponse`) from a
private descriptor pool. The default pool is shared by the process: a second copy of
`grpc.health.v1` there, from any library a plugin imports, is an error at import. Empty messages
need no class; their bytes are b"".
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Field = descriptor_pb2.FieldDescriptorProto

_STRING, _BYTES = Field.TYPE_STRING, Field.TYPE_BYTES
_BOOL, _UINT32 = Field.TYPE_BOOL, Field.TYPE_UINT32


def _message(
    name: str, *fields: descriptor_pb2.FieldDescriptorProto
) -> descriptor_pb2.DescriptorProto:
    return descriptor_pb2.DescriptorProto(name=name, field=fields)


def _field(number: int, name: str, kind: Field.Type.ValueType, type_name: str = "") -> Field:
    field = Field(number=number, name=name, type=kind, label=Field.LABEL_OPTIONAL)
    if type_name:
        field.type_name = type_name
    return field


def _enum(name: str, *values: str) -> descriptor_pb2.EnumDescriptorProto:
    numbered = [
        descriptor_pb2.EnumValueDescriptorProto(name=v, number=i) for i, v in enumerate(values)
    ]
    return descriptor_pb2.EnumDescriptorProto(name=name, value=numbered)


def _broker_and_stdio() -> descriptor_pb2.FileDescriptorProto:
    knock = _message(
        "Knock",
        _field(1, "knock", _BOOL),
        _field(2, "ack", _BOOL),
        _field(3, "error", _STRING),
    )
    info = _message(
        "ConnInfo",
        _field(1, "service_id", _UINT32),
        _field(2, "network", _STRING),
        _field(3, "address", _STRING),
        _field(4, "knock", Field.TYPE_MESSAGE, ".plugin.ConnInfo.Knock"),
    )
    info.nested_type.append(knock)
    data = _message(
        "StdioData",
        _field(1, "channel", Field.TYPE_ENUM, ".plugin.StdioData.Channel"),
        _field(2, "data", _BYTES),
    )
    data.enum_type.append(_enum("Channel", "INVALID", "STDOUT", "STDERR"))
    return descriptor_pb2.FileDescriptorProto(
        name="plugin.proto",
        package="plugin",
        syntax="proto3",
        message_type=[info, data],
    )


def _health() -> descriptor_pb2.FileDescriptorProto:
    response = _message(
        "HealthCheckResponse",
        _field(
            1,
            "status",
            Field.TYPE_ENUM,
            ".grpc.health.v1.HealthCheckResponse.ServingStatus",
        ),
    )
    response.enum_type.append(
        _enum("ServingStatus", "UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
    )
    return descriptor_pb2.FileDescriptorProto(
        name="grpc/health/v1/health.proto",
        package="grpc.health.v1",
        syntax="proto3",
        message_type=[
            _message("HealthCheckRequest", _field(1, "service", _STRING)),
            response,
        ],
    )


_pool = descriptor_pool.DescriptorPool()
for _file in (_broker_and_stdio(), _health()):
    _pool.AddSerializedFile(_file.SerializeToString())


def _class(full_name: str) -> Any:
    return message_factory.GetMessageClass(_pool.FindMessageTypeByName(full_name))


ConnInfo = _class("plugin.ConnInfo")
StdioData = _class("plugin.StdioData")
HealthCheckRequest = _class("grpc.health.v1.HealthCheckRequest")
HealthCheckResponse = _class("grpc.health.v1.HealthCheckResponse")

STDOUT = 1  # StdioData.Channel; 2 is stderr, which stays the log
SERVING = 1  # HealthCheckResponse.ServingStatus
NOT_SERVING = 2
SERVICE_UNKNOWN = 3
