"""What does the site say of a hook? One page each, and one of all."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..plan.hook_nodes import HookPlan
from ..plan.nodes import Plan
from ..python.symbols import plain
from .markdown import code, escaped, first_sentence, paragraphs
from .page import Page, signature, table
from .places import Place, Places, address, hook_page, spelled

INDEX = "hooks/index.md"
# What each type means that a handler may return beside the values of its own hook.
_MEANINGS = {
    "None": "nothing is changed",
    "Reject": "it is refused, with the reason",
    "Dismiss": "it is dropped without an error; the value is `DISMISS`",
}


def pages(plan: Plan, places: Places) -> Iterator[Page]:
    """The page of all hooks, and each one's."""
    if not plan.hooks:
        return
    text = "A plugin answers what it registers, with `@hook(HookName.…)` on a method."
    yield Page(INDEX, "Hooks", "\n\n".join(["# Hooks", text, overview(plan, INDEX, places)]))
    for hook in plan.hooks:
        yield _hook(hook, plan.package, places)


def overview(plan: Plan, page: str, places: Places) -> str:
    """All hooks, as a table on `page`."""
    link = partial(places.link, page=page)
    rows = [
        (
            f"[{code(h.method)}]({address(Place(hook_page(h.snake)), page)})",
            first_sentence(h.doc, link),
        )
        for h in plan.hooks
    ]
    return table(("hook", "when it is called"), rows)


def _hook(hook: HookPlan, package: str, places: Places) -> Page:
    page = hook_page(hook.snake)
    link = partial(places.link, page=page)
    lines = [f"# {escaped(hook.method)}", paragraphs(hook.doc, link), "## Handler"]
    lines += [f"```python\n{_example(hook, package)}\n```"]
    rows = [(code(name), places.type(kind, page)) for name, kind, _ in hook.arguments]
    if rows:
        lines += [table(("argument", "type"), rows)]
    lines += ["## Answer", table(("returned", "means"), _answers(hook, page, places))]
    if hook.rejects:
        text = "a handler that fails refuses, instead of changing nothing"
        lines += [f"`@hook(HookName.{hook.name}, on_error=Reject(…))`: {text}."]
    return Page(page, hook.method, "\n\n".join(lines))


def _answers(hook: HookPlan, page: str, places: Places) -> Iterator[tuple[str, str]]:
    if hook.family == "http":
        yield "`Response`", "what is sent: status, headers, body"
        return
    for result in hook.result:
        name = plain(result)
        means = _MEANINGS.get(name, "the answer" if hook.family == "value" else "goes in its place")
        if name == "None" and hook.family in ("void", "error"):
            means = "there is nothing to answer"
            means += "; raising tells the host that it failed" if hook.family == "error" else ""
        yield places.type(result, page), means


def _example(hook: HookPlan, package: str) -> str:
    given = [f"{name}: {spelled(kind)}" for name, kind, _ in hook.arguments]
    answer = " | ".join(map(spelled, hook.result))
    if hook.family == "http":
        given, answer = ["request: Request"], "Response"
    used = sorted({"Dismiss", "Reject", "Response"}.intersection(answer.split()))
    used = ["Request", *used] if hook.family == "http" else used
    names = ["HookName", "Plugin", *used, "hook", "models"]
    declared = signature(f"def {hook.snake}(", ["self", *given], f") -> {answer}:")
    body = "\n".join(f"    {line}" for line in [*declared.split("\n"), "    ..."])
    imports = "from typing import Any\n\n" if "Any" in declared else ""
    return (
        f"{imports}from {package} import {', '.join(names)}\n\n\n"
        f"class MyPlugin(Plugin):\n    @hook(HookName.{hook.name})\n{body}"
    )
