"""Is the host's environment read as go-plugin defines it, and is every error clear?"""

from __future__ import annotations

from pathlib import Path

import pytest
from kit.goplugin import host as goplugin_host
from kit.goplugin.host import program, start_plugin
from plugwright_runtime.process.endpoint import Endpoint
from plugwright_runtime.styles.goplugin import LaunchError, PluginSpec
from plugwright_runtime.styles.goplugin.environment import (
    NotStartedByHost,
    PortRange,
    Wishes,
    read_wishes,
)
from plugwright_runtime.styles.goplugin.handshake import handshake_line

COOKIE = goplugin_host.COOKIE


def spec(**options: object) -> PluginSpec:
    return PluginSpec("PLUGIN_COOKIE", "sesame", **options)  # type: ignore[arg-type]


def wished(environ: dict[str, str], **options: object) -> Wishes:
    return read_wishes(spec(**options), COOKIE | environ)


@pytest.mark.parametrize(
    ("own", "offered", "served"),
    [
        ((1,), "1", 1),
        ((1, 2, 3), "2,1", 2),
        ((3, 1, 2), "1,9,3,2", 3),
        ((4, 5), "1,2", 4),
        ((4, 5), "", 4),
        ((4, 5), None, 4),
        ((4, 5), "x,5,,-5", 5),
        ((10, 9), " 9 , 10 ", 10),
        ((1,), "9" * 5000, 1),
    ],
)
def test_version_is_the_highest_common_or_the_lowest_own(
    own: tuple[int, ...], offered: str | None, served: int
) -> None:
    environ = {} if offered is None else {"PLUGIN_PROTOCOL_VERSIONS": offered}
    assert wished(environ, versions=own).version == served


@pytest.mark.parametrize(
    ("environ", "says"),
    [({}, "is not set"), ({"PLUGIN_COOKIE": "other"}, "has another value")],
)
def test_a_missing_cookie_is_explained(environ: dict[str, str], says: str) -> None:
    with pytest.raises(NotStartedByHost, match="this program is a plugin") as error:
        read_wishes(spec(), environ)
    assert says in str(error.value)
    assert "sesame" not in str(error.value)


def test_reattach_needs_no_cookie() -> None:
    assert read_wishes(spec(), {}, reattach=True).reattach


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        ("", "", (0, 0)),
        ("0", "0", (0, 0)),
        ("10000", "25000", (10000, 25000)),
        ("7", "7", (7, 7)),
        ("2", "1", "greater than"),
        ("5", "", "PLUGIN_MAX_PORT is not"),
        ("", "5", "PLUGIN_MIN_PORT is not"),
        ("x", "5", "no port number"),
        ("1", "65536", "no port number"),
        ("-1", "5", "no port number"),
    ],
)
def test_port_range(low: str, high: str, expected: object) -> None:
    environ = {"PLUGIN_MIN_PORT": low, "PLUGIN_MAX_PORT": high}
    if isinstance(expected, str):
        with pytest.raises(LaunchError, match=expected):
            wished(environ, network="tcp")
        assert wished(environ).network == "unix", "a Go plugin ignores the range on Unix sockets"
    else:
        assert wished(environ, network="tcp").ports == PortRange(*expected)  # type: ignore[misc]


def test_a_socket_directory_excludes_tcp_and_is_absolute() -> None:
    environ = {"PLUGIN_UNIX_SOCKET_DIR": "relative"}
    directory = wished(environ).socket_directory
    assert directory is not None
    assert directory.startswith("/")
    with pytest.raises(LaunchError, match="wants Unix sockets"):
        wished(environ, network="tcp")


@pytest.mark.parametrize("directory", ["/a|b", "/a\nb"])
def test_a_directory_that_breaks_the_handshake_is_refused(directory: str) -> None:
    with pytest.raises(LaunchError, match="a handshake cannot carry"):
        wished({"PLUGIN_UNIX_SOCKET_DIR": directory})


def test_policy_of_auto_mtls() -> None:
    given = {"PLUGIN_CLIENT_CERT": "pem"}
    assert wished(given).client_certificate == "pem"
    assert wished({}).client_certificate is None
    assert wished(given, auto_mtls="require").client_certificate == "pem"
    with pytest.raises(LaunchError, match="requires AutoMTLS"):
        wished({}, auto_mtls="require")
    with pytest.raises(LaunchError, match="does not allow"):
        wished(given, auto_mtls="never")


@pytest.mark.parametrize(
    "options",
    [
        {"cookie_key": ""},
        {"cookie_value": ""},
        {"versions": ()},
        {"versions": (-1,)},
        {"max_message_bytes": 0},
        {"max_message_bytes": 2**31},
        {"max_streams": 0},
        {"grace_seconds": 0.0},
    ],
)
def test_a_spec_that_cannot_work_is_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        PluginSpec(**({"cookie_key": "K", "cookie_value": "V"} | options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("multiplex", "certificate", "line"),
    [
        ("", b"", b"1|1|tcp|127.0.0.1:9|grpc|\n"),
        ("true", b"", b"1|1|tcp|127.0.0.1:9|grpc||false\n"),
        ("false", b"\xfb\xff\xfe\x01", b"1|1|tcp|127.0.0.1:9|grpc|+//+AQ|false\n"),
    ],
)
def test_handshake_line(multiplex: str, certificate: bytes, line: bytes) -> None:
    wishes = wished({"PLUGIN_MULTIPLEX_GRPC": multiplex})
    assert handshake_line(wishes, Endpoint("tcp", "127.0.0.1:9"), certificate) == line


def test_a_host_that_wants_the_broker_multiplexed_is_named_in_the_log(short_path: Path) -> None:
    with start_plugin(program(), short_path, PLUGIN_MULTIPLEX_GRPC="true") as host:
        assert host.fields[6] == "false"
        assert host.wait_for_log("GRPCBrokerMultiplex")["@level"] == "warn"
