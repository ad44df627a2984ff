"""A call with several results is unpacked like a tuple."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    _, _ = api.get_emoji_image("e")  # error
