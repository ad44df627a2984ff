"""An enum field gets a bare number."""

from mattermost_plugin import models

channel = models.Channel(type=1)  # error
