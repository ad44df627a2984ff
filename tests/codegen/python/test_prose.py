"""Is a comment wrapped for its place, without a word lost, or a list or code torn?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from plugwright.python.prose import wrapped

_LINES = st.lists(st.text("ab -*1.:`|", max_size=60), min_size=1, max_size=8)


@given(_LINES, st.integers(8, 40))
def test_no_word_is_lost(lines: list[str], width: int) -> None:
    assert " ".join(wrapped(lines, width)).split() == " ".join(lines).split()


def test_what_fits_stays() -> None:
    lines = ["one two", "three", "", "    code"]
    assert wrapped(lines, 12, 3) == lines


def test_the_rest_goes_before_the_next_line_of_the_paragraph() -> None:
    lines = ["one two three four", "five six", "", "seven"]
    assert wrapped(lines, 13) == ["one two three", "four five six", "", "seven"]


def test_the_first_line_has_less_room() -> None:
    assert wrapped(["one two three"], 13, 3) == ["one two", "three"]


def test_items_of_lists_keep_their_places() -> None:
    lines = ["- one two three four", "- five", "1. six seven eight"]
    wanted = ["- one two", "  three four", "- five", "1. six seven", "   eight"]
    assert wrapped(lines, 12) == wanted


def test_arguments_go_on_deeper() -> None:
    assert wrapped(["Args:", "    name: one two"], 14) == ["Args:", "    name: one", "        two"]
    lines = ["Args:", "    name: one two", "        three"]
    assert wrapped(lines, 17) == lines
    assert wrapped(lines, 14) == ["Args:", "    name: one", "        two", "        three"]


def test_code_and_tables_and_long_words_stay() -> None:
    lines = [
        "text",
        "",
        "    some code",
        "```",
        "more of code",
        "```",
        "| a | b | c |",
        "abcdefghijk",
    ]
    assert wrapped(lines, 10) == lines
