"""Does a host on grpc-go get the details of an error whole, and hear of those it does not get?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.interop.gohost import Result
from kit.interop.mattermost_host import PLUGINS, MattermostHost

KEY = "grpc-status-details-bin"


@pytest.fixture(scope="module")
def host() -> Iterator[MattermostHost]:
    with MattermostHost() as host:
        yield host


def failure(host: MattermostHost, details: int, text: int) -> Result:
    name = f"{details}-{text}"
    env = {"INTEROP_DETAILS": str(details), "INTEROP_TEXT": str(text)}
    host.start(PLUGINS / "detailed.py", name, env=env)
    answer = host.hook("OnActivate", target=name)
    assert answer["code"] == "ABORTED"
    assert host.request("health", target=name)["status"] == "SERVING"
    if "details" in answer["message"]:
        host.request("logs", name=name, level="error", contains="details", at_least=1)
    host.stop(name)
    return answer


@pytest.mark.parametrize(("details", "text"), [(10, 10), (100_000, 1000), (400_000, 200_000)])
def test_details_arrive_whole(host: MattermostHost, details: int, text: int) -> None:
    answer = failure(host, details, text)
    assert answer["message"] == "é" * text
    (found,) = answer["trailer"][KEY]
    assert len(found) > details


def test_details_that_are_too_many_are_named(host: MattermostHost) -> None:
    answer = failure(host, 2 << 20, 3)
    assert answer["message"].startswith("ééé (its details could not be sent: they have ")
    assert "max-status-bytes is 1048576" in answer["message"]
    assert KEY not in (answer["trailer"] or {})


def test_a_text_that_is_too_long_says_that_it_was_cut(host: MattermostHost) -> None:
    text = failure(host, 10, 2 << 20)["message"]
    assert text.endswith("... (cut: 4194304 bytes)")
    assert 500_000 < len(text.encode()) <= 1 << 19
