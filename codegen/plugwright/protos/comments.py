"""What did the author of a proto write above an element? The compiler's text in, theirs out."""

from __future__ import annotations

import re

_UNTIDY = re.compile(r"[ \t]$|\r", re.MULTILINE)


def dedent(comment: str) -> str:
    """A comment as its author saw it: one leading blank per line is the `// ` of the source."""
    body = comment.strip("\n")
    if body[:1] == " " and body.count("\n") == body.count("\n ") and not _UNTIDY.search(body):
        return body[1:].replace("\n ", "\n").strip("\n")
    lines = [line.rstrip() for line in comment.replace("\r\n", "\n").split("\n")]
    inner = [line for line in lines if line]
    if inner and all(line.startswith(" ") for line in inner):
        lines = [line[1:] for line in lines]
    return "\n".join(lines).strip("\n")
