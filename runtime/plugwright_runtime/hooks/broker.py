"""How do host and plugin open further connections to each other, as a plugin sees it?

A `Broker` is the attribute `broker` of each plugin. Hosts that speak go-plugin have one; everywhere
else, and under a test, it says that there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, overload

from ..exceptions import BrokerError

if TYPE_CHECKING:  # they import grpc
    from ..rpc.client_async import AsyncClient
    from ..rpc.client_sync import SyncClient
    from ..rpc.servicer import Servicer

S = TypeVar("S", bound="SyncClient")
A = TypeVar("A", bound="AsyncClient")


class Broker:
    """Connections under a number, which host and plugin tell each other in messages of theirs."""

    @overload
    def client(self, cls: type[S], service_id: int) -> S: ...
    @overload
    def client(self, cls: type[A], service_id: int) -> Dialling[A]: ...

    def client(self, cls: Any, service_id: int) -> Any:
        """A client of what the host serves under that number.

        In functions, which wait until the host has offered it, 5 s at most:

            with self.broker.client(CounterClient, number) as counter: ...

        In coroutines:

            async with self.broker.client(AsyncCounterClient, number) as counter: ...

        Without `with` (`await self.broker.client(…)` in coroutines) the connection lives until
        `close`, or the end of the plugin. Raises `BrokerError` if the host offers nothing.
        """
        self._none()

    def serve(self, servicer: Servicer) -> int:
        """Serve the host on a connection of its own; the number is for a message of yours.

        At once, in functions and coroutines; it lives until `stop`, or the end of the plugin. If
        there is no such connection after all, the log says why.
        """
        self._none()

    def serving(self, servicer: Servicer) -> Served:
        """`serve` for the time of a `with` or `async with`, which gives the number."""
        return Served(self, servicer)

    def stop(self, service_id: int) -> None:
        """End what `serve` has begun; calls under way are cancelled."""
        self._none()

    def next_id(self) -> int:
        """A number for `accept` that this process has not used."""
        self._none()

    async def accept(self, service_id: int, register: Callable[[Any], Any]) -> Any:
        """Serve by a number of your own: `register` adds handlers to the new grpc server. Gives
        what has `service_id`, `endpoint` and the coroutine `close`.
        """
        self._none()

    async def dial(self, service_id: int) -> Any:
        """Connect to what the host offers. Gives what has `channel`, a `grpc.aio` channel, `target`
        and `options` for a channel of your own, and the coroutine `close`.
        """
        self._none()

    def _none(self) -> NoReturn:
        raise BrokerError("there is no broker: the host that started the plugin has none")


class Served:
    """A servicer that is served while a statement runs."""

    def __init__(self, broker: Broker, servicer: Servicer) -> None:
        self._broker = broker
        self._servicer = servicer
        self._service_id = 0

    def __enter__(self) -> int:
        self._service_id = self._broker.serve(self._servicer)
        return self._service_id

    def __exit__(self, *_: object) -> None:
        self._broker.stop(self._service_id)

    async def __aenter__(self) -> int:
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()


class Dialling(Generic[A]):
    """A client for coroutines, to be awaited or used in `async with`. `make`: connects it."""

    def __init__(self, make: Callable[[], Generator[Any, Any, A]]) -> None:
        self._make = make
        self._client: A | None = None

    def __await__(self) -> Generator[Any, Any, A]:
        return self._make()

    async def __aenter__(self) -> A:
        client = self._client = await self
        return client

    async def __aexit__(self, *_: object) -> None:
        if self._client is not None:
            await self._client.close()
