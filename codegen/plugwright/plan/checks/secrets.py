"""Does each pattern and option that makes fields secret name some? A problem for each other one."""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from ...protos.flags import REDACTED
from ...protos.schema import Schema
from ...settings.tables import Settings
from ..naming import generated_files, walk
from .unmatched import unmatched


def problems(schema: Schema, settings: Settings) -> Iterator[Problem]:
    """The problems of the two keys of [fields]."""
    messages = schema.messages.values()
    own = (m for f in generated_files(schema) for m in walk(f.messages))
    asked = (f"{m.name}.{f.name}" for m in own for f in m.fields)
    known = (f"{m.name}.{f.name}" for m in messages for f in m.fields)
    yield from unmatched(settings, "fields.secret", settings.fields.secret, asked, known)
    if not settings.fields.secret_options:
        return
    options = {flag for m in messages for f in m.fields for flag in f.flags}
    for option in settings.fields.secret_options:
        if option not in options:
            there = ", ".join(sorted(options - {REDACTED})) or "none"
            text = (
                f"no field has the option {option!r} of fields.secret-options; "
                f"boolean options of fields, by full name: {there}"
            )
            yield Problem(settings.where("fields.secret-options"), text)
