"""What must the Mattermost SDK agree with? The wire table, and the protos as protobuf sees them.

In: `tests/systems/mattermost/facts.json` and `proto/mattermost`. Out: the table by name, and
protobuf message classes that owe nothing to the SDK, so that both sides of a comparison have their
own source.
"""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from kit.compiled import descriptors
from kit.places import ROOT, TESTS

PROTOS = ROOT / "proto" / "mattermost"
SDK = ROOT / "generated" / "mattermost" / "mattermost_plugin"
PACKAGE = "mattermost.pluginapi.v1"

TABLE: list[dict[str, Any]] = json.loads(
    (TESTS / "systems" / "mattermost" / "facts.json").read_text("utf-8")
)["files"]
MESSAGES: dict[str, list[dict[str, Any]]] = {
    m["name"]: m["fields"] for f in TABLE for m in f.get("messages", ())
}
ENUMS: dict[str, dict[str, int]] = {
    e["name"]: e["values"] for f in TABLE for e in f.get("enums", ())
}

# Written out, not computed: the names people type. All others follow the words of the RPC.
_ACRONYMS = {"KV": "Kv", "LDAP": "Ldap", "DND": "Dnd", "HTTP": "Http", "OAuth": "Oauth"}
# Fields of the API that hold a JSON object as text.
JSON_FIELDS = frozenset({"config_json", "license_json", "limits_json"})
# Calls that may find nothing without that being an error.
NULLABLE = frozenset({"GetLicense", "GetCloudLimits", "UploadData"})


@dataclass(frozen=True)
class Rpc:
    """One RPC of the API: its names, and the fields of its request and answer."""

    name: str
    domain: str
    request: str
    response: str

    @property
    def method(self) -> str:
        return method_name(self.name)

    @property
    def parameters(self) -> list[dict[str, Any]]:
        return MESSAGES[self.request]

    @property
    def payload(self) -> list[dict[str, Any]]:
        """The fields of the response apart from the error."""
        return [f for f in MESSAGES[self.response] if f["name"] != "error"]


def method_name(rpc: str) -> str:
    """The Python name of an RPC of the API.

    >>> method_name("KVSet"), method_name("GetPluginID"), method_name("GetOAuthApp")
    ('kv_set', 'get_plugin_id', 'get_oauth_app')
    """
    for acronym, word in _ACRONYMS.items():
        rpc = rpc.replace(acronym, word)
    rpc = re.sub(r"ID\b", "Id", rpc)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", rpc).lower()


def _rpcs(service: str) -> tuple[Rpc, ...]:
    found = [s for f in TABLE for s in f.get("services", ()) if s["name"] == service]
    return tuple(
        Rpc(m["name"], m["domain"], simple(m["request"]), simple(m["response"]))
        for m in found[0]["methods"]
    )


def simple(full_name: str) -> str:
    """A name without its package."""
    return full_name.rpartition(".")[2]


API = _rpcs("PluginAPI")


@functools.cache
def compiled() -> descriptor_pb2.FileDescriptorSet:
    """The protos with comments and imports, compiled in this process."""
    return descriptors(PROTOS)


@functools.cache
def pool() -> descriptor_pool.DescriptorPool:
    """A pool of these tests alone, with the protos as compiled here."""
    made = descriptor_pool.DescriptorPool()
    for file in compiled().file:
        made.Add(file)
    return made


@functools.cache
def message_class(name: str) -> Any:
    """The protobuf class of a message of the table, by its simple name."""
    descriptor = pool().FindMessageTypeByName(f"{PACKAGE}.{name}")
    return message_factory.GetMessageClass(descriptor)
