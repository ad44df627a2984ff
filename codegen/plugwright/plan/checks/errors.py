"""Do the tables [error] and [errors] fit the protos? A problem for each key that does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from ...problems import Problem
from ...protos.schema import EnumKind, Field, Message, Scalar, ScalarKind, Schema, called
from ...settings.patterns import Patterns, unmatched
from ...settings.tables import Error, Settings
from ..conventions import (
    EXCEPTIONS,
    STATUSES,
    STYLES,
    USUAL_TEXT,
    Convention,
    Style,
    is_integer,
    plain,
)
from ..error_tables import Table, convention, messages, rpcs, severities, tables


def problems(schema: Schema, settings: Settings) -> Iterator[Problem]:
    """The problems of all tables, and of the services that they name."""
    yield from _services(schema, settings)
    for table in tables(schema, settings):
        yield from _Table(schema, settings, table).problems()


def _services(schema: Schema, settings: Settings) -> Iterator[Problem]:
    for name in settings.errors:
        where = settings.where(f"errors.{name}")
        found = called(schema.services, name)
        if not found and not rpcs(schema, name):
            services = ", ".join(sorted({s.name for s in schema.services})) or "none"
            yield Problem(where, f"there is no service {name!r}; the protos have: {services}")
        if len(found) > 1:
            full_names = " or ".join(f'[errors."{s.full_name}"]' for s in found)
            yield Problem(where, f"{name!r} names several services; say {full_names}")


class _Table(NamedTuple):
    """One table, and what it is held against."""

    schema: Schema
    settings: Settings
    table: Table

    def problems(self) -> Iterator[Problem]:
        error = self.table.error
        style = STYLES.get(error.style)
        if style is None:
            known = ", ".join(sorted(STYLES))
            yield self._wrong("style", f"{error.style!r} is no style of errors; known are: {known}")
            return
        yield from self._keys(error, style)
        yield from self._statuses(error)
        told = convention(error, self.schema)
        if "message" in style.keys:
            yield from self._message(error)
            if told.type:
                yield from self._parts(self.schema.messages[told.type], told)
        if "field" in told.keys:
            yield from self._places(told)

    def _wrong(self, key: str, text: str) -> Problem:
        return Problem(self.settings.where(f"{self.table.key}.{key}"), text)

    def _keys(self, error: Error, style: Style) -> Iterator[Problem]:
        allowed = {"style", "statuses", *style.keys}
        if style.keys:
            allowed |= {"embed_all", "without"}
        known = ", ".join(sorted(k.replace("_", "-") for k in allowed))
        for name, value in error._asdict().items():
            if value and name not in allowed:
                key = name.replace("_", "-")
                text = f"style {error.style!r} has no key {key!r}; it has: {known}"
                yield self._wrong(key, text)

    def _statuses(self, error: Error) -> Iterator[Problem]:
        for code, exception in error.statuses.items():
            if code not in STATUSES:
                text = f"{code!r} is no gRPC status; there are: {', '.join(STATUSES)}"
                yield self._wrong(f"statuses.{code}", text)
            if exception not in EXCEPTIONS:
                text = f"{exception!r} is no exception that a status can stand for"
                text += f"; there are: {', '.join(EXCEPTIONS)}"
                yield self._wrong(f"statuses.{code}", text)

    # ------------------------------------------------------------------ what tells of a failure

    def _message(self, error: Error) -> Iterator[Problem]:
        name = error.message
        if not name:
            text = f"style {error.style!r} needs the key 'message': what tells of a failure"
            yield self._wrong("style", text)
            return
        found = messages(self.schema, name)
        if not found:
            text = f"there is no message {name!r}; give its simple or full name"
            yield self._wrong("message", text)
        elif len(found) > 1:
            text = f"{name!r} names several messages; say which: {' or '.join(found)}"
            yield self._wrong("message", text)

    def _parts(self, message: Message, told: Convention) -> Iterator[Problem]:
        """Each field that the style reads must be there."""
        if "failing" not in told.keys:
            text = told.keys["text"]
            key = "message" if text == USUAL_TEXT else "text"
            yield from self._part(message, key, text, _is_text)
            return
        for key in ("summary", "detail"):
            yield from self._part(message, key, told.keys[key], _is_text)
        yield from self._part(message, "severity", told.keys["severity"], _is_enum)
        values = severities(self.schema, message, told.keys["severity"])
        for name in told.keys["failing"] if values else ():
            if name not in values:
                text = f"{name!r} is no severity; there are: {', '.join(values)}"
                yield self._wrong("failing", text)

    def _part(
        self, message: Message, key: str, name: str, fits: Callable[[Field], bool]
    ) -> Iterator[Problem]:
        candidates = [f.name for f in plain(message, fits)]
        if name not in candidates:
            known = ", ".join(candidates) or "none"
            what = "enum" if fits is _is_enum else "string"
            text = f"{message.name} has no {what} field {name!r}"
            yield self._wrong(key, f"{text} for the {key}; there are: {known}")

    # ------------------------------------------------------------------ where a response has it

    def _places(self, told: Convention) -> Iterator[Problem]:
        """A problem if no response has the field, or one has no place for a failure.

        What a failed call is answered with would be taken for the result of the latter.
        """
        answers = [(m, self.schema.messages[m.output]) for m in self.table.methods]
        found = [f.name for _, response in answers for f in told.fields(response)]
        yield from self._used(told, [response for _, response in answers], found)
        if not found:
            return
        without = Patterns(self.table.error.without)
        missing = [(m, response) for m, response in answers if not told.fields(response)]
        for method, response in missing:
            if method.name not in without:
                text = _misplaced(told, response)
                text += f", or list {method.name!r} in `without` of [{self.table.key}]"
                yield Problem(method.where, text)
        key, called = f"{self.table.key}.without", [m.name for m, _ in missing]
        yield from unmatched(self.settings, key, self.table.error.without, called, called)

    def _used(
        self, told: Convention, answers: list[Message], found: list[str]
    ) -> Iterator[Problem]:
        keys = told.keys
        if answers and keys["field"] not in found:
            others = _names(f for a in answers for f in told.candidates(a))
            what = f"{told.place} field {keys['field']!r}"
            yield self._wrong("field", f"no response has a {what}; there are: {others or 'none'}")
        elif (
            told.style == "code"
            and keys["code"] not in found
            and f"{self.table.key}.code" in self.settings.lines
        ):
            others = _names(f for a in answers for f in plain(a, is_integer))
            text = f"no response has an integer field {keys['code']!r}"
            yield self._wrong("code", f"{text}; there are: {others or 'none'}")


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
