"""Which settings does a module get that an app loads? Decided as the server does, for tests.

In: settings by module and account, and the links that an administrator has made for the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .app_permissions import full_name, plain_name


class Accounts:
    """`settings`: by `store` or `store#archive`. `links`: from what the app loads, `store` or
    `store#archive`, to the name of an account, with or without the module: `archive`.
    """

    def __init__(self, settings: Mapping[str, Mapping[str, Any]], links: Mapping[str, str]) -> None:
        self._settings = {plain_name(name): found for name, found in settings.items()}
        self._links = {plain_name(name): _account(to) for name, to in links.items()}
        used = {self._block(name) for name in self._links}
        for name in self._settings:
            module, _, account = name.partition("#")
            if account and name not in used:
                raise ValueError(
                    f"nothing uses the settings of {full_name(name)}: without a link the server "
                    f"takes those of {full_name(module)}; pass links={{{name!r}: {account!r}}}"
                )

    def settings_of(self, name: str) -> Mapping[str, Any]:
        """Those of a module as it is loaded; none if nobody has set any."""
        return self._settings.get(self._block(name), {})

    def _block(self, name: str) -> str:
        """One link is followed, and what it leads to is not linked on."""
        module = name.partition("#")[0]
        account = self._links.get(name)
        return f"{module}#{account}" if account else module


def _account(text: str) -> str:
    return text.rpartition("#")[2]
