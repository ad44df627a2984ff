"""Which rules of strict checkers does a module break, only by what the protos call things?

They are about style, and about the use of what is deprecated, which is the SDK's own here. A rule
is off in the modules that break it and in no other, so that one name more changes one file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..protos.schema import Enum, File, Message, walk
from ..python.symbols import Symbol
from .clients import class_name
from .context import Context
from .nodes import Frowned, PythonModule
from .package import NamespacePlan

DEPRECATED = "reportDeprecated"
_CONSTANT = "reportConstantRedefinition"
_PRIVATE = "reportPrivateUsage"
_UNUSED = "reportUnusedClass"


def of_file(file: File) -> tuple[str, ...]:
    """The rules that the module with the models of a file breaks, and the one that converts them.

    A field named `FOO` is no constant, one named `_x` not private.
    """
    messages = tuple(walk(file.messages))
    fields = [f for m in messages for f in m.fields]
    rules: set[str] = set()
    if any(f.name.isupper() for f in fields):
        rules.add(_CONSTANT)
    if any(f.deprecated and f.oneof is not None for f in fields):
        rules.add(DEPRECATED)
    if any(map(_is_private, messages)) or any(map(_is_private, _enums(file))):
        rules |= {_PRIVATE, _UNUSED}
    return tuple(sorted(rules))


def _enums(file: File) -> Iterator[Enum]:
    yield from file.enums
    for message in walk(file.messages):
        yield from message.enums


def _is_private(declared: Message | Enum) -> bool:
    """Whether its name, or that of a field, begins like that of what is private."""
    fields = declared.fields if isinstance(declared, Message) else ()
    private = any(f.name.startswith("_") for f in fields)
    return private or "._" in f".{declared.full_name}"


def frowned(context: Context) -> Frowned:
    """The classes that a module breaks rules by mentioning."""
    found: dict[Symbol, tuple[str, ...]] = {}
    schema = context.schema
    everything: list[Message | Enum] = [*schema.messages.values(), *schema.enums.values()]
    for declared in everything:
        if (types := context.types.get(declared.full_name)) is None:
            continue
        private = _is_private(declared) or "._" in types.model.module
        rules = ((DEPRECATED, declared.deprecated), (_PRIVATE, private))
        if broken := tuple(rule for rule, breaks in rules if breaks):
            found[types.model] = broken
    for service in schema.services:
        names = context.services[service.full_name]
        twins = (class_name(names.client, is_async) for is_async in (False, True))
        rules = ((DEPRECATED, service.deprecated), (_PRIVATE, service.name.startswith("_")))
        if broken := tuple(rule for rule, breaks in rules if breaks):
            found |= {Symbol(f".clients.{names.module}", twin): broken for twin in twins}
            found[Symbol(f".servicers.{names.module}", names.servicer)] = broken
    return found


def marked(modules: Iterable[PythonModule], frowned: Frowned) -> tuple[PythonModule, ...]:
    """The modules; what they export is no code that is printed, so it is looked at here."""
    return tuple(_marked(m, frowned) for m in modules) if frowned else tuple(modules)


def _marked(module: PythonModule, frowned: Frowned) -> PythonModule:
    if module.path.startswith(("clients/", "servicers/")) and _has_private_class(module):
        return module._replace(unchecked=(*module.unchecked, _PRIVATE, _UNUSED))
    if not isinstance(module.content, NamespacePlan):
        return module
    home = f".{module.path.rpartition('/')[0]}".rstrip(".").replace("/", ".")
    exported = (Symbol(home + e.module, e.original) for e in module.content.exports)
    rules = {rule for symbol in exported for rule in frowned.get(symbol, ())}
    return module._replace(unchecked=(*module.unchecked, *sorted(rules)))


def _has_private_class(module: PythonModule) -> bool:
    return any(name.startswith("_") for name in module.defines)
