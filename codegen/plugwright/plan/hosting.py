"""How does a Python program host plugins of the system? `host.py` of the SDK, or nothing.

The classes of the runtime with the constants of `[launch]`, the API that plugins call, and the
hooks as handlers see them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..python import runtime
from ..python.layout import quote
from ..python.symbols import Code, Symbol, builtin, expr
from . import launch
from .clients import class_name
from .context import Context
from .hook_nodes import HookPlan
from .nodes import PythonModule

PORT = "port-on-stdout"  # whose plugins get the address as an argument


class CalledHook(NamedTuple):
    """A hook, as a host calls it."""

    plan: HookPlan

    @property
    def parameters(self) -> Iterator[Code]:
        yield "self"
        yield "*"
        for name, annotation, source in self.plan.arguments:
            unset = " | None = None" if source == "message" else ""
            yield expr(f"{name}: ", annotation, unset)
        if self.bounded:
            yield expr("timeout: ", builtin("float"), " | None = None")

    @property
    def bounded(self) -> bool:
        """Whether a call may say how long it may take: a hook may have an argument of the name."""
        return "timeout" not in self.plan.argument_names

    @property
    def result(self) -> Code:
        pieces = [piece for result in self.plan.result for piece in (" | ", result)]
        return expr(*pieces[1:])

    @property
    def nothing(self) -> bool:
        return self.plan.answers == ("None",)

    @property
    def given(self) -> Code:
        items = ", ".join(f"{quote(name)}: {name}" for name in self.plan.argument_names)
        return f"{{{items}}}"


class Flavour(NamedTuple):
    """The classes for functions, or for coroutines."""

    is_async: bool
    host: str
    base: Symbol
    hooks: str
    hooks_base: Symbol
    client: Symbol | None


class HostPlan(NamedTuple):
    """`api`: the servicer of what plugins call from their start on, whose address they find in the
    `variable`, None if they are told none then.
    """

    flavours: tuple[Flavour, ...]
    hooks: tuple[CalledHook, ...]
    api: Symbol | None
    variable: str


def modules(context: Context, hooks: Iterable[HookPlan]) -> Iterator[PythonModule]:
    settings = context.settings
    if launch.configured(settings) is None:
        return
    called = tuple(CalledHook(hook) for hook in hooks if hook.family != "http")
    flavours = tuple(_flavour(each, context) for each in settings.sdk.flavours)
    names = [name for each in flavours for name in (each.host, *([each.hooks] if called else ()))]
    variable = settings.api.target_env
    told = context.api is not None and (variable or settings.launch.style == PORT)
    api = context.services[context.api.full_name] if context.api and told else None
    yield PythonModule(
        path="host.py",
        template="host.py.j2",
        content=HostPlan(
            flavours,
            called,
            Symbol(f".servicers.{api.module}", api.servicer) if api else None,
            variable,
        ),
        doc="Host plugins: start them, call them, end them, from a Python program.",
        defines=tuple(names),
        lazy=context.exported,
    )


def _flavour(is_async: bool, context: Context) -> Flavour:
    client = None
    if context.hooks is not None:
        names = context.services[context.hooks.full_name]
        client = Symbol(f".clients.{names.module}", class_name(names.client, is_async))
    if is_async:
        base = runtime.AsyncHost, "AsyncHooks", runtime.AsyncHooksBase
    else:
        base = runtime.Host, "Hooks", runtime.HooksBase
    return Flavour(is_async, "AsyncPluginHost" if is_async else "PluginHost", *base, client)
