"""Services become client classes: one mixin per domain, sync and async from the same plans.

Schema services and settings in; the modules of `clients/` out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..problems import Problems
from ..protos.schema import Method, Service
from ..python import layout, names, runtime
from ..python.symbols import Code, Symbol, expr
from ..settings.patterns import Patterns
from ..settings.tables import Settings
from .absent import AbsentMessages
from .methods import MethodPlanner
from .nodes import (
    ClientClassPlan,
    ClientsPlan,
    ComposedClientPlan,
    ComposedClientsPlan,
    MethodPlan,
    ModulePlan,
    noted,
)
from .package import ExportPlan, namespace

_CORES = {
    False: runtime.SyncClient,
    True: runtime.AsyncClient,
}


class ClientPlanner:
    """Plans the clients of one run; `methods` collects every plan, for `explain`."""

    def __init__(self, planner: MethodPlanner, settings: Settings, problems: Problems) -> None:
        self.planner = planner
        self.settings = settings
        self.problems = problems
        self.flavours = settings.sdk.flavours
        self.absent = AbsentMessages(planner, settings, problems)
        self.methods: list[MethodPlan] = []
        self.exports: list[ExportPlan] = []

    def modules(self, services: tuple[Service, ...]) -> Iterator[ModulePlan]:
        exports: list[ExportPlan] = []
        for service in services:
            module, name, _ = self.planner.services[service.full_name]
            yield from self._service(service, name, module)
            for is_async in self.flavours:
                python = class_name(name, is_async)
                exports.append(ExportPlan(python, f".{module}", python))
                if service is self.planner.api:
                    home = f".clients.{module}"
                    self.exports.append(ExportPlan(python, home, python))
        self.absent.close()
        yield namespace("clients/__init__.py", "A client for every service.", exports)

    def _service(self, service: Service, name: str, module: str) -> Iterator[ModulePlan]:
        groups = self._domains(service)
        mixins: dict[bool, list[Symbol]] = {False: [], True: []}
        for domain, methods in groups.items():
            plans = self._methods(methods)
            submodule = names.attribute(names.snake(domain))
            path = f"clients/{module}/{submodule}.py"
            dotted = f".clients.{module}.{submodule}"
            title = f"The {domain} calls of {service.name}." if domain else ""
            classes = []
            for is_async in self.flavours:
                mixin = class_name(f"{domain}Mixin", is_async)
                mixins[is_async].append(Symbol(dotted, mixin))
                doc = f"{title} Part of `{class_name(name, is_async)}`."
                classes.append(ClientClassPlan(mixin, _CORES[is_async], is_async, plans, doc))
            yield ModulePlan(
                path=path,
                template="client.py.j2",
                module=dotted,
                content=ClientsPlan(title, tuple(classes)),
                defines=(*(c.name for c in classes), *_LOCALS),
                declares=tuple(n for p in plans for n in _method_names(p)),
                lazy=True,
            )
        yield self._composed(service, name, module, mixins)

    def _composed(
        self,
        service: Service,
        name: str,
        module: str,
        mixins: Mapping[bool, list[Symbol]],
    ) -> ModulePlan:
        api = self.settings.api
        is_api = service is self.planner.api
        timeout, env = (api.timeout, api.target_env) if is_api else (30.0, "")
        errors = self.planner.convention(service.full_name)
        options = expr(
            runtime.ClientOptions,
            f'(\n        service="{service.full_name}",\n        timeout={timeout!r},',
            f"\n        target_env={layout.quote(env)}," if env else "",
            _argument(errors.declaration("errors=", "        ")),
            _idempotent(service),
            "\n    )",
        )
        classes = tuple(
            ComposedClientPlan(
                name=class_name(name, is_async),
                bases=tuple(mixins[is_async]) or (_CORES[is_async],),
                core=_CORES[is_async],
                service=service.full_name,
                doc=_client_doc(service, is_async),
                options=options,
                idempotent=(),
                deprecated=(f"{service.full_name} is deprecated" if service.deprecated else ""),
            )
            for is_async in self.flavours
        )
        return ModulePlan(
            path=f"clients/{module}/__init__.py",
            template="composed.py.j2",
            module=f".clients.{module}.__init__",
            content=ComposedClientsPlan(f"Clients of {service.full_name}.", classes),
            defines=tuple(c.name for c in classes),
        )

    def _domains(self, service: Service) -> dict[str, list[Method]]:
        """The methods by domain, in order; without [api.domains] all are one domain."""
        if service is not self.planner.api or not self.settings.api.domains:
            return {names.camel(service.name): list(service.methods)} if service.methods else {}
        entries = {p: d for d, ps in self.settings.api.domains.items() for p in ps}
        patterns = Patterns(entries)
        groups: dict[str, list[Method]] = {}
        self._check_domains()
        current = ""
        for method in service.methods:
            found = patterns.find(method.name)
            current = found[0] if found else current
            if not current:
                text = (
                    f"{method.name} is in no domain; add a pattern for it to [api.domains] of "
                    f"{self.settings.file}"
                )
                self.problems.add(method.where, text)
            groups.setdefault(current or service.name, []).append(method)
        known = [m.name for m in service.methods]
        patterns.report_unused(self.problems, self.settings, "api.domains", known)
        return groups

    def _check_domains(self) -> None:
        """A domain becomes a module, which must be another for each."""
        modules: dict[str, str] = {}
        for domain in self.settings.api.domains:
            module = names.attribute(names.snake(domain))
            place = self.settings.where(f"api.domains.{domain}")
            if module in modules:
                text = f"{domain} and {modules[module]} both become module {module}"
                self.problems.add(place, f"{text}; rename one")
            modules[module] = domain

    def _methods(self, methods: list[Method]) -> tuple[MethodPlan, ...]:
        plans = [self.absent.applied(m, self.planner.plan(m)) for m in methods]
        self.methods += plans
        return tuple(plans)


def class_name(name: str, is_async: bool) -> str:
    """The client called `name`, or its twin for coroutines."""
    return f"Async{name}" if is_async else name


_LOCALS = ("response", "requests", "timeout", "metadata")


def _method_names(plan: MethodPlan) -> Iterator[str]:
    yield plan.name
    yield from (p.name for p in plan.parameters)


def _idempotent(service: Service) -> str:
    rpcs = tuple(m.name for m in service.methods if m.idempotent)
    return "\n" + layout.strings(rpcs, "idempotent", "        ", "=") if rpcs else ""


def _argument(declaration: Code) -> Code:
    return expr("\n", declaration, ",") if declaration else ""


def _client_doc(service: Service, is_async: bool) -> str:
    kind = "Async client" if is_async else "Client"
    text = f"{kind} of `{service.full_name}`."
    text = f"{text}\n\n{service.comment}" if service.comment else text
    return noted(text, service.deprecated)
