"""Does one program serve several versions of the application protocol, each with its services?"""

from __future__ import annotations

import shutil
from pathlib import Path

import grpc
import pytest
from kit.goplugin.hosted import generate, hosted, spawned
from kit.places import CASES

FIVE = """
from sdk import ServicePlugin, run_plugin
from sdk.servicers import provider5_provider, provider6_provider
from sdk.models import provider5, provider6

class Five(provider5_provider.ProviderServicer):
    def get_schema(self, request, context, /):
        return provider5.SchemaResponse(text="five")
"""
OBJECTS = """
class Six(provider6_provider.ProviderServicer):
    def get_schema(self, request, context, /):
        return provider6.SchemaResponse(text="six")

class Mine(ServicePlugin):
    def servicers(self):
        return Five(), Six()
run_plugin(Mine)
"""
ONE_CLASS = """
class Mine(provider5_provider.ProviderServicer, provider6_provider.ProviderServicer, ServicePlugin):
    def get_schema(self, request, context, /):
        models = provider5 if self.protocol_version == 5 else provider6
        return models.SchemaResponse(text=["five", "six"][self.protocol_version - 5])
run_plugin(Mine)
"""
TEXTS = {"5": b"\n\x04five", "6": b"\n\x03six"}


@pytest.fixture(scope="module")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versions")
    shutil.copytree(CASES / "launch_versions", folder, dirs_exist_ok=True)
    return generate(folder)


@pytest.mark.parametrize("source", [OBJECTS, ONE_CLASS], ids=["objects", "one class"])
@pytest.mark.parametrize(("offered", "chosen"), [("5", "5"), ("5,6", "6"), ("6,7", "6"), ("", "5")])
def test_the_services_of_the_version_that_the_host_chooses(
    sdk: Path, short_path: Path, source: str, offered: str, chosen: str
) -> None:
    env = {"PROVIDER": "sesame", "PLUGIN_PROTOCOL_VERSIONS": offered}
    with hosted(sdk, short_path, FIVE + source, **env) as plugin:
        assert plugin.version == chosen
        assert plugin.call(f"/provider{chosen}.Provider/GetSchema") == TEXTS[chosen]
        other = "5" if chosen == "6" else "6"
        with pytest.raises(grpc.RpcError, match="UNIMPLEMENTED"):
            plugin.call(f"/provider{other}.Provider/GetSchema")


def test_a_version_without_its_service_is_an_error_at_the_start(
    sdk: Path, short_path: Path
) -> None:
    env = {"PROVIDER": "sesame", "PLUGIN_PROTOCOL_VERSIONS": "6"}
    process = spawned(sdk, short_path, f"{FIVE}\nrun_plugin(Five)", **env)
    stdout, stderr = process.communicate(timeout=40)
    assert (process.returncode, stdout) == (1, "")
    assert "nothing is served in the protocol version that the host wants" in stderr
