"""Which clients does an instance get, with which target, and are all of them closed?"""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest
from plugwright_runtime.hooks.clients import Clients, clients_of, hold
from plugwright_runtime.hooks.plugin import Hosted


class Client:
    """What a client is to `Clients`: made of a target, and closed."""

    def __init__(self, target: str | None) -> None:
        self.target = target
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class AsyncClient(Client):
    async def close(self) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        self.closed += 1


class Broken(Client):
    def close(self) -> None:
        raise ValueError("it does not want to")


def test_one_of_each_class_at_the_target() -> None:
    clients = Clients("there:1")
    assert clients.of(Client) is clients.of(Client)
    assert clients.of(AsyncClient).target == clients.of(Client).target == "there:1"


def test_threads_that_come_at_once_get_the_same() -> None:
    together = threading.Barrier(2, timeout=60)

    class Slow(Client):
        def __init__(self, target: str | None) -> None:
            together.wait()
            super().__init__(target)

    clients, got = Clients(), list[Client]()
    threads = [threading.Thread(target=lambda: got.append(clients.of(Slow))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == 2
    assert got[0] is got[1] is clients.of(Slow)


def test_an_instance_asks_where_its_host_says_it_listens() -> None:
    told, untold = Hosted(), Hosted()
    told.host_address = "127.0.0.1:7"
    assert clients_of(told).of(Client).target == "127.0.0.1:7"
    assert clients_of(untold).of(Client).target is None
    assert clients_of(told) is clients_of(told)


def test_what_an_instance_is_given_is_what_it_holds() -> None:
    plugin, clients = Hosted(), Clients("fake:1")
    hold(plugin, clients)
    assert clients_of(plugin) is clients


def test_all_are_closed_and_a_failure_is_told(caplog: pytest.LogCaptureFixture) -> None:
    clients = Clients()
    clients.of(Broken)
    made = clients.of(Client), clients.of(AsyncClient)
    with caplog.at_level(logging.ERROR, "plugwright.hooks"):
        asyncio.run(clients.close())
    assert [client.closed for client in made] == [1, 1]
    assert [r.getMessage() for r in caplog.records] == ["an API client could not be closed"]
