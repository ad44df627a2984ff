"""What is a call of the API made with? Every parameter, with JSON where there must be some."""

from __future__ import annotations

import json
from typing import Any

from kit.mattermost.facts import JSON_FIELDS, Rpc
from kit.mattermost.values import Tree, attribute, descriptor, filled

JSON_OBJECT = {"Key é🙂": [1, 2.5, None, True, {"deep": ""}], "big": 2**60}


def arguments(rpc: Rpc, tree: Tree) -> dict[str, Any]:
    """The arguments of the client method for the request in `tree`."""
    fields = descriptor(rpc.request).fields_by_name
    values = {name: attribute(fields[name], value) for name, value in tree.items()}
    return {n: json.loads(v) if n in JSON_FIELDS else v for n, v in values.items()}


def tree_with_json(name: str) -> Tree:
    """`filled`, with real JSON in the fields that must hold some."""
    tree = filled(name)
    text = json.dumps(JSON_OBJECT).encode()
    return tree | {n: text for n in tree if n in JSON_FIELDS}
