"""A driver that keeps volumes as folders. Its host starts `driver.py --endpoint unix:///run/x.sock`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from volumes_sdk import NotFoundError, ServerContext, ServicePlugin, ValidationError, run_plugin
from volumes_sdk.models import (
    CreateVolumeRequest,
    CreateVolumeResponse,
    DeleteVolumeRequest,
    GetPluginInfoRequest,
    GetPluginInfoResponse,
    ListVolumesRequest,
    ListVolumesResponse,
    ProbeRequest,
    ProbeResponse,
    PublishVolumeRequest,
    UnpublishVolumeRequest,
    Volume,
)
from volumes_sdk.servicers import ControllerServicer, IdentityServicer, NodeServicer


class FolderDriver(IdentityServicer, ControllerServicer, NodeServicer, ServicePlugin):
    def __init__(self) -> None:
        self._root = Path(os.environ.get("VOLUMES_ROOT", "volumes")).absolute()
        self._root.mkdir(parents=True, exist_ok=True)
        self.logger.info("volumes are in %s", self._root)

    def get_plugin_info(
        self, request: GetPluginInfoRequest, context: ServerContext, /
    ) -> GetPluginInfoResponse:
        return GetPluginInfoResponse(name="folders.example.com", version="1.0.0")

    async def probe(self, request: ProbeRequest, context: ServerContext, /) -> ProbeResponse:
        return ProbeResponse(ready=self._root.is_dir())

    def create_volume(
        self, request: CreateVolumeRequest, context: ServerContext, /
    ) -> CreateVolumeResponse:
        folder = self._folder(request.name)
        folder.mkdir(exist_ok=True)
        volume = Volume(id=folder.name, capacity_bytes=request.required_bytes)
        return CreateVolumeResponse(volume=volume)

    def delete_volume(self, request: DeleteVolumeRequest, context: ServerContext, /) -> None:
        shutil.rmtree(self._folder(request.volume_id), ignore_errors=True)

    def list_volumes(
        self, request: ListVolumesRequest, context: ServerContext, /
    ) -> ListVolumesResponse:
        names = sorted(folder.name for folder in self._root.iterdir())
        return ListVolumesResponse(entries=[Volume(id=name) for name in names])

    def publish_volume(self, request: PublishVolumeRequest, context: ServerContext, /) -> None:
        folder = self._folder(request.volume_id)
        if not folder.is_dir():
            raise NotFoundError(f"there is no volume {request.volume_id}")
        target = Path(request.target_path)
        if not target.is_symlink():
            target.symlink_to(folder)

    def unpublish_volume(self, request: UnpublishVolumeRequest, context: ServerContext, /) -> None:
        target = Path(request.target_path)
        if target.is_symlink():
            target.unlink()

    def _folder(self, name: str) -> Path:
        if not name or name.startswith(".") or "/" in name or "\0" in name:
            raise ValidationError(f"{name!r} is no name of a volume")
        return self._root / name


if __name__ == "__main__":
    run_plugin(FolderDriver)
