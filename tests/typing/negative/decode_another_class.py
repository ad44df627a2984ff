"""Bytes are decoded as one model and used as another."""

from mattermost_plugin import models
from plugwright_runtime import codec

post: models.Post = codec.decode(models.User, b"")  # error
