"""Which rules of pyright's strict mode do the names of the protos break? Schema in, rules out."""

from __future__ import annotations

from ..protos.schema import Schema


def broken_rules(schema: Schema) -> tuple[str, ...]:
    """The rules of pyright's strict mode that names of the protos break.

    They are about style: a field named `FOO` is no constant, one named `_x` not private.
    """
    fields = [f.name for m in schema.messages.values() for f in m.fields]
    types = [*schema.messages, *schema.enums, *(s.full_name for s in schema.services)]
    rules: list[str] = []
    if any(name.isupper() for name in fields):
        rules.append("reportConstantRedefinition")
    if _any_deprecated(schema):
        rules.append("reportDeprecated")
    private = any(name.startswith("_") for name in fields)
    if private or any("._" in f".{name}" for name in types):
        rules += ["reportPrivateUsage", "reportUnusedClass"]
    return tuple(rules)


def _any_deprecated(schema: Schema) -> bool:
    """Whether anything is marked for checkers, which would report the SDK's own code."""
    fields = (f for m in schema.messages.values() for f in m.fields)
    methods = (m for s in schema.services for m in s.methods)
    return (
        any(m.deprecated for m in schema.messages.values())
        or any(e.deprecated for e in schema.enums.values())
        or any(s.deprecated for s in schema.services)
        or any(f.deprecated for f in fields)
        or any(m.deprecated for m in methods)
    )
