"""What of hooks do authors of plugins see? The context and the planned hooks in, items out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...protos.schema import Method
from ...python import names
from ...surface.items import Item
from .. import families
from ..context import Context
from ..hook_nodes import HookPlan
from .spelling import spelled


def items(context: Context, planned: Iterable[HookPlan]) -> Iterator[Item]:
    """All hooks."""
    methods = {m.name: m for m in families.hooks(context)}
    for plan in planned:
        yield from _hook(methods[plan.method], plan, context)


def _hook(method: Method, plan: HookPlan, context: Context) -> Iterator[Item]:
    place = f"HookName.{plan.name}"
    told = f"{plan.method} | {plan.family} | {method.input} -> {method.output}"
    if plan.rejects:
        told += " | on_error"
    if plan.dismiss:
        told += f" | dismiss {plan.dismiss!r}"
    yield Item("hook", place, told)
    sources = _sources(method, context)
    required = len(plan.arguments) - plan.optional
    for number, (name, annotation, _) in enumerate(plan.arguments, 1):
        how = "required" if number <= required else "optional"
        shown = f"{spelled(annotation, context)} | {how} {number} | {sources[name]}"
        yield Item("handler", f"{place}.{name}", shown)
    answers = " | ".join(spelled(r, context) for r in plan.result)
    yield Item("answer", place, answers)
    response = context.response(method)
    if errors := [f.name for f in context.convention(method).fields(response)]:
        yield Item("raises", place, " ".join(errors))


def _sources(method: Method, context: Context) -> dict[str, str]:
    """What of the request each argument of a handler is."""
    return {
        names.attribute(f.oneof or f.name): families.source(f)
        for f in families.arguments(method, context)
    }
