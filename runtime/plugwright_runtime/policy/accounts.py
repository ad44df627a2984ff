"""With which settings does a plugin run for an application? Names and links in, settings out."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from ..exceptions import PlugwrightError

_NONE: Mapping[str, Any] = MappingProxyType({})


class UnknownAccount(PlugwrightError):
    """Nobody has configured the account that an application names."""


class Accounts:
    """The settings of plugins, by `plugin` and `plugin#account`, and which application uses which.

    `links`: by application, from what it loads, `store.in` or `store.in#archive`, to an account of
    that plugin, `prod` or `store.in#prod`. A link is followed once: what it leads to is not linked
    on. The application "" has the links of all that have none of their own for a name.

    `unlinked`: what a named account gets that no link leads from, the settings of that "account",
    or those of its "plugin". `missing`: what happens if these are not configured: the settings are
    "empty", those of the "plugin", or there is an "error", UnknownAccount.
    """

    def __init__(
        self,
        settings: Mapping[str, Mapping[str, Any]],
        links: Mapping[str, Mapping[str, str]] = _NONE,
        *,
        unlinked: Literal["account", "plugin"] = "account",
        missing: Literal["empty", "plugin", "error"] = "empty",
    ) -> None:
        self._settings = {name: dict(found) for name, found in settings.items()}
        self._links = {app: dict(found) for app, found in links.items()}
        self._unlinked = unlinked
        self._missing = missing

    def block(self, name: str, app: str = "") -> str:
        """Whose settings `app` gets that loads `name`: `plugin` or `plugin#account`.

        One instance of a plugin serves all who get the same block.
        """
        plugin, _, account = name.partition("#")
        link = self._link(name, app)
        if link is not None:
            return f"{plugin}#{link.rpartition('#')[2]}"
        return name if account and self._unlinked == "account" else plugin

    def settings(self, name: str, app: str = "") -> Mapping[str, Any]:
        """The settings that `app` gets that loads `name`."""
        block = self.block(name, app)
        found = self._settings.get(block)
        if found is None and "#" in block:
            if self._missing == "error":
                raise UnknownAccount(
                    f'{block} is not configured, which {app or "the application"} uses as {name}; '
                    f'add [plugin."{block}"], or link another account'
                )
            if self._missing == "plugin":
                found = self._settings.get(block.partition("#")[0])
        return MappingProxyType(found) if found is not None else _NONE

    def unused(self) -> tuple[str, ...]:
        """The blocks of accounts that nothing can lead to."""
        if self._unlinked == "account":
            return ()
        used = {self.block(name, app) for app, links in self._links.items() for name in links}
        return tuple(name for name in self._settings if "#" in name and name not in used)

    def _link(self, name: str, app: str) -> str | None:
        for links in (self._links.get(app, _NONE), self._links.get("", _NONE)):
            if name in links:
                return links[name]
        return None
