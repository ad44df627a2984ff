"""How is a piece of code laid out? As black would, without paying for black.

black costs a hundred times what generation may take, so templates print text that is laid out
already, and a test proves that black finds nothing to change. Long calls and signatures are
written one argument per line with a trailing comma, which black keeps; what is left are the few
shapes of single statements below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from .prose import wrapped
from .splitting import WIDTH, split, split_element

# Control characters and bidirectional overrides: invisible in an editor, so never literal.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ud800-\udfff\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def statement(text: str, pad: str) -> str:
    """One simple statement, on one line if it fits, else split as black splits it."""
    if len(pad) + len(text) <= WIDTH or "\n" in text:
        return pad + text
    inner = text.lstrip(" ")
    return "\n".join(split(inner, pad + " " * (len(text) - len(inner))))


def element(text: str, pad: str) -> str:
    """An argument, a parameter or an item that has a line of its own, with its comma. One of
    several lines is laid out already."""
    if len(pad) + len(text) <= WIDTH or "\n" in text:
        return pad + text
    return "\n".join(split_element(text, pad))


def bracketed(head: str, items: Sequence[str], tail: str, pad: str) -> str:
    """`head` items `tail`, where `head` opens a bracket of a call or a signature: on one line, the
    items on a line of their own, or each on its own, whichever fits first."""
    inside = ", ".join(items)
    if len(pad) + len(head) + len(inside) + len(tail) <= WIDTH and "\n" not in inside:
        return f"{pad}{head}{inside}{tail}"
    is_definition = head.startswith(("def ", "async def "))
    comma = "," if is_definition or len(items) > 1 else ""
    if len(items) == 1:
        inside += comma
    deeper = pad + "    "
    if len(deeper) + len(inside) <= WIDTH and "\n" not in inside:
        body = [deeper + inside]
    else:
        body = [element(item + comma, deeper) for item in items]
    return "\n".join([pad + head, *body, statement(tail, pad)])


def with_signature(comment: str, signature: tuple[str, Sequence[str], str]) -> str:
    """A comment, and below it how a handler is declared, as it fits into a class of the module."""
    pad = " " * 8
    code = bracketed(*signature, pad).replace("\n    ", "\n").removeprefix("    ")
    return f"{comment}\n\nHandler:\n\n{code}" if comment else f"Handler:\n\n{code}"


def display(head: str, items: Sequence[str], tail: str, pad: str) -> str:
    """`head` items `tail`, where `head` opens a tuple, a list or a dictionary: on one line, or each
    item on its own."""
    lone = "," if len(items) == 1 and head.endswith("(") else ""
    inside = ", ".join(items) + lone
    fits = len(pad) + len(head) + len(inside) + len(tail) <= WIDTH and "\n" not in inside
    if fits or not items:
        return f"{pad}{head}{inside}{tail}"
    comma = lone if len(items) == 1 else ","
    body = [element(item + comma, pad + "    ") for item in items]
    return "\n".join([pad + head, *body, pad + tail])


def union(name: str, declared: str, union: str, members: tuple[str, ...]) -> str:
    """`name: TypeAlias = Union[…]`, or without `Union` if there is one member."""
    if len(members) == 1:
        return statement(f"{name}: {declared} = {members[0]}", "")
    if len(f"{name}: {declared} = {union}[") <= WIDTH:
        return bracketed(f"{name}: {declared} = {union}[", members, "]", "")
    if len(f"{name}: {declared} = (") <= WIDTH:
        return f"{name}: {declared} = (\n{bracketed(f'{union}[', members, ']', '    ')}\n)"
    return f"{name}: (\n    {declared}\n)" + bracketed(f" = {union}[", members, "]", "")


def strings(values: tuple[str, ...], head: str, pad: str, equals: str = " = ") -> str:
    """`head = (…)`: a tuple of strings, on one line if it fits.

    With `equals="="` an argument, with `equals=": "` an item of a dictionary.
    """
    end = "" if equals == " = " else ","
    return display(f"{head}{equals}(", [quote(v) for v in values], f"){end}", pad)


def tuple_of(values: Sequence[str]) -> str:
    """A tuple of strings.

    >>> print(tuple_of(["a"]), tuple_of([]), tuple_of(["a", "b"]))
    ("a",) () ("a", "b")
    """
    return f"({', '.join(map(quote, values))}{',' if len(values) == 1 else ''})"


def dictionary(items: Iterable[tuple[str, str]], pad: str) -> str:
    """A dictionary of strings, as an argument that has a line of its own.

    >>> print(dictionary([("a", "b"), ("c", "d")], ""))
    {"a": "b", "c": "d"}
    """
    rows = [f"{quote(key)}: {quote(value)}" for key, value in items]
    return display("{", rows, "}", pad).removeprefix(pad)


def words(rows: Iterable[tuple[str, Iterable[str]]], pad: str) -> str:
    """A dictionary, as an argument that has a line of its own: the names of each row are one text.

    >>> print(words([("a", ["b", "c"]), ("d", ["e"])], ""))
    {"a": "b c", "d": "e"}
    """
    items = [_words(f"{quote(key)}: ", names, pad + "    ") for key, names in rows]
    if len(items) == 1 and "\n" in items[0]:  # black keeps it so for the sake of its comma
        return f"{{\n{pad}    {items[0]},\n{pad}}}"
    return display("{", items, "}", pad).removeprefix(pad)


def _words(head: str, names: Iterable[str], pad: str) -> str:
    text = " ".join(names)
    if len(pad) + len(head) + len(text) + 3 <= WIDTH:
        return f'{head}"{text}"'
    deeper = pad + "    "
    lines = [deeper + line for line in wrapped([text], WIDTH - len(deeper))]
    end = '"""' if len(lines[-1]) + 4 <= WIDTH else f'\n{pad}"""'
    return "\n".join([f'{head}"""', *lines]) + end


def listing(name: str, values: Iterable[str], typed: bool = True) -> str:
    """A list of strings, as many on a line as fit; each line more extends it. Of a name without a
    type that is extended often, pyright gives up to infer one; where it cannot have one, each
    string has a line.

    >>> print(listing("a", ["b", "c"]))
    a = ["b", "c"]
    >>> print(listing("a", ["b", "c" * 74, "d"]).replace("c" * 73, ""))
    a: list[str] = ["b"]
    a += ["c", "d"]
    """
    items = [quote(value) for value in values]
    line = f"{name} = [{', '.join(items)}]"
    if len(line) <= WIDTH:
        return line
    if not typed:
        return display(f"{name} = [", items, "]", "")
    heads, rows = [f"{name}: list[str] = ["], [[items[0]]]
    for item in items[1:]:
        if len(heads[-1]) + len(", ".join((*rows[-1], item))) + 1 > WIDTH:
            heads.append(f"{name} += [")
            rows.append([])
        rows[-1].append(item)
    return "\n".join(display(head, row, "]", "") for head, row in zip(heads, rows, strict=True))


def quote(text: str) -> str:
    """A string literal: in double quotes, unless single ones need fewer escapes.

    >>> print(quote("it's"), quote('a"b'))
    "it's" 'a"b'
    """
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    mark = "'" if text.count('"') > text.count("'") else '"'
    escaped = text.replace("\\", "\\\\").replace(mark, "\\" + mark).replace("\n", "\\n")
    return f"{mark}{_visible(escaped)}{mark}"


def toml_string(text: str) -> str:
    """A basic string of TOML: the escapes of JSON, and longer ones beyond 16 bits.

    >>> print(toml_string('"é" \U0001f600\x7f'))
    "\\"é\\" \U0001f600\\u007f"
    """
    quoted = json.dumps(text, ensure_ascii=False)
    return _INVISIBLE.sub(lambda m: _toml_escape(ord(m[0])), quoted)


def _toml_escape(code: int) -> str:
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def bytes_literal(data: bytes) -> str:
    r"""`data` as a literal that no formatter changes: quotes are written as escapes.

    >>> print(bytes_literal(b'a"\x00'))
    b"a\x22\x00"
    """
    return 'b"' + "".join(map(_BYTES.__getitem__, data)) + '"'


_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.,:;/+-()<>=")
_BYTES = [chr(i) if i in _PLAIN else f"\\x{i:02x}" for i in range(256)]


def docstring(text: str, pad: str) -> str:
    """`text`, which nobody trusts, as a docstring at indentation `pad`.

    Its lines keep their words and their indentation to each other; what is too long is wrapped
    (see `prose`). Backslashes and quotes are escaped, invisible characters written as escapes, so
    nothing in it is ever code. What changes: tabs become blanks, blanks at the ends of lines go.
    """
    plain = text.isascii() and text.isprintable() and '"' not in text and "\\" not in text
    if plain and len(pad) + len(text) + 6 <= WIDTH:
        return f'{pad}"""{text.strip()}"""'
    escaped = text.expandtabs(4).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    lines = [line.rstrip() for line in _visible(escaped).split("\n")]
    lines = _dedented("\n".join(lines).strip("\n").split("\n"))
    if len(lines) > 1 or len(pad) + len(lines[0]) + 7 > WIDTH:
        lines = wrapped(lines, WIDTH - len(pad), 3)
    first = lines[0].lstrip()
    if first.startswith('"'):
        first = "\\" + first
    if len(lines) == 1:
        end = " " if first.endswith('"') else ""
        return f'{pad}"""{first}{end}"""'
    rest = "\n".join([pad + line if line else "" for line in lines[1:]])
    if _indentation(lines[1:]):  # readers of docstrings dedent all but the first line
        first = f"\n{pad}{first}"
    return f'{pad}"""{first}\n{rest}\n{pad}"""'


def _dedented(lines: list[str]) -> list[str]:
    indent = _indentation(lines)
    return [line[indent:] for line in lines] if indent else lines


def _indentation(lines: list[str]) -> int:
    """How deep all of `lines` stand."""
    least = max(map(len, lines), default=0)
    for line in lines:
        if line and (least := min(least, len(line) - len(line.lstrip()))) == 0:
            break
    return least


def _visible(text: str) -> str:
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return _INVISIBLE.sub(lambda m: _escape(ord(m[0])), text)


def _escape(code: int) -> str:
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def from_import(module: str, items: Sequence[str], pad: str = "") -> str:
    """`from module import a, b as c`, on one line where it fits."""
    line = f"{pad}from {module} import {', '.join(items)}"
    if len(line) <= WIDTH:
        return line
    inside = (f"{pad}    {item}," for item in items)
    return "\n".join([f"{pad}from {module} import (", *inside, f"{pad})"])
