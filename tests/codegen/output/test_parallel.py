"""Does the generator fork only where it can?"""

from __future__ import annotations

import subprocess
import sys

import pytest

# A server of grpc leaves threads behind that Python does not know of.
NATIVE = """
from concurrent import futures
import grpc
server = grpc.server(futures.ThreadPoolExecutor(1))
server.add_insecure_port("127.0.0.1:0")
server.start()
server.stop(None).wait()
"""
PROGRAM = """
import os, threading, warnings
{before}
from plugwright.output import parallel
assert threading.active_count() == 1
os.cpu_count = lambda: 2
forks = []
fork = os.fork
os.fork = lambda: forks.append(1) or fork()
print(parallel.both(lambda: 1, lambda: 2), len(forks))
"""


@pytest.mark.parametrize(
    ("before", "forks"), [("", 1), (NATIVE, 0)], ids=["alone", "native threads"]
)
def test_a_process_with_threads_is_not_forked(before: str, forks: int) -> None:
    program = PROGRAM.format(before=before)
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"(1, 2) {forks}\n", "")
