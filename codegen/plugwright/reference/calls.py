"""What does the site say of a call, and of a servicer? One page per domain, one per service."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ..plan.call_nodes import ClientsPlan, MethodPlan, ServicerPlan
from ..plan.nodes import Plan, PythonModule
from .markdown import Linked, cell, code, escaped, first_sentence, paragraphs, terms
from .page import Page, signature, table
from .places import Place, Places, address, calls_page, field, methods, servicer_page, spelled

_ERRORS = re.compile(r"^Errors?: +", re.MULTILINE)


def pages(plan: Plan, places: Places) -> Iterator[Page]:
    """A page of each domain of each client, and of each servicer."""
    for module in plan.modules:
        match module.content:
            case ClientsPlan() as content:
                yield _domain(content, module, places)
            case ServicerPlan() as servicer:
                yield _servicer(servicer, module, places)
            case _:
                pass


def domain(content: ClientsPlan) -> str:
    """What the calls of a module have in common."""
    return content.classes[0].name.removeprefix("Async").removesuffix("Mixin")


def overview(module: PythonModule, page: str, places: Places) -> str:
    """The calls of a module, as a table on `page`."""
    link, home = partial(places.link, page=page), calls_page(module)
    rows = [
        (
            f"[{code(m.name)}]({address(Place(home, m.name), page)})",
            first_sentence(m.doc, link),
        )
        for m in methods(module.content)
    ]
    return table(("call", "what it does"), rows)


def described(method: MethodPlan) -> tuple[str, str]:
    """The comment of an RPC without its parameters and errors, and what it says of errors."""
    text = method.doc.partition("\n\nArgs:\n")[0]
    found = _ERRORS.search(text)
    if found is None:
        return text, ""
    errors, _, rest = text[found.end() :].partition("\n\n")
    return f"{text[: found.start()].strip()}\n\n{rest}".strip(), " ".join(errors.split())


def _domain(content: ClientsPlan, module: PythonModule, places: Places) -> Page:
    page = calls_page(module)
    first = content.classes[0]
    title = domain(content)
    link = partial(places.link, page=page)
    lines = [f"# {escaped(title)}", paragraphs(first.doc, link), overview(module, page, places)]
    for method in methods(content):
        lines += _method(method, content, page, places)
    return Page(page, title, "\n\n".join(lines))


def _method(method: MethodPlan, content: ClientsPlan, page: str, places: Places) -> Iterator[str]:
    link = partial(places.link, page=page)
    text, errors = described(method)
    yield f"## {code(method.name)} {{ #{method.name} }}"
    if method.deprecated:
        yield f"**Deprecated**: {escaped(method.deprecated)}."
    yield paragraphs(text, link)
    for kind in content.classes:
        yield _tab("async" if kind.is_async else "sync", _example(method, kind.is_async))
    yield _parameters(method, page, places)
    stream = "a stream of " if method.gives_stream else ""
    yield f"**Returns** {stream}{places.type(method.result, page)}"
    yield from _raises(errors, link)
    notes = [f"RPC {code(method.path)}"]
    notes += ["retried, for its proto declares it idempotent"] if method.idempotent else []
    yield f"*{'; '.join(notes)}*"


def _tab(name: str, text: str) -> str:
    indented = "\n".join(f"    {line}" for line in ["```python", *text.split("\n"), "```"])
    return f'=== "{name}"\n\n{indented}'


def _example(method: MethodPlan, is_async: bool) -> str:
    """How it is declared, and a call with what has no default."""
    head = "async def" if is_async and not method.gives_stream else "def"
    tail = f") -> {spelled(method.returns(is_async))}"
    declared = signature(f"{head} {method.name}(", map(spelled, method.signature(is_async)), tail)
    given = ["requests"] if method.takes_stream else []
    given += [p.name for p in method.parameters if p.default is None]
    call = f"client.{method.name}({', '.join(given)})"
    if method.gives_stream:
        return f"{declared}\n\n{'async ' if is_async else ''}for item in {call}:\n    ..."
    call = f"await {call}" if is_async else call
    result = spelled(method.result)
    return f"{declared}\n\n{call if result == 'None' else f'result = {call}'}"


def _parameters(method: MethodPlan, page: str, places: Places) -> str:
    link = partial(places.link, page=page)
    rows = [
        (field(code(p.name), p.annotation, p.default, page, places), cell(p.doc, link))
        for p in method.parameters
    ]
    return table(("parameter", "meaning"), rows) if rows else "No parameters."


def _raises(errors: str, link: Linked) -> Iterator[str]:
    """What `Errors: NotFoundError if …; ValidationError if …` says, as a list."""
    items = re.split(r";\s+", errors) if errors else []
    if items:
        yield "**Raises**\n\n" + "\n".join(f"- {terms(item.rstrip('.'), link)}" for item in items)


def _servicer(servicer: ServicerPlan, module: PythonModule, places: Places) -> Page:
    page = servicer_page(module)
    link = partial(places.link, page=page)
    lines = [
        f"# {code(servicer.name)} {{ #{servicer.name} }}",
        f"Serves {code(servicer.service)}: derive from it, and override what you answer. What is "
        "not overridden answers UNIMPLEMENTED.",
    ]
    for method in servicer.methods:
        tail = f") -> {spelled(method.returns)}"
        declared = signature(f"def {method.name}(", map(spelled, method.signature), tail)
        lines += [
            f"## {code(method.name)} {{ #{method.name} }}",
            paragraphs(method.doc, link),
            f"```python\n{declared}\n```",
            f"Takes {places.type(method.request, page)}, "
            f"gives {places.type(method.response, page)}.",
        ]
    return Page(page, servicer.name, "\n\n".join(lines))
