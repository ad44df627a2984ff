"""The name of a field is misspelt."""

from mattermost_plugin import models

post = models.Post(mesage="hi")  # error
