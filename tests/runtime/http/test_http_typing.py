"""Do type checkers accept the handlers that work, and refuse those that do not?

The first part is checked by the project's own type check, like every file; the second one runs mypy
on wrong handlers.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from fastapi import FastAPI
from flask import Flask
from plugwright_runtime import http
from plugwright_runtime.http import (
    HTTPHandler,
    HTTPResult,
    JSONResponse,
    Request,
    Response,
    StreamingResponse,
    asgi,
    wsgi,
)

WEB = asgi(FastAPI(), root_path="/plugins/x")


def blocks() -> Iterator[bytes]:
    yield b""


async def async_blocks() -> AsyncIterator[str]:
    yield ""


class Plugin:
    """Every form a handler may have."""

    web = asgi(FastAPI())
    old_web = wsgi(Flask("x"))

    def sync(self, request: Request) -> Response:
        return JSONResponse(request.read_json(), headers={"X": request.headers["x"]})

    async def coroutine(self, request: Request) -> JSONResponse:
        return JSONResponse(await request.json())

    def stream(self, request: Request) -> StreamingResponse:
        return StreamingResponse(blocks() if request.path else iter(request))

    async def async_stream(self, request: Request) -> StreamingResponse:
        return StreamingResponse(async_blocks() if request.path else request)

    async def route(self, request: Request) -> HTTPResult:
        return Response("up") if request.path == "/health" else WEB(request)


HANDLERS: list[HTTPHandler] = [
    Plugin.sync,
    Plugin.coroutine,
    Plugin.stream,
    Plugin.async_stream,
    Plugin.route,
    Plugin.web,
    Plugin.old_web,
]

WRONG = {
    "returns text": "def f(self: Any, request: Request) -> str: return ''",
    "returns nothing": "async def f(self: Any, request: Request) -> None: ...",
    "is a generator": "def f(self: Any, request: Request) -> Iterator[bytes]: yield b''",
    "wants more": "def f(self: Any, request: Request, more: int) -> Response: ...",
    "wants another type": "def f(self: Any, request: int) -> Response: return Response()",
    "forgets self": "def f(request: Request) -> Response: return Response()",
    "wrong body": "f: Any = Response(3)",
    "wrong blocks": "f: Any = StreamingResponse([1])",
    "wrong status": "f: Any = Response('', '200')",
    "no application": "f: Any = asgi(3)",
}


def test_wrong_handlers_are_type_errors(tmp_path: Path) -> None:
    lines = [
        "from collections.abc import Iterator",
        "from typing import Any",
        "from plugwright_runtime.http import HTTPHandler, Request, Response",
        "from plugwright_runtime.http import StreamingResponse, asgi",
    ]
    expected: dict[int, str] = {}
    for number, (name, source) in enumerate(WRONG.items()):
        lines.append(
            source.replace("def f(", f"def f{number}(").replace("f: Any", f"f{number}: Any")
        )
        if source.startswith("f:"):
            expected[len(lines)] = name
        else:
            lines.append(f"h{number}: HTTPHandler = f{number}")
            expected[len(lines)] = name
    (tmp_path / "wrong.py").write_text("\n".join(lines) + "\n")
    errors = _mypy_error_lines(tmp_path)
    assert {expected[line] for line in errors if line in expected} == set(WRONG)
    assert errors <= set(expected) | {line - 1 for line in expected}


def _mypy_error_lines(folder: Path) -> set[int]:
    sources = Path(http.__file__).parents[2]
    environment = dict(os.environ)
    if sources.name != "site-packages":
        environment["MYPYPATH"] = str(sources)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--cache-dir",
            str(folder / "cache"),
            "wrong.py",
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert errors, done.stdout + done.stderr
    return {int(line.split(":")[1]) for line in errors}


def test_every_form_is_a_handler() -> None:
    assert all(callable(handler) for handler in HANDLERS)
