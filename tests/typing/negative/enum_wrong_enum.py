"""A field gets a member of another enum."""

from mattermost_plugin import models

channel = models.Channel(type=models.TeamType.OPEN)  # error
