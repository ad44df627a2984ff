"""Which fields may not be shown? What a proto says of itself, and what is configured."""

from __future__ import annotations

from typing import NamedTuple

from ..protos.flags import REDACTED
from ..protos.schema import Field, Message
from ..settings.patterns import Patterns
from ..settings.tables import Fields


class Secrets(NamedTuple):
    """`patterns`: of `Message.field`; `options`: of fields, by full name."""

    patterns: Patterns
    options: frozenset[str]

    def hides(self, message: Message, field: Field) -> bool:
        """Whether a field is secret."""
        told = field.flags and not self.options.isdisjoint(field.flags)
        return bool(told) or f"{message.name}.{field.name}" in self.patterns


def secrets(configured: Fields) -> Secrets:
    """The secret fields that [fields] names, beside those that say so by protobuf's own option."""
    return Secrets(Patterns(configured.secret), frozenset({REDACTED, *configured.secret_options}))
