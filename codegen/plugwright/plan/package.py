"""Which packages export names, and which names? They load at first use.

What a package exports in, its `__init__.py` out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .. import __version__
from ..protos.schema import references
from ..python import runtime
from ..python.layout import dictionary, listing, quote, tuple_of, words
from ..python.symbols import Symbol
from ..settings import extras
from ..settings.tables import Launch
from . import families, launch
from .context import Context
from .nodes import PythonModule
from .overview import overview

MINOR = __version__.rpartition(".")[0]
"""The versions of the runtime that generated code works with."""


class ExportPlan(NamedTuple):
    """A public name of a package: where it is, and how it is called there ("" = the module)."""

    name: str
    module: str
    original: str

    @property
    def imported(self) -> tuple[str, str]:
        """The module, and what stands behind `import`."""
        if not self.original:
            return ".", f"{self.name} as {self.name}"
        same = self.original == self.name
        return self.module, self.name if same else f"{self.original} as {self.name}"

    @property
    def target(self) -> tuple[str, str]:
        """Where `lazy_names` of the runtime finds it: a module, and a name in it."""
        if not self.original:
            return ".", (
                self.name if self.module == f".{self.name}" else f"{self.name}={self.module[1:]}"
            )
        same = self.original == self.name
        return self.module, self.name if same else f"{self.name}={self.original}"


class NamespacePlan(NamedTuple):
    """A package whose names load at first use, with the typed mirror of them.

    `shared`: the names that several modules have, which are not exported, and those modules.

    `launch`: what tells that a
    host has started this process, which is then prepared at once. `reuses`: whether other packages
    must be there. `generated`: the minor version of plugwright that the runtime must have; "" if
    the package around it has asked.
    """

    exports: tuple[ExportPlan, ...]
    shared: tuple[tuple[str, str], ...] = ()
    launch: Launch | None = None
    reuses: bool = False
    generated: str = ""

    @property
    def listed(self) -> str:
        """The statements that make `__all__`."""
        # A module of the package hides a builtin of its name, too.
        there = {n for e in self.exports for n in (e.name, e.module.strip(".").partition(".")[0])}
        return listing("__all__", (e.name for e in self.exports), not there & {"list", "str"})

    @property
    def targets(self) -> str:
        """The dictionary that `lazy_names` of the runtime takes."""
        found: dict[str, list[str]] = {}
        for module, name in sorted(e.target for e in self.exports):
            found.setdefault(module, []).append(name)
        return words(found.items(), "        ")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What `lazy_names` of the runtime takes."""
        shared = (dictionary(self.shared, "        "),) if self.shared else ()
        return ("globals()", self.targets, *shared)

    @property
    def cookies(self) -> tuple[str, ...]:
        """What `prepare_if_hosted` of the runtime takes."""
        assert self.launch is not None
        first, *others = self.launch.every_cookie
        return ("__name__", *map(quote, first), *map(tuple_of, others))

    def notice(self, package: str) -> str:
        """What whoever generates it is told, "" if there is nothing."""
        if not self.shared:
            return ""
        name, modules = next(iter(self.shared))
        names = ", ".join(shared for shared, _ in self.shared[:5])
        more = f" and {len(self.shared) - 5} more" if len(self.shared) > 5 else ""
        example = f"from {package}{modules.split()[0]} import {name}"
        return f"{package}: several modules have {names}{more}; import from one, as `{example}`"


def namespace(
    path: str,
    doc: str,
    exports: Iterable[ExportPlan],
    context: Context,
) -> PythonModule:
    """A package that exports names lazily; `module` of an export is relative to it."""
    exports = list(exports)
    ordered = sorted(_unambiguous(path, exports, context), key=lambda e: e.name)
    plan = NamespacePlan(tuple(ordered), tuple(_shared(exports, ordered)))
    return PythonModule(
        path=path,
        template="namespace.py.j2",
        content=plan,
        doc=doc,
        # What it imports for itself must not be called as a module beside it either.
        defines=(*(e.name for e in ordered), *sorted(_beside(exports))),
    )


def _beside(exports: list[ExportPlan]) -> set[str]:
    """The modules of the package that `exports` come from."""
    return {e.module.removeprefix(".").partition(".")[0] for e in exports if e.original}


def _unambiguous(path: str, exports: list[ExportPlan], context: Context) -> Iterator[ExportPlan]:
    """The exports that mean one thing: two packages may declare the same name, and a name of a
    module here would come before the module in `from . import`. What a name meant before it means
    still."""
    counts = Counter(e.name for e in exports)
    modules, folder = _beside(exports), path.rpartition("/")[0]
    for export in exports:
        meant = counts[export.name] == 1
        if not meant and folder:
            recorded = context.recorded.exports.get(f"{folder}.{export.name}")
            meant = recorded == f"{folder}{export.module}.{export.original}"
        if meant and (not export.original or export.name not in modules):
            yield export


def _shared(exports: list[ExportPlan], kept: list[ExportPlan]) -> Iterator[tuple[str, str]]:
    """The names that mean several things, and the modules that have them."""
    found: dict[str, list[str]] = {}
    for export in exports:
        found.setdefault(export.name, []).append(export.module)
    known = {e.name for e in kept}
    for name, modules in sorted(found.items()):
        if len(modules) > 1 and name not in known:
            yield name, " ".join(modules)


def converters(stems: Iterable[str], context: Context) -> PythonModule:
    """The package of the converters, which are found by name at run time; for tools that freeze a
    program it says what is in it."""
    doc = "Converters; an implementation detail."
    exports = [ExportPlan(stem, f".{stem}", "") for stem in stems]
    return namespace("_convert/__init__.py", doc, exports, context)


_ALWAYS = (
    *(*runtime.STATUS_ERRORS, *runtime.VALUE_ERRORS),
    # What methods of servicers are annotated with, and the details of a failure.
    *(runtime.ServerContext, runtime.Reply, runtime.Replies, runtime.Requests, runtime.AnyMessage),
)
_WITH_HOOKS = (
    *(runtime.HookRegistrationError, runtime.DISMISS, runtime.Dismiss, runtime.Reject),
    *runtime.HTTP,
)
_STARTED = (runtime.BrokerError,)
_WITH_SERVICE = (runtime.ServicePlugin,)
# What stands for the values of well-known types, where fields have them.
_VALUES = {
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
        *(symbol.name for symbol in (*_ALWAYS, *_WITH_HOOKS, *_STARTED, *_WITH_SERVICE)),
        *(symbol.name for symbols in _VALUES.values() for symbol in symbols),
    )
)
"""What a package may export beside the client of the API."""


def root(context: Context, clients: Iterable[ExportPlan]) -> PythonModule:
    """`__init__.py` of the SDK: all that its users import. `clients`: those of the API."""
    settings, has_hooks = context.settings, bool(families.hooks(context))
    exports = [ExportPlan(m, f".{m}", "") for m in ("clients", "models", "servicers")]
    exports.append(ExportPlan("registry", "._package", "PACKAGE"))
    exports += clients
    exports += _exported(_ALWAYS)
    exports += _exported({value for name in _used(context) for value in _VALUES.get(name, ())})
    if has_hooks:
        exports += [ExportPlan(n, ".hooks", n) for n in ("HookName", "hook")]
        exports.append(ExportPlan("Plugin", ".plugin", "Plugin"))
        exports += _exported(_WITH_HOOKS)
    serves = bool(context.served)
    starts = launch.configured(settings) if has_hooks or serves else None
    if starts is not None:
        exports.append(ExportPlan("run_plugin", ".plugin", "run_plugin"))
        exports += _exported(_STARTED)
    if serves:
        exports += _exported(_WITH_SERVICE)
    own = [ExportPlan(n, f".{extras.NAME}.{m}", n) for n, m in settings.sdk.exports.items()]
    exports = [e for e in exports if e.name not in settings.sdk.exports] + own
    title = settings.sdk.title or f"The generated package {settings.sdk.package}"
    module = namespace("__init__.py", "", exports, context)
    content: NamespacePlan = module.content
    names = ((e.name, e.module if e.original else "") for e in content.exports)
    doc = overview(title, settings.sdk.package, names)
    reuses = bool(context.reused.types)
    content = content._replace(launch=starts, reuses=reuses, generated=MINOR)
    return module._replace(content=content, doc=doc)


def _used(context: Context) -> Iterator[str]:
    """The types of the fields of the generated messages, by full name."""
    for name in context.own:
        if (message := context.schema.messages.get(name)) is not None:
            yield from references(message)


def _exported(symbols: Iterable[Symbol]) -> Iterator[ExportPlan]:
    return (ExportPlan(s.name, s.module, s.name) for s in symbols)
