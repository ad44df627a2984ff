"""Are URLs, addresses and header fields read without ever failing, and checked before they are
sent?
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.http import Headers, MultiDict
from plugwright_runtime.http.fields import (
    as_bytes,
    as_text,
    declared_length,
    header_pairs,
    response_head,
    split_address,
    split_target,
)

TEXT = st.text(alphabet="/:?#[]@%&=.a1é٣\x00", max_size=20)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("/a/b?c=d&e=/f", ("", "/a/b", "c=d&e=/f")),
        ("//a//b", ("", "//a//b", "")),
        ("", ("", "/", "")),
        ("?x", ("", "/", "x")),
        ("*", ("", "*", "")),
        ("/a#b?c", ("", "/a", "")),
        ("HTTPS://host:1/a?b", ("https", "/a", "b")),
        ("http://host?b=http://c", ("http", "/", "b=http://c")),
        ("http://host", ("http", "/", "")),
        ("/go?to=http://x/y", ("", "/go", "to=http://x/y")),
        ("http://[broken", ("http", "/", "")),
    ],
)
def test_split_target(url: str, parts: tuple[str, str, str]) -> None:
    assert split_target(url) == parts


@given(TEXT)
def test_split_target_never_fails(url: str) -> None:
    _, path, _ = split_target(url)
    assert path


@pytest.mark.parametrize(
    ("address", "parts"),
    [
        ("1.2.3.4:80", ("1.2.3.4", 80)),
        ("[::1]:443", ("::1", 443)),
        ("host:", None),
        ("host", None),
        (":80", None),
        ("@", None),
        ("/run/a.sock", None),
        ("host:123456", None),
        ("host:٣", None),
    ],
)
def test_split_address(address: str, parts: tuple[str, int] | None) -> None:
    assert split_address(address) == parts


@given(TEXT)
def test_split_address_never_fails(address: str) -> None:
    split_address(address)


@given(st.binary())
def test_header_bytes_survive_if_they_are_utf8(raw: bytes) -> None:
    text = as_text(raw)
    try:
        raw.decode()
    except UnicodeDecodeError:
        assert text.encode("latin-1") == raw
    else:
        assert as_bytes(text) == raw


@given(st.lists(st.tuples(st.sampled_from(["A", "a", "B"]), TEXT)))
def test_multi_dicts_keep_every_value(pairs: list[tuple[str, str]]) -> None:
    exact, folded = MultiDict(pairs), Headers(pairs)
    assert exact.pairs == folded.pairs == tuple(pairs)
    assert exact.get_all("a") == [value for name, value in pairs if name == "a"]
    assert folded.get_all("A") == [value for name, value in pairs if name != "B"]
    assert dict(folded) == {name: folded.get_all(name)[0] for name in folded}
    assert len(exact) == len({name for name, _ in pairs})


def test_response_head_spells_names_as_go_does() -> None:
    head = response_head(200, [("content-TYPE", "a"), ("x-request-id", "b"), ("ETag", "c")])
    assert [name for name, _ in head.headers] == [
        "Content-Type",
        "X-Request-Id",
        "Etag",
    ]


@pytest.mark.parametrize("field", [("a:", "b"), ("ä", "b"), ("a", "b\n"), ("a", 1), (b"a", "b")])
def test_response_head_refuses(field: Any) -> None:
    with pytest.raises((ValueError, TypeError), match="response header"):
        response_head(200, [field])


@pytest.mark.parametrize("value", ["", " 1", "+1", "1_0", "²", "1,1"])
def test_declared_length_refuses(value: str) -> None:
    with pytest.raises(ValueError, match="Content-Length"):
        declared_length([("content-length", value)])


def test_header_pairs_takes_both_forms() -> None:
    assert header_pairs({"a": "1"}) == header_pairs([("a", "1")]) == [("a", "1")]
    assert header_pairs(None) == []
