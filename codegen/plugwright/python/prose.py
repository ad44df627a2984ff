"""Where does a comment go on in the next line? Lines of a comment in, lines of a width out.

Only what is too long is broken, and what is left of a line goes before the next one of its
paragraph. Lists keep their items, and code and tables their lines.
"""

from __future__ import annotations

import re
from collections import deque

_HEAD = re.compile(r"(?P<pad> *)(?P<mark>(?:[-*+•]|\d+[.)]) +)?")
_APART = re.compile(r" *(?:[-*+•] |\d+[.)] |[|#>]|```|\w+:)")
_ARGUMENT = re.compile(r" {4}\w+: ")


def wrapped(lines: list[str], width: int, before: int = 0) -> list[str]:
    """`lines` of at most `width` characters; the first has `before` less."""
    if max(map(len, lines)) <= width and len(lines[0]) <= width - before:
        return lines
    done: list[str] = []
    ahead = deque(lines)
    fenced = False
    room = width - before
    while ahead:
        line = ahead.popleft()
        if "```" in line and line.lstrip().startswith("```"):
            fenced = not fenced
        if len(line) <= room or fenced or _is_code(line, done) or not (cut := _cut(line, room)):
            done.append(line)
        else:
            done.append(line[:cut])
            _carry(line[cut:].strip(), " " * _hanging(line), ahead)
        room = width
    return done


def _is_code(line: str, done: list[str]) -> bool:
    """Whether a line of code or of a table, which stays as it is."""
    return (line.startswith("    ") and done[-1:] == [""]) or line.lstrip().startswith("|")


def _carry(rest: str, deeper: str, ahead: deque[str]) -> None:
    """Put what is left of a line before the next one of its paragraph, or on a line of its own."""
    if ahead and ahead[0].startswith(deeper):
        following = ahead[0][len(deeper) :]
        if following[:1] != " " and following.strip() and not _APART.match(following):
            ahead[0] = f"{deeper}{rest} {following.strip()}"
            return
    ahead.appendleft(deeper + rest)


def _cut(line: str, room: int) -> int:
    """Where to break `line`, which does not fit; 0 if it has no blank."""
    start = _head(line) + 1
    cut = line.rfind(" ", start, room + 1)
    while cut > 0 and _APART.match(line, cut + 1):
        cut = line.rfind(" ", start, cut)
    return cut if cut > 0 else max(line.find(" ", max(start, room)), 0)


def _head(line: str) -> int:
    """Where the text of `line` begins, behind its blanks and the mark of an item."""
    found = _HEAD.match(line)
    return found.end() if found else 0


def _hanging(line: str) -> int:
    """The indentation of the lines that go on with `line`."""
    return 8 if _ARGUMENT.match(line) else _head(line)
