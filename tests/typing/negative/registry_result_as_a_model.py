"""A class looked up by name is no particular model."""

from mattermost_plugin import registry

cls = registry.message("mattermost.pluginapi.v1.Post")
print(cls().message)  # error
