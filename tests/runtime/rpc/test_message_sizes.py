"""What is somebody told whose message is too large, or whose server has too much to do?

gRPC has one status for both, and only one of them may be tried again.
"""

from __future__ import annotations

import pickle

import grpc
import mattermost_plugin as sdk
import pytest
from plugwright_runtime.errors import PluginAPIError, code_of
from plugwright_runtime.rpc.failures import from_status

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
TOO_LARGE = {
    "Go, a request": (
        "grpc: received message larger than max (5242891 vs. 4194304)",
        "the host accepts",
    ),
    "Go, compressed": (
        "grpc: received message after decompression larger than max (5242891 vs. 4194304)",
        "the host accepts",
    ),
    "Go, an answer": (
        "grpc: trying to send message larger than max (5242891 vs. 4194304)",
        "the host sends",
    ),
    "C++, a request": (
        "SERVER: Received message larger than max (5242891 vs. 4194304)",
        "the host accepts",
    ),
    "C++, an answer": (
        "CLIENT: Received message larger than max (5242891 vs. 4194304)",
        "this client accepts",
    ),
    "C++, of old": (
        "Received message larger than max (5242891 vs. 4194304)",
        "its receiver accepts",
    ),
    "Node": (
        "Received message larger than max (5242891 vs 4194304)",
        "its receiver accepts",
    ),
    "Java": (
        "gRPC message exceeds maximum size 4194304: 5242891",
        "its receiver accepts",
    ),
}


@pytest.mark.parametrize(("text", "who"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_message_too_large_is_no_matter_of_time(text: str, who: str) -> None:
    error = from_status(EXHAUSTED, text, "UploadFile")
    assert type(error) is sdk.ValidationError
    assert error.message == (
        f"UploadFile: a message of 5242891 bytes is larger than the 4194304 that {who}; "
        "send or ask for less at a time"
    )
    assert (error.status_code, error.code, error.id) == (413, EXHAUSTED, "")
    assert pickle.loads(pickle.dumps(error)) == error


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("api.file.upload_file.too_large.app_error: too big", "413 of the application"),
        ("api.command.too_many.app_error: slow down", "429 of the application"),
        ("the server has too much to do", "no id"),
        ("the largest message is larger than max", "no sizes"),
        ("", "no text"),
    ],
    ids=lambda value: value,
)
def test_what_nobody_can_tell_from_429_has_no_status(text: str, id: str) -> None:
    error = from_status(EXHAUSTED, text, "UploadFile")
    assert type(error) is sdk.UnavailableError
    assert error.status_code == 0
    assert "429" not in str(error)


def test_a_service_that_says_what_the_status_means_is_believed() -> None:
    class Full(PluginAPIError): ...

    (text, _), *_ = TOO_LARGE.values()
    assert type(from_status(EXHAUSTED, text, "UploadFile", Full)) is Full
    assert type(from_status(EXHAUSTED, "busy", "UploadFile", Full)) is Full


def test_a_handler_tells_413_as_the_server_does() -> None:
    assert code_of(PluginAPIError("too big", status_code=413)) is EXHAUSTED
    assert code_of(PluginAPIError("slow down", status_code=429)) is EXHAUSTED
