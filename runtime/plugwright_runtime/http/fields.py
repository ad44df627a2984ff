"""How are HTTP names, values and addresses read and written?

`MultiDict` and `Headers` are what a request offers; `response_head` checks what a handler wants to
send; `as_text` and `as_bytes` convert between the strings of the stream and the bytes of ASGI and
WSGI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, TypeAlias, cast

from .frames import HeaderPairs, ResponseHead

HeaderInput: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
"""Header fields as a handler may give them: a mapping, or pairs when a name occurs several times.
"""

_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# No line breaks (they would add header fields), no other control characters, nothing that UTF-8
# cannot carry.
_FIELD_VALUE: Final = re.compile("[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")


class MultiDict(Mapping[str, str]):
    """An immutable mapping whose keys may have several values: `d[key]` is the first,
    `get_all(key)` are all.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self.pairs: tuple[tuple[str, str], ...] = tuple(pairs)
        self._values: dict[str, list[str]] = {}
        for name, value in self.pairs:
            self._values.setdefault(self._key(name), []).append(value)

    def _key(self, name: str) -> str:
        return name

    def __getitem__(self, name: str) -> str:
        return self._values[self._key(name)][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._key(name) in self._values

    def get_all(self, name: str) -> list[str]:
        """All values of `name` in order; empty if there is none."""
        return list(self._values.get(self._key(name), ()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.pairs)!r})"


class Headers(MultiDict):
    """Header fields; names are compared without regard to case and iterate in lower case."""

    def _key(self, name: str) -> str:
        return name.lower()


def response_head(status: int, headers: Iterable[tuple[str, str]]) -> ResponseHead:
    """The checked head. Raises `ValueError` or `TypeError` for what no HTTP message can carry."""
    fields = tuple(_checked_field(name, value) for name, value in headers)
    return ResponseHead(checked_status(status), fields)


def checked_status(status: object) -> int:
    """The status as a plain int. 0 (a Go host answers 200) and 200 to 999 pass, the rest is the
    handler's error: one below 200 is never the last word, and a host would wait for that.
    """
    if isinstance(status, bool) or not isinstance(status, int):
        raise TypeError(f"response status must be an int, not {type(status).__name__}")
    if status != 0 and not 200 <= status <= 999:
        raise ValueError(f"response status {int(status)} is not valid: use 200 to 999")
    return int(status)


def header_pairs(headers: HeaderInput | None) -> list[tuple[str, str]]:
    """The fields of either form as a new list of pairs."""
    if headers is None:
        return []
    if isinstance(headers, Mapping):
        headers = cast(Mapping[str, str], headers).items()
    return list(headers)


def _checked_field(name: object, value: object) -> tuple[str, str]:
    if not (isinstance(name, str) and isinstance(value, str)):
        raise TypeError(f"response header {name!r}: {value!r} must be two strings")
    if not _FIELD_VALUE.fullmatch(value):
        raise ValueError(f"value of response header {name!r} has control characters: remove them")
    return _canonical(name), value


@lru_cache(maxsize=512)
def _canonical(name: str) -> str:
    """`content-type` → `Content-Type`: a Go host that stores names as they come would miss the
    lower-case spelling.
    """
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"response header name {name!r} is not valid: use letters, digits and '-'")
    return "-".join(part.capitalize() for part in name.split("-"))


def declared_length(headers: HeaderPairs) -> int | None:
    """The value of Content-Length, if there is one. Raises `ValueError` if it is no number of
    bytes.
    """
    for name, value in headers:
        if name.lower() == "content-length":
            if not (value.isascii() and value.isdecimal()):
                raise ValueError(f"response header Content-Length is {value!r}: use a whole number")
            return int(value)
    return None


def as_bytes(text: str) -> bytes:
    """A header value or URL of the stream as the bytes that the client sent: protobuf strings are
    UTF-8.
    """
    return text.encode("utf-8", "surrogateescape")


def as_text(raw: bytes) -> str:
    """The string for a header field of a mounted application; UTF-8 keeps its bytes, anything else
    is Latin-1.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def split_target(url: str) -> tuple[str, str, str]:
    """`(scheme, path, query)` of a request URL, path still percent-encoded. Never fails; no scheme
    = empty.

    Unlike `urllib.parse` it takes `//a/b` for a path, which is what it means in a request.
    """
    scheme, rest = "", url.partition("#")[0]
    if not rest.startswith("/") and "://" in rest.partition("?")[0]:
        scheme, _, rest = rest.partition("://")
        start = re.search(r"[/?]", rest)
        rest = rest[start.start() :] if start else ""
    path, _, query = rest.partition("?")
    return scheme.lower(), path or "/", query


def split_address(address: str) -> tuple[str, int] | None:
    """`1.2.3.4:80` or `[::1]:80` → host and port; None for anything without a port, such as a Unix
    socket.
    """
    host, _, port = address.rpartition(":")
    if not host or len(port) > 5 or not (port.isascii() and port.isdecimal()):
        return None
    return host.removeprefix("[").removesuffix("]"), int(port)
