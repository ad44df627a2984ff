"""What surrounds the code of an SDK: lazy packages, project files.

Schema and the plans made so far in; the remaining modules out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import __version__
from ..protos.schema import Service
from ..python import runtime
from ..python.layout import dictionary
from ..python.symbols import Symbol
from ..settings.tables import Launch, Settings
from ..settings.validity import distribution
from . import launch
from .nodes import HookPlan, ModulePlan

MINOR = __version__.rpartition(".")[0]
"""The versions of the runtime that generated code works with."""
_MAJOR, _, _LAST = MINOR.partition(".")
_NEXT = f"{_MAJOR}.{int(_LAST) + 1}"


class ExportPlan(NamedTuple):
    """A public name of a package: where it is, and how it is called there ("" = the module)."""

    name: str
    module: str
    original: str

    @property
    def imported(self) -> str:
        """What stands behind `import`."""
        if not self.original:
            return f"{self.name} as {self.name}"
        return self.name if self.original == self.name else f"{self.original} as {self.name}"

    @property
    def target(self) -> str:
        """Where `lazy_names` of the runtime finds it."""
        return self.module if self.original == self.name else f"{self.module}:{self.original}"


class NamespacePlan(NamedTuple):
    """A package whose names load at first use, with the typed mirror of them.

    `groups`: the exports by module, as import statements want them. `launch`: what tells that a
    host has started this process, which is then prepared at once. `reuses`: whether other packages
    must be there. `generated`: the minor version of plugwright that the runtime must have; "" if
    the package around it has asked.
    """

    doc: str
    exports: tuple[ExportPlan, ...]
    groups: tuple[tuple[str, tuple[ExportPlan, ...]], ...]
    submodules: tuple[ExportPlan, ...] = ()
    launch: Launch | None = None
    reuses: bool = False
    generated: str = ""

    @property
    def targets(self) -> str:
        """The dictionary that `lazy_names` of the runtime takes."""
        return dictionary(((e.name, e.target) for e in self.exports), "        ")


class ProjectPlan(NamedTuple):
    """pyproject.toml and README of an SDK.

    `served`: the servicer that plugins subclass; `guide`: Markdown in place of an example. `extra`:
    of the runtime, that every plugin needs; `has_mtls`: whether some need it for AutoMTLS.
    """

    package: str
    distribution: str
    title: str
    summary: str
    version: str
    generator: str
    next_generator: str
    hooks: tuple[HookPlan, ...]
    services: tuple[str, ...]
    starts: bool
    clients: str
    served: str
    dependencies: tuple[str, ...]
    guide: str
    extra: str
    has_mtls: bool


def namespace(
    path: str,
    doc: str,
    exports: Iterable[ExportPlan],
    starts: Launch | None = None,
    reuses: bool = False,
    generated: str = "",
) -> ModulePlan:
    """A package that exports names lazily; `module` of an export is relative to it."""
    exports = list(exports)
    ordered = sorted(_unambiguous(exports), key=lambda e: e.name)
    groups: dict[str, list[ExportPlan]] = {}
    for export in ordered:
        if export.original:
            groups.setdefault(export.module, []).append(export)
    plan = NamespacePlan(
        doc=doc,
        exports=tuple(ordered),
        groups=tuple((m, tuple(g)) for m, g in sorted(groups.items())),
        submodules=tuple(e for e in ordered if not e.original),
        launch=starts,
        reuses=reuses,
        generated=generated,
    )
    parent = path.removesuffix("__init__.py").rstrip("/").replace("/", ".")
    return ModulePlan(
        path=path,
        template="namespace.py.j2",
        module=f".{parent}.__init__" if parent else ".__init__",
        content=plan,
        # What it imports for itself must not be called as a module beside it either.
        defines=(*(e.name for e in ordered), *sorted(_beside(exports))),
    )


def _beside(exports: list[ExportPlan]) -> set[str]:
    """The modules of the package that `exports` come from."""
    return {e.module.removeprefix(".").partition(".")[0] for e in exports if e.original}


def _unambiguous(exports: list[ExportPlan]) -> Iterator[ExportPlan]:
    """The exports that mean one thing: two packages may declare the same name, and a name of a
    module here would come before the module in `from . import`."""
    counts = Counter(e.name for e in exports)
    modules = _beside(exports)
    for export in exports:
        if counts[export.name] == 1 and (not export.original or export.name not in modules):
            yield export


def converters(stems: Iterable[str]) -> ModulePlan:
    """The package of the converters, which are found by name at run time; for tools that freeze a
    program it says what is in it."""
    doc = "Converters; an implementation detail."
    exports = [ExportPlan(stem, f".{stem}", "") for stem in stems]
    return namespace("_convert/__init__.py", doc, exports)


_ALWAYS = (*runtime.STATUS_ERRORS, *runtime.VALUE_ERRORS)
_WITH_HOOKS = (
    *(runtime.HookRegistrationError, runtime.DISMISS, runtime.Dismiss, runtime.Reject),
    *runtime.HTTP,
)
_WITH_SERVICE = (runtime.ServicePlugin, runtime.ServerContext)
# What stands for the values of well-known types, where fields have them.
_VALUES = {
    "google.protobuf.Any": (runtime.AnyMessage,),
    "google.protobuf.Duration": (runtime.NanoTimedelta, runtime.RawTimedelta),
    "google.protobuf.Empty": (runtime.Empty,),
    "google.protobuf.FieldMask": (runtime.FieldMask,),
    "google.protobuf.ListValue": (runtime.NULL,),
    "google.protobuf.Struct": (runtime.NULL,),
    "google.protobuf.Timestamp": (runtime.NanoDatetime, runtime.RawDatetime),
    "google.protobuf.Value": (runtime.NULL,),
}
ROOT_NAMES = frozenset(
    (
        "clients",
        "models",
        "servicers",
        "registry",
        "Plugin",
        "HookName",
        "hook",
        "run_plugin",
        *(symbol.name for symbol in (*_ALWAYS, *_WITH_HOOKS, *_WITH_SERVICE)),
        *(symbol.name for symbols in _VALUES.values() for symbol in symbols),
    )
)
"""What a package may export beside the client of the API."""


def root(
    settings: Settings,
    clients: Iterable[ExportPlan],
    has_hooks: bool,
    reuses: bool,
    used: Iterable[str],
) -> ModulePlan:
    """`__init__.py` of the SDK: all that its users import. `used`: types that fields have."""
    exports = [ExportPlan(m, f".{m}", "") for m in ("clients", "models", "servicers")]
    exports.append(ExportPlan("registry", "._package", "PACKAGE"))
    exports += clients
    exports += _exported(_ALWAYS)
    exports += _exported({value for name in used for value in _VALUES.get(name, ())})
    if has_hooks:
        exports += [ExportPlan(n, ".hooks", n) for n in ("HookName", "hook")]
        exports.append(ExportPlan("Plugin", ".plugin", "Plugin"))
        exports += _exported(_WITH_HOOKS)
    serves = bool(settings.launch.service)
    starts = launch.configured(settings) if has_hooks or serves else None
    if starts is not None:
        exports.append(ExportPlan("run_plugin", ".plugin", "run_plugin"))
    if serves:
        exports += _exported(_WITH_SERVICE)
    own = [ExportPlan(n, f".{m}", n) for n, m in settings.sdk.exports.items()]
    exports = [e for e in exports if e.name not in settings.sdk.exports] + own
    title = settings.sdk.title or f"The generated package {settings.sdk.package}"
    return namespace("__init__.py", f"{title}.", exports, starts, reuses, MINOR)


def _exported(symbols: Iterable[Symbol]) -> Iterator[ExportPlan]:
    return (ExportPlan(s.name, s.module, s.name) for s in symbols)


def extra_modules(settings: Settings) -> Iterator[ModulePlan]:
    """The hand-written modules."""
    for extra in settings.extras:
        path = f"{extra.name}.py"
        yield ModulePlan(path=path, template="extra.py.j2", module="", content=extra)


def project(
    settings: Settings,
    services: Iterable[Service],
    hooks: tuple[HookPlan, ...],
    served: str,
) -> Iterator[ModulePlan]:
    """The files beside the package that make it a distribution."""
    sdk, mtls = settings.sdk, launch.mtls(settings)
    plan = ProjectPlan(
        package=sdk.package,
        distribution=distribution(settings),
        title=sdk.title or sdk.package,
        summary=sdk.summary or f"Typed Python for the protos of {sdk.package}",
        version=sdk.version,
        generator=MINOR,
        next_generator=_NEXT,
        hooks=hooks,
        services=tuple(s.full_name for s in services),
        starts=launch.configured(settings) is not None,
        clients=sdk.clients,
        served=served,
        dependencies=sdk.dependencies,
        guide=settings.guide,
        extra="[mtls]" if mtls == "require" else "",
        has_mtls=mtls != "never",
    )
    for path, template in (
        ("pyproject.toml", "pyproject.toml.j2"),
        ("README.md", "README.md.j2"),
    ):
        yield ModulePlan(path=f"../{path}", template=template, module="", content=plan)


def typed_marker() -> ModulePlan:
    """py.typed: tells type checkers that the package has types."""
    return ModulePlan(path="py.typed", template="empty.j2", module="", content=None)
