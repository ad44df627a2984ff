"""Is what the documents tell programs to import among what the runtime calls public?"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator

import plugwright_runtime
from kit.places import ROOT


def _public() -> set[str]:
    """The modules that the docstring of the runtime lists."""
    found = re.search(
        r"^Public, for programs: (.*?)\. ", plugwright_runtime.__doc__ or "", re.S | re.M
    )
    assert found is not None
    return set(re.findall(r"`([\w.]+)`", found[1]))


def _told() -> Iterator[str]:
    """The modules that the documents and the examples name."""
    texts = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/*.py")]
    for path in texts:
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r"(?<![\w/])plugwright_runtime\.([a-z_]+(?:\.[a-z_]+)*)", text)
        for names in re.findall(r"from plugwright_runtime import ([\w, ]+)", text):
            yield from names.split(", ")


def test_every_public_module_is_there() -> None:
    assert {"errors", "codec", "styles.goplugin"} <= _public()
    for name in _public():
        assert importlib.import_module(f"plugwright_runtime.{name}").__doc__


def test_documents_and_examples_use_public_modules_alone() -> None:
    told = set(_told())
    assert {"rpc.results", "sphinx"} <= told
    assert told - _public() == set()
