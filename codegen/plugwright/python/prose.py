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
    while ahead:
        line = ahead.popleft()
        room = width if done else width - before
        fenced ^= line.lstrip().startswith("```")
        code = line.startswith("    ") and done[-1:] == [""]
        cut = 0 if fenced or code or line.lstrip().startswith("|") else _cut(line, room)
        if not cut:
            done.append(line)
            continue
        done.append(line[:cut])
        rest, deeper = line[cut:].strip(), " " * _hanging(line)
        follows = ahead and ahead[0].startswith(deeper) and not ahead[0].startswith(f"{deeper} ")
        if follows and ahead[0].strip() and not _APART.match(ahead[0]):
            ahead[0] = f"{deeper}{rest} {ahead[0].strip()}"
        else:
            ahead.appendleft(deeper + rest)
    return done


def _cut(line: str, room: int) -> int:
    """Where to break `line`; 0 if it fits, or has no blank."""
    if len(line) <= room:
        return 0
    start = len(_first_word(line))
    cut = line.rfind(" ", start, room + 1)
    while cut > 0 and _APART.match(line[cut:].lstrip()):
        cut = line.rfind(" ", start, cut)
    return cut if cut > 0 else max(line.find(" ", max(start, room)), 0)


def _first_word(line: str) -> str:
    found = _HEAD.match(line)
    end = found.end() if found else 0
    return line[: end + 1]


def _hanging(line: str) -> int:
    """The indentation of the lines that go on with `line`."""
    if _ARGUMENT.match(line):
        return 8
    found = _HEAD.match(line)
    return found.end() if found else 0
