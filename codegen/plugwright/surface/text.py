"""How is a surface written down, and read back? One line an item, in a file that people review.

It comes from a disk where anybody may have edited or merged it, and its names go into generated
code: a line that no run writes is an error with its place.
"""

from __future__ import annotations

import keyword
import re

from ..problems import Location, Problems, fail, shown
from .items import KINDS, SHAPES, Item, Key, Surface

NAME = "surface.txt"
"""The file, in the folder of the package."""

FORMAT = "1"
MOST_BYTES = 64 * 2**20

_ABOUT = """\
# What users of this SDK see: a line for each name, parameter, type and default.
# Commit it: its diff is what users notice, and the next `plugwright generate` keeps what it says.
"""
# Names go into code as they are, so none may mean something else there; keywords are looked for
# once for all lines.
_SUBJECT = r"(?!__)[^\W\d]\w*(?:\.(?!__)[^\W\d]\w*)*"
_LINE = re.compile(rf"({'|'.join(KINDS)}) ({_SUBJECT})(?:: | = )(.*)")
_LINES = re.compile(rf"^{_LINE.pattern}$", re.MULTILINE)
_KEYWORDS = frozenset(keyword.kwlist)
_SEPARATORS = {kind: row.separator for kind, row in KINDS.items()}
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_ADVICE = "take the file as a run of plugwright wrote it"


def write(surface: Surface) -> str:
    """The text of a surface, without the generator's marker."""
    head = f"{_ABOUT}format {FORMAT}\nversion {surface.version}\n"
    return head + "".join([f"{k} {s}{_SEPARATORS[k]}{d}\n" for k, s, d in surface.items])


def read(data: bytes, file: str) -> Surface:
    """The surface that `write` wrote to `file`. Raises GenerationError with all that is wrong."""
    if len(data) > MOST_BYTES:
        raise fail(Location(file), f"no surface: over {MOST_BYTES >> 20} MiB; {_ADVICE}")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise fail(Location(file, line, 1), f"no UTF-8; {_ADVICE}") from None
    return _Reader(file).surface(text)


class _Reader:
    """Reads the lines of one file; `problems` collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems = Problems()
        self._said: dict[str, str] = {}

    def surface(self, text: str) -> Surface:
        text = text.replace("\r\n", "\n")
        items = tuple(map(Item._make, _LINES.findall(text)))
        lines = text.split("\n")
        first = next((n for n, line in enumerate(lines) if _LINE.fullmatch(line)), len(lines))
        self._head(lines[:first])
        sound = _is_sound(items) and text.replace("\n", "").isprintable()
        if not sound or len(items) != len(lines[first:]) - 1 or lines[-1]:
            self._check(lines, first)
        self._problems.raise_if_any()
        return Surface(self._said.get("version", ""), items, self._file)

    def _head(self, lines: list[str]) -> None:
        """What stands before the items."""
        for number, line in enumerate(lines, 1):
            word, _, value = line.partition(" ")
            if word in ("format", "version") and value.isprintable():
                self._said.setdefault(word, value)
            elif line.strip() and not line.startswith("#"):
                self._wrong(number, _fault(line))
        if (known := self._said.get("format")) is None:
            self._wrong(1, f"no line `format {FORMAT}`, so this is no surface; {_ADVICE}")
        elif known != FORMAT:
            text = "a newer plugwright wrote it; generate with that, or a later one"
            self._wrong(1, f"format {shown(known)} is not known: {text}")

    def _check(self, lines: list[str], first: int) -> None:
        """Say what is wrong with the lines from `first`."""
        seen: dict[Key, int] = {}
        for number, line in enumerate(lines[first:], first + 1):
            found = _LINE.fullmatch(line)
            if not line.strip() or line.startswith("#"):
                continue
            named = found is not None and _is_sound((Item._make(found.groups()),))
            if not found or not named or not line.isprintable():
                self._wrong(number, _fault(line))
                continue
            kind, subject, _ = found.groups()
            if (earlier := seen.setdefault((kind, subject), number)) != number:
                text = f"{kind} {subject} stands in line {earlier} too; {_ADVICE}"
                self._wrong(number, text)

    def _wrong(self, line: int, text: str) -> None:
        self._problems.add(Location(self._file, line, 1), text)


def _is_sound(items: tuple[Item, ...]) -> bool:
    """Whether each is there once, with a subject that can be a name and a detail of its kind."""
    if len({(kind, subject) for kind, subject, _ in items}) != len(items):
        return False
    words = set(".".join([subject for _, subject, _ in items]).split("."))
    matches = {kind: shape.fullmatch for kind, shape in SHAPES.items()}
    shaped = all(matches[k](d) for k, _, d in items if k in matches)
    return shaped and words.isdisjoint(_KEYWORDS)


def _fault(line: str) -> str:
    """Why a line is none of a surface."""
    if line.startswith(_CONFLICT):
        return "a merge left both sides here; take one side of the whole file, then generate"
    return f"no item of a surface: {shown(line)}; {_ADVICE}"
