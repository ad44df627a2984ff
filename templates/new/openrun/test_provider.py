"""The provider called by a host that plays the server, over a real connection."""

from openrun_plugin.extras.testing import ProviderHost

from provider import FreshPlugin


def test_it_greets() -> None:
    with ProviderHost(FreshPlugin) as host, host.session() as app:
        assert app.call("fresh_plugin", "greet", "Ada", times=2) == ["Hello, Ada!"] * 2
