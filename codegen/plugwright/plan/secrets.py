"""Which fields may not be shown? What a proto says of itself, and what is configured."""

from __future__ import annotations

from ..problems import Problems
from ..protos.flags import REDACTED
from ..protos.schema import Field, Message, Schema
from ..settings.patterns import Patterns
from ..settings.tables import Settings


class Secrets:
    """The secret fields of one run: by options of theirs, or by patterns of `Message.field`."""

    def __init__(self, settings: Settings, schema: Schema) -> None:
        self._settings = settings
        self._schema = schema
        self._patterns = Patterns(settings.fields.secret)
        self._options = {REDACTED, *settings.fields.secret_options}

    def hides(self, message: Message, field: Field) -> bool:
        """Whether a field is secret."""
        named = f"{message.name}.{field.name}" in self._patterns  # asked of all, to be used
        return named or not self._options.isdisjoint(field.flags)

    def report_unused(self, problems: Problems) -> None:
        """A problem for each pattern and option that no field has."""
        messages, settings = self._schema.messages.values(), self._settings
        names = (f"{m.name}.{f.name}" for m in messages for f in m.fields)
        self._patterns.report_unused(problems, settings, "fields.secret", names)
        if not settings.fields.secret_options:
            return
        known = {flag for m in messages for f in m.fields for flag in f.flags}
        for option in settings.fields.secret_options:
            if option not in known:
                there = ", ".join(sorted(known - {REDACTED})) or "none"
                text = (
                    f"no field has the option {option!r} of fields.secret-options; "
                    f"boolean options of fields, by full name: {there}"
                )
                problems.add(settings.where("fields.secret-options"), text)
