"""Which settings does a module get that an app loads? Decided as the server does, for tests.

In: settings by module and account, and the links that an administrator has made for the app.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugwright_runtime import policy

from .app_permissions import full_name


def accounts(
    settings: Mapping[str, Mapping[str, Any]], links: Mapping[str, str]
) -> policy.Accounts:
    """`settings`: by `store` or `store#archive`. `links`: from what the app loads, `store` or
    `store#archive`, to the name of an account, with or without the module: `archive`.

    An account that is not linked gets the settings of its module.
    """
    linked = {full_name(name): to for name, to in links.items()}
    by_name = {full_name(name): found for name, found in settings.items()}
    found = policy.Accounts(by_name, {"": linked}, unlinked="plugin")
    for name in found.unused():
        module, _, account = name.partition("#")
        own = name.replace(".ex", "")
        raise ValueError(
            f"nothing uses the settings of {name}: without a link the server takes those of "
            f"{module}; pass links={{{own!r}: {account!r}}}"
        )
    return found
