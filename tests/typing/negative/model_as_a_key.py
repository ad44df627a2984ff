"""Models change, so they are no keys of dicts and sets."""

from collections.abc import Hashable

from mattermost_plugin import models

key: Hashable = models.Post()  # error
