"""Was a call refused because a message is too large? The text of its status in, for people out.

gRPC says so with RESOURCE_EXHAUSTED, as it does for a peer that has too much to do; only the text
tells them apart, and each implementation has its own.
"""

from __future__ import annotations

import re

# Compiled when one is needed: most plugins start and end without.
_TEXTS = (
    # Go, C++, Python, Node
    r"(?s)(?P<said>.*?)message (?:after decompression )?larger than max "
    r"\(?(?P<size>\d+) vs\.? (?P<limit>\d+)",
    # Java
    r"(?P<said>gRPC )message exceeds maximum size (?P<limit>\d+): (?P<size>\d+)",
)
_LIMITED = {
    "CLIENT: Received ": "this client accepts",
    "CLIENT: Sent ": "this client sends",
    "grpc: trying to send ": "the host sends",
    "grpc: received ": "the host accepts",
    "SERVER: Received ": "the host accepts",
}


def too_large(text: str, rpc: str) -> str | None:
    """What to tell of a message that was refused for its size; None if none was."""
    found = next((f for pattern in _TEXTS if (f := re.match(pattern, text))), None)
    if found is None:
        return None
    limited = _LIMITED.get(found["said"], "its receiver accepts")
    return (
        f"{rpc}: a message of {found['size']} bytes is larger than the {found['limit']} that "
        f"{limited}; send or ask for less at a time"
    )
