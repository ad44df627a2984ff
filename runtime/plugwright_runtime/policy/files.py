"""What does a file say of permissions and accounts? TOML in, a `Policy` out.

    permissions = [["store.in", "select", ["notes"]], ["http.in", "get"]]
    forbidden = [{plugin = "exec.in", method = ""}]
    reads = ["store.in.select*"]
    writes = false

    [plugin."store.in"]
    db_connection = "sqlite:/tmp/app.db"
    [plugin."store.in#archive"]
    db_connection = "sqlite:/tmp/archive.db"

    [links."/notes"]
    "store.in" = "archive"

An entry is a list (plugin, method, patterns of the arguments) or a table with the fields of
`Permission`. Without `permissions` everything is granted.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from ..exceptions import PlugwrightError
from .accounts import Accounts
from .permissions import Permission, Permissions

_KEYS = ("plugin", "permissions", "forbidden", "reads", "writes", "links")
_FIELDS = ("plugin", "method", "arguments", "named", "is_read")


class PolicyError(PlugwrightError):
    """A file of permissions and accounts cannot be read as one; the text has the place."""


class Policy(NamedTuple):
    """What a file says."""

    permissions: Permissions
    accounts: Accounts


def load(path: str | PathLike[str]) -> Policy:
    """The policy in a file. Raises PolicyError, also if the file cannot be read."""
    try:
        return parse(Path(path).read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise PolicyError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyError(f"{path}: is no UTF-8") from None


def parse(text: str, place: str = "policy") -> Policy:
    """The policy in a text; `place`: what errors call it."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyError(f"{place}: {error}") from None
    return _Reader(place).policy(found)


class _Reader:
    def __init__(self, place: str) -> None:
        self._place = place

    def policy(self, found: Mapping[str, Any]) -> Policy:
        self._known(found, _KEYS, "")
        granted = found.get("permissions")
        permissions = Permissions(
            granted=None if granted is None else tuple(self._entries(granted, "permissions")),
            forbidden=tuple(self._entries(found.get("forbidden", []), "forbidden")),
            reads=tuple(self._texts(found.get("reads", []), "reads")),
            writes=self._typed(found.get("writes", True), bool, "writes", "true or false"),
        )
        settings = self._tables(found.get("plugin", {}), "plugin")
        links = self._tables(found.get("links", {}), "links")
        for app, linked in links.items():
            for name, account in linked.items():
                self._typed(account, str, f'links."{app}"."{name}"', "the name of an account")
        return Policy(permissions, Accounts(settings, links))

    def _entries(self, found: Any, key: str) -> Iterator[Permission]:
        for number, entry in enumerate(self._typed(found, list, key, "a list of entries"), 1):
            yield self._entry(entry, f"{key}, entry {number}")

    def _entry(self, entry: Any, key: str) -> Permission:
        if isinstance(entry, list):
            if not 2 <= len(entry) <= 3:
                raise self._fault(key, "a list has a plugin, a method, and patterns or none")
            entry = dict(zip(_FIELDS, entry, strict=False))
        entry = self._typed(entry, dict, key, "a list or a table")
        self._known(entry, _FIELDS, f"{key}: ")
        for name in ("plugin", "method"):
            if name not in entry:
                raise self._fault(key, f"{name} is missing")
            self._typed(entry[name], str, f"{key}: {name}", "a text")
        self._texts(entry.get("arguments", []), f"{key}: arguments")
        named = self._typed(entry.get("named", {}), dict, f"{key}: named", "a table")
        self._texts(list(named.values()), f"{key}: named")
        self._typed(entry.get("is_read"), (bool, type(None)), f"{key}: is_read", "true or false")
        try:
            return Permission(**entry)
        except ValueError as error:
            raise self._fault(key, str(error)) from None

    def _texts(self, found: Any, key: str) -> list[str]:
        for text in self._typed(found, list, key, "a list of texts"):
            self._typed(text, str, key, "a list of texts")
        return list(found)

    def _tables(self, found: Any, key: str) -> dict[str, dict[str, Any]]:
        for name, table in self._typed(found, dict, key, "a table of tables").items():
            self._typed(table, dict, f'{key}."{name}"', "a table")
        return dict(found)

    def _typed(self, value: Any, kind: Any, key: str, wanted: str) -> Any:
        if not isinstance(value, kind):
            raise self._fault(key, f"has to be {wanted}, not {value!r}")
        return value

    def _known(self, found: Mapping[str, Any], keys: tuple[str, ...], prefix: str) -> None:
        for key in found:
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1)
                advice = f"did you mean {near[0]}?" if near else f"known are {', '.join(keys)}"
                raise self._fault(f"{prefix}{key}", f"is not known; {advice}")

    def _fault(self, key: str, text: str) -> PolicyError:
        return PolicyError(f"{self._place}: {key}: {text}")
