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
ALL = tuple(edit for edits in TABLES.values() for edit in edits)
SAFE = tuple(edit for edit in ALL if not edit.told)
BREAKING = tuple(edit for edit in ALL if edit.told)
