"""What does a call send for a message that its caller leaves out? `[parameters.absent]` says.

Some hosts read a message of a request before they look whether it is there, and do not survive
that. The plan of a method of the API goes in; it comes out with arguments that send an empty
message (`empty`) or raise ValidationError before anything is sent (`refuse`), and with the rule.
"""

from __future__ import annotations

from ..problems import Problems
from ..protos.schema import Field, Message, MessageKind, Method
from ..python import names, runtime
from ..python.layout import quote
from ..python.symbols import Code, expr
from ..settings.patterns import Patterns
from ..settings.tables import Settings
from .kinds import WELL_KNOWN
from .methods import MethodPlanner
from .nodes import MethodPlan, ParameterPlan

EMPTY = "empty"
REFUSE = "refuse"


class AbsentMessages:
    """The rules of one run; `close` reports those that applied to nothing."""

    def __init__(self, planner: MethodPlanner, settings: Settings, problems: Problems) -> None:
        self.planner = planner
        self.settings = settings
        self.problems = problems
        self.patterns = Patterns(settings.parameters.absent)
        for pattern, choice in settings.parameters.absent.items():
            if choice not in (EMPTY, REFUSE):
                text = f"must be {EMPTY!r} or {REFUSE!r}, got {choice!r}"
                self._wrong(pattern, f"{pattern!r} {text}")

    def applied(self, method: Method, plan: MethodPlan) -> MethodPlan:
        """`plan` with the rules for the messages among its parameters."""
        api = self.planner.api
        if api is None or method.full_name.rpartition(".")[0] != api.full_name:
            return plan
        request = self.planner.schema.messages[method.input]
        fields = {names.attribute(f.name): f for f in _messages(request)}
        parameters = tuple(
            (self._parameter(p, request, fields[p.field], plan.rpc) if p.field in fields else p)
            for p in plan.parameters
        )
        return plan._replace(parameters=parameters)

    def close(self) -> None:
        """A problem for each pattern that matched nothing, with what it could have matched."""
        api, messages = self.planner.api, self.planner.schema.messages
        requests = [messages[m.input] for m in api.methods] if api else []
        known = [f"{r.name}.{f.name}" for r in requests for f in _messages(r)]
        self.patterns.report_unused(self.problems, self.settings, "parameters.absent", known)

    def _parameter(
        self, plan: ParameterPlan, request: Message, field: Field, rpc: str
    ) -> ParameterPlan:
        name = f"{request.name}.{field.name}"
        found = self.patterns.find(name)
        if found is None:
            return plan
        choice, pattern = found
        if choice == EMPTY:
            return self._filled(plan, name, field, pattern)
        if choice != REFUSE:
            return plan
        if plan.default is not None:
            text = f"refuses a call without {name}, which may be left out ({plan.rule})"
            self._wrong(pattern, f"{pattern!r} {text}; remove one of the two")
        argument = f"({plan.argument}, {quote(rpc)}, {quote(plan.name)})"
        rule = f"{plan.rule}; None is refused, by pattern {pattern!r}"
        given = expr(runtime.given, argument)
        return plan._replace(argument=given, rule=rule)

    def _filled(self, plan: ParameterPlan, name: str, field: Field, pattern: str) -> ParameterPlan:
        assert isinstance(field.kind, MessageKind)
        message = field.kind.message
        needs = self.planner.schema.messages.get(message)
        if message in WELL_KNOWN or (needs and any(f.required for f in needs.fields)):
            text = f"cannot send an empty {message} for {name}; use {REFUSE!r}"
            self._wrong(pattern, f"{pattern!r} {text}")
            return plan
        model: Code = self.planner.types[message].model
        filled = expr(runtime.filled, f"({plan.argument}, ", model, ")")
        rule = f"{plan.rule}; None sends an empty message, by pattern {pattern!r}"
        return plan._replace(argument=filled, rule=rule)

    def _wrong(self, pattern: str, text: str) -> None:
        place = self.settings.where(f"parameters.absent.{pattern}")
        self.problems.add(place, text)


def _messages(request: Message) -> list[Field]:
    """The fields of an envelope that hold one message each and are parameters of their own."""
    if not request.name.endswith("Request"):
        return []
    return [f for f in request.fields if isinstance(f.kind, MessageKind) and f.oneof is None]
