"""A copy is made with a field that does not exist."""

import dataclasses

from mattermost_plugin import models


def rename(post: models.Post) -> models.User:
    return dataclasses.replace(post, message="hi")  # error
