"""May this call be made? What was granted and a call in, a `Verdict` out.

In this order: what is forbidden, for everyone; what was granted, entry by entry; whether a call
that changes something may be made at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeVar

from ..rpc.failures import PermissionDeniedError
from .guard import Call, guarded
from .texts import text_of

C = TypeVar("C")
REGEX = "regex:"


class Refused(PermissionDeniedError):
    """The policy does not let this call be made; nothing was sent.

    Raised at once: no `Result` holds it, and no earlier failure comes before it.
    """


@dataclass(frozen=True, slots=True)
class Permission:
    """What may be called: `Permission("store.in", "select", ["notes", "regex:a.*"])`.

    `plugin`: as it is loaded, with the account if that is named, `store.in#archive`. `method`: of
    its client; among what is forbidden an empty one stands for all. `arguments`: patterns of the
    first arguments; `named`: patterns by name. A pattern is the text of an argument, or `regex:`
    and an expression. Arguments without a pattern may be anything. `is_read`: in place of what
    `Permissions.reads` says of the method.
    """

    plugin: str
    method: str
    arguments: Sequence[str] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    is_read: bool | None = None

    def __post_init__(self) -> None:
        patterns: tuple[Any, ...] = (*self.arguments, *self.named.values())
        for pattern in patterns:
            if not isinstance(pattern, str):
                raise TypeError(f"the pattern of an argument is a text, not {pattern!r}")
            if pattern.startswith(REGEX):
                try:
                    re.compile(pattern.removeprefix(REGEX))
                except re.error as error:
                    raise ValueError(f"{pattern}: {error}") from None


class Matching(NamedTuple):
    """How patterns are held against a call.

    `whole`: an expression has to match the whole text of an argument, not a part of it. `by_name`:
    an argument that is given by name counts like one that is given by position; else a call with
    named arguments fits no entry that has patterns. `text`: the text of an argument.
    """

    whole: bool = True
    by_name: bool = True
    text: Callable[[Any], str] = text_of


_EXACTLY = Matching()


class Verdict(NamedTuple):
    """`entry`: what decided, if that was an entry. True if the call may be made."""

    allowed: bool
    reason: str
    entry: Permission | None = None

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Permissions:
    """What one application may call.

    `granted`: None for everything. `forbidden`: comes first, whatever was granted. `reads`:
    patterns of `plugin.method`, those that change nothing; `writes`: whether the others may be
    called, for all applications of a stage, say.
    """

    granted: Sequence[Permission] | None = None
    forbidden: Sequence[Permission] = ()
    writes: bool = True
    reads: Sequence[str] = ()
    matching: Matching = _EXACTLY

    def guard(self, client: C, plugin: str) -> C:
        """`client`, which asks here before each call, and raises `Refused`.

        It shares the connection with `client`, and is of its type.
        """

        def permit(call: Call) -> None:
            self.check_call(plugin, call)

        return guarded(client, permit)

    def explain(self, plugin: str, method: str, /, *args: Any, **kwargs: Any) -> Verdict:
        """Whether this call may be made, and why; nothing is called."""
        return self.verdict(plugin, Call(method, args, kwargs))

    def check(self, plugin: str, method: str, /, *args: Any, **kwargs: Any) -> None:
        """Raises `Refused`."""
        self.check_call(plugin, Call(method, args, kwargs))

    def check_load(self, plugin: str) -> None:
        """Raises `Refused` for a plugin of which nothing was granted."""
        if self.granted is None or any(p.plugin == plugin for p in self.granted):
            return
        raise Refused(f"nothing of {plugin} was granted")

    def check_call(self, plugin: str, call: Call) -> None:
        """`check`, with the names of the arguments."""
        verdict = self.verdict(plugin, call)
        if not verdict:
            raise Refused(verdict.reason, rpc=call.method)

    def verdict(self, plugin: str, call: Call) -> Verdict:
        """`explain`, with the names of the arguments."""
        for entry in self.forbidden:
            if entry.plugin != plugin or entry.method not in ("", call.method):
                continue
            if not any(self._misfits(entry, call)):  # what is not given tells no call apart
                return Verdict(False, f"{plugin} {call.method} is forbidden", entry)
        granted = self._granted(plugin, call)
        if not granted:
            return granted
        is_read = granted.entry.is_read if granted.entry is not None else None
        if is_read is None:
            is_read = self._reads(plugin, call.method)
        if is_read or self.writes:
            return granted
        reason = f"{plugin} {call.method} changes something, and only reading is allowed"
        return Verdict(False, reason, granted.entry)

    def _granted(self, plugin: str, call: Call) -> Verdict:
        """Of several entries the first that fits; the last that does not says why."""
        name = f"{plugin} {call.method}"
        if self.granted is None:
            return Verdict(True, f"{name} is allowed: everything was granted")
        reason, closest = f"{name} was not granted", None
        for entry in self.granted:
            if (entry.plugin, entry.method) != (plugin, call.method):
                continue
            misfit = self._misfit(entry, call)
            if misfit is None:
                return Verdict(True, f"{name} was granted", entry)
            reason, closest = f"{name} was not granted with {misfit}", entry
        return Verdict(False, reason, closest)

    def _reads(self, plugin: str, method: str) -> bool:
        name = f"{plugin.partition('#')[0]}.{method}"
        return name in self.reads or any(fnmatchcase(name, pattern) for pattern in self.reads)

    def _misfit(self, entry: Permission, call: Call) -> str | None:
        """What keeps a call from fitting an entry."""
        if not (entry.arguments or entry.named):
            return None
        if call.named and not self.matching.by_name:
            return f"the named argument {next(iter(call.named))}: only positional ones are checked"
        if len(call.args) < len(entry.arguments):
            return f"{len(call.args)} arguments: {len(entry.arguments)} are checked"
        for name in entry.named:
            if name not in call.by_name:
                return f"no argument {name}, which is checked"
        return next(self._misfits(entry, call), None)

    def _misfits(self, entry: Permission, call: Call) -> Iterator[str]:
        """The arguments that are there and are not what an entry says."""
        by_name = call.by_name
        for number, (pattern, value) in enumerate(zip(entry.arguments, call.args, strict=False), 1):
            if not self._fits(pattern, value):
                yield f"argument {number}, which is not {pattern}"
        for name, pattern in entry.named.items():
            if name in by_name and not self._fits(pattern, by_name[name]):
                yield f"argument {name}, which is not {pattern}"

    def _fits(self, pattern: str, value: Any) -> bool:
        text = self.matching.text(value)
        if not pattern.startswith(REGEX):
            return pattern == text
        expression = re.compile(pattern.removeprefix(REGEX))
        found = expression.fullmatch(text) if self.matching.whole else expression.search(text)
        return found is not None
