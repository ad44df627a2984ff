from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from driver import FolderDriver
from volumes_sdk import NotFoundError, ValidationError
from volumes_sdk.clients import AsyncIdentityClient, ControllerClient, IdentityClient, NodeClient
from volumes_sdk.testing import PluginHarness


@pytest.fixture
def harness(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PluginHarness[FolderDriver]]:
    monkeypatch.setenv("VOLUMES_ROOT", str(tmp_path / "volumes"))
    with PluginHarness(FolderDriver) as harness:
        yield harness


def test_the_life_of_a_volume(harness: PluginHarness[FolderDriver], tmp_path: Path) -> None:
    controller, node = harness.client(ControllerClient), harness.client(NodeClient)
    volume = controller.create_volume(name="photos", required_bytes=1 << 20)
    assert volume is not None
    assert (volume.id, volume.capacity_bytes) == ("photos", 1 << 20)
    assert [v.id for v in controller.list_volumes()] == ["photos"]
    target = tmp_path / "mounted"
    node.publish_volume(volume_id=volume.id, target_path=str(target))
    (target / "file").write_text("kept")
    node.unpublish_volume(volume_id=volume.id, target_path=str(target))
    assert not target.exists()
    controller.delete_volume(volume_id=volume.id)
    assert controller.list_volumes() == []


def test_failures_are_exceptions_of_the_client(harness: PluginHarness[FolderDriver]) -> None:
    with pytest.raises(NotFoundError, match="there is no volume nothing"):
        harness.client(NodeClient).publish_volume(volume_id="nothing")
    with pytest.raises(ValidationError, match="is no name of a volume"):
        harness.client(ControllerClient).create_volume(name="../etc")


def test_the_driver_says_who_it_is(harness: PluginHarness[FolderDriver]) -> None:
    assert harness.client(IdentityClient).get_plugin_info().name == "folders.example.com"


async def ask(driver: type[FolderDriver]) -> bool:
    async with PluginHarness(driver) as harness:
        return await harness.client(AsyncIdentityClient).probe()


def test_it_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLUMES_ROOT", str(tmp_path))
    assert asyncio.run(ask(FolderDriver))
