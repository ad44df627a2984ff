"""A model that may be missing is used unchecked."""

from mattermost_plugin import PluginAPIClient, models


def use(api: PluginAPIClient) -> None:
    info = api.upload_data(models.UploadSession(), b"")
    print(info.id)  # error
