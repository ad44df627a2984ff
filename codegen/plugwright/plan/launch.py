"""How does the host start a plugin? `[launch]` in; `_launch.py` of the SDK out, or nothing.

Plugins have hooks, or they serve services by subclassing their servicers, or both; `plugin.py` and
`testing.py` of those without hooks are made here.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ..protos.schema import Service
from ..python import runtime
from ..python.layout import quote, tuple_of
from ..python.symbols import Code, Symbol, builtin, called, expr
from ..settings.tables import Launch, Settings
from .context import Context
from .nodes import PythonModule


class Style(NamedTuple):
    """`constants`: the class of the runtime; `needs`, `knows`: attributes of `settings.Launch` that
    must and that may be set, beside those that every style has."""

    constants: Symbol
    needs: tuple[str, ...]
    knows: tuple[str, ...]


STYLES = {
    "go-plugin": Style(
        runtime.GoPlugin,
        ("cookie_key", "cookie_value"),
        ("cookie_key", "cookie_value", "cookies", "versions", "auto_mtls", "log_level_envs"),
    ),
    "socket-argument": Style(runtime.SocketArgument, (), ("file_scheme", "endpoint_env")),
    "port-on-stdout": Style(runtime.PortOnStdout, (), ("log_level_envs",)),
}


class LaunchPlan(NamedTuple):
    """`value`: the object of the runtime."""

    value: Code


class ServicePluginPlan(NamedTuple):
    """`plugin`: the type of the classes that it runs; `serves`: what of them."""

    plugin: Code
    serves: str


class ServiceTestingPlan(NamedTuple):
    """`plugin`: the type of their instances; `api`: the servicer of the API that they call."""

    plugin: Code
    api: Symbol | None
    manifest: str


def configured(settings: Settings) -> Launch | None:
    """The launch settings, if plugins of this SDK can be started at all."""
    return settings.launch if settings.launch.style else None


def mtls(settings: Settings) -> str:
    """Whether plugins use AutoMTLS: a value of `auto-mtls`, "never" in other styles too."""
    launch = settings.launch
    return launch.auto_mtls if launch.style == "go-plugin" else "never"


def modules(context: Context) -> Iterator[PythonModule]:
    """`_launch.py`, if plugins can be started, and `plugin.py` of those that have no hooks."""
    settings = context.settings
    if settings.launch.style in STYLES:
        yield PythonModule(
            path="_launch.py",
            template="launch.py.j2",
            content=LaunchPlan(_launch(context)),
            doc="How the host starts a plugin: the constants of its handshake.",
            defines=("LAUNCH",),
        )
    if context.served and context.hooks is None:
        yield _plugin(context)
        yield _testing(context)


def _launch(context: Context) -> Code:
    launch = context.settings.launch
    style = STYLES[launch.style]
    first, *others = launch.every_cookie or ((),)
    constants = [quote(text) for text in first]
    if others:
        constants.append(f"cookies=({', '.join(map(tuple_of, others))},)")
    if "versions" in style.knows:
        versions = ", ".join(map(str, launch.versions))
        comma = "," if len(launch.versions) == 1 else ""
        constants.append(f"versions=({versions}{comma})")
    if launch.auto_mtls != Launch().auto_mtls:
        constants.append(f"auto_mtls={quote(launch.auto_mtls)}")
    plain = ("max_message_bytes", "max_status_bytes", "grace_seconds", "file_scheme")
    constants += [f"{key}={value}" for key in plain if (value := getattr(launch, key))]
    if launch.endpoint_env:
        constants.append(f"endpoint_env={quote(launch.endpoint_env)}")
    if launch.log_level_envs:
        constants.append(f"log_level_variables={tuple_of(launch.log_level_envs)}")
    common = [f"id_env={quote(launch.id_env)}", f"path_env={quote(launch.path_env)}"]
    if launch.manifest:
        common.append(f"manifest={quote(launch.manifest)}")
    if any(launch.versions.values()):
        common.append(f"versions={_versions(context)}")
    return called(runtime.Launch, called(style.constants, *constants), *common)


def _versions(context: Context) -> str:
    """The full names of the services of each version."""
    versions = context.settings.launch.versions
    found = {
        version: [s.full_name for name in names if (s := context.schema.service(name))]
        for version, names in versions.items()
    }
    return "{" + ", ".join(f"{v}: {tuple_of(names)}" for v, names in found.items()) + "}"


def _plugin(context: Context) -> PythonModule:
    """`plugin.py` of plugins that serve services and have no hooks."""
    services = tuple(s.full_name for s in context.served)
    named = " or ".join(services)
    serves = f"The class serves `{named}`."
    if len(services) > 1:
        names = ", ".join(f"`{name}`" for name in services)
        serves = f"Of {names} it serves what the class, or an object of its `servicers`, extends."
    return PythonModule(
        path="plugin.py",
        template="service_plugin.py.j2",
        content=ServicePluginPlan(runs(context), serves),
        doc=f"The process of a plugin that serves {named}.",
        defines=("run_plugin",),
        lazy=context.exported,
    )


def _testing(context: Context) -> PythonModule:
    api = _servicer(context.api, context) if context.api is not None else None
    plan = ServiceTestingPlan(_plugins(context), api, context.settings.launch.manifest)
    return PythonModule(
        path="testing.py",
        template="service_testing.py.j2",
        content=plan,
        doc="Test a plugin without its host: serve it, and call its services.",
        defines=("P", "PluginHarness"),
    )


def runs(context: Context, *others: Code) -> Code:
    """The type of the classes that are plugins: `type[First | Second]`."""
    return expr(builtin("type"), "[", _plugins(context, *others), "]")


def _plugins(context: Context, *others: Code) -> Code:
    """Where there are several services, a plugin may have an object for each."""
    servicers = [_servicer(service, context) for service in context.served]
    several = (runtime.ServicePlugin,) if len(servicers) > 1 else ()
    alternatives = (*others, *servicers, *several)
    joined = (part for each in alternatives for part in (" | ", each))
    next(joined)
    return expr(*joined)


def _servicer(service: Service, context: Context) -> Symbol:
    names = context.services[service.full_name]
    return Symbol(f".servicers.{names.module}", names.servicer)
