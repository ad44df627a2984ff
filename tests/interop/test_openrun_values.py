"""Does every value come back as it went to a provider, under a real go-plugin host?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kit.interop.openrun_host import OpenRunHost
from kit.interop.star_values import b64, number, text

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def host() -> Iterator[OpenRunHost]:
    """With a provider that is initialised."""
    with OpenRunHost() as host:
        host.serve()
        yield host


LIST = {"values": [number(1), {"float": 1}, {"bool": True}, {"none": True}, {"list": {}}]}
ENTRIES = {
    "entries": [
        {"key": text("z"), "value": number(1)},
        {"key": {"tuple": {"values": [number(1), text("a")]}}, "value": {"dict": {}}},
        {"key": {"none": True}, "value": text("last")},
    ]
}
VALUES: dict[str, Any] = {
    "none": {"none": True},
    "true": {"bool": True},
    "false": {"bool": False},
    "zero": number(0),
    "largest int": number(2**63 - 1),
    "smallest int": number(-(2**63)),
    "larger": {"bigint": {"abs": b64((2**63).to_bytes(8, "big"))}},
    "smaller": {"bigint": {"negative": True, "abs": b64((2**63 + 1).to_bytes(8, "big"))}},
    "huge": {"bigint": {"abs": b64(b"\1" + bytes(1000))}},
    "float": {"float": 2.5},
    "float that is whole": {"float": 2},
    "infinity": {"float": "-Infinity"},
    "not a number": {"float": "NaN"},
    "text": text("grüße \U0001f600 \0"),
    "no text": text(""),
    "bytes": {"bytes": b64(bytes(range(256)))},
    "list": {"list": LIST},
    "tuple": {"tuple": LIST},
    "set": {"set": {"values": [text("a")]}},
    "no set": {"set": {}},
    "dict": {"dict": ENTRIES},
    "record": {
        "struct": {
            "type_name": "t",
            "fields": {"entries": [{"key": text("f"), "value": {"tuple": {}}}]},
        }
    },
    "time": {"time_unix_nanos": "1760000000123456789"},
    "time before 1970": {"time_unix_nanos": "-1"},
    "first time": {"time_unix_nanos": str(-(2**63))},
    "last time": {"time_unix_nanos": str(2**63 - 1)},
    "thunk": {"thunk": {"name": "n", "value": {"list": LIST}}},
    "thunk that fails": {"thunk": {"name": "n", "error": "e"}},
    "function": {"funcref": {"function": "_internal", "args": [number(1), {"list": LIST}]}},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_value_comes_back(host: OpenRunHost, value: Any) -> None:
    assert host.call("echo", value) == {"value": value}


def test_a_cursor_is_no_argument(host: OpenRunHost) -> None:
    answer = host.call("echo", {"cursor": {"cursor_id": "c"}})
    assert answer["error"] == "probe.echo: argument 1: there is no place for a cursor here"


def test_functions_as_they_are_returned(host: OpenRunHost) -> None:
    record = host.call("functions")["value"]["struct"]
    assert record["type_name"] == "functions"
    fields = {e["key"]["str"]: e["value"] for e in record["fields"]["entries"]}
    assert fields["thunk"] == {
        "thunk": {"name": "thunk", "value": {"tuple": {"values": [number(1)]}}}
    }
    assert fields["broken"] == {"thunk": {"name": "broken", "error": "no"}}
    assert fields["method"] == {"funcref": {"function": "_internal"}}
    ref = fields["ref"]["funcref"]
    assert ref == {"function": "_internal", "args": [number(20), text("x")]}
    called = host.call(ref["function"], *ref["args"])
    assert called == {"value": {"list": {"values": [number(20), text("x")]}}}


def nested(depth: int) -> Any:
    value: Any = number(1)
    for level in range(depth):
        if level % 2:
            value = {"list": {"values": [value]}}
        else:
            entries = [{"key": text("k"), "value": value}]
            value = {"struct": {"type_name": "t", "fields": {"entries": entries}}}
    return value


def test_a_hundred_levels_and_not_one_more(host: OpenRunHost) -> None:
    assert host.call("echo", nested(100)) == {"value": nested(100)}
    answer = host.call("echo", nested(101))
    assert answer["error_code"] == "1"
    assert "argument 1[0][" in answer["error"] or 'argument 1["k"]' in answer["error"]
    assert "nested more than 100 levels deep" in answer["error"]


def test_up_to_64_mib(host: OpenRunHost) -> None:
    data = host.request(
        "call",
        method="Call",
        request={
            "module": "probe",
            "function": "large",
            "args": [number(63 * MIB)],
            "session_id": "s",
        },
        body_path="value.bytes",
        timeout_ms=30_000,
    )
    assert (data["code"], data["body"]["size"]) == ("OK", 63 * MIB)
    answer = host.call("large", number(64 * MIB))
    assert "return a generator or a Cursor of" in answer["error"]
    host.request("stdio", name="plugin", contains="printed by a function")
