"""Which connections has the host offered, and who waits for one?

In: offers (service number and endpoint) as they arrive. Out: `take`, which waits for an offer for
at most 5 s. An offer that nobody takes is forgotten 5 s after its arrival, as Go's broker does, and
`MAX_OFFERS` bound a host that floods. Called by `broker`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Literal, cast

from ...exceptions import BrokerError as BrokerError
from ...process.endpoint import Endpoint

WAIT_SECONDS = 5.0
KEEP_SECONDS = 5.0
MAX_OFFERS = 1024
MAX_ADDRESS = 1024  # characters
MAX_ID = 2**32 - 1


class Offers:
    """Offers that have arrived and takers that wait, by service number; for one event loop."""

    def __init__(self, peer: str = "host") -> None:
        self._peer = peer
        self._arrived: dict[int, tuple[float, Endpoint]] = {}  # oldest first
        self._takers: dict[int, asyncio.Future[Endpoint]] = {}

    def arrive(self, service_id: int, endpoint: Endpoint) -> None:
        """Hand an offer to who waits for it, or keep it for a while; a repeated offer replaces the
        former one.
        """
        taker = self._takers.get(service_id)
        if taker is not None and not taker.done():
            taker.set_result(endpoint)
            return
        self._forget_old()
        self._arrived.pop(service_id, None)
        if len(self._arrived) < MAX_OFFERS:
            self._arrived[service_id] = (time.monotonic(), endpoint)

    async def take(self, service_id: int) -> Endpoint:
        """The endpoint offered under this number; raises `BrokerError` if none comes in time."""
        self._forget_old()
        if service_id in self._arrived:
            return self._arrived.pop(service_id)[1]
        if service_id in self._takers:
            raise BrokerError(f"broker service {service_id} is being dialled already")
        taker: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
        self._takers[service_id] = taker
        try:
            return await asyncio.wait_for(taker, WAIT_SECONDS)
        except TimeoutError:
            raise BrokerError(
                f"the {self._peer} offered no broker service {service_id} within "
                f"{WAIT_SECONDS:g} s: it must accept the number at about the time it tells it"
            ) from None
        finally:
            del self._takers[service_id]

    def _forget_old(self) -> None:
        oldest_kept = time.monotonic() - KEEP_SECONDS
        for service_id, (arrival, _) in tuple(self._arrived.items()):
            if arrival > oldest_kept:
                break
            del self._arrived[service_id]


def read_endpoint(network: str, address: str) -> Endpoint | None:
    """The endpoint of an offer; None if it is no address that can be dialled."""
    usable = 0 < len(address) <= MAX_ADDRESS and "\0" not in address
    if network == "tcp":
        host, _, port = address.rpartition(":")
        usable = usable and bool(host) and port.isascii() and port.isdigit() and len(port) < 6
    elif network != "unix":
        usable = False
    return Endpoint(cast(Literal["unix", "tcp"], network), address) if usable else None


def check_id(service_id: int) -> None:
    """Raises `BrokerError` for a number that does not fit the wire."""
    if not 0 <= service_id <= MAX_ID:
        raise BrokerError(f"broker service {service_id} is out of range: use 0 to {MAX_ID}")
