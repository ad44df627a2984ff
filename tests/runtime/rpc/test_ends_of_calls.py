"""Is what a call ends with sent whole up to its limits, and named where it is not?"""

from __future__ import annotations

from typing import Any

import grpc
import pytest
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.message.wkt import AnyMessage
from plugwright_runtime.rpc import status_details
from plugwright_runtime.rpc.dialling import channel_options
from plugwright_runtime.rpc.ended import Ended
from plugwright_runtime.rpc.message_size import too_large

CODE = grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("letter", ["x", "é"])
def test_half_of_the_bytes_are_for_the_text(letter: str, caplog: pytest.LogCaptureFixture) -> None:
    whole = letter * (50 // len(letter.encode()))
    assert Ended(CODE, whole).status(100) == (CODE, whole, ())
    assert not caplog.records
    code, text, trailers = Ended(CODE, whole + "!").status(100)
    assert (code, trailers) == (CODE, ())
    assert len(text.encode()) <= 50
    assert text != whole + "!"
    [record] = caplog.records
    assert whole + "!" in record.getMessage()


def test_details_are_sent_up_to_the_limit_and_else_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    details = (AnyMessage("type.googleapis.com/a.B", b"v" * 300),)
    error = PluginAPIError("text", details=details)
    size = len(status_details.pack(CODE, "text", details))
    code, text, [(key, data)] = Ended(CODE, "text", error).status(size)
    assert (code, text, key) == (CODE, "text", "grpc-status-details-bin")
    assert status_details.read(data) == details
    assert not caplog.records
    code, text, trailers = Ended(CODE, "text", error).status(size - 1)
    assert (code, trailers) == (CODE, ())
    assert text.startswith("text (its details could not be sent: ")
    assert f"{size} bytes" in text
    assert f"max-status-bytes is {size - 1}" in caplog.text


def test_text_and_note_share_the_room_of_the_text() -> None:
    error = PluginAPIError("no", details=(AnyMessage("type.googleapis.com/a.B", b"v" * 9000),))
    _, text, _ = Ended(CODE, "x" * 5000, error).status(1000)
    assert "its details could not be sent" in text
    assert text.startswith("xxx")
    assert 400 < len(text.encode()) <= 500


@pytest.mark.parametrize(
    "details",
    [[object()], 7, [AnyMessage("\ud800", b"")]],
    ids=["objects", "number", "no text"],
)
def test_details_that_are_none_do_not_cost_the_status(details: Any) -> None:
    error = PluginAPIError("text")
    error.details = details
    code, text, trailers = Ended(CODE, "text", error).status(1000)
    assert (code, trailers) == (CODE, ())
    assert text.startswith("text (its details could not be sent: ")


def test_an_error_of_another_kind_has_no_details(caplog: pytest.LogCaptureFixture) -> None:
    error: Any = ValueError("no")
    error.details = [object()]
    assert Ended(CODE, "text", error).status(100) == (CODE, "text", ())
    assert not caplog.records


# ------------------------------------------------------------------ channels


@pytest.mark.parametrize(
    ("target", "authority"),
    [
        ("unix:/a/b", "localhost"),
        ("UNIX:/a/b", "localhost"),
        ("unix-abstract:a", "localhost"),
        ("127.0.0.1:5", None),
        ("dns:unix", None),
    ],
)
def test_a_channel_to_a_socket_says_localhost(target: str, authority: str | None) -> None:
    options = dict(channel_options(target))
    assert options.get("grpc.default_authority") == authority
    assert options["grpc.enable_http_proxy"] == 0


def test_the_callers_own_options_win() -> None:
    given = [("grpc.enable_http_proxy", 1), ("x", 2)]
    assert dict(channel_options("a:1", given)) == dict(given)
    assert len(channel_options("a:1", given)) == 2


# ------------------------------------------------------------------ sizes

SIZES = {
    "CLIENT: Received message larger than max (9 vs. 4)": "this client accepts",
    "CLIENT: Sent message larger than max (9 vs 4)": "this client sends",
    "grpc: trying to send message larger than max (9 vs. 4)": "the host sends",
    "grpc: received message larger than max (9 vs. 4)": "the host accepts",
    "grpc: received message after decompression larger than max (9 vs. 4)": "the host accepts",
    "SERVER: Received message larger than max (9 vs. 4)": "the host accepts",
    "Received message larger than max (9 vs 4)": "its receiver accepts",
    "gRPC message exceeds maximum size 4: 9": "its receiver accepts",
}


@pytest.mark.parametrize(("text", "whose"), SIZES.items())
def test_who_refused_a_message_for_its_size(text: str, whose: str) -> None:
    assert too_large(text, "Get") == (
        f"Get: a message of 9 bytes is larger than the 4 that {whose}; "
        "send or ask for less at a time"
    )


@pytest.mark.parametrize("text", ["", "too many calls", "message larger than max"])
def test_a_peer_that_is_busy_did_not_refuse_a_size(text: str) -> None:
    assert too_large(text, "Get") is None


def test_details_of_a_peer_may_be_anything() -> None:
    assert status_details.read(b"\xff\xff") == ()
    assert status_details.read(b"") == ()
