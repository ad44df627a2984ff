"""The generated packages of the cases `error_*`, and peers that fail by their conventions."""

from __future__ import annotations

import asyncio
import importlib
import secrets
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kit.bridged_loop import run_bridged
from kit.error_peers import Peer
from kit.generating.cases import GOOD, PACKAGE
from kit.generating.packages import write_package


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """`package(case)`: the generated package of a case."""
    root = tmp_path_factory.mktemp("conventions")
    names: dict[str, str] = {}
    for case in GOOD:
        if case.name.startswith("error_"):
            names[case.name] = f"{case.name}_{secrets.token_hex(4)}"
            write_package(case.generate(), PACKAGE, root, names[case.name])
    sys.path.insert(0, str(root))
    yield lambda case: importlib.import_module(names[case])
    sys.path.remove(str(root))


@pytest.fixture(params=[None, asyncio.run, run_bridged], ids=["sync", "async", "bridged"])
def peer(
    request: pytest.FixtureRequest, package: Callable[[str], Any]
) -> Iterator[Callable[[str, str], Peer]]:
    """`peer(case, service)`: a peer, served until the test is over."""
    made: list[Peer] = []

    def make(case: str, service: str) -> Peer:
        made.append(Peer(package(case), service, request.param))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def store(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_code", "Store")


@pytest.fixture
def provider(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_diagnostics", "Provider")


@pytest.fixture
def inbound(peer: Callable[[str, str], Peer]) -> Peer:
    return peer("error_status", "Inbound")
