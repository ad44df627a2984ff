"""Where in the site is what a comment or a type names? A plan in, `Places` out."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..plan.call_nodes import ClientsPlan, MethodPlan, ServicerPlan
from ..plan.model_nodes import EnumPlan, MessagePlan, ModelsPlan
from ..plan.nodes import Plan, PythonModule
from ..python import runtime
from ..python.symbols import Code, Expr, Symbol, plain
from .markdown import code

ERRORS = "errors.md"
# What the runtime calls a default that is made anew for each model.
_DEFAULTS = {"EMPTY_LIST": "[]", "EMPTY_DICT": "{}"}


class Place(NamedTuple):
    """A heading or a row of a page."""

    page: str
    anchor: str = ""


class Places(NamedTuple):
    """`names`: what comments call things, `symbols`: what types are, by module and name."""

    names: Mapping[str, Place]
    symbols: Mapping[tuple[str, str], Place]

    def link(self, name: str, page: str) -> str | None:
        """The address of what is called `name`, as seen from `page`."""
        place = self.names.get(name.removesuffix("()"))
        return None if place is None else address(place, page)

    def type(self, annotation: Code, page: str) -> str:
        """A type, with links to the models in it."""
        parts = annotation.parts if isinstance(annotation, Expr) else (annotation,)
        known = [p for p in parts if isinstance(p, Symbol) and (p.module, p.name) in self.symbols]
        if not known:
            return code(spelled(annotation))
        if len(known) == 1:
            target = address(self.symbols[known[0].module, known[0].name], page)
            return f"[{code(spelled(annotation))}]({target})"
        return "".join(self._part(part, page) for part in parts)

    def _part(self, part: str | Symbol | Code, page: str) -> str:
        text = spelled(part)
        place = self.symbols.get((part.module, part.name)) if isinstance(part, Symbol) else None
        if place is not None:
            return f"[{code(text)}]({address(place, page)})"
        return code(text) if text.strip() else " "


def field(name: str, annotation: Code, default: Code | None, page: str, places: Places) -> str:
    """The cell of a field or parameter: its name, and below it the type and the default."""
    shown = "" if default is None else spelled(default)
    shown = _DEFAULTS.get(shown, shown)
    kind = places.type(annotation, page)
    return f"{name}<br>{kind}{f' = {code(shown)}' if shown else ''}"


def spelled(annotation: Code) -> str:
    """A type as a program that imports `models` says it."""
    parts = annotation.parts if isinstance(annotation, Expr) else (annotation,)
    return "".join(map(_spelled, parts))


def _spelled(part: str | Symbol | Expr) -> str:
    if isinstance(part, Symbol) and part.module.startswith(".models"):
        return f"models.{part.name}"
    return "dict[str, Any]" if part == runtime.JSONObject else plain(part)


def address(place: Place, page: str) -> str:
    """Of a place, as seen from `page`."""
    path = posixpath.relpath(place.page, posixpath.dirname(page) or ".")
    return f"{path}#{place.anchor}" if place.anchor else path


def calls_page(module: PythonModule) -> str:
    return module.path.replace("clients/", "calls/", 1).replace(".py", ".md")


def models_page(module: PythonModule) -> str:
    return module.path.replace(".py", ".md")


def servicer_page(module: PythonModule) -> str:
    return module.path.replace(".py", ".md")


def hook_page(snake: str) -> str:
    return f"hooks/{snake}.md"


def found(plan: Plan, errors: Iterator[str]) -> Places:
    """The places of all that the SDK has; `errors`: the names of its exceptions."""
    symbols: dict[tuple[str, str], Place] = {}
    named: defaultdict[str, set[Place]] = defaultdict(set)
    for module in plan.modules:
        match module.content:
            case ModelsPlan() as content:
                symbols |= dict(_symbols(content, module))
                for name, place in _names(content, models_page(module)):
                    named[name].add(place)
            case ServicerPlan() as servicer:
                named[servicer.name].add(Place(servicer_page(module), servicer.name))
            case _:
                pass
    # What several things are called says nothing about where.
    names = {name: places.pop() for name, places in named.items() if len(places) == 1}
    names |= {name: Place(ERRORS, name) for name in errors}
    names |= dict(_methods(plan))
    for hook in plan.hooks:
        names[hook.method] = names[f"HookName.{hook.name}"] = Place(hook_page(hook.snake))
    return Places(names, symbols)


def _methods(plan: Plan) -> Iterator[tuple[str, Place]]:
    for module in plan.modules:
        if isinstance(module.content, ClientsPlan):
            for method in methods(module.content):
                place = Place(calls_page(module), method.name)
                yield method.name, place
                yield method.rpc, place


def methods(content: ClientsPlan) -> tuple[MethodPlan, ...]:
    """Those of a domain."""
    return content.classes[0].methods


def _symbols(content: ModelsPlan, module: PythonModule) -> Iterator[tuple[tuple[str, str], Place]]:
    """Where types lead to that stand in signatures."""
    page = models_page(module)
    for name in (*(path for path, _ in walked(content)), *(u.union for u in content.unions)):
        yield (module.name, name), Place(page, name)


def _names(content: ModelsPlan, page: str) -> Iterator[tuple[str, Place]]:
    """What comments may call the things of a module."""
    for path, node in walked(content):
        yield path, Place(page, path)
        if "." in path:
            yield path.rpartition(".")[2], Place(page, path)
        for part in parts(node):
            yield f"{path}.{part}", Place(page, f"{path}.{part}")


def parts(node: MessagePlan | EnumPlan) -> tuple[str, ...]:
    """The fields of a message with the cases of its oneofs, the members of an enum."""
    if isinstance(node, EnumPlan):
        return tuple(member.name for member in node.members)
    cases = (f"{o.holder}.{case.name}" for o in node.oneofs for case in o.cases)
    return (*(attribute.name for attribute in node.attributes), *cases)


def walked(content: ModelsPlan) -> Iterator[tuple[str, MessagePlan | EnumPlan]]:
    """All models and enums of a module by their dotted names, each before those in it."""
    for enum in content.enums:
        yield enum.name, enum
    for message in content.messages:
        yield from _nested(message, "")


def _nested(message: MessagePlan, outer: str) -> Iterator[tuple[str, MessagePlan | EnumPlan]]:
    path = f"{outer}{message.name}"
    yield path, message
    for enum in message.enums:
        yield f"{path}.{enum.name}", enum
    for nested in message.messages:
        yield from _nested(nested, f"{path}.")
