"""How does a comment of a proto become Markdown? Text that may be anything in, Markdown out.

Whatever stands in a comment is text: only paragraphs, lists and `code` are kept as such, so nothing
in it becomes HTML, a heading or an attribute. What it names that has a place in the site is linked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

Linked = Callable[[str], str | None]
"""The address of what a comment names, None if the site has no place for it."""

_CODE = re.compile(r"`([^`\n]+)`")
_SPECIAL = re.compile(r"([\\`*_{}\[\]#!|])")
_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)\s")
_START = re.compile(r"[-+=~^:?]|\d+[.)]")
_ITEM = re.compile(r"(\s*)(?:[-*+•]|\d+[.)])\s+(.*)")
# A name that is no ordinary word: two humps, as in CreatePost or OnActivate.
_NAME = re.compile(r"\b[A-Z]\w*[a-z]\w*[A-Z]\w*(?:\.\w+)*\b")


def paragraphs(text: str, linked: Linked) -> str:
    """A comment as a text of its own."""
    return "\n\n".join(_block(block, linked) for block in _blocks(text))


def cell(text: str, linked: Linked) -> str:
    """A comment as a cell of a table: one line."""
    lines = (_inline(" ".join(block), linked) for block in _blocks(text))
    return "<br>".join(lines)


def first_sentence(text: str, linked: Linked) -> str:
    """How a comment begins, up to the end of its first sentence."""
    block = next(iter(_blocks(text)), [])
    sentence = _END.split(" ".join(block), maxsplit=1)[0]
    return _inline(sentence, linked)


def code(text: str) -> str:
    """`text` as inline code, whatever is in it."""
    text = " ".join(text.split())
    ticks = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{ticks}{text}{ticks}" if "`" not in text else f"{ticks} {text} {ticks}"


def escaped(text: str) -> str:
    """`text` as it is."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", text)


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each paragraph and of each item of a list."""
    block: list[str] = []
    for line in text.splitlines():
        begins = bool(_ITEM.match(line))
        if block and (begins or not line.strip()):
            yield block
            block = []
        if line.strip():
            block.append(line.strip())
    if block:
        yield block


def _block(lines: list[str], linked: Linked) -> str:
    item = _ITEM.match(lines[0])
    if item is None:
        return _begun(" ".join(lines), linked)
    return f"- {_begun(' '.join([item[2], *lines[1:]]), linked)}"


def _begun(text: str, linked: Linked) -> str:
    """Text where a block begins: nothing but a letter may begin what is to be a paragraph."""
    shown = _inline(text, linked)
    return f"&#{ord(shown[0])};{shown[1:]}" if _START.match(shown) else shown


def terms(text: str, linked: Linked) -> str:
    """A line of text of which nothing is a paragraph."""
    return _begun(" ".join(text.split()), linked)


def _inline(text: str, linked: Linked) -> str:
    done: list[str] = []
    end = 0
    for found in _CODE.finditer(text):
        done += [_words(text[end : found.start()], linked), _reference(found[1], linked)]
        end = found.end()
    return "".join([*done, _words(text[end:], linked)])


def _reference(text: str, linked: Linked) -> str:
    target = linked(text)
    return code(text) if target is None else f"[{code(text)}]({target})"


def _words(text: str, linked: Linked) -> str:
    done: list[str] = []
    end = 0
    for found in _NAME.finditer(text):
        target = linked(found[0])
        if target is not None:
            done += [escaped(text[end : found.start()]), f"[{escaped(found[0])}]({target})"]
            end = found.end()
    return "".join([*done, escaped(text[end:])])
