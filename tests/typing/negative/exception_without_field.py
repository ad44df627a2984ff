"""An exception has no such field."""

from mattermost_plugin import NotFoundError, PluginAPIClient


def use(api: PluginAPIClient) -> None:
    try:
        api.delete_user("u")
    except NotFoundError as error:
        print(error.reason)  # error
