"""Does Django run unmodified behind the stream, as an ASGI and as a WSGI application?"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from kit.http.host import fetch
from plugwright_runtime.http import CHUNK_BYTES, CONTEXT_KEY, Mount, asgi, wsgi

# Django ships no types.
django: Any = import_module("django")


settings: Any = import_module("django.conf").settings


urls: Any = import_module("django.urls")


responses: Any = import_module("django.http")


def echo(request: Any) -> Any:
    return responses.HttpResponse(request.read(), status=201)


def where(request: Any) -> Any:
    scope: dict[str, Any] = getattr(request, "scope", request.META)
    context = scope[CONTEXT_KEY]
    return responses.HttpResponse(f"{request.build_absolute_uri(urls.reverse('where'))} {context}")


def stream(request: Any) -> Any:
    def blocks() -> Iterator[str]:
        for number in range(3):
            yield f"{number}\n"

    return responses.StreamingHttpResponse(blocks())


class Urls:
    urlpatterns = (
        urls.path("echo", echo),
        urls.path("where", where, name="where"),
        urls.path("stream", stream),
    )


@pytest.fixture(params=["asgi", "wsgi"])
def mount(request: pytest.FixtureRequest) -> Mount:
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=Urls,
            ALLOWED_HOSTS=["*"],
            SECRET_KEY="only for tests",
            DATA_UPLOAD_MAX_MEMORY_SIZE=None,
        )
        django.setup()
    kind: str = request.param
    application: Any = getattr(import_module(f"django.core.{kind}"), f"get_{kind}_application")()
    mounts: dict[str, Any] = {"asgi": asgi, "wsgi": wsgi}
    mount: Mount = mounts[kind](application, root_path="/plugins/x", scheme="https")
    return mount


@pytest.mark.parametrize("size", [0, CHUNK_BYTES + 1, 3 << 20])
def test_bodies(mount: Mount, size: int) -> None:
    body = [b"y" * min(CHUNK_BYTES, size - at) for at in range(0, size, CHUNK_BYTES)]
    answer = fetch(mount, "POST", "/echo", body)
    assert (answer.status, answer.complete) == (201, True)
    assert answer.body == b"".join(body)


def test_links_and_context(mount: Mount) -> None:
    answer = fetch(mount, url="/where", context="u1")
    assert answer.body == b"https://chat.example.com:8065/plugins/x/where u1"


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume synchronous iterators")
def test_streaming(mount: Mount) -> None:
    answer = fetch(mount, url="/stream")
    assert [frame.chunk for frame in answer.frames if frame.chunk] == [
        b"0\n",
        b"1\n",
        b"2\n",
    ]
    assert answer.complete
