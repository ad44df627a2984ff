"""The suite, the SDK that is tested, and which cases of the suite fail, once per session."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from kit.conformance import testee
from kit.conformance.suite import PROTOS, Suite, suite
from kit.conformance.testee import PACKAGE

TESTEE = Path(testee.__file__)
BIN = Path(sys.executable).parent
# The newest edition that the suite's protos have; the machine may be ten times slower.
EDITION, SECONDS = "2023", 100


@pytest.fixture(scope="session")
def conformance() -> Suite:
    return suite()


@pytest.fixture(scope="session")
def folder(conformance: Suite, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an SDK of the suite's protos, and their descriptors."""
    made = tmp_path_factory.mktemp("conformance")
    protos = [str(conformance.include / p) for p in PROTOS]
    include = f"-I{conformance.include}"
    generate = [BIN / "plugwright", "generate", "--package", PACKAGE, "--out", made]
    describe = ["-m", "grpc_tools.protoc", include, "--include_imports"]
    describe.append(f"--descriptor_set_out={made / 'protos.binpb'}")
    for command in ([*generate, include], [sys.executable, *describe]):
        subprocess.run([*command, *protos], check=True, capture_output=True)
    return made


@pytest.fixture(scope="session")
def failures(conformance: Suite, folder: Path) -> Callable[[str], dict[str, str]]:
    """side -> (case that fails -> why), of required and recommended cases."""

    def run(side: str) -> dict[str, str]:
        testee, out = folder / f"{side}.sh", folder / side
        call = shlex.join([sys.executable, str(TESTEE), str(folder), side])
        testee.write_text(f"#!/bin/sh\nexec {call}\n")
        testee.chmod(0o700)
        out.mkdir()
        options = ["--enforce_recommended", "--maximum_edition", EDITION]
        done = subprocess.run(
            [*conformance.command, *options, "--output_dir", out, testee],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "CONFORMANCE SUITE" in done.stderr, done.stderr[-2000:]
        found = out / "failing_tests.txt"
        lines = found.read_text().splitlines() if found.exists() else []
        return {case: why for case, _, why in (n.partition(" # ") for n in lines)}

    return run
