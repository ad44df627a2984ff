"""May a call be made, and with which settings? Permissions and accounts of what a host runs.

    policy = load("apps.toml")
    store = policy.permissions.guard(StoreClient(target), "store.in")   # a StoreClient, which asks
    settings = policy.accounts.settings("store.in#archive", app="/notes")

A refusal is raised at once, before anything is sent, and before a failure that a `CallScope` still
holds.
"""

from .accounts import Accounts, UnknownAccount
from .audit import Audit
from .files import Policy, PolicyError, load
from .permissions import Matching, Permission, Permissions, Refused, Verdict

__all__ = [
    "Accounts",
    "Audit",
    "Matching",
    "Permission",
    "Permissions",
    "Policy",
    "PolicyError",
    "Refused",
    "UnknownAccount",
    "Verdict",
    "load",
]
