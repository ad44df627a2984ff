"""How does one RPC, hook or message become Python, and by which rule? Text for `explain`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from ..plan.call_nodes import MethodPlan, ServicerMethodPlan, ServicerPlan
from ..plan.hook_nodes import HookPlan
from ..plan.model_nodes import MessagePlan, ModelsPlan
from ..plan.nodes import Plan
from ..problems import Location, fail
from ..protos.schema import walk
from ..python.symbols import plain


def found(plans: Sequence[Plan], name: str) -> str:
    """The explanations of all plans. Raises GenerationError if none has something of that name."""
    texts = [text for plan in plans if (text := explain(plan, name))]
    if not texts:
        known = [known for plan in plans for known in known_names(plan)]
        near = ", ".join(get_close_matches(name, known, 5, 0.4)) or ", ".join(known[:10])
        raise fail(Location(name), f"no RPC, hook or message of that name; there is: {near}")
    return "\n\n".join(texts)


def explain(plan: Plan, name: str) -> str | None:
    """The explanation of `SERVICE.METHOD`, of a hook or of a message; None if there is none."""
    simple = name.rpartition(".")[2]
    parts: list[str] = []
    served = _served(plan)
    parts += [
        _method(m, served[m.path])
        for m in plan.methods
        if name in _names_of_method(m) or simple == m.rpc
    ]
    parts += [_hook(h) for h in plan.hooks if simple == h.method]
    parts += [
        "\n".join([_message(m), *([f"  {rule}"] if rule else [])])
        for m, rule in _messages(plan)
        if name in (m.name, m.full_name)
    ]
    return "\n\n".join(dict.fromkeys(parts)) or None


def known_names(plan: Plan) -> list[str]:
    """Everything that can be explained."""
    methods = [_dotted(m) for m in plan.methods]
    return sorted(
        {
            *methods,
            *(h.method for h in plan.hooks),
            *(m.name for m, _ in _messages(plan)),
        }
    )


def _dotted(method: MethodPlan) -> str:
    service = method.path.split("/")[1].rpartition(".")[2]
    return f"{service}.{method.rpc}"


def _names_of_method(method: MethodPlan) -> tuple[str, ...]:
    return (method.path[1:].replace("/", "."), _dotted(method), method.name)


def _messages(plan: Plan) -> Iterator[tuple[MessagePlan, str]]:
    """Every message, and why its module has another name than its file."""
    for module in plan.modules:
        if isinstance(content := module.content, ModelsPlan):
            for message in walk(content.messages):
                if not message.namespace:
                    yield message, content.rule


def _served(plan: Plan) -> dict[str, ServicerMethodPlan]:
    """The method of a servicer for each RPC, by its path."""
    return {
        f"/{servicer.service}/{method.rpc}": method
        for module in plan.modules
        if isinstance(servicer := module.content, ServicerPlan)
        for method in servicer.methods
    }


def _method(method: MethodPlan, served: ServicerMethodPlan) -> str:
    lines = [f"{method.path[1:]}: {method.kind} RPC", ""]
    needed, others = [], []
    if method.takes_stream:
        needed.append(f"    requests: Iterable[{plain(method.request)}],")
    for p in method.parameters:
        if p.default is None:
            needed.append(f"    {p.name}: {plain(p.annotation)},")
        else:
            default = plain(p.default)
            others.append(f"    {p.name}: {plain(p.annotation)} = {default},")
    if others:
        others.insert(0, "    *,")
    lines += [f"{method.name}(", *needed, *others, f") -> {plain(method.returns(False))}", ""]
    lines += [f"  {p.name}: {p.rule}" for p in method.parameters]
    lines += [f"  {rule}" for rule in method.rules]
    lines.append("  raises: PluginAPIError and its subclasses, for an embedded error or a status")
    if method.idempotent:
        lines.append("  retried: the proto declares it idempotent")
    parameters = ", ".join(map(plain, served.signature))
    lines += ["", "as a method of its servicer, or with `async def`:"]
    lines.append(f"def {served.name}({parameters}) -> {plain(served.returns)}")
    return "\n".join(lines)


def _hook(hook: HookPlan) -> str:
    head, parameters, tail = hook.handler
    lines = [f"hook {hook.method}", "", f"@hook(HookName.{hook.name})"]
    lines.append(f"{head}{', '.join(parameters)}{tail}")
    lines += [
        "",
        *(f"  {rule}" for rule in hook.rules),
        f"  on failure: {_FAILURES[hook.family]}",
    ]
    if hook.rejects:
        lines.append("  on_error=Reject(…): a failure refuses instead")
    return "\n".join(lines)


_EMBEDDED = "the host gets the error in the response (id plugin.<hook>.error, status 500)"
_OPEN = "status INTERNAL (timeout: DEADLINE_EXCEEDED); the host goes on as if without the hook"
_FAILURES = {
    "void": _OPEN,
    "error": _EMBEDDED,
    "value": _EMBEDDED,
    "modify": _OPEN,
    "reject": _OPEN,
    "transform": _OPEN,
    "plain": _OPEN,
    "http": "500 before the first byte, a broken stream after it",
}


def _message(message: MessagePlan) -> str:
    lines = [f"message {message.full_name}", "", f"class {message.name}:"]
    for a in message.attributes:
        default = "" if a.default is None else f" = {plain(a.default)}"
        secret = "  (secret: not in repr)" if a.name in message.secrets else ""
        lines.append(f"    {a.name}: {plain(a.annotation)}{default}{secret}")
    return "\n".join(lines)
