"""How is a comparison told? To people, to programs, to GitHub, and in a pull request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..problems import visible
from ..surface.changes import SEVERITIES, Severity
from .comparing import Comparison, Found

_SHOWN: tuple[Severity, ...] = ("breaking", "notice")
_HEADINGS: Mapping[Severity, str] = {
    "breaking": "Breaking",
    "notice": "Changed",
    "compatible": "Added",
}


def text(comparisons: Sequence[Comparison]) -> str:
    """A line for each change that somebody may have to act on, and one for each SDK."""
    lines = [_line(f) for c in comparisons for s in _SHOWN for f in c.of(s)]
    return "\n".join([*lines, *map(summary, comparisons)])


def _line(found: Found) -> str:
    change = found.change
    parts = [f"{change.severity} ({change.category}): {change.sentence}"]
    parts += [f"was at {found.was}"] if found.was else []
    parts += [change.advice] if change.advice else []
    return visible(f"{found.where}: {'; '.join(parts)}")


def summary(comparison: Comparison) -> str:
    """One sentence about an SDK."""
    if comparison.state is None:
        return f"{comparison.package}: is new, so there is nothing to compare"
    since = f"{comparison.package}: since {comparison.state.name}"
    if version := comparison.state.surface.version:
        since += f" (version {version})"
    counts = [f"{len(comparison.of(s))} {s}" for s in SEVERITIES if comparison.of(s)]
    if not counts:
        return visible(f"{since} nothing has changed")
    return visible(f"{since} {', '.join(counts)}{_advice(comparison)}")


def _advice(comparison: Comparison) -> str:
    if not comparison.needs:
        return ""
    if comparison.is_raised:
        return f"; version {comparison.version} says so"
    return f"; that asks for version {comparison.needs}, and sdk.version is {comparison.version}"


def as_json(comparisons: Sequence[Comparison]) -> str:
    return json.dumps([_values(c) for c in comparisons], indent=2, ensure_ascii=False)


def _values(comparison: Comparison) -> dict[str, Any]:
    state = comparison.state
    return {
        "package": comparison.package,
        "version": comparison.version,
        "against": state and {"name": state.name, "version": state.surface.version},
        "needs": comparison.needs,
        "changes": [_change(found) for found in comparison.found],
    }


def _change(found: Found) -> dict[str, Any]:
    places = {"where": found.where, "was": found.was}
    told = {name: place and place._asdict() for name, place in places.items()}
    return found.change._asdict() | told


def github(comparisons: Sequence[Comparison]) -> str:
    """Workflow commands, which GitHub shows at the lines of a pull request."""
    levels = {"breaking": "error", "notice": "warning"}
    lines = [
        _command(levels[severity], comparison, found)
        for comparison in comparisons
        for severity in _SHOWN
        for found in comparison.of(severity)
    ]
    return "\n".join([*lines, *map(summary, comparisons)])


def _command(level: str, comparison: Comparison, found: Found) -> str:
    where, change = found.where, found.change
    properties = {"file": where.file}
    if where.line:
        properties |= {"line": str(where.line), "col": str(where.col or 1)}
    properties["title"] = f"{comparison.package}: {change.severity} ({change.category})"
    told = ",".join(f"{key}={_escaped(value, ',:')}" for key, value in properties.items())
    advice = f"; {change.advice}" if change.advice else ""
    return f"::{level} {told}::{_escaped(change.sentence + advice)}"


def _escaped(value: str, more: str = "") -> str:
    """A value of a workflow command: a new line would begin another one.

    >>> _escaped("50%:\\n::stop", ":,")
    '50%25%3A%0A%3A%3Astop'
    """
    text = visible(value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))
    for character in more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def markdown(comparisons: Sequence[Comparison]) -> str:
    """A table for each SDK, as a comment of a pull request shows it."""
    return "\n\n".join("\n".join(_table(c)) for c in comparisons)


def _table(comparison: Comparison) -> Iterator[str]:
    yield f"### {_plain(comparison.package)}"
    yield ""
    yield _plain(summary(comparison))
    rows = [f for severity in _SHOWN for f in comparison.of(severity)]
    if rows:
        yield ""
        yield "| | what | where | what to do |"
        yield "|---|---|---|---|"
    for found in rows:
        change = found.change
        told = (
            f"{change.severity} ({change.category})",
            f"`{change.name}` {_plain(change.text)}",
            _plain(str(found.was or found.where)),
            _plain(change.advice),
        )
        yield f"| {' | '.join(told)} |"


def _plain(value: str) -> str:
    """Text that Markdown shows as it is."""
    special = "\\`*_[]<>|#&"
    return "".join(f"\\{c}" if c in special else c for c in visible(value))


def changelog(comparisons: Sequence[Comparison]) -> str:
    """The entry for a change log, of each SDK."""
    entries = ("\n".join(_entry(c, len(comparisons) > 1)) for c in comparisons)
    return "\n\n".join(entry for entry in entries if entry)


def _entry(comparison: Comparison, is_named: bool) -> Iterator[str]:
    if not comparison.found:
        return
    version = comparison.version if comparison.is_raised else comparison.needs
    yield f"## {_plain(comparison.package)} {version}" if is_named else f"## {version}"
    for severity in SEVERITIES:
        if found := comparison.of(severity):
            yield f"\n### {_HEADINGS[severity]}\n"
            yield from dict.fromkeys(_bullet(f) for f in found)


def _bullet(found: Found) -> str:
    change = found.change
    if change.severity == "compatible" and change.text == "is new":
        return f"- `{change.name}`"
    return f"- `{change.name}` {_plain(change.text)}"


def told(form: str, comparisons: Sequence[Comparison]) -> str:
    """The report in one of its formats."""
    formats: Mapping[str, Callable[[Sequence[Comparison]], str]] = {
        "text": text,
        "json": as_json,
        "github": github,
        "markdown": markdown,
    }
    return formats[form](comparisons)
