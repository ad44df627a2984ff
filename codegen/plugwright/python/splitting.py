"""Where does black split a line that is too long? One line of code in, the lines it becomes out.

This knows the shapes that generated code has, no others: names, calls, subscripts, strings,
comprehensions, conditional expressions and unions. The rules are those of black's stable style:

- What follows `=`, `return`, `if`, `in` or an annotation's `:` may be put into parentheses. They
  are used if it holds an operator, or if there is no bracket to split at instead.
- The items of a tuple, a list or a dictionary get a line each.
- Otherwise a line splits at its last bracket; what is inside goes on a line of its own, or, if
  that is too long, is split at its weakest operator: commas first, `|` last.
- A name that is too long for any line stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WIDTH = 88

_BRACKET = re.compile(r"[()\[\]{}]")
_STRING = re.compile(r"""b?("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
# Weakest first: an operator of an earlier group splits before one of a later.
_OPERATORS = (
    re.compile(r", "),
    re.compile(r" (?=for )"),
    re.compile(r" (?=if |else )"),
    re.compile(r" (?=or |and )"),
    re.compile(r" (?=is |== |!= )"),
    re.compile(r" (?=\| )"),
)
_OPTIONAL = re.compile(
    r"(?P<head>(?:el)?if |for \w+ in |return |raise |\) -> )(?P<value>.*?)(?P<tail>:?)$"
)
_OPENED = re.compile(r" *(?P<head>\w+: )(?P<value>\w+)(?P<tail> = \()$")
_ARGUMENT = re.compile(r"(?P<head>\w+=)(?P<value>.* if .* else .*)(?P<tail>,)$")
_DECLARED = re.compile(r"(?P<head>\w+: )(?P<value>[^=]*)(?P<tail>(?: = \w+)?,?)$")


def split(text: str, pad: str) -> list[str]:
    """The lines of one statement at indentation `pad`, each with its indentation."""
    if len(pad) + len(text) <= WIDTH:
        return [pad + text]
    if text.startswith(("def ", "async def ")):
        return _definition(text, pad)
    if found := _OPTIONAL.match(text):
        return _parenthesized(found["head"], found["value"], found["tail"], pad)
    target, equals, value = text.partition(" = ")
    if equals and not any(b in target for b in "([{"):
        lines = _parenthesized(target + equals, value, "", pad)
        if found := _OPENED.match(lines[0]) if not _fits(lines[:1]) else None:
            lines[:1] = _wrapped(found["head"], found["value"], found["tail"], pad)
        return lines
    if found := _DECLARED.match(text):
        return _parenthesized(found["head"], found["value"], "", pad)
    return _at_bracket(text, pad) or [pad + text]


def split_element(text: str, pad: str) -> list[str]:
    """The lines of an element that stands in brackets by itself, with its comma."""
    if len(pad) + len(text) <= WIDTH:
        return [pad + text]
    found = _DECLARED.match(text)
    if found and " | " in _outside(found["value"]):  # the type of a parameter
        return _wrapped(found["head"], found["value"], found["tail"], pad)
    if found := _ARGUMENT.match(_outside(text)):  # a conditional expression
        head, value = found.end("head"), found.end("value")
        return _wrapped(text[:head], text[head:value], text[value:], pad)
    parts, comma = _operands(text)
    if len(parts) > 1:
        return [line for part in parts for line in split_element(part + comma, pad)]
    return _at_bracket(text, pad) or [pad + text]


def _definition(text: str, pad: str) -> list[str]:
    """A function's head: its parameters go on a line of their own, or on one each."""
    opened = text.index("(")
    closed = _matching(text, opened)
    body = text[opened + 1 : closed]
    comma = "" if ", " in body else ","
    return [
        pad + text[: opened + 1],
        *split_element(body + comma, pad + "    "),
        *split(text[closed:], pad),
    ]


def _parenthesized(head: str, value: str, tail: str, pad: str) -> list[str]:
    """`head value tail`, where `value` may get parentheses."""
    parts, _ = _operands(value)
    if len(parts) > 1:
        return _wrapped(head, value, tail, pad)
    lines = _at_bracket(head + value + tail, pad)
    wrapped = _wrapped(head, value, tail, pad)
    if lines is None:
        atom = value.isidentifier() or _STRING.fullmatch(value) is not None
        return [pad + head + value + tail] if atom and not _fits(wrapped[1:-1]) else wrapped
    return wrapped if not _fits(lines[:1]) and _fits(wrapped) else lines


def _wrapped(head: str, value: str, tail: str, pad: str) -> list[str]:
    return [f"{pad}{head}(", *split_element(value, pad + "    "), f"{pad}){tail}"]


def _at_bracket(text: str, pad: str) -> list[str] | None:
    """Split at the last bracket of the top level; None if there is none with something in it."""
    pairs = list(_brackets(text))
    if not pairs:
        return None
    opened, closed = pairs[-1]
    if closed == opened + 1:
        return None
    inside = text[opened + 1 : closed]
    parts, comma = _operands(inside)
    if comma and not _is_trailer(text, opened):
        body = [line for part in parts for line in split_element(part + ",", pad + "    ")]
    else:
        body = split_element(inside, pad + "    ")
    return [pad + text[: opened + 1], *body, pad + text[closed:]]


def _is_trailer(text: str, opened: int) -> bool:
    """Whether a bracket calls or subscripts what is before it; else it is a display: a tuple, a
    list or a dictionary, of which each item gets a line."""
    return opened > 0 and (text[opened - 1].isalnum() or text[opened - 1] in "_)]")


def _fits(lines: list[str]) -> bool:
    return all(len(line) <= WIDTH for line in lines)


def _operands(text: str) -> tuple[list[str], str]:
    """`text` split at its weakest operators outside of brackets, and the comma behind each part."""
    inner = text.removesuffix(",")
    outside = _outside(inner)
    for index, operator in enumerate(_OPERATORS):
        places = [m.span() for m in operator.finditer(outside) if m.start()]
        if places:
            starts = [0, *(end for _, end in places)]
            ends = [*(start for start, _ in places), len(inner)]
            parts = [inner[s:e] for s, e in zip(starts, ends, strict=True)]
            if index == 0:
                return parts, ","
            parts[-1] += text[len(inner) :]
            return parts, ""
    return [text], ""


def _outside(text: str) -> str:
    """`text` with a `#` for each character in a bracket or a string: operators there count not."""
    masked = _masked(text)
    for opened, closed in _pairs(masked):
        hidden = "#" * (closed - opened - 1)
        masked = masked[: opened + 1] + hidden + masked[closed:]
    return masked


def _brackets(text: str) -> Iterator[tuple[int, int]]:
    """(opening, closing) of each pair of brackets that stands in no other."""
    return _pairs(_masked(text))


def _masked(text: str) -> str:
    """`text` with a `#` for each character in a string, quotes included."""
    return _STRING.sub(lambda m: "#" * len(m[0]), text)


def _pairs(masked: str) -> Iterator[tuple[int, int]]:
    depth, opened = 0, 0
    for found in _BRACKET.finditer(masked):
        if found[0] in "([{":
            depth += 1
            opened = found.start() if depth == 1 else opened
        elif depth:
            depth -= 1
            if depth == 0:
                yield opened, found.start()


def _matching(text: str, opened: int) -> int:
    return next(closed for start, closed in _brackets(text) if start == opened)
