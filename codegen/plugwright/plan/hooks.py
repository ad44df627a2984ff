"""The hooks service becomes HookName, typed `hook` overloads and the table the dispatcher reads.

A hook's family, that is what its handler may return, follows from its response alone:

| response | family | handler returns |
|---|---|---|
| empty | void | None |
| only the embedded error | error | None; raising is the failure |
| one value and the error | value | the value; None too if the field is a modified one |
| modified fields and a rejection | modify | None, the changed entity, or Reject |
| only a rejection | reject | None or Reject |
| one repeated field that the request has too | transform | the list, or None |
| one scalar | plain | the value |
| a bidirectional stream of HTTP frames | http | an HTTP handler |
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch

from ..problems import Problems
from ..protos.schema import (
    Field,
    ListKind,
    Message,
    MessageKind,
    Method,
    Scalar,
    ScalarKind,
    Service,
)
from ..python import names, runtime
from ..python.symbols import Expr, Symbol, builtin, expr
from ..settings.patterns import Patterns
from ..settings.tables import Hooks, Settings
from . import launch, preludes
from .clients import class_name
from .hook_types import argument_types
from .kinds import WELL_KNOWN, TypeNames
from .methods import MethodPlanner
from .naming import ServiceNames
from .nodes import AccessorPlan, HookPlan, HooksPlan, ModulePlan, TestingPlan

_ACCESSORS = {
    False: (
        "api",
        "The host's API, for plain functions; connected before the first hook runs.",
    ),
    True: ("aio", "The host's API, for coroutines."),
}
_HTTP_FIELDS = ("init", "body_chunk", "body_complete")


class HookPlanner:
    """Plans the hooks of one run."""

    def __init__(self, planner: MethodPlanner, settings: Settings, problems: Problems) -> None:
        self.planner = planner
        self.settings = settings
        self.hooks: Hooks = settings.hooks
        self.problems = problems
        self.omit = Patterns(self.hooks.omit)
        self.schema = planner.schema
        self.types: Mapping[str, TypeNames] = planner.types
        self.plans: tuple[HookPlan, ...] = ()

    def modules(self, service: Service) -> Iterator[ModulePlan]:
        """`hooks.py` and `plugin.py`."""
        plans = tuple(self._hook(m) for m in service.methods if m.name != self.hooks.implemented)
        self._check(service, plans)
        api = self._api
        content = HooksPlan(
            doc=f"The hooks of {service.full_name}: names, handler types, registration.",
            service=service.full_name,
            comment=service.comment,
            hooks=plans,
            implemented=self.hooks.implemented,
            errors=self.planner.convention(service.full_name).declaration("errors=", "    ")
            or "    errors=None",
            timeout=self.hooks.timeout,
            timeout_env=self.hooks.timeout_env,
            before=self.hooks.before,
            accessors=self._accessors(api) if api else (),
            title=self.settings.sdk.title,
            starts=launch.configured(self.settings) is not None,
        )
        yield ModulePlan(
            path="hooks.py",
            template="hooks.py.j2",
            module=".hooks",
            content=content,
            defines=("HookName", "HOOKS", "hook", *(f"_{h.name}" for h in plans)),
            declares=tuple(h.name for h in plans),
            lazy=True,
        )
        self.plans = plans
        if api is not None:
            yield self._testing(api, self.planner.services[service.full_name])
        yield ModulePlan(
            path="plugin.py",
            template="plugin.py.j2",
            module=".plugin",
            content=content,
            defines=("Plugin", "run_plugin"),
            declares=tuple(name for name, _ in _ACCESSORS.values()),
            lazy=True,
        )

    @property
    def _api(self) -> ServiceNames | None:
        api = self.planner.api
        return self.planner.services[api.full_name] if api else None

    def _accessors(self, api: ServiceNames) -> tuple[AccessorPlan, ...]:
        return tuple(
            AccessorPlan(name, _client(api, is_async), doc)
            for is_async, (name, doc) in _ACCESSORS.items()
            if is_async in self.settings.sdk.flavours
        )

    def _testing(self, api: ServiceNames, hooks: ServiceNames) -> ModulePlan:
        is_async = False not in self.settings.sdk.flavours
        content = TestingPlan(
            doc="Test a plugin without its host: a fake API server and a caller of hooks.",
            servicer=Symbol(f".servicers.{api.module}", api.servicer),
            hooks=_client(hooks, is_async),
            is_async=is_async,
            startup=self.hooks.startup,
            shutdown=self.hooks.shutdown,
            manifest=self.settings.launch.manifest,
        )
        return ModulePlan(
            path="testing.py",
            template="testing.py.j2",
            module=".testing",
            content=content,
            defines=("PluginHarness",),
        )

    def _check(self, service: Service, plans: tuple[HookPlan, ...]) -> None:
        known = [m.name for m in service.methods]
        names_set = {
            "hooks.implemented": ([self.hooks.implemented] if self.hooks.implemented else []),
            "hooks.dismiss": list(self.hooks.dismiss),
            "hooks.startup": list(self.hooks.startup),
            "hooks.shutdown": list(self.hooks.shutdown),
        }
        for key, used in names_set.items():
            for name in used:
                if name not in known:
                    text = f"{service.name} has no RPC {name!r}; it has: {', '.join(known)}"
                    self.problems.add(self.settings.where(f"{key}.{name}"), text)
        preludes.check(self.settings, {p.method: p for p in plans}, self.problems)
        self._check_implemented(service)
        requests = [self.schema.messages[m.input] for m in service.methods]
        fields = [f.name for r in requests for f in r.fields]
        self.omit.report_unused(self.problems, self.settings, "hooks.omit", fields)

    def _check_implemented(self, service: Service) -> None:
        """The runtime answers this RPC by itself, so it must know the response."""
        for method in service.methods:
            if method.name != self.hooks.implemented:
                continue
            response = self.schema.messages[method.output]
            field = response.field("hooks")
            expected = f"{service.full_name.rpartition('.')[0]}.{method.name}Response"
            texts = ListKind(ScalarKind(Scalar.STRING))
            if field is None or field.kind != texts or method.output != expected.lstrip("."):
                text = (
                    f"{method.name} cannot be hooks.implemented; it must answer with "
                    f"{expected.lstrip('.')} and a field `repeated string hooks`"
                )
                self.problems.add(method.where, text)

    def _hook(self, method: Method) -> HookPlan:
        request = self.schema.messages[method.input]
        response = self.schema.messages[method.output]
        rules: list[str] = []
        family, result, results = self._family(method, request, response, rules)
        arguments = () if family == "http" else tuple(self._arguments(request))
        rejected = self.hooks.rejected if response.field(self.hooks.rejected) else ""
        return HookPlan(
            name=names.hook_member(method.name),
            method=method.name,
            snake=names.method(method.name),
            family=family,
            arguments=arguments,
            types=argument_types(request, arguments),
            result=result,
            rejects=bool(rejected),
            request=method.input,
            response=method.output,
            results=results,
            rejected=names.attribute(rejected) if rejected else "",
            dismiss=self.hooks.dismiss.get(method.name, ""),
            error_id=f"plugin.{names.snake(method.name)}.error",
            doc=method.comment,
            rules=tuple(rules),
        )

    # ------------------------------------------------------------------ arguments

    def _arguments(self, request: Message) -> Iterator[tuple[str, Expr, str]]:
        """(name, type, how it is read from the request) of each handler parameter."""
        kinds = self.planner.kinds
        oneofs: set[str] = set()
        for field in request.fields:
            if field.name in self.omit:
                continue
            name = names.attribute(field.name)
            if field.oneof is not None:
                if field.oneof not in oneofs:
                    union = self.types[request.full_name].oneofs[field.oneof].union
                    yield names.attribute(field.oneof), expr(union, " | None"), "value"
                oneofs.add(field.oneof)
            elif wrapped := self._json_wrapper(field):
                yield name, expr(runtime.JSONObject), f"json:{wrapped}"
            elif _is_plain_message(field):
                yield name, kinds.annotation(field.kind), "message"
            else:
                yield name, kinds.field_annotation(field), "value"

    def _json_wrapper(self, field: Field) -> str:
        """The JSON field of a message that has no other, else ""."""
        if not isinstance(field.kind, MessageKind):
            return ""
        message = self.schema.messages[field.kind.message]
        if len(message.fields) == 1 and self.planner.is_json(message, message.fields[0]):
            return names.attribute(message.fields[0].name)
        return ""

    # ------------------------------------------------------------------ families

    def _family(
        self, method: Method, request: Message, response: Message, rules: list[str]
    ) -> tuple[str, tuple[Expr, ...], tuple[str, ...]]:
        """(family, types of the result, the response's fields that a result goes to)."""
        none = (expr("None"),)
        if method.client_streaming or method.server_streaming:
            if any(request.field(n) is None for n in _HTTP_FIELDS):
                fields = ", ".join(_HTTP_FIELDS)
                text = f"{method.name} streams, and as a hook only HTTP does, in {fields}"
                self.problems.add(method.where, text)
            rules.append("family http: a stream of HTTP frames")
            return "http", none, ()
        error = self.planner.error_fields(method)
        payload = self.planner.payload(method)
        if response.oneofs:
            text = f"{response.name} has a oneof, and a hook's answer can have none; use fields"
            self.problems.add(method.where, text)
        if len(payload) == 0:
            family = "error" if error else "void"
            rules.append(
                f"family {family}: the response has {'only an error' if error else 'no field'}"
            )
            return family, none, ()
        rejected = [f for f in payload if f.name == self.hooks.rejected]
        modified = [f for f in payload if fnmatch(f.name, self.hooks.modified)]
        reject = expr(runtime.Reject)
        if rejected and len(payload) == 1:
            rules.append("family reject: the response has only a rejection")
            return "reject", (reject, *none), ()
        if rejected and len(payload) == len(modified) + 1:
            rules.append("family modify: modified fields and a rejection")
            return (
                "modify",
                self._modified(method, modified, reject),
                _attributes(modified),
            )
        if len(payload) > 1:
            text = (
                f"the response of {method.name} fits no hook family; it may have an error, one "
                f"value, fields {self.hooks.modified!r} and {self.hooks.rejected!r}"
            )
            self.problems.add(method.where, text)
        return self._single(request, payload[0], bool(error), bool(modified), rules)

    def _modified(self, method: Method, modified: list[Field], reject: Expr) -> tuple[Expr, ...]:
        values = [self._value(f) for f in modified]
        result = list(values)
        if len(values) > 1:
            joined = values[0]
            for value in values[1:]:
                joined = expr(joined, ", ", value)
            result.append(expr(builtin("tuple"), "[", joined, "]"))
        if method.name in self.hooks.dismiss:
            result.append(expr(runtime.Dismiss))
        return (*result, reject, expr("None"))

    def _single(
        self,
        request: Message,
        field: Field,
        error: bool,
        modified: bool,
        rules: list[str],
    ) -> tuple[str, tuple[Expr, ...], tuple[str, ...]]:
        value = self._value(field)
        other = request.field(field.name)
        if not error and isinstance(field.kind, ListKind) and other and other.kind == field.kind:
            rules.append("family transform: a list that the request has too")
            return "transform", (value, expr("None")), _attributes([field])
        family = "value" if error else "plain"
        rules.append(f"family {family}: one value{' and an error' if error else ''}")
        result = (value, expr("None")) if modified else (value,)
        return family, result, _attributes([field])

    def _value(self, field: Field) -> Expr:
        if self._json_wrapper(field):
            return expr(runtime.JSONObject)
        if isinstance(field.kind, ScalarKind) and field.kind.type is Scalar.BYTES:
            return expr(builtin("bytes"))
        return self.planner.kinds.annotation(field.kind)


def _client(service: ServiceNames, is_async: bool) -> Symbol:
    name = class_name(service.client, is_async)
    return Symbol(f".clients.{service.module}", name, late=True)


def _is_plain_message(field: Field) -> bool:
    """Whether handlers get an empty message where the field is unset."""
    if not isinstance(field.kind, MessageKind) or field.explicit:
        return False
    return field.kind.message not in WELL_KNOWN


def _attributes(fields: list[Field]) -> tuple[str, ...]:
    return tuple(names.attribute(f.name) for f in fields)
