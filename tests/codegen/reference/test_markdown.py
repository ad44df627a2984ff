"""Does a comment stay text, whatever is in it, and does it link what it names?"""

from __future__ import annotations

from html.parser import HTMLParser

import markdown
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from plugwright.reference.markdown import cell, code, first_sentence, paragraphs
from plugwright.reference.page import table
from plugwright.reference.site import EXTENSIONS

NAMES = [e if isinstance(e, str) else next(iter(e)) for e in EXTENSIONS]
CONFIGS = {k: v for e in EXTENSIONS if not isinstance(e, str) for k, v in e.items()}
TEXT = {"p", "code", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "br"}


def nothing(name: str) -> str | None:
    return None


class Shown(HTMLParser):
    """The words that a reader sees, and the elements that they are in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(markdown.markdown(text, extensions=NAMES, extension_configs=CONFIGS))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join("".join(self.words).split())


HOSTILE = [
    "<b>",
    "&lt;",
    "&",
    "[x](javascript:y)",
    "![i](u)",
    "{:",
    "#id",
    "}",
    "{.c}",
    "*",
    "**",
    "_",
    "__",
    "#",
    "##",
    "===",
    "---",
    "===",
    "!!!",
    "???",
    "+",
    "1.",
    "1986.",
    "~~~",
    "|",
    "|a|b|",
    "a",
    "word",
    "\\",
    "\\*",
    "<!--",
    "-->",
    "://x.y",
    "<https://x.y>",
    "[^1]",
    "[^1]:",
    "*[A]:",
    "^x^",
    "==m==",
    "$x$",
    ":smile:",
    "--8<--",
    ">",
    '"tab"',
]
WORDS = """
<b> &lt; & [x](javascript:y) ![i](u) {: #id } {.c} * ** _ __ # ## === --- === !!! ??? + 1. 1986. ~~~
| |a|b| a word \\ \\* <!-- --> ://x.y <https://x.y> [^1] [^1]: *[A]: ^x^ ==m== $x$ :smile:
--8<-- > "tab"
"""
PIECES = st.sampled_from(WORDS.split()) | st.sampled_from(
    [" ", "\n", "\n\n", "    ", "{: onclick=x }"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
@example("# heading")
@example("+ 1. <b>")
@example("- + a")
@example('=== "tab"\n\n    <script>x</script>')
@example("- a\n- b {: onclick=x }")
def test_a_comment_is_text_and_nothing_else(text: str) -> None:
    for form in (paragraphs(text, nothing), table(("head",), [(cell(text, nothing),)])):
        shown = Shown(form)
        assert shown.tags <= TEXT, form
        assert not shown.attributes, form


@given(st.lists(PIECES.filter(lambda p: "\n" not in p and "- " not in p), max_size=8).map("".join))
def test_nothing_of_a_comment_is_lost(text: str) -> None:
    text = f"word {text} word"  # so that it begins no list
    assert Shown(paragraphs(text, nothing)).text == "".join(text.split())
    assert Shown(table(("h",), [(cell(text, nothing),)])).text == "h" + "".join(text.split())


@pytest.mark.parametrize("text", ["a|b", "`", "``", "a`b``c", "`a`", "<b>", "\\"])
def test_code_is_shown_as_it_is(text: str) -> None:
    shown = Shown(table(("h",), [(code(text),)]))
    assert shown.tags <= TEXT
    assert shown.text == "h" + "".join(text.split())


def test_what_a_comment_names_is_linked() -> None:
    places = {"GetUser": "u.md#get_user", "User.id": "m.md#User.id", "User": "m.md#User"}
    text = "Takes `User.id` as GetUser does, not User, `user` or GetUserById."
    assert paragraphs(text, places.get) == (
        "Takes [`User.id`](m.md#User.id) as [GetUser](u.md#get_user) does, not User, `user` or "
        "GetUserById."
    )


def test_lists_stay_lists() -> None:
    shown = Shown(paragraphs("One of\n- a\n  and more\n- b\n\nThe end.", nothing))
    assert {"ul", "li"} <= shown.tags
    assert shown.text == "Oneofaandmorebtheend.".replace("bthe", "bThe")


def test_the_first_sentence() -> None:
    assert (
        first_sentence("Does it, e.g. so. Then more.\n\nAnd more.", nothing) == "Does it, e.g. so."
    )
    assert first_sentence("", nothing) == ""
