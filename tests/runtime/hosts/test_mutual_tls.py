"""Under AutoMTLS: does a host call the plugin that it started, and nobody else?"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from kit.goplugin.tls import make_identity
from kit.hosting import ENV, OPTIONS, SPEC, App, AsyncApp, good, script
from plugwright_runtime.errors import StartError
from plugwright_runtime.hosts import AsyncHost, Host
from plugwright_runtime.hosts.failures import TlsRefused
from plugwright_runtime.styles.goplugin import PluginSpec

TLS = replace(OPTIONS, auto_mtls=True)

PLAYED = """
import base64, pathlib, socket, ssl
told, own = sys.argv[1:3]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(own)
context.load_verify_locations(cadata=os.environ["PLUGIN_CLIENT_CERT"])
context.verify_mode = ssl.CERT_REQUIRED
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
field = base64.b64encode(ssl.PEM_cert_to_DER_cert(pathlib.Path(told).read_text())).decode()
print(f"1|1|tcp|127.0.0.1:{s.getsockname()[1]}|grpc|{field.rstrip('=')}", flush=True)
while True:
    made, _ = s.accept()
    try:
        context.wrap_socket(made, server_side=True).recv(100)
    except OSError:
        pass
"""


def certificate(folder: Path, own: str) -> str:
    """A file with the first certificate of another."""
    path = folder / f"told-{len(list(folder.iterdir()))}"
    path.write_text(Path(own).read_text().partition("-----BEGIN EC")[0])
    return str(path)


def test_a_plugin_is_called_over_mutual_tls(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), TLS) as plugin:
        app = plugin.client(App)
        assert app.call("Env", b"PLUGIN_CLIENT_CERT").startswith(b"-----BEGIN CERTIFICATE")
        data = b"x" * (8 << 20)
        assert app.call("Echo", data) == data
        plugin.ping()


def test_a_plugin_system_may_require_it(tmp_path: Path) -> None:
    spec = PluginSpec("PLUGIN_COOKIE", "sesame", auto_mtls="require")
    options = "dict(auto_mtls='require')"
    with Host(spec, good(tmp_path, options=options), OPTIONS) as plugin:
        assert plugin.client(App).call("Env", b"PLUGIN_CLIENT_CERT")
    with pytest.raises(StartError, match="AutoMTLS"):
        Host(spec, good(tmp_path, options=options), replace(OPTIONS, auto_mtls=False)).start()


async def _driven(command: list[str]) -> None:
    async with AsyncHost(SPEC, command, TLS) as plugin:
        app = plugin.client(AsyncApp)
        await asyncio.gather(*(app.call("Echo", b"x" * 1000) for _ in range(64)))


def test_coroutines_do_the_same(tmp_path: Path) -> None:
    asyncio.run(_driven(good(tmp_path)))


def refused(command: list[str], text: str) -> None:
    with pytest.raises(TlsRefused) as caught:
        Host(SPEC, command, TLS).start()
    assert text in str(caught.value)


def test_a_plugin_with_another_key_is_refused(tmp_path: Path) -> None:
    told, own = make_identity(tmp_path), make_identity(tmp_path)
    command = script(tmp_path, PLAYED)
    refused([*command, certificate(tmp_path, told.file), own.file], "did not prove who it is")


def test_a_certificate_that_has_expired_is_refused(tmp_path: Path) -> None:
    own = make_identity(tmp_path, timedelta(hours=-1))
    command = script(tmp_path, PLAYED)
    refused([*command, certificate(tmp_path, own.file), own.file], "expired")


def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    line = "1|1|tcp|127.0.0.1:{s.getsockname()[1]}|grpc|" + "A" * 60
    source = f"import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint(f'{line}')\n"
    command = script(tmp_path, source + "sys.stdout.flush(); time.sleep(60)")
    refused(command, "the certificate of the plugin's handshake is none")


def test_a_plugin_without_tls_is_told_nothing(tmp_path: Path) -> None:
    """It ignores the host's certificate; not one byte is sent to it."""
    seen = tmp_path / "seen"
    source = f"""
    import socket, pathlib
    s = socket.create_server(("127.0.0.1", 0))
    print(f"1|1|tcp|127.0.0.1:{{s.getsockname()[1]}}|grpc|", flush=True)
    made, _ = s.accept()
    pathlib.Path({str(seen)!r}).write_bytes(made.recv(100))
    """
    refused(script(tmp_path, source), "does not take part in AutoMTLS")
    assert not seen.exists()


def test_a_stranger_gets_no_answer_from_the_plugin(tmp_path: Path) -> None:
    with Host(SPEC, good(tmp_path), TLS) as plugin:
        [address] = Path(plugin.client(App).call("Env", b"PLUGIN_UNIX_SOCKET_DIR").decode()).glob(
            "plugin*"
        )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.socket(socket.AF_UNIX) as made:
            made.connect(str(address))
            with contextlib.suppress(OSError):
                tls = context.wrap_socket(made)
                assert tls.recv(1) == b""
        plugin.ping()


def test_no_key_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Host(SPEC, good(tmp_path), replace(TLS, env={**ENV, "TMPDIR": str(tmp_path)})):
        files = [path for path in tmp_path.rglob("plugin*") if path.is_file()]
    assert files == []
