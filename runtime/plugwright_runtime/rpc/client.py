"""What do the clients of a service share, sync and async: settings, channel, answers and failures?

A failure, embedded in an answer or a gRPC status, is a `PluginAPIError`; nobody sees
`grpc.RpcError`. The channel is made at the first call. `client_sync` and `client_async` make the
calls.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import grpc

from ..exceptions import DecodeError
from ..limits import message_limits, metadata_limits
from ..loops.deadlines import remaining
from ..message import codec
from ..message.model import Model
from .dialling import retries
from .failures import PluginAPIError, UnavailableError, ValidationError, from_status

if TYPE_CHECKING:
    from ..message.wkt import AnyMessage
    from .conventions import StatusErrors

Explained: TypeAlias = Callable[[BaseException, str], PluginAPIError | None]
"""What a call of the RPC that failed with an error is told, if its peer has ended."""
Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]
R = TypeVar("R", bound=Model)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """What is fixed for a generated client.

    `service`: its full name. `timeout`: default deadline in seconds. `target_env`: the variable
    that holds the address. `errors`: how the service says that a call failed, None if by a gRPC
    status that has no special meaning. `idempotent`: the RPCs that their proto declares safe to
    repeat.
    """

    service: str
    timeout: float = 30.0
    target_env: str = ""
    errors: StatusErrors | None = None
    idempotent: tuple[str, ...] = ()


def present(value: T | None, rpc: str, field: str) -> T:
    """`value`; a host that answers with neither an error nor the payload is at fault."""
    if value is None:
        raise PluginAPIError(f"the host answered {rpc} with neither an error nor {field}", rpc=rpc)
    return value


def given(value: T | None, rpc: str, parameter: str) -> T:
    """`value`; a host that cannot do without it must not be called without it."""
    if value is None:
        raise ValidationError(f"{rpc} needs {parameter}, and got None; nothing was sent", rpc=rpc)
    return value


def filled(value: T | None, model: type[T]) -> T:
    """`value`; for a host that cannot do without it, an empty one in place of None."""
    return model() if value is None else value


def explain(client: ClientBase, peer_gone: Explained) -> None:
    """Have a client ask, for each call that fails, whether that is because its peer has ended."""
    client._peer_gone = peer_gone  # pyright: ignore[reportPrivateUsage]


class Outgoing:
    """The requests of a stream. gRPC reports an error of the user's iterator as a status without a
    cause: it is kept here.
    """

    failure: BaseException | None = None


class ClientBase:
    """A client of one service; generated classes are made of this and their methods."""

    _options: ClassVar[ClientOptions]
    _peer_gone: Explained | None = None

    def __init__(
        self,
        target: str | None = None,
        *,
        channel: Any = None,
        timeout: float | None = None,
        metadata: Metadata = (),
        channel_options: Sequence[tuple[str, Any]] = (),
        keep_unknown: bool = True,
    ) -> None:
        """A client of the host at `target` (`host:port` or `unix:///path`).

        Without `target` the address comes from the environment the host sets. `channel`: use
        this one instead, and leave it open at the end. `timeout`: default deadline in seconds.
        `metadata`: sent with every call. `keep_unknown=False` drops fields that a newer host
        sends and this SDK does not know, instead of sending them back with a changed entity.
        Nothing is connected before the first call.
        """
        self._target = target
        self._channel: Any = channel
        self._owns_channel = channel is None
        self._timeout = self._options.timeout if timeout is None else timeout
        self._metadata = tuple(metadata)
        self._channel_options = tuple(channel_options)
        self._keep_unknown = keep_unknown
        self._calls: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._closed = False

    def _address(self) -> str:
        env = self._options.target_env
        target = self._target or (os.environ.get(env, "") if env else "")
        if target:
            return target
        advice = f"pass target= or set {env}" if env else "pass target="
        raise UnavailableError(f"no address to connect to; {advice}")

    def _grpc_options(self) -> dict[str, Any]:
        service, idempotent = self._options.service, self._options.idempotent
        options: dict[str, Any] = dict([*message_limits(), *metadata_limits()])
        if idempotent:
            options["grpc.service_config"] = retries(service, idempotent)
        return options | dict(self._channel_options)

    def _call(self, rpc: str, kind: str) -> Any:
        call = self._calls.get(rpc)
        if call is None:
            with self._lock:
                if self._closed:
                    raise UnavailableError("the client is closed; make a new one", rpc=rpc)
                if self._channel is None:
                    self._channel = self._connect(self._address(), self._grpc_options())
                make = getattr(self._channel, kind)
                call = self._calls[rpc] = make(f"/{self._options.service}/{rpc}")
        return call

    def _connect(self, address: str, given: Mapping[str, Any]) -> Any:
        raise AssertionError("a core says how it connects")

    def _arguments(
        self, timeout: float | None, metadata: Metadata | None, apart: bool = False
    ) -> dict[str, Any]:
        """`apart`: whether the call may take longer than the handler that makes it."""
        if timeout is None:
            timeout = self._timeout
        if not apart:
            timeout = min(timeout, remaining())
        return {
            # gRPC takes infinity for a time that has passed.
            "timeout": None if timeout == math.inf else timeout,
            "metadata": (*self._metadata, *(metadata or ())) or None,
        }

    def _start(
        self,
        rpc: str,
        kind: str,
        argument: Any,
        timeout: float | None,
        metadata: Metadata | None,
    ) -> Any:
        """A call under way; one that cannot be made fails as if the peer had refused it."""
        call = self._call(rpc, kind)
        apart = timeout is not None and kind in ("unary_stream", "stream_stream")
        try:
            return call(argument, **self._arguments(timeout, metadata, apart))
        except Exception as error:
            raise self._failure(error, rpc) from None

    def _answer(self, rpc: str, cls: type[R], data: bytes) -> R:
        """The response in `data`; raises the failure it embeds."""
        try:
            response = codec.decode(cls, data, keep_unknown=self._keep_unknown)
        except DecodeError as error:
            raise PluginAPIError(f"the host's answer is {error}", rpc=rpc) from None
        errors = self._options.errors
        if errors is not None and (failure := errors.of(rpc).failure(response, rpc)):
            raise failure
        return response

    def _told(self, error: BaseException, rpc: str, outgoing: Outgoing | None) -> BaseException:
        """What a caller gets for `error`: what its own requests raised comes before the status that
        gRPC makes of that. `error` itself if that is not of the call, such as a cancellation.
        """
        # Not by its truth, which an exception may have an opinion of.
        if outgoing is not None and outgoing.failure is not None:
            return outgoing.failure
        if isinstance(error, Exception) or self._comes_of_close(error):
            return self._failure(error, rpc)
        return error

    def _comes_of_close(self, error: BaseException) -> bool:
        return False

    def _failure(self, error: Any, rpc: str) -> PluginAPIError:
        """The exception for what gRPC raised: a status, or something of its own."""
        if self._peer_gone is not None and (known := self._peer_gone(error, rpc)) is not None:
            return known
        status = isinstance(error, grpc.RpcError)
        if self._closed and not (status and error.code() is not grpc.StatusCode.CANCELLED):
            return UnavailableError("the client was closed during the call", rpc=rpc)
        if status:
            code, errors = _code(error), self._options.errors
            cls = errors.of(rpc).exception(code) if errors is not None else None
            return from_status(code, error.details(), rpc, cls, _details(error))
        if "closed" in str(error):
            return UnavailableError("the channel is closed; make a new client", rpc=rpc)
        return ValidationError(f"metadata or timeout cannot be sent: {error}", rpc=rpc)


def _code(error: Any) -> grpc.StatusCode:
    """The status of a call. Servers keep its deadline too, and if they are first it ends with
    CANCELLED, which says nothing of a deadline: in words of tonic, or because grpc-go resets it.
    """
    code: grpc.StatusCode = error.code()
    if code is grpc.StatusCode.CANCELLED:
        text = str(error.details())
        if text == "Timeout expired" or "RST_STREAM" in text:
            return grpc.StatusCode.DEADLINE_EXCEEDED
    return code


def _details(error: Any) -> tuple[AnyMessage, ...]:
    """What a peer's status carries in trailing metadata, as `google.rpc.Status`."""
    trailers = getattr(error, "trailing_metadata", tuple)  # a channel may be of any make
    for key, value in trailers() or ():
        if key == "grpc-status-details-bin" and isinstance(value, bytes):
            from .status_details import read  # hardly any peer sends them

            return read(value)
    return ()
