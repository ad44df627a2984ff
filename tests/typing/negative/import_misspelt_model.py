"""The name of a model is misspelt."""

from mattermost_plugin import models

post = models.Pst()  # error
