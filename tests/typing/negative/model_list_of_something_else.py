"""A list field gets elements of the wrong type."""

from mattermost_plugin import models

post = models.Post(participants=[models.Bot()])  # error
