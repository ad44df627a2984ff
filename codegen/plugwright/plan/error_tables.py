"""What do the tables [error] and [errors] say, and does it fit the protos?

Settings and schema in, one `Convention` per service out; what is wrong with a table is a problem.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..problems import Location, Problems
from ..schema import EnumKind, Field, Message, Scalar, ScalarKind, Schema, Service
from ..settings import Error, Settings
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


def conventions(
    schema: Schema, settings: Settings, problems: Problems
) -> Mapping[str, Convention]:
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


def _service(
    schema: Schema, name: str, where: Location, problems: Problems
) -> Service | None:
    found = [s for s in schema.services if name == s.full_name]
    found = found or [s for s in schema.services if name == s.name]
    if not found:
        services = ", ".join(sorted({s.name for s in schema.services})) or "none"
        problems.add(
            where, f"there is no service {name!r}; the protos have: {services}"
        )
    if len(found) > 1:
        full_names = " or ".join(f'[errors."{s.full_name}"]' for s in found)
        problems.add(where, f"{name!r} names several services; say {full_names}")
        return None
    return found[0] if found else None


class _Reader:
    """Reads one table of the settings, called `table`; what is wrong is a problem."""

    def __init__(
        self, schema: Schema, settings: Settings, table: str, problems: Problems
    ) -> None:
        self.schema = schema
        self.settings = settings
        self.table = table
        self.problems = problems

    def read(self, error: Error, services: list[Service]) -> Convention:
        style = STYLES.get(error.style)
        if style is None:
            known = ", ".join(sorted(STYLES))
            self.wrong(
                "style", f"{error.style!r} is no style of errors; known are: {known}"
            )
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
        convention = Convention(
            error.style, keys, type_, numbers, error.embed_all, error.statuses
        )
        self._check_match(convention, services)
        return convention

    def wrong(self, key: str, text: str) -> None:
        self.problems.add(self.settings.where(f"{self.table}.{key}"), text)

    def _check_keys(self, error: Error, style: Style) -> None:
        allowed = {"style", "statuses", *style.keys}
        if style.keys:
            allowed.add("embed_all")
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
                self.wrong(
                    f"statuses.{code}", f"{text}; there are: {', '.join(EXCEPTIONS)}"
                )

    def _message(self, error: Error) -> str:
        """The full name of the configured message, "" if there is none."""
        name = error.message
        if not name:
            text = f"style {error.style!r} needs the key 'message': what tells of a failure"
            self.wrong("style", text)
            return ""
        if name in self.schema.messages:
            return name
        for full_name in self.schema.messages:
            if full_name.rpartition(".")[2] == name:
                return full_name
        self.wrong(
            "message", f"there is no message {name!r}; give its simple or full name"
        )
        return ""

    def _diagnostic(self, message: Message, keys: Mapping[str, Any]) -> tuple[int, ...]:
        """The numbers of the failing severities."""
        for key in ("summary", "detail"):
            self._part(message, key, keys[key], _is_text, "string")
        field = self._part(message, "severity", keys["severity"], _is_enum, "enum")
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
        what: str,
    ) -> Field | None:
        """The field `name` of a diagnostic."""
        candidates = {f.name: f for f in plain(message, fits)}
        if name not in candidates:
            known = ", ".join(candidates) or "none"
            text = f"{message.name} has no {what} field {name!r}"
            self.wrong(key, f"{text} for the {key}; there are: {known}")
        return candidates.get(name)

    def _check_match(self, convention: Convention, services: list[Service]) -> None:
        """A field that no response has is a mistake."""
        answers = [self.schema.messages[m.output] for s in services for m in s.methods]
        style, keys = convention.style, convention.keys
        if not answers or "field" not in keys:
            return
        told = [f.name for a in answers for f in convention.fields(a)]
        if keys["field"] not in told:
            found = _names(f for a in answers for f in convention.candidates(a))
            kind = {"code": "string", "diagnostics": f"repeated {convention.type}"}
            what = f"{kind.get(style, convention.type)} field {keys['field']!r}"
            self.wrong("field", f"no response has a {what}; there are: {found}")
        elif (
            style == "code"
            and keys["code"] not in told
            and f"{self.table}.code" in self.settings.lines
        ):
            found = _names(f for a in answers for f in plain(a, is_integer))
            text = f"no response has an integer field {keys['code']!r}"
            self.wrong("code", f"{text}; there are: {found}")


def _names(found: Iterable[Field]) -> str:
    return ", ".join(sorted({f.name for f in found})) or "none"


def _is_text(field: Field) -> bool:
    return field.kind == ScalarKind(Scalar.STRING)


def _is_enum(field: Field) -> bool:
    return isinstance(field.kind, EnumKind)
