"""What do the tables [error] and [errors] say, and does it fit the protos?

Settings and schema in, one `Convention` per service out; what is wrong with a table is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..problems import Location, Problems
from ..protos.schema import EnumKind, Field, Message, Scalar, ScalarKind, Schema, Service
from ..settings.patterns import Patterns
from ..settings.tables import Error, Settings
from .conventions import (
    EXCEPTIONS,
    NO_CONVENTION,
    STATUSES,
    STYLES,
    Convention,
    Style,
    is_integer,
    plain,
)


def conventions(schema: Schema, settings: Settings, problems: Problems) -> Mapping[str, Convention]:
    """The convention of each service, by its full name."""
    found: dict[str, Convention] = {}
    for name, error in settings.errors.items():
        key = f"errors.{name}"
        if (service := _service(schema, name, settings.where(key), problems)) is None:
            continue
        reader = _Reader(schema, settings, key, problems)
        found[service.full_name] = reader.read(error, [service])
    others = [s for s in schema.services if s.full_name not in found]
    default = NO_CONVENTION
    if settings.error is not None:
        reader = _Reader(schema, settings, "error", problems)
        default = reader.read(settings.error, others)
    return found | {s.full_name: default for s in others}


def _service(schema: Schema, name: str, where: Location, problems: Problems) -> Service | None:
    found = [s for s in schema.services if name == s.full_name]
    found = found or [s for s in schema.services if name == s.name]
    if not found:
        services = ", ".join(sorted({s.name for s in schema.services})) or "none"
        problems.add(where, f"there is no service {name!r}; the protos have: {services}")
    if len(found) > 1:
        full_names = " or ".join(f'[errors."{s.full_name}"]' for s in found)
        problems.add(where, f"{name!r} names several services; say {full_names}")
        return None
    return found[0] if found else None


class _Reader:
    """Reads one table of the settings, called `table`; what is wrong is a problem."""

    def __init__(self, schema: Schema, settings: Settings, table: str, problems: Problems) -> None:
        self.schema = schema
        self.settings = settings
        self.table = table
        self.problems = problems

    def read(self, error: Error, services: list[Service]) -> Convention:
        style = STYLES.get(error.style)
        if style is None:
            known = ", ".join(sorted(STYLES))
            self.wrong("style", f"{error.style!r} is no style of errors; known are: {known}")
            return NO_CONVENTION
        self._check_keys(error, style)
        self._check_statuses(error.statuses)
        keys = {k: getattr(error, k) or default for k, default in style.keys.items()}
        type_ = self._message(error) if "message" in keys else ""
        numbers: tuple[int, ...] = ()
        if "message" in keys and not type_:
            return NO_CONVENTION
        if "failing" in keys:
            numbers = self._diagnostic(self.schema.messages[type_], keys)
        elif type_:
            self._part(self.schema.messages[type_], "message", "message", _is_text)
        convention = Convention(error.style, keys, type_, numbers, error.embed_all, error.statuses)
        if "field" in keys and self._is_used(convention, services):
            self._check_places(convention, services, error.without)
        return convention

    def wrong(self, key: str, text: str) -> None:
        self.problems.add(self.settings.where(f"{self.table}.{key}"), text)

    def _check_keys(self, error: Error, style: Style) -> None:
        allowed = {"style", "statuses", *style.keys}
        if style.keys:
            allowed |= {"embed_all", "without"}
        known = ", ".join(sorted(k.replace("_", "-") for k in allowed))
        for name, value in error._asdict().items():
            if value and name not in allowed:
                key = name.replace("_", "-")
                text = f"style {error.style!r} has no key {key!r}; it has: {known}"
                self.wrong(key, text)

    def _check_statuses(self, statuses: Mapping[str, str]) -> None:
        for code, exception in statuses.items():
            if code not in STATUSES:
                text = f"{code!r} is no gRPC status; there are: {', '.join(STATUSES)}"
                self.wrong(f"statuses.{code}", text)
            if exception not in EXCEPTIONS:
                text = f"{exception!r} is no exception that a status can stand for"
                self.wrong(f"statuses.{code}", f"{text}; there are: {', '.join(EXCEPTIONS)}")

    def _message(self, error: Error) -> str:
        """The full name of the configured message, "" if there is none."""
        name = error.message
        if not name:
            text = f"style {error.style!r} needs the key 'message': what tells of a failure"
            self.wrong("style", text)
            return ""
        if name in self.schema.messages:
            return name
        found = [n for n in self.schema.messages if n.rpartition(".")[2] == name]
        if not found:
            text = f"there is no message {name!r}; give its simple or full name"
            self.wrong("message", text)
        elif len(found) > 1:
            text = f"{name!r} names several messages; say which: {' or '.join(found)}"
            self.wrong("message", text)
        return found[0] if len(found) == 1 else ""

    def _diagnostic(self, message: Message, keys: Mapping[str, Any]) -> tuple[int, ...]:
        """The numbers of the failing severities."""
        for key in ("summary", "detail"):
            self._part(message, key, keys[key], _is_text)
        field = self._part(message, "severity", keys["severity"], _is_enum)
        if field is None or not isinstance(field.kind, EnumKind):
            return ()
        values = {v.name: v.number for v in self.schema.enums[field.kind.enum].values}
        for name in keys["failing"]:
            if name not in values:
                text = f"{name!r} is no severity; there are: {', '.join(values)}"
                self.wrong("failing", text)
        return tuple(values[n] for n in keys["failing"] if n in values)

    def _part(
        self,
        message: Message,
        key: str,
        name: str,
        fits: Callable[[Field], bool],
    ) -> Field | None:
        """The field `name` of what tells of a failure."""
        candidates = {f.name: f for f in plain(message, fits)}
        if name not in candidates:
            known = ", ".join(candidates) or "none"
            what = "enum" if fits is _is_enum else "string"
            text = f"{message.name} has no {what} field {name!r}"
            self.wrong(key, f"{text} for the {key}; there are: {known}")
        return candidates.get(name)

    def _is_used(self, convention: Convention, services: list[Service]) -> bool:
        """Whether some response has the field; a problem if there are only others."""
        answers = [self.schema.messages[m.output] for s in services for m in s.methods]
        keys = convention.keys
        told = [f.name for a in answers for f in convention.fields(a)]
        if answers and keys["field"] not in told:
            found = _names(f for a in answers for f in convention.candidates(a))
            what = f"{convention.place} field {keys['field']!r}"
            self.wrong("field", f"no response has a {what}; there are: {found or 'none'}")
        elif (
            convention.style == "code"
            and keys["code"] not in told
            and f"{self.table}.code" in self.settings.lines
        ):
            found = _names(f for a in answers for f in plain(a, is_integer))
            text = f"no response has an integer field {keys['code']!r}"
            self.wrong("code", f"{text}; there are: {found or 'none'}")
        return bool(told)

    def _check_places(
        self, convention: Convention, services: list[Service], without: tuple[str, ...]
    ) -> None:
        """A problem for each response that has no place for a failure, and may be a mistake.

        What a failed call is answered with would be taken for its result.
        """
        allowed = Patterns(without)
        missing: list[str] = []
        for method in (m for s in services for m in s.methods):
            response = self.schema.messages[method.output]
            if convention.fields(response):
                continue
            missing.append(method.name)
            if method.name not in allowed:
                text = _misplaced(convention, response)
                text += f", or list {method.name!r} in `without` of [{self.table}]"
                self.problems.add(method.where, text)
        key = f"{self.table}.without"
        allowed.report_unused(self.problems, self.settings, key, missing)


def _misplaced(convention: Convention, response: Message) -> str:
    """Why `response` has no place for a failure, and what to do."""
    name, place = convention.keys["field"], convention.place
    if response.field(name) is not None:
        return f"{response.name}.{name} is no {place}, or in a oneof; mend it"
    text = f"{response.name} has no {place} field {name!r}"
    # Any text may be called anything; what has the type of a failure hardly is something else.
    others = _names(convention.candidates(response)) if convention.type else ""
    return f"{text}, but {others}; rename it" if others else f"{text}; add it"


def _names(found: Iterable[Field]) -> str:
    return ", ".join(sorted({f.name for f in found}))


def _is_text(field: Field) -> bool:
    return field.kind == ScalarKind(Scalar.STRING)


def _is_enum(field: Field) -> bool:
    return isinstance(field.kind, EnumKind)
