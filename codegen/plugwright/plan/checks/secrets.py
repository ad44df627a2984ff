"""Does each pattern and option that makes fields secret name some? A problem for each other one."""

from __future__ import annotations

from collections.abc import Iterator

from ...problems import Problem
from ...protos.flags import REDACTED
from ...protos.schema import walk
from ...settings.patterns import unmatched
from ..context import Context, named


def problems(context: Context) -> Iterator[Problem]:
    """The problems of the two keys of [fields]."""
    settings, messages = context.settings, context.schema.messages.values()
    own = (m for f in context.files for m in walk(f.messages))
    secret = settings.fields.secret
    yield from unmatched(settings, "fields.secret", secret, named(own), named(messages))
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
