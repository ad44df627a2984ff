"""An enum field gets text."""

from mattermost_plugin import models

channel = models.Channel(type="O")  # error
