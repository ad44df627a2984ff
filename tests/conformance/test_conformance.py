"""Does plugwright read and write protobuf as protobuf's own conformance suite demands?

protobuf's own Python classes, which wrap upb, take the same suite: what they pass must pass here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Failures = Callable[[str], dict[str, str]]
KNOWN = Path(__file__).with_name("failing.txt")


def test_every_case_passes_but_those_that_are_listed(failures: Failures) -> None:
    """Of the list, each must fail still: a case that passes leaves it."""
    known = [n for n in KNOWN.read_text().splitlines() if n and n[0] != "#"]
    assert sorted(failures("plugwright")) == known


def test_nothing_is_listed_that_protobuf_passes(failures: Failures) -> None:
    known = [n for n in KNOWN.read_text().splitlines() if n and n[0] != "#"]
    assert set(known) <= set(failures("protobuf"))
