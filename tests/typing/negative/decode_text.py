"""Text is decoded as if it were bytes."""

from mattermost_plugin import models
from plugwright_runtime import codec

post = codec.decode(models.Post, "{}")  # error
