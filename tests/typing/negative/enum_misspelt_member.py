"""An enum has no such member."""

from mattermost_plugin import models

channel = models.Channel(type=models.ChannelType.PUBLIC)  # error
