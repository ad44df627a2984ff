"""Which types does the runtime hold the annotations of a handler against? Texts, for `HookSpec`.

They are compared by name, so that no model is loaded for the look at a plugin class; "" stands for
what has no name of its own, such as the union of a oneof's cases.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..protos.schema import EnumKind, Message
from ..python import names
from ..python.symbols import Expr, plain


def argument_types(request: Message, arguments: Iterable[tuple[str, Expr, str]]) -> tuple[str, ...]:
    """The types of the arguments that a handler gets of `request`."""
    fields = {names.attribute(f.name): f for f in request.fields if f.oneof is None}
    texts: list[str] = []
    for name, annotation, _ in arguments:
        field = fields.get(name)
        number = " | int" if field and isinstance(field.kind, EnumKind) else ""
        texts.append(f"{plain(annotation)}{number}" if field else "")
    return tuple(texts)
