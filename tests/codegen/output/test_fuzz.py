"""Is anything in a proto's text ever evaluated? Random comments stay text, whatever they hold."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

from google.protobuf import descriptor_pb2
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plugwright.output.render import render
from plugwright.plan import plan
from plugwright.protos.link import link
from plugwright.settings.tables import Sdk, Settings

_HOSTILE = st.sampled_from(
    [
        '"""',
        "'''",
        "\\",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "{#",
        "\x00",
        "\r\n",
        "\t",
        '"',
        "\\N{DASH}",
        "\u202e",
        "\ufeff",
        "%s",
        "$(id)",
        "\\x",
        "#",
        "\n\n",
        "    ",
        "é",
        "\U0001f600",
    ]
)
_TEXT = st.lists(st.one_of(_HOSTILE, st.text(max_size=8)), max_size=8).map("".join)


def _generated(comment: str) -> dict[str, str]:
    """The package of a proto in which every element has `comment`."""
    file = descriptor_pb2.FileDescriptorProto(name="f.proto", package="f", syntax="proto3")
    message = file.message_type.add(name="AskRequest")
    field = message.field.add(name="a", number=1, type=9, label=1, json_name="a")
    file.enum_type.add(name="E").value.add(name="E_ZERO", number=0)
    service = file.service.add(name="S")
    service.method.add(name="Ask", input_type=".f.AskRequest", output_type=".f.AskRequest")
    paths = ([12], [4, 0], [4, 0, 2, 0], [5, 0], [5, 0, 2, 0], [6, 0], [6, 0, 2, 0])
    for path in paths:
        place = file.source_code_info.location.add(path=path, span=[0, 0, 1])
        place.leading_comments = comment
    assert field.name == "a"
    data = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
    made = render(plan(link(data), Settings(sdk=Sdk(package="fuzz"))))
    return {f.path: f.text for f in made if f.path.endswith(".py")}


def _shape(text: str) -> str:
    """The syntax tree without its texts: what a module does, not what it says."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [
                n
                for n in body
                if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))
            ]
    return ast.dump(tree)


_PLAIN = {path: _shape(text) for path, text in _generated(" Plain.").items()}


@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(_TEXT)
@example('"""')
@example("\\")
@example('ends with a quote"')
@example('"""; import os; os.abort(); """')
def test_comments_are_only_ever_text(comment: str) -> None:
    for path, text in _generated(comment).items():
        assert _shape(text) == _PLAIN[path], path


@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=40))
def test_a_docstring_says_what_the_comment_says(comment: str) -> None:
    words = comment.strip()
    if not words:
        return
    tree = ast.parse(_generated(f" {comment}")["fuzz/models/f.py"])
    found = next(n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "AskRequest")
    assert inspect.cleandoc(ast.get_docstring(found) or "").strip() == words


def test_invisible_characters_are_written_as_escapes() -> None:
    for text in _generated("a\x00b\u202ec\ufeff").values():
        assert not set(text) & {"\x00", "\u202e", "\ufeff"}
    assert "\\x00" in _generated("a\x00b")["fuzz/models/f.py"]


def test_the_templates_are_not_run_twice(tmp_path: Path) -> None:
    text = _generated(" {{ content }} {% for x in y %}")["fuzz/models/f.py"]
    assert "{{ content }} {% for x in y %}" in text
