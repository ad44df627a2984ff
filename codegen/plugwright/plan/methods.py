"""How does an RPC become a Python method? Parameters, result, and the rule behind each choice.

A method and the settings in, a `MethodPlan` out. The rules, in the order they are tried:

- A request whose name ends in `Request` is an envelope: its fields become the parameters, in
  order. Any other non-empty request is one parameter.
- A parameter is optional if its field is `optional` or a pattern of [parameters] gives it a
  default; it is then keyword-only. All others are required.
- A response whose name ends in `Response` is an envelope: apart from the embedded error, no field
  means None, one field is the result, several make the response itself the result.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..problems import Problems, shown
from ..protos.schema import (
    EnumKind,
    Field,
    ListKind,
    MapKind,
    Message,
    MessageKind,
    Method,
    Scalar,
    ScalarKind,
    Schema,
    Service,
)
from ..python import names, runtime
from ..python.symbols import Code, Expr, expr
from ..settings.patterns import Patterns
from ..settings.tables import Settings
from .conventions import Convention
from .defaults import default_literal
from .error_tables import conventions
from .kinds import Kinds, TypeNames
from .naming import service_names
from .nodes import MethodPlan, ParameterPlan, noted

# Parameters that every generated method has of its own.
_OPTIONS = frozenset({"self", "timeout", "metadata"})


class MethodPlanner:
    """Plans the methods of one run.

    `defaults`, `json`, `nullable`: the patterns of the settings. A parameter without a rule is
    required in the configured API service, and has its zero value as default everywhere else.
    """

    def __init__(
        self,
        schema: Schema,
        settings: Settings,
        types: Mapping[str, TypeNames],
        kinds: Kinds,
        problems: Problems,
    ) -> None:
        self.schema = schema
        self.types = types
        self.kinds = kinds
        self.settings = settings
        self.problems = problems
        self.defaults = Patterns(settings.parameters.defaults)
        self.json = Patterns(settings.fields.json)
        self.nullable = Patterns(settings.api.nullable)
        self.api = find_service(schema, settings.api.service)
        clients = {self.api.full_name: settings.api.client} if self.api else {}
        self.services = service_names(schema.services, clients)
        self.names = {
            f"{service.full_name}.{rpc}": name
            for service in schema.services
            for rpc, name in names.methods(m.name for m in service.methods).items()
        }
        self._conventions = conventions(schema, settings)

    def plan(self, method: Method) -> MethodPlan:
        request = self.schema.messages[method.input]
        response = self.schema.messages[method.output]
        request_type = self.types[method.input].model
        service = method.full_name.rpartition(".")[0]
        self.required = self.api is not None and service == self.api.full_name
        rules: list[str] = []
        if (usual := names.method(method.name)) != self.names[method.full_name]:
            rules.append(f"name: as in the proto, for {usual}() is another call")
        if method.client_streaming:
            parameters: tuple[ParameterPlan, ...] = ()
            rules.append(f"parameters: a stream of {request.name}")
        else:
            parameters = self._parameters(request, rules)
        local = _unlike("response", parameters)
        answer: Code = local
        if method.server_streaming:
            result = expr(self.types[method.output].model)
            rules.append(f"result: a stream of {response.name}")
        else:
            result, answer = self._result(method, response, local, rules)
        rules += self.convention(service).rules(response)
        usual, module = (
            names.snake(service.rpartition(".")[2]),
            self.services[service].module,
        )
        if module != names.submodule(usual):
            rules.append(f"module: {module}, for {usual} would be that of another service too")
        return MethodPlan(
            name=self.names[method.full_name],
            rpc=method.name,
            path=method.path,
            kind=STREAMING[method.client_streaming, method.server_streaming],
            request=request_type,
            response=self.types[method.output].model,
            parameters=parameters,
            result=result,
            local=local,
            answer=answer,
            idempotent=method.idempotent,
            doc=_doc(
                method.comment or f"Call `{method.name}`.",
                parameters,
                method.deprecated,
            ),
            rules=tuple(rules),
            deprecated=f"{method.full_name} is deprecated" if method.deprecated else "",
        )

    # ------------------------------------------------------------------ parameters

    def _parameters(self, request: Message, rules: list[str]) -> tuple[ParameterPlan, ...]:
        if not request.fields:
            rules.append(f"parameters: none, {request.name} is empty")
            return ()
        if not request.name.endswith("Request"):
            rules.append(f"parameters: one, {request.name} is no envelope (`…Request`)")
            name = names.attribute(names.snake(request.name), _OPTIONS)
            annotation = expr(self.types[request.full_name].model)
            doc = request.comment.split("\n\n")[0]
            return (ParameterPlan(name, annotation, None, "", name, doc, "the whole request"),)
        rules.append(f"parameters: the fields of {request.name}, in order")
        plans = [self._oneof_or_field(request, f) for f in request.fields]
        found = [p for p in plans if p is not None]
        required = [p for p in found if p.default is None]
        return (*required, *(p for p in found if p.default is not None))

    def _oneof_or_field(self, request: Message, field: Field) -> ParameterPlan | None:
        if field.oneof is None:
            return self._parameter(request, field)
        oneof = next(o for o in request.oneofs if o.name == field.oneof)
        if oneof.fields[0] is not field:
            return None
        union = self.types[request.full_name].oneofs[oneof.name].union
        attribute = names.attribute(oneof.name)
        name = names.attribute(oneof.name, _OPTIONS)
        rule = f"the oneof {oneof.name}"
        return ParameterPlan(
            name, expr(union, " | None"), "None", attribute, name, oneof.comment, rule
        )

    def _parameter(self, request: Message, field: Field) -> ParameterPlan:
        name = names.attribute(field.name, _OPTIONS)
        attribute = names.attribute(field.name)
        annotation = self.kinds.annotation(field.kind)
        argument: Code = name
        unset: Code = "None"  # what stands for a parameter that is left out
        default, rule = self._default(request, field)
        if self.is_json(request, field):
            annotation = expr(runtime.JSONObject)
            argument = expr(runtime.dump, f"({name})")
            if default is not None:
                unset, default = default, "None"
        elif isinstance(field.kind, EnumKind) and default is not None:
            unset, default = (
                default,
                "None",
            )  # a default of its class would load its module
        if default == "None":
            annotation = expr(annotation, " | None")
            if isinstance(field.kind, ListKind | MapKind):
                argument = f"{name} or {'[]' if isinstance(field.kind, ListKind) else '{}'}"
            elif unset != "None" or argument != name:
                argument = expr(unset, f" if {name} is None else ", argument)
        return ParameterPlan(name, annotation, default, attribute, argument, field.comment, rule)

    def is_json(self, message: Message, field: Field) -> bool:
        """Whether the field holds JSON text in bytes."""
        is_bytes = isinstance(field.kind, ScalarKind) and field.kind.type is Scalar.BYTES
        return is_bytes and f"{message.name}.{field.name}" in self.json

    def _default(self, request: Message, field: Field) -> tuple[Code | None, str]:
        """(default as Python source or None = required, the rule that says so)."""
        found = self.defaults.find(f"{request.name}.{field.name}")
        if field.required:
            return None, "required in the proto"
        if found is not None:
            value, pattern = found
            literal, expected = default_literal(field, value, self.kinds, self.types)
            if expected:
                text = f"{pattern!r} gives {shown(value)} to {request.name}.{field.name}"
                place = self.settings.where(f"parameters.defaults.{pattern}")
                self.problems.add(place, f"{text}, which needs {expected}")
            return literal, f"default by pattern {pattern!r}"
        if field.explicit:
            return "None", "optional in the proto"
        if self.required:
            return None, "required"
        if isinstance(field.kind, ListKind | MapKind | MessageKind):
            return "None", "zero value (no config says more)"
        return (
            default_literal(field, "", self.kinds, self.types)[0],
            "zero value (no config says more)",
        )

    # ------------------------------------------------------------------ results

    def convention(self, service: str) -> Convention:
        """How the service with that full name says that a call failed."""
        return self._conventions[service]

    def error_fields(self, method: Method) -> tuple[Field, ...]:
        """The fields of the response that tell of a failure."""
        convention = self.convention(method.full_name.rpartition(".")[0])
        return convention.fields(self.schema.messages[method.output])

    def payload(self, method: Method) -> tuple[Field, ...]:
        """The fields of the response apart from those."""
        errors = self.error_fields(method)
        response = self.schema.messages[method.output]
        return tuple(f for f in response.fields if f not in errors)

    def _result(
        self, method: Method, response: Message, local: str, rules: list[str]
    ) -> tuple[Expr, Code]:
        model = expr(self.types[response.full_name].model)
        payload = self.payload(method)
        if len(payload) == 0:
            rules.append(f"result: None, {response.name} has no payload")
            return expr("None"), "None"
        if not response.name.endswith("Response") or len(payload) > 1 or payload[0].oneof:
            why = "is no envelope" if len(payload) == 1 else "has several fields"
            rules.append(f"result: {response.name}, which {why}")
            return model, local
        field = payload[0]
        rules.append(f"result: the field {field.name} of {response.name}")
        nullable = method.name in self.nullable or not self.required
        source = f"{local}.{names.attribute(field.name)}"
        if self.is_json(response, field):
            rules.append("JSON text in bytes, decoded")
            load = runtime.load_nullable if nullable else runtime.load
            annotation = expr(runtime.JSONObject, " | None" if nullable else "")
            arguments = f'({source}, "{method.name}")'
            return annotation, expr(load, arguments)
        annotation = self.kinds.annotation(field.kind)
        if not field.presence:
            return annotation, source
        optional = field.explicit and not field.required
        if nullable or optional:
            why = "optional in the proto" if optional else "the host leaves it unset"
            rules.append(f"None if {why}")
            return expr(annotation, " | None"), source
        rules.append("an unset payload without an error raises PluginAPIError")
        present = runtime.present
        return annotation, expr(present, f'({source}, "{method.name}", "{field.name}")')


def find_service(schema: Schema, name: str) -> Service | None:
    """The service called `name`, by its full or its simple name."""
    found = [s for s in schema.services if name and name in (s.full_name, s.name)]
    return next((s for s in found if s.full_name == name), found[0] if found else None)


STREAMING = {
    (False, False): "unary",
    (False, True): "server_stream",
    (True, False): "client_stream",
    (True, True): "bidi_stream",
}


def _unlike(name: str, parameters: tuple[ParameterPlan, ...]) -> str:
    while any(p.name == name for p in parameters):
        name += "_"
    return name


def _doc(comment: str, parameters: tuple[ParameterPlan, ...], deprecated: bool) -> str:
    """The RPC's comment, and what each parameter means."""
    lines = [noted(comment, deprecated)]
    documented = [p for p in parameters if p.doc]
    if documented:
        lines.append("\nArgs:")
        for p in documented:
            first, *rest = p.doc.split("\n")
            lines.append(f"    {p.name}: {first}")
            lines += [f"        {line}" if line else "" for line in rest]
    return "\n".join(lines)
