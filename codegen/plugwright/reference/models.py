"""What does the site say of models and enums? One page per module."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..plan.model_nodes import EnumPlan, MessagePlan, ModelsPlan, OneofPlan
from ..plan.nodes import Plan, PythonModule
from .markdown import cell, code, escaped, paragraphs
from .page import Page, anchored, table
from .places import Places, field, models_page, walked


def pages(plan: Plan, places: Places) -> Iterator[Page]:
    """A page of each module of models."""
    for module in plan.modules:
        if isinstance(module.content, ModelsPlan):
            yield _module(module.content, module, places)


def _module(content: ModelsPlan, module: PythonModule, places: Places) -> Page:
    page = models_page(module)
    title = page.removeprefix("models/").removesuffix(".md")
    lines = [f"# {escaped(title)}", paragraphs(module.doc, partial(places.link, page=page))]
    for path, node in walked(content):
        if isinstance(node, EnumPlan):
            lines += _enum(path, node, page, places)
        elif not node.namespace:
            lines += _message(path, node, page, places)
    return Page(page, title, "\n\n".join(lines))


def _message(path: str, message: MessagePlan, page: str, places: Places) -> Iterator[str]:
    link = partial(places.link, page=page)
    yield f"## {code(path)} {{ #{path} }}"
    if message.deprecated:
        yield f"**Deprecated**: {escaped(message.deprecated)}."
    yield paragraphs(message.doc, link) or "No comment."
    rows = [
        (
            field(anchored(f"{path}.{a.name}", a.name), a.annotation, a.default, page, places),
            _notes(a.name, message) + cell(a.doc, link),
        )
        for a in message.attributes
    ]
    yield table(("field", "meaning"), rows) if rows else "No fields."
    for oneof in message.oneofs:
        yield _oneof(path, oneof, page, places)


def _notes(name: str, message: MessagePlan) -> str:
    notes = ["never shown in `repr`"] if name in message.secrets else []
    notes += ["deprecated"] if name in message.old else []
    return f"*{', '.join(notes)}.* " if notes else ""


def _oneof(path: str, oneof: OneofPlan, page: str, places: Places) -> str:
    link = partial(places.link, page=page)
    rows = [
        (
            field(
                anchored(f"{path}.{oneof.holder}.{case.name}"), case.annotation, None, page, places
            ),
            cell(case.doc, link),
        )
        for case in oneof.cases
    ]
    head = f'<a id="{oneof.union}"></a>one of {code(oneof.union)}'
    return table((head, "meaning"), rows)


def _enum(path: str, enum: EnumPlan, page: str, places: Places) -> Iterator[str]:
    link = partial(places.link, page=page)
    yield f"## {code(path)} {{ #{path} }}"
    if enum.deprecated:
        yield f"**Deprecated**: {escaped(enum.deprecated)}."
    yield paragraphs(enum.doc, link) or "No comment."
    rows = [
        (
            anchored(f"{path}.{m.name}", m.name),
            str(m.number),
            ("*deprecated.* " if m.name in enum.old else "") + cell(m.doc, link),
        )
        for m in enum.members
    ]
    yield table(("member", "number", "meaning"), rows)
