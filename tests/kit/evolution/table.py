"""All edits, in the order of docs/evolution.md."""

from __future__ import annotations

from collections.abc import Mapping

from kit.evolution import edits_of_calls as calls
from kit.evolution import edits_of_models as models
from kit.evolution.edits import Edit

TABLES: Mapping[str, tuple[Edit, ...]] = {
    "RPCs": calls.RPCS,
    "Requests": calls.REQUESTS,
    "Responses": calls.RESPONSES,
    "Hooks": calls.HOOKS,
    "Messages": models.MODELS,
    "Enums": models.ENUMS,
    "Files": models.FILES,
}
AWAITED = frozenset(
    {
        "add an RPC whose name differs in case alone",
        "add a service that is called like another one",
        "add a field to a request",
        "add a field between those of a request",
        "add a message to a request",
        "add a field to a request that has none",
        "change the order of a request's fields",
        "add a second payload to a response",
        "add a first payload to a response that had none",
        "add a field to a hook",
        "add a field between those of a hook",
        "change the order of a hook's fields",
        "move a message to another file",
        "rename a file",
        "add a value without the prefix of the others",
        "add a value that begins with a digit behind the prefix",
    }
)
ALL = tuple(edit for edits in TABLES.values() for edit in edits if edit.name not in AWAITED)
SAFE = tuple(edit for edit in ALL if not edit.told)
BREAKING = tuple(edit for edit in ALL if edit.told)
