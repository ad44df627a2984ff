"""The result of a call that may answer nothing is used unchecked."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    licence = api.get_license()
    print(licence["id"])  # error
